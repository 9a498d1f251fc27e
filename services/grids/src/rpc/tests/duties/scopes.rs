//! A caller with areas of its own sees and changes what lies in them, and the rest is not there.

use super::*;

#[tokio::test]
async fn a_leader_of_one_ward_meets_that_ward_alone() {
    let mut street = street().await;
    street
        .duties
        .create_site(by(&street.city.caller, bin_station()))
        .await
        .unwrap();
    let inside = street
        .create(head("in", &["w1-2"], "2015-01-01"))
        .await
        .unwrap();
    let outside = street
        .create(head("out", &["w2-1"], "2015-01-01"))
        .await
        .unwrap();
    let across = street
        .create(duty("across", &["w1", "w2"], "2015-01-01"))
        .await
        .unwrap();
    street.city.caller.areas = vec!["w1".to_owned()];
    for size in [1, 2, 100] {
        let names: Vec<String> = street
            .listed("", size)
            .await
            .into_iter()
            .map(|one| one.name)
            .collect();
        assert_eq!(names, [inside.name.as_str()], "{size}");
        assert_eq!(
            street.vacant(0, TODAY, size).await,
            ["w1", "w1-10", "bin-7"],
            "{size}"
        );
    }
    for name in [&outside.name, &across.name] {
        assert_eq!(
            reason(&street.end(name, "").await.unwrap_err()),
            ErrorReason::NotFound
        );
        let get = GetDutyRequest { name: name.clone() };
        let got = street
            .duties
            .get_duty(by(&street.city.caller, get))
            .await
            .unwrap_err();
        assert_eq!(reason(&got), ErrorReason::NotFound);
    }
    let foreign = fields(&street.create(duty("x", &["w2-1"], "")).await.unwrap_err());
    assert!(foreign[0].1.contains("is not yours to see"), "{foreign:?}");
    street.create(duty("y", &["w1-10"], "")).await.unwrap();
    // Whoever answers for what is above the ward is told, and what lies beside it is not.
    assert_eq!(
        street.answering(&area("w1-2"), TODAY).await,
        ["in", "across"]
    );
    let beside = FindDutiesRequest {
        node: area("w2-1"),
        ..FindDutiesRequest::default()
    };
    assert_eq!(
        reason(&street.find(beside).await.unwrap_err()),
        ErrorReason::NotFound
    );
    street.city.caller.areas = vec!["w2".to_owned()];
    let site = UpdateSiteRequest {
        site: Some(Site {
            name: format!("{DISTRICT}/sites/bin-7"),
            ..Site::default()
        }),
        ..UpdateSiteRequest::default()
    };
    let site = street
        .duties
        .update_site(by(&street.city.caller, site))
        .await
        .unwrap_err();
    assert_eq!(reason(&site), ErrorReason::NotFound);
    street.city.caller.areas = vec!["gone".to_owned()];
    assert!(street.listed("", 100).await.is_empty());
}
