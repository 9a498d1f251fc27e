//! What is asked twice, and what is read by pages.

use super::{story::record, *};

#[tokio::test]
async fn a_request_id_gives_the_first_answer_again() {
    let scene = scene().await;
    let request = v1::CreateReviewRequest {
        parent: "districts/demo".into(),
        period: "2013-07".into(),
        request_id: "0198b8a0-0000-7000-8000-000000000001".into(),
    };
    let first = scene
        .reviews
        .create_review(call(request.clone()))
        .await
        .unwrap()
        .into_inner();
    let second = scene
        .reviews
        .create_review(call(request.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, second);
    let other = v1::CreateReviewRequest {
        period: "2013-08".into(),
        ..request.clone()
    };
    assert_eq!(
        reason(&scene.reviews.create_review(call(other)).await.unwrap_err()),
        "REQUEST_ID_REUSED"
    );
    let fresh = v1::CreateReviewRequest {
        request_id: String::new(),
        ..request
    };
    assert_eq!(
        reason(&scene.reviews.create_review(call(fresh)).await.unwrap_err()),
        "ALREADY_EXISTS"
    );
    let foreign = v1::GetReviewRequest {
        name: "districts/other/reviews/2013-07".into(),
    };
    assert_eq!(
        reason(&scene.reviews.get_review(call(foreign)).await.unwrap_err()),
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn frozen_facts_are_listed_by_pages_without_what_is_absent() {
    let scene = scene().await;
    scene.activate("case-rates/versions/1.0.0", "2013-q1").await;
    record(&scene, "2013-q3", "metric.clean", 2, 6_667)
        .await
        .unwrap();
    scene.open("2013-q3").await;
    scene.seal("2013-q3", ledger(2)).await.unwrap();
    let mut request = v1::ListFactsRequest {
        parent: "districts/demo".into(),
        period: "2013-q3".into(),
        page_size: 4,
        ..Default::default()
    };
    let (mut all, mut pages) = (Vec::new(), 0);
    loop {
        let page = scene
            .reviews
            .list_facts(call(request.clone()))
            .await
            .unwrap()
            .into_inner();
        assert!(page.frozen);
        all.extend(page.facts);
        pages += 1;
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(
        (all.len(), pages),
        (20, 5),
        "six facts of three areas, and a metric of one with its sum"
    );
    let clean: Vec<(&str, &str)> = all
        .iter()
        .filter(|fact| fact.fact == "metric.clean")
        .map(|fact| (fact.area.as_str(), fact.text.as_str()))
        .collect();
    assert_eq!(clean, [("C", "66.67"), ("G00001", "66.67")]);
    let one = v1::ListFactsRequest {
        area: "districts/demo/areas/G9".into(),
        page_token: String::new(),
        ..request
    };
    assert_eq!(
        reason(&scene.reviews.list_facts(call(one)).await.unwrap_err()),
        "NOT_FOUND"
    );
}
