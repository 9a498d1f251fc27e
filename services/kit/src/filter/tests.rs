//! The grammar as its users meet it, and laws that hold for every text.

use proptest::prelude::*;

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

#[test]
fn what_cannot_be_read_says_where_and_what_to_do() {
    let fields = "the fields are area, state, own, round, at, day";
    for (text, position, words) in [
        (
            "colour = red",
            1,
            &*format!("there is no field `colour`; {fields}"),
        ),
        (
            "area = x AND Area = y",
            14,
            &format!("there is no field `Area`; {fields}"),
        ),
        (
            "area = x AND",
            13,
            &format!("a comparison is missing at the end; {fields}"),
        ),
        (
            "()",
            2,
            &format!("a field must stand here, not `)`; {fields}"),
        ),
        (
            "\"x\" = area",
            1,
            &format!("a field must stand here, not `\"`; {fields}"),
        ),
        (
            "NOT NOT own = true",
            5,
            &format!("there is no field `NOT`; {fields}"),
        ),
        (
            "area",
            5,
            "`area` must be compared with a value by one of =, !=",
        ),
        (
            "area : x",
            6,
            "`area` must be compared with a value by one of =, !=",
        ),
        (
            "round:1",
            6,
            "`round` must be compared with a value by one of =, !=, <, <=, >, >=",
        ),
        (
            "area < x",
            6,
            "`area` does not compare by `<`; use one of =, !=",
        ),
        (
            "own >= true",
            5,
            "`own` does not compare by `>=`; use one of =, !=",
        ),
        (
            "area =",
            7,
            "a value for `area` is missing; texts with other signs stand in quotes",
        ),
        (
            "area == x",
            7,
            "a value for `area` is missing; texts with other signs stand in quotes",
        ),
        (
            "area = AND own = true",
            8,
            "a value for `area` is missing before `AND`; as a value, put it in quotes",
        ),
        ("area = 'x", 8, "this quote is not closed; add `'`"),
        (
            r#"area = "a\n""#,
            10,
            "a backslash stands before a quote or another backslash alone; double it",
        ),
        ("area = \"a\tb\"", 10, "a control character; remove it"),
        ("area = \"\0\"", 9, "a control character; remove it"),
        (
            "state = OPEN",
            9,
            "`state` is never `OPEN`; it is one of FILED, HANDLING",
        ),
        (
            "state = 5",
            9,
            "`state` is never `5`; it is one of FILED, HANDLING",
        ),
        ("own = yes", 7, "`own` is true or false, not `yes`"),
        ("round = 1.5", 9, "`round` is a whole number, not `1.5`"),
        (
            "round = 9223372036854775808",
            9,
            "`round` is a whole number, not `9223372036854775808`",
        ),
        (
            "day = 2026-02-30",
            7,
            "`day` is a day such as 2026-03-01, not `2026-02-30`",
        ),
        (
            "day = 20260228",
            7,
            "`day` is a day such as 2026-03-01, not `20260228`",
        ),
        (
            "area = x own = true",
            10,
            "`own` cannot follow a comparison; join comparisons with AND or OR, in capitals",
        ),
        (
            "area = x and own = true",
            10,
            "`and` cannot follow a comparison; join comparisons with AND or OR, in capitals",
        ),
        (
            "(area = x, own = true)",
            10,
            "`,` cannot follow a comparison; join comparisons with AND or OR, in capitals, or close the parenthesis",
        ),
        ("(area = x", 1, "this parenthesis is not closed; add `)`"),
        ("area = x)", 9, "this parenthesis closes none; remove it"),
        ("朝 = 1", 1, &format!("there is no field `朝`; {fields}")),
    ] {
        let error = parse(text, FIELDS).unwrap_err();
        assert_eq!(error.reason, Reason::FilterInvalid, "{text}");
        let expected = format!("at character {position}: {words}");
        assert_eq!(error.violations[0].message, expected, "{text}");
        assert_eq!(error.violations[0].field, "filter");
        assert_eq!(error.metadata["position"], position.to_string(), "{text}");
    }
    for text in [
        "2026-03-01",
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00[UTC]",
        "2026-03-01T00:00:00Z[UTC]",
        "'2026-03-01 00:00:00Z'",
        "2026-03-01T00Z",
        "2026-03-01T00:00:00+08",
        "-002026-03-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "now",
    ] {
        let error = parse(&format!("at < {text}"), FIELDS).unwrap_err();
        assert!(
            error.message.contains("`at` is a time such as"),
            "{text}: {error}"
        );
    }
}

