//! The grammar as its users meet it.

mod laws;
mod refusals;

use super::*;

const STATES: &[(&str, i32)] = &[("FILED", 3), ("HANDLING", 5)];

const FIELDS: &[Field] = &[
    Field {
        name: "area",
        kind: FieldKind::Text,
    },
    Field {
        name: "state",
        kind: FieldKind::Enum(STATES),
    },
    Field {
        name: "own",
        kind: FieldKind::Bool,
    },
    Field {
        name: "round",
        kind: FieldKind::Number,
    },
    Field {
        name: "at",
        kind: FieldKind::Time,
    },
    Field {
        name: "day",
        kind: FieldKind::Day,
    },
];

/// The filter as text again, with no more parentheses than it needs. AND within OR needs them; OR within AND does not.
fn render(expression: &Expr) -> String {
    let inner = |part: &Expr, bare: fn(&Expr) -> bool| {
        if bare(part) {
            render(part)
        } else {
            format!("({})", render(part))
        }
    };
    match expression {
        Expr::And(parts) => {
            let bare = |part: &Expr| !matches!(part, Expr::And(_));
            parts
                .iter()
                .map(|part| inner(part, bare))
                .collect::<Vec<_>>()
                .join(" AND ")
        }
        Expr::Or(parts) => {
            let bare = |part: &Expr| matches!(part, Expr::Not(_) | Expr::Compare { .. });
            parts
                .iter()
                .map(|part| inner(part, bare))
                .collect::<Vec<_>>()
                .join(" OR ")
        }
        Expr::Not(part) => {
            format!(
                "NOT {}",
                inner(part, |part| matches!(part, Expr::Compare { .. }))
            )
        }
        Expr::Compare { field, op, value } => {
            let sign = Op::TABLE.iter().find(|row| row.0 == *op).unwrap().1;
            format!("{field} {sign} {}", render_value(value))
        }
    }
}

fn render_value(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Value::Enum(number) => STATES
            .iter()
            .find(|row| row.1 == *number)
            .unwrap()
            .0
            .to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Day(day) => day.to_string(),
    }
}

/// The filter with every parenthesis that it means, so that a test shows how tightly things bind.
fn meant(text: &str) -> String {
    fn all(expression: &Expr) -> String {
        let join = |parts: &[Expr], word: &str| {
            format!("({})", parts.iter().map(all).collect::<Vec<_>>().join(word))
        };
        match expression {
            Expr::And(parts) => join(parts, " and "),
            Expr::Or(parts) => join(parts, " or "),
            Expr::Not(part) => format!("not {}", all(part)),
            compare @ Expr::Compare { .. } => render(compare),
        }
    }
    parse(text, FIELDS)
        .unwrap()
        .map_or(String::new(), |expression| all(&expression))
}

#[test]
fn filters_mean_what_they_say() {
    for (text, expected) in [
        ("", ""),
        (" \n ", ""),
        ("area = x", r#"area = "x""#),
        ("area=x", r#"area = "x""#),
        ("area != 'BEAT 1713'", r#"area != "BEAT 1713""#),
        (r#"area = "a\"b\\c\'d""#, r#"area = "a\"b\\c'd""#),
        ("area = ''", r#"area = """#),
        ("area = 朝阳-01", r#"area = "朝阳-01""#),
        (
            "area = districts/d/areas/1",
            r#"area = "districts/d/areas/1""#,
        ),
        ("area = 'AND'", r#"area = "AND""#),
        ("state = HANDLING", "state = HANDLING"),
        ("state != \"FILED\"", "state != FILED"),
        ("own = true", "own = true"),
        ("round >= -3", "round >= -3"),
        ("round<2", "round < 2"),
        ("round <= 2", "round <= 2"),
        ("round > 9223372036854775807", "round > 9223372036854775807"),
        ("at < 2026-03-01T00:00:00Z", "at < 2026-03-01T00:00:00Z"),
        (
            "at < '2026-03-01T08:00:00+08:00'",
            "at < 2026-03-01T00:00:00Z",
        ),
        (
            "at < 2026-03-01t08:00:00.1234567+08:00",
            "at < 2026-03-01T00:00:00.123456Z",
        ),
        ("day = 2026-02-28", "day = 2026-02-28"),
        // OR binds tighter than AND.
        (
            "round = 1 AND round = 2 OR round = 3 AND own = true",
            "(round = 1 and (round = 2 or round = 3) and own = true)",
        ),
        (
            "(round = 1 AND round = 2) OR round = 3",
            "((round = 1 and round = 2) or round = 3)",
        ),
        // NOT binds tightest.
        (
            "NOT own = true OR round = 1",
            "(not own = true or round = 1)",
        ),
        (
            "-own = true AND -(round = 1)",
            "(not own = true and not round = 1)",
        ),
        (
            "NOT(own = true)AND(round = 1)",
            "(not own = true and round = 1)",
        ),
        ("NOT (NOT own = true)", "not not own = true"),
        ("((round = 1))", "round = 1"),
    ] {
        assert_eq!(meant(text), expected, "{text}");
    }
}
