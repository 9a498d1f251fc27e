//! What a manifest may say, and what each mistake is told as.

mod arithmetic;

use super::*;

const WHOLE: &str = r#"id = "jinhua"
version = "1.2.0"
title = { zh = "金华", en = "Jinhua" }
subject = "area"
direction = "higher-is-better"
range = { min = "0", max = "100" }
normalise = true
decimals = 3
floats = "ieee"
rollup = "facts"
lists = { red = 5, black = 4 }
inputs = ["issues.due", "metric.survey_visited"]
issue_table = false
[[criteria]]
id = "on_time"
min = "0"
max = "50"
required = true
title = { zh = "按期", en = "On time" }
clause = "As the regulation says."
[[criteria]]
id = "deducted"
min = "-10"
max = "0"
title = { zh = "扣分", en = "Deducted" }
clause = "As the regulation says."
[[parameters]]
id = "target_percent"
default = "95"
min = "0"
max = "100"
unit = "percent"
[[messages]]
id = "short"
text = { zh = "差{0}", en = "{0} points short" }
[[stars]]
stars = 5
at_least = "95"
[[stars]]
stars = 1
at_least = "60.5"
"#;

fn whole() -> Manifest {
    Manifest::parse(WHOLE, &|name| name == "issues.due")
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn problems(source: &str) -> Vec<String> {
    let known = |name: &str| name == "issues.due";
    Manifest::parse(source, &known)
        .err()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// With this in place of that, the manifest has exactly this problem.
fn check(that: &str, this: &str, expected: &str) {
    assert!(WHOLE.contains(that), "{that:?} is not in the manifest");
    let found = problems(&WHOLE.replacen(that, this, 1));
    assert!(
        found.len() == 1 && found[0].contains(expected),
        "{this:?} gives {found:?}, not {expected:?}"
    );
}

#[test]
fn every_part_is_read() {
    let manifest = whole();
    assert_eq!(
        (manifest.id.as_str(), manifest.version.to_string().as_str()),
        ("jinhua", "1.2.0")
    );
    assert_eq!(
        manifest.range,
        Range {
            min: 0,
            max: 1_000_000
        }
    );
    assert_eq!(
        (manifest.normalise, manifest.decimals, manifest.floats),
        (true, 3, Floats::Ieee)
    );
    assert_eq!(
        manifest.lists,
        Some(Lists {
            red: 5,
            black: 4,
            smallest_group: 9
        })
    );
    assert_eq!(manifest.inputs, ["issues.due", "metric.survey_visited"]);
    assert_eq!(manifest.criteria[1].min, -100_000);
    assert!(manifest.criteria[0].required && !manifest.criteria[1].required);
    assert_eq!(manifest.parameters[0].default, 950_000);
    assert_eq!(
        manifest.messages[0].render(-12_500).en,
        "-1.25 points short"
    );
    assert_eq!(
        manifest.stars[1],
        Band {
            stars: 1,
            threshold: 605_000
        }
    );
    assert_eq!(manifest.source, WHOLE);
}

#[test]
fn what_may_be_left_out_has_its_default() {
    let lines = [
        "subject",
        "decimals",
        "floats",
        "rollup",
        "lists",
        "issue_table",
    ];
    let kept: Vec<&str> = WHOLE
        .lines()
        .filter(|line| !lines.iter().any(|key| line.starts_with(key)))
        .collect();
    let manifest = Manifest::parse(&kept.join("\n"), &|_| true)
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(
        (manifest.subject, manifest.decimals, manifest.floats),
        (Subject::Area, 2, Floats::None)
    );
    assert_eq!(
        (manifest.rollup, manifest.lists, manifest.issue_table),
        (Rollup::Facts, None, false)
    );
}

#[test]
fn ids_texts_and_numbers() {
    check(
        "\"jinhua\"",
        "\"Jin Hua\"",
        "id (line 1): must be 1 to 60 of a to z, 0 to 9 and -",
    );
    check(
        "\"1.2.0\"",
        "\"1.2\"",
        "version (line 2): must be a semantic version such as 1.2.0",
    );
    check("zh = \"金华\", ", "", "title.zh (line 3): is missing");
    check(
        "\"Jinhua\"",
        "\" \"",
        "title.en (line 3): must not be empty",
    );
    check(
        "\"Jinhua\"",
        "\"Jin\\u001Bhua\"",
        "title.en (line 3): must have no control characters",
    );
    check(
        "\"Jinhua\"",
        "\"Jin\\u202Ehua\"",
        "must have no control characters",
    );
    check(
        "\"Jinhua\"",
        &format!("\"{}\"", "x".repeat(201)),
        "must have at most 200 characters",
    );
    check(
        "\"Jinhua\"",
        "5",
        "title.en (line 3): must be a text in quotes, not integer",
    );
    check(
        "\"on_time\"",
        "\"on-time\"",
        "criteria[0].id (line 15): must be 1 to 60 of a to z, 0 to 9 and _",
    );
    check(
        "\"deducted\"",
        "\"on_time\"",
        "criteria[1].id (line 22): on_time is used twice",
    );
    check(
        "default = \"95\"",
        "default = 95",
        "parameters[0].default (line 29): must be a decimal in quotes",
    );
    check(
        "default = \"95\"",
        "default = \"95.00001\"",
        "has more than four decimal places",
    );
    check(
        "default = \"95\"",
        "default = \"101\"",
        "parameters[0].default (line 29): must lie between min and max",
    );
    check(
        "min = \"-10\"",
        "min = \"10\"",
        "criteria[1].min (line 23): must not be above max",
    );
    check(
        "max = \"50\"",
        "max = \"1000000001\"",
        "must be from -1000000000 to 1000000000",
    );
    check(
        "decimals = 3",
        "decimals = 5",
        "decimals (line 8): must be a whole number from 0 to 4",
    );
    check(
        "red = 5",
        "red = -1",
        "lists.red (line 11): must be a whole number from 0 to 10000",
    );
    check(
        "normalise = true",
        "normalise = 1",
        "normalise (line 7): must be true or false, not integer",
    );
    check(
        "unit = \"percent\"\n",
        "",
        "parameters[0].unit (line 27): is missing",
    );
}

#[test]
fn words_keys_and_shapes() {
    check(
        "\"higher-is-better\"",
        "\"higher\"",
        "direction (line 5): must be \"higher-is-better\" or \"lower-is-better\"",
    );
    check(
        "floats = ",
        "flaots = ",
        "flaots (line 9): is not a key of the manifest here",
    );
    check(
        "required = true",
        "required = true\nweight = \"1\"",
        "criteria[0].weight (line 19): is not a key",
    );
    check(
        "rollup = \"facts\"",
        "weight = \"metric.households\"",
        "weight (line 10): belongs to rollup = \"mean\"",
    );
    check(
        "rollup = \"facts\"",
        "rollup = \"mean\"",
        "rollup (line 10): \"mean\" asks for a weight",
    );
    check(
        "rollup = \"facts\"",
        "rollup = \"mean\"\nweight = \"Grid Households\"",
        "weight (line 11): must be the name of a fact",
    );
    check(
        "issue_table = false",
        "categories = [\"a\"]",
        "categories (line 13): belongs to issue_table = true",
    );
    check(
        "issue_table = false",
        "issue_table = true\ncategories = [\"litter\", \"Litter\"]",
        "categories[1] (line 14): must be the code of a category",
    );
    check(
        "issue_table = false",
        "issue_table = true\ncategories = [\"litter\", \"litter\"]",
        "categories[1] (line 14): litter is listed twice",
    );
    check(
        "[[parameters]]",
        "[parameters]",
        "parameters (line 27): must be written as [[parameters]] tables",
    );
    check(
        "range = { min = \"0\", max = \"100\" }\n",
        "",
        "range (line 1): is missing",
    );
    assert_eq!(problems("id = \"a\"\nid = \"b\"").len(), 1);
    assert!(problems("]")[0].contains("line 1 is not TOML"));
}

#[test]
fn facts_are_known_or_recorded() {
    check(
        "issues.due",
        "issues.du",
        "inputs[0] (line 12): there is no fact issues.du; `tidyward facts list` shows them all",
    );
    check(
        "metric.survey_visited",
        "metric.",
        "inputs[1] (line 12): must be the name of a fact",
    );
    check(
        "metric.survey_visited",
        "issues.due",
        "inputs[1] (line 12): issues.due is asked for twice",
    );
    let unknown = Manifest::parse(WHOLE, &|_| false).expect_err("issues.due is not known");
    assert_eq!(unknown[0].kind, ProblemKind::UnknownFact);
}

#[test]
fn what_this_release_does_not_do_is_said() {
    let found = Manifest::parse(&WHOLE.replacen("\"area\"", "\"unit\"", 1), &|_| true)
        .expect_err("it is not supported");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, ProblemKind::Unsupported);
    assert!(
        found[0].message.contains("not supported in this release"),
        "{}",
        found[0]
    );
}

#[test]
fn normalising_has_conditions() {
    check(
        "max = \"100\" }",
        "max = \"99\" }",
        "normalise (line 7): asks for range = { min = \"0\", max = \"100\" }",
    );
    check(
        "required = true\n",
        "",
        "normalise (line 7): asks for a criterion with required = true and max above 0",
    );
    check(
        "max = \"0\"",
        "max = \"-1\"",
        "normalise (line 7): asks for every criterion's max to be 0 or more; deducted has less",
    );
    let lower = WHOLE
        .replace("higher-is-better", "lower-is-better")
        .replace("at_least = \"95\"", "at_most = \"1\"")
        .replace("at_least", "at_most");
    assert_eq!(
        problems(&lower),
        ["normalise (line 7): asks for direction = \"higher-is-better\""]
    );
}

#[test]
fn bands_stand_in_order_and_fit_the_direction() {
    check(
        "at_least = \"60.5\"",
        "at_least = \"95\"",
        "stars[1].at_least (line 41): the bands stand from most stars to fewest",
    );
    check(
        "stars = 1",
        "stars = 5",
        "the bands stand from most stars to fewest",
    );
    check(
        "stars = 5",
        "stars = 8",
        "stars[0].stars (line 37): must be a whole number from 0 to 7",
    );
    check(
        "at_least = \"95\"",
        "at_most = \"95\"",
        "stars[0].at_most (line 38): does not fit the rule's direction; write at_least",
    );
}

#[test]
fn messages_show_their_number_alike() {
    check(
        "差{0}",
        "差",
        "messages[0].text (line 35): must show the number {0} in both languages or in neither",
    );
    check(
        "{0} points",
        "{1} points",
        "may have the one placeholder {0}",
    );
    check(
        "{0} points",
        "{0} {points",
        "may have the one placeholder {0}",
    );
}

#[test]
fn all_problems_come_at_once() {
    let many = WHOLE
        .replace("\"jinhua\"", "\"J\"")
        .replace("decimals = 3", "decimals = 9")
        .replace("at_least", "at_lest");
    assert_eq!(problems(&many).len(), 6, "{:#?}", problems(&many));
    assert!(problems("").len() >= 6);
}