#[test]
fn length_depth_and_terms_end_where_they_say() {
    let long = |length: usize| format!("area = {}", "长".repeat(length - 7));
    assert!(parse(&long(LONGEST), FIELDS).is_ok());
    let error = parse(&long(LONGEST + 1), FIELDS).unwrap_err();
    assert_eq!(error.metadata["position"], "1001");
    assert!(error.message.contains("at most 1000 characters"), "{error}");

    let deep = |depth: usize| format!("{}own=true{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&deep(DEEPEST), FIELDS).is_ok());
    let error = parse(&deep(DEEPEST + 1), FIELDS).unwrap_err();
    assert_eq!(error.metadata["position"], "17");
    assert!(error.message.contains("at most 16 deep"), "{error}");
    assert!(parse(&"(".repeat(LONGEST), FIELDS).is_err());
    assert!(parse(&"-(".repeat(LONGEST / 2), FIELDS).is_err());

    // Side by side, parentheses are not deep.
    let wide = vec!["(own=true)"; 50].join(" OR ");
    assert!(parse(&wide, FIELDS).is_ok());

    let one = [Field {
        name: "r",
        kind: FieldKind::Number,
    }];
    let terms = |count: usize| vec!["r=1"; count].join(" OR ");
    assert!(parse(&terms(MOST_TERMS), &one).is_ok());
    let error = parse(&terms(MOST_TERMS + 1), &one).unwrap_err();
    assert!(error.message.contains("at most 100 comparisons"), "{error}");
}

/// What a filter should mean, made without the parser: variables are four booleans.
#[derive(Clone, Debug)]
enum Model {
    Variable(usize),
    Not(Box<Model>),
    And(Vec<Model>),
    Or(Vec<Model>),
}

const VARIABLES: [Field; 4] = [
    Field {
        name: "a",
        kind: FieldKind::Bool,
    },
    Field {
        name: "b",
        kind: FieldKind::Bool,
    },
    Field {
        name: "c",
        kind: FieldKind::Bool,
    },
    Field {
        name: "d",
        kind: FieldKind::Bool,
    },
];

impl Model {
    fn holds(&self, row: usize) -> bool {
        match self {
            Model::Variable(index) => row >> index & 1 == 1,
            Model::Not(part) => !part.holds(row),
            Model::And(parts) => parts.iter().all(|part| part.holds(row)),
            Model::Or(parts) => parts.iter().any(|part| part.holds(row)),
        }
    }

    /// With a parenthesis around everything that is not a comparison.
    fn text(&self) -> String {
        let join = |parts: &[Model], word: &str| {
            let parts: Vec<String> = parts.iter().map(Model::text).collect();
            format!("({})", parts.join(word))
        };
        match self {
            Model::Variable(index) => format!("{}=true", VARIABLES[*index].name),
            Model::Not(part) => format!("(NOT {})", part.text()),
            Model::And(parts) => join(parts, " AND "),
            Model::Or(parts) => join(parts, " OR "),
        }
    }
}

fn model() -> impl Strategy<Value = Model> {
    let leaf = (0..VARIABLES.len()).prop_map(Model::Variable);
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|part| Model::Not(Box::new(part))),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Model::And),
            proptest::collection::vec(inner, 1..4).prop_map(Model::Or),
        ]
    })
}

fn holds(expression: &Expr, row: usize) -> bool {
    match expression {
        Expr::And(parts) => parts.iter().all(|part| holds(part, row)),
        Expr::Or(parts) => parts.iter().any(|part| holds(part, row)),
        Expr::Not(part) => !holds(part, row),
        Expr::Compare { field, op, value } => {
            let index = VARIABLES.iter().position(|one| one.name == *field).unwrap();
            let equal = Value::Bool(row >> index & 1 == 1) == *value;
            equal == (*op == Op::Eq)
        }
    }
}

/// A text of the grammar's own words in any order, which comes nearer to a filter than any characters.
fn jumble() -> impl Strategy<Value = String> {
    let words = vec![
        "(",
        ")",
        "AND",
        "OR",
        "NOT",
        "-",
        "=",
        "!=",
        "<",
        ">=",
        ":",
        "area",
        "round",
        "at",
        "own",
        "true",
        "1",
        "'x'",
        "\"",
        "\\",
        "2026-03-01T00:00:00Z",
        "状",
        ",",
    ];
    proptest::collection::vec(proptest::sample::select(words), 0..30)
        .prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in ".{0,60}", jumble in jumble()) {
        for text in [text, jumble] {
            if let Err(error) = parse(&text, FIELDS) {
                let position: usize = error.metadata["position"].parse().unwrap();
                prop_assert!((1..=text.chars().count() + 1).contains(&position));
            }
            let _ = parse_order(&text, &["area"], ("area", false));
        }
    }

    #[test]
    fn a_filter_means_what_its_truth_table_says_and_survives_rendering(model in model()) {
        let text = model.text();
        prop_assume!(text.len() <= LONGEST);
        let read = parse(&text, &VARIABLES).unwrap().unwrap();
        let again = parse(&render(&read), &VARIABLES).unwrap().unwrap();
        prop_assert_eq!(&again, &read);
        for row in 0..1 << VARIABLES.len() {
            prop_assert_eq!(holds(&read, row), model.holds(row), "{} in row {}", text, row);
        }
    }

    #[test]
    fn every_value_survives_rendering(
        text in "[^\\pC]{0,20}",
        number in any::<i64>(),
        micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000,
        days in 0_i32..3_000_000,
    ) {
        let time = Timestamp::from_microsecond(micros).unwrap();
        let day = jiff::civil::date(1, 1, 1) + jiff::Span::new().days(days);
        for (field, value) in [
            ("area", Value::Text(text)),
            ("round", Value::Number(number)),
            ("at", Value::Time(time)),
            ("day", Value::Day(day)),
        ] {
            let expression = Expr::Compare { field, op: Op::Ne, value };
            let read = parse(&render(&expression), FIELDS).unwrap();
            prop_assert_eq!(read, Some(expression));
        }
    }
}
