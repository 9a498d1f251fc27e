//! A real city: four years of sanitation complaints, imported, counted, scored by quarter, and recomputed.

use std::collections::BTreeMap;

use tidyward_evaluations::verify;
use tidyward_proto::v1::{
    ActivateRuleRequest, AreaLevel, DownloadBundleRequest, ImportState, ListAreasRequest,
    ListFactsRequest, ListScoresRequest, ReviewState, Score, WatchReviewResponse,
};
use tidyward_tests::{Stack, beside, compiler, example, import, review};

const ISSUES: &str = "data/chicago/chicago_sanitation_311.csv.gz";

async fn district(stack: &Stack, id: &str, mapping: &str, areas: &[u8], issues: &[u8]) {
    stack.district(id, "America/Chicago", "2000-01-01").await;
    let ended = import!(stack.grids(id), id, example(mapping), areas);
    assert_eq!(ended.state(), ImportState::Done, "{}", ended.error);
    assert_eq!(ended.rows_rejected, 0);
    let ended = import!(stack.issues(id), id, example("chicago-issues.toml"), issues);
    assert_eq!(ended.state(), ImportState::Done, "{}", ended.error);
    assert_eq!(ended.rows_read, 74_401);
    assert_eq!(ended.rows_added, 74_026);
    assert_eq!(ended.rows_unchanged + ended.rows_conflicting, 375);
    assert_eq!(ended.rows_conflicting, 372);
    assert_eq!(ended.rows_rejected, 0);
    assert_eq!(ended.rows_duplicate, 3_633);
    assert_eq!(ended.rows_without_position, 24);
}

async fn count_areas(stack: &Stack, id: &str, level: AreaLevel) -> usize {
    let request = ListAreasRequest {
        parent: format!("districts/{id}"),
        level: level.into(),
        page_size: 1_000,
        ..ListAreasRequest::default()
    };
    stack
        .grids(id)
        .list_areas(request)
        .await
        .unwrap()
        .into_inner()
        .areas
        .len()
}

async fn facts(stack: &Stack, id: &str, period: &str) -> BTreeMap<(String, String), i64> {
    let mut facts = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let request = ListFactsRequest {
            parent: format!("districts/{id}"),
            period: period.to_owned(),
            page_size: 1_000,
            page_token,
            ..ListFactsRequest::default()
        };
        let page = stack
            .evaluations(id)
            .list_facts(request)
            .await
            .unwrap()
            .into_inner();
        assert!(page.frozen);
        for fact in page.facts {
            facts.insert((fact.area, fact.fact), fact.value.unwrap());
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return facts;
        }
    }
}

async fn run(stack: &Stack, id: &str, period: &str, again: bool) -> WatchReviewResponse {
    let name = format!("districts/{id}/reviews/{period}");
    review::ran(stack.evaluations(id), &name, again).await
}

async fn grid_scores(stack: &Stack, id: &str, period: &str) -> Vec<Score> {
    let mut scores = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListScoresRequest {
            parent: format!("districts/{id}/reviews/{period}/revisions/1"),
            level: AreaLevel::Grid.into(),
            page_size: 100,
            page_token,
        };
        let page = stack
            .evaluations(id)
            .list_scores(request)
            .await
            .unwrap()
            .into_inner();
        scores.extend(page.scores);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return scores;
        }
    }
}

/// Places are what counting the better ones gives, ties share one, and the unranked come last.
fn check_places(scores: &[Score]) -> (usize, usize) {
    let units = |score: &Score| score.total.as_ref().map(|total| total.units);
    let (mut ties, mut absent) = (0, 0);
    for score in scores {
        let Some(own) = units(score) else {
            assert_eq!(score.rank, None, "{}", score.name);
            absent += 1;
            continue;
        };
        let text = |score: &Score| score.total_text.parse::<f64>().unwrap();
        let shown = text(score);
        let ranked = scores.iter().filter(|other| units(other).is_some());
        let better = ranked.clone().filter(|other| text(other) > shown).count();
        assert_eq!(score.rank, Some(better as i32 + 1), "{} {own}", score.name);
        assert_eq!(score.ranked as usize, ranked.clone().count());
        ties += usize::from(ranked.filter(|other| text(other) == shown).count() > 1);
    }
    let first_absent = scores.iter().position(|score| units(score).is_none());
    assert!(first_absent.is_none_or(|first| first == scores.len() - absent));
    (ties, absent)
}

