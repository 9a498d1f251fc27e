//! What cannot be read says where and what to do.

use super::*;

fn check(cases: &[(&str, usize, &str)]) {
    for (text, position, words) in cases {
        let error = parse(text, FIELDS).unwrap_err();
        assert_eq!(error.reason, Reason::FilterInvalid, "{text}");
        let expected = format!("at character {position}: {words}");
        assert_eq!(error.violations[0].message, expected, "{text}");
        assert_eq!(error.violations[0].field, "filter");
        assert_eq!(error.metadata["position"], position.to_string(), "{text}");
    }
}

#[test]
fn a_field_that_is_not_there_hears_which_there_are() {
    let fields = "the fields are area, state, own, round, at, day";
    check(&[
        (
            "colour = red",
            1,
            &format!("there is no field `colour`; {fields}"),
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
        ("朝 = 1", 1, &format!("there is no field `朝`; {fields}")),
    ]);
}

#[test]
fn a_comparison_needs_a_sign_of_its_field_and_a_value() {
    check(&[
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
    ]);
}

#[test]
fn a_value_is_of_its_fields_kind() {
    check(&[
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
    ]);
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
fn comparisons_are_joined_and_parentheses_closed() {
    check(&[
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
    ]);
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
