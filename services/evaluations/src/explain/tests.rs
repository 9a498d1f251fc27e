//! The sentences, whole, as people read them.

use tidyward_rules::{gate::GateLimits, points::ABSENT, score::NO_STARS};

use super::*;
use crate::{
    rank::{ListKind, Standing},
    scores::{ScoreNote, ScoreRow},
};

fn manifest() -> Manifest {
    let rule = tidyward_rules::builtin::BUILTIN
        .iter()
        .find(|rule| rule.id == "case-rates")
        .unwrap();
    tidyward_rules::gate::inspect(rule.bytes, &GateLimits::default(), &|_| true)
        .unwrap()
        .manifest
}

/// The last of 36 grids by case rates.
fn grid() -> AreaScore {
    let standing = Standing {
        place: Some(34),
        ranked: 36,
        list: ListKind::Black,
    };
    let note = |criterion, message, units| ScoreNote {
        criterion,
        message,
        value: units,
        issue: None,
    };
    AreaScore {
        code: "G-36".into(),
        level: 3,
        peer_group: String::new(),
        display_name: "Harbour Road".into(),
        score: ScoreRow {
            failure: None,
            items: vec![500_000, 212_500],
            total: 712_500,
            stars: 1,
            notes: vec![note(1, 1, 230_000)],
            standing,
        },
    }
}

fn facts(manifest: &Manifest) -> Vec<ReadFact> {
    let facts = PeriodFacts {
        period: "2013-q3".into(),
        rows: vec![],
        columns: vec![
            crate::facts::FactColumn {
                name: "issues.closed".into(),
                values: vec![38],
            },
            crate::facts::FactColumn {
                name: "issues.due".into(),
                values: vec![40],
            },
        ],
    };
    read_facts(manifest, &facts, 0, &BTreeMap::new())
}

fn told(area: &AreaScore, previous: Option<&Previous>, language: Language) -> Vec<String> {
    let manifest = manifest();
    let facts = facts(&manifest);
    sentences(
        &Account {
            period: "2013-q3",
            manifest: &manifest,
            area,
            facts: &facts,
            previous,
            issues: &BTreeMap::from([(4, Uuid::from_u128(7))]),
        },
        language,
    )
}

fn before() -> Previous {
    Previous {
        period: "2013-q2".into(),
        rounded: 680_000,
        decimals: 2,
        place: 35,
        ranked: 36,
        same_rule: true,
    }
}

#[test]
fn a_score_is_explained_in_english() {
    let told = told(&grid(), Some(&before()), Language::English);
    assert_eq!(
        told[0],
        "Grid G-36 (Harbour Road) scored 71.25 of 100 and is 34th of 36 grids, one star, on the black list."
    );
    assert!(
        told[1].starts_with("Closing gave all of its 50 points. The rule: b = due"),
        "{}",
        told[1]
    );
    let second =
        "Handled on time gave 21.25 of 50 points: cases not handled on time: 23. The rule: 50 x";
    assert!(told[2].starts_with(second), "{}", told[2]);
    assert_eq!(told[3], "It rests on these facts: Due 40; Closed 38.");
    let absent = "There is no data for Due but suspended, Handled on time, Backlog at the start and Backlog closed.";
    assert_eq!(told[4], absent);
    assert_eq!(
        told[5],
        "Since 2013-q2 its score went up by 3.25 points, from 68.00 to 71.25, and it rose by one place, from 35th of 36."
    );
    assert_eq!(told.len(), 6);
}

#[test]
fn a_note_names_the_issue_that_it_points_at() {
    let mut area = grid();
    area.score.notes[0].issue = Some(4);
    let issue = "00000000-0000-0000-0000-000000000007";
    let told_in = |language: Language| told(&area, None, language)[2].clone();
    let (english, chinese) = (told_in(Language::English), told_in(Language::Chinese));
    let words = format!("cases not handled on time: 23 (issue {issue}). ");
    assert!(english.contains(&words), "{english}");
    let words = format!("；23件未按期处置（案件{issue}）。");
    assert!(chinese.contains(&words), "{chinese}");
}

#[test]
fn a_score_is_explained_in_chinese() {
    let told = told(&grid(), Some(&before()), Language::Chinese);
    assert_eq!(
        told[0],
        "网格G-36（Harbour Road）得71.25分（满分100），在36个网格中列第34名，一星，列入黑榜。"
    );
    assert!(
        told[1].starts_with("结案率：得满分50分。细则：b = due"),
        "{}",
        told[1]
    );
    assert!(
        told[2].starts_with("按期处置率：得21.25分，满分50分；23件未按期处置。"),
        "{}",
        told[2]
    );
    assert_eq!(told[3], "依据的事实：应结案数40；结案数38。");
    assert_eq!(
        told[4],
        "无数据：缓办数、按期处置数、期初积压数、积压结案数。"
    );
    assert_eq!(
        told[5],
        "与2013-q2期相比，得分由68.00分上升3.25分，名次由36个中的第35名上升1名。"
    );
}

#[test]
fn a_group_is_named_and_another_rule_is_said() {
    let mut area = grid();
    area.peer_group = "old town".into();
    area.score.standing.list = ListKind::Neither;
    area.score.stars = NO_STARS;
    let previous = Previous {
        same_rule: false,
        place: 34,
        rounded: 712_500,
        ..before()
    };
    let told = told(&area, Some(&previous), Language::English);
    assert_eq!(
        told[0],
        "Grid G-36 (Harbour Road) scored 71.25 of 100 and is 34th of 36 in its group, “old town”."
    );
    let change = "Since 2013-q2 its score stayed at 71.25, and it kept its place, 34th (of 36 then). \
                  Another rule, or another version, was in force then.";
    assert_eq!(told[5], change);
}

#[test]
fn who_has_no_score_hears_why() {
    let mut area = grid();
    area.score = ScoreRow {
        items: vec![ABSENT; 2],
        total: ABSENT,
        ..ScoreRow::failed(2, String::new())
    };
    area.score.failure = None;
    let english = told(&area, Some(&before()), Language::English);
    assert_eq!(
        english[0],
        "Grid G-36 (Harbour Road) has no score and no place for 2013-q3: the rule requires Closing and Handled on time, \
         and the facts for it are absent."
    );
    assert!(
        english[1].starts_with("Closing does not count, for the facts that it needs are absent.")
    );
    assert!(!english.iter().any(|sentence| sentence.starts_with("Since")));

    area.score.failure = Some("the rule divided by zero".into());
    let english = told(&area, None, Language::English);
    let expected = "Grid G-36 (Harbour Road) has no score for 2013-q3: the rule failed on it (the rule divided by zero).";
    assert_eq!(english[0], expected);
    let chinese = told(&area, None, Language::Chinese);
    assert!(chinese[0].contains("没有得分"), "{}", chinese[0]);
}

#[test]
fn facts_of_families_and_of_the_districts_own_have_names() {
    let check =
        |name: &str, zh: &str, en: &str| assert_eq!(titles(name), (zh.to_owned(), en.to_owned()));
    check("issues.due", "应结案数", "Due");
    check("issues.litter.due", "应结案数（litter）", "Due (litter)");
    check(
        "issues.external.due",
        "应结案数（外部上报案件）",
        "Due (external reports)",
    );
    check("metric.survey_visited", "survey visited", "survey visited");
}

#[test]
fn ordinals_are_english() {
    let words: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111]
        .map(english::ordinal)
        .to_vec();
    assert_eq!(
        words.join(" "),
        "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 101st 111th"
    );
}