async fn bundle(stack: &Stack, id: &str, period: &str) -> Vec<u8> {
    let name = format!("districts/{id}/reviews/{period}/revisions/1");
    let answer = stack
        .evaluations(id)
        .download_bundle(DownloadBundleRequest { name })
        .await;
    let (mut stream, mut bytes) = (answer.unwrap().into_inner(), Vec::new());
    while let Some(part) = stream.message().await.unwrap() {
        bytes.extend(part.data);
    }
    bytes
}

async fn every_quarter(stack: &Stack, id: &str) {
    let activate = ActivateRuleRequest {
        name: format!("districts/{id}/rules/case-rates/versions/1.0.0"),
        from_period: "2011-q1".to_owned(),
        ..ActivateRuleRequest::default()
    };
    stack.rules(id).activate_rule(activate).await.unwrap();
    let (mut ties, mut absent) = (0, 0);
    for period in
        (2011..=2014).flat_map(|year| (1..=4).map(move |quarter| format!("{year}-q{quarter}")))
    {
        let frozen = review::frozen(stack.evaluations(id), id, &period).await;
        assert_eq!(frozen.state(), ReviewState::Frozen);
        let scored = run(stack, id, &period, false).await.review.unwrap();
        assert_eq!(
            scored.state(),
            ReviewState::Scored,
            "{period}: {}",
            scored.error
        );
        let counts = check_places(&grid_scores(stack, id, &period).await);
        ties += counts.0;
        absent += counts.1;
        let again = run(stack, id, &period, true).await;
        assert_eq!(again.again_scores_sha256, scored.scores_sha256);
    }
    assert!(ties > 0, "sixteen quarters of real grids have ties");
    assert!(absent > 0 || id == "areas", "some beats have nothing due");
    let bytes = bundle(stack, id, "2013-q3").await;
    let compiler = compiler();
    verify::verify(&compiler, &bytes, None).expect("the bundle is recomputed");
    for place in (0..bytes.len()).step_by(bytes.len() / 97) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        assert!(
            verify::verify(&compiler, &changed, None).is_err(),
            "byte {place}"
        );
    }
    assert!(verify::verify(&compiler, &bytes[..bytes.len() - 1], None).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn community_areas_have_the_facts_that_another_program_counted() {
    let (Some(areas), Some(issues), Some(reference)) = (
        beside("data/chicago/chicago_community_areas.geojson.gz"),
        beside(ISSUES),
        beside("reference/chicago_2013q3_community_areas.csv"),
    ) else {
        return;
    };
    let stack = Stack::start().await;
    district(
        &stack,
        "areas",
        "chicago-community-areas.toml",
        &areas,
        &issues,
    )
    .await;
    assert_eq!(count_areas(&stack, "areas", AreaLevel::Grid).await, 77);
    every_quarter(&stack, "areas").await;

    let facts = facts(&stack, "areas", "2013-q3").await;
    let mut table = csv::Reader::from_reader(&reference[..]);
    let headers = table.headers().unwrap().clone();
    let mut cells = 0;
    for row in table.records() {
        let row = row.unwrap();
        for (name, value) in headers.iter().zip(&row).skip(1) {
            let key = (row[0].to_owned(), format!("issues.{name}"));
            assert_eq!(facts.get(&key), Some(&value.parse().unwrap()), "{key:?}");
            cells += 1;
        }
    }
    assert_eq!(cells, 77 * 10);

    let again = import!(
        stack.issues("areas"),
        "areas",
        example("chicago-issues.toml"),
        issues
    );
    assert_eq!((again.rows_added, again.rows_rejected), (0, 0));
    assert_eq!(
        (again.rows_unchanged, again.rows_conflicting),
        (74_029, 372)
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn police_beats_are_ranked_in_every_quarter_of_four_years() {
    let (Some(areas), Some(issues)) = (
        beside("data/chicago/chicago_police_beats.geojson.gz"),
        beside(ISSUES),
    ) else {
        return;
    };
    let stack = Stack::start().await;
    district(&stack, "beats", "chicago-beats.toml", &areas, &issues).await;
    assert_eq!(
        count_areas(&stack, "beats", AreaLevel::Subdistrict).await,
        23
    );
    assert_eq!(count_areas(&stack, "beats", AreaLevel::Community).await, 68);
    assert_eq!(count_areas(&stack, "beats", AreaLevel::Grid).await, 275);
    every_quarter(&stack, "beats").await;
    stack.stop().await;
}
