//! The same question, again and again.

use super::*;

#[tokio::test]
async fn a_question_asked_again_is_answered_as_things_are_then_whoever_changed_them() {
    let street = street().await;
    let (city, node) = (&street.city, area("w1-2"));
    let Grids {
        db,
        clock,
        settings,
        ..
    } = city.grids.clone();
    let replica = Duties(Grids::new(db, clock, settings));
    for _ in 0..2 {
        assert!(street.answering(&node, TODAY).await.is_empty());
    }
    let create = CreateDutyRequest {
        parent: DISTRICT.to_owned(),
        duty: Some(duty("li", &["w1"], "2015-01-01")),
        request_id: String::new(),
    };
    let made = replica.create_duty(by(&city.caller, create)).await;
    for _ in 0..2 {
        assert_eq!(street.answering(&node, TODAY).await, ["li"]);
        let before = street.answering(&node, "2014-12-31T12:00:00Z").await;
        assert!(before.is_empty());
    }
    let end = EndDutyRequest {
        name: made.unwrap().into_inner().name,
        last_day: "2015-01-01".to_owned(),
        ..EndDutyRequest::default()
    };
    replica.end_duty(by(&city.caller, end)).await.unwrap();
    assert!(street.answering(&node, TODAY).await.is_empty());
}
