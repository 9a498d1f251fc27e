//! Laws that hold for every text and every filter.

use proptest::prelude::*;

use super::*;

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
