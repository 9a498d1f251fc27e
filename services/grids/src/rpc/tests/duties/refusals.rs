//! Bad input to duties and sites: each case with its reason and words, and nothing of it goes in.

use tidyward_proto::v1::UpdateSiteRequest;

use super::*;

/// What a bad duty's refusal says of its field.
async fn check_duty(street: &Street, field: &str, words: &str, spoil: impl FnOnce(&mut Duty)) {
    let mut bad = duty("o", &["w1"], "2015-01-01");
    spoil(&mut bad);
    let status = street.create(bad).await.unwrap_err();
    assert_eq!(reason(&status), ErrorReason::FieldsInvalid, "{field}");
    let told = fields(&status);
    let found = told
        .iter()
        .any(|one| one.0 == field && one.1.contains(words));
    assert!(found, "{field}: {words} is not in {told:?}");
}

type BadDuty<'b> = (&'b str, &'b str, fn(&mut Duty));

/// The field that is refused, the words, and what is done to a good duty.
const BAD_DUTIES: [BadDuty; 22] = [
    ("duty.officer", "is missing", |bad| {
        bad.officer = " ".to_owned()
    }),
    ("duty.officer", "at most 200 characters", |bad| {
        bad.officer = "o".repeat(201)
    }),
    ("duty.display_name", "at most 200", |bad| {
        bad.display_name = "王".repeat(201)
    }),
    ("duty.unit", "at most 100", |bad| bad.unit = "u".repeat(101)),
    ("duty.unit", "the role UNIT needs", |bad| bad.role = 4),
    ("duty.role", "must be CADRE", |bad| bad.role = 0),
    ("duty.role", "must be CADRE", |bad| bad.role = 5),
    ("duty.set_name", "at most 200", |bad| {
        bad.set_name = "x".repeat(201)
    }),
    ("duty.set_name", "control characters", |bad| {
        bad.set_name = "a\u{7}".to_owned()
    }),
    ("duty.category", "must be the code", |bad| {
        bad.category = "Litter!".to_owned()
    }),
    ("duty.roster", "at most 40", |bad| {
        bad.roster = "r".repeat(41)
    }),
    ("duty.roster", "at most 40", |bad| {
        bad.roster = "Storm".to_owned()
    }),
    ("duty.first_day", "like `2026-01-31`", |bad| {
        bad.first_day = "1.1.2015".to_owned()
    }),
    ("duty.first_day", "district's start", |bad| {
        bad.first_day = "1999-12-31".to_owned()
    }),
    ("duty.last_day", "like `2026-01-31`", |bad| {
        bad.last_day = "2015-02-29".to_owned()
    }),
    (
        "duty.last_day",
        "is before the first day, 2015-01-01",
        |bad| {
            bad.last_day = "2014-12-31".to_owned();
        },
    ),
    ("duty.nodes", "must be 1 to 500, not 0", |bad| {
        bad.nodes.clear()
    }),
    ("duty.nodes", "must be 1 to 500, not 501", |bad| {
        bad.nodes = (0..501).map(|number| area(&format!("x{number}"))).collect();
    }),
    ("duty.nodes[1]", "is there twice", |bad| {
        bad.nodes.push(area("w1"))
    }),
    (
        "duty.nodes[1]",
        "must look like `districts/city/areas/{area}`",
        |bad| {
            bad.nodes.push("districts/other/areas/w1".to_owned());
        },
    ),
    ("duty.nodes[1]", "does not exist on 2015-01-01", |bad| {
        bad.nodes.push(area("nope"))
    }),
    ("duty.nodes[1]", "does not exist on", |bad| {
        bad.nodes.push(format!("{DISTRICT}/sites/nope"));
    }),
];

#[tokio::test]
async fn each_field_of_a_duty_has_its_limits() {
    let street = street().await;
    let at_limit = Duty {
        officer: "o".repeat(200),
        display_name: "王".repeat(200),
        unit: "u".repeat(100),
        set_name: "片".repeat(200),
        roster: "r".repeat(40),
        role: 4,
        ..duty("", &["w1"], "2000-01-01")
    };
    street.create(at_limit).await.unwrap();
    for (field, words, spoil) in BAD_DUTIES {
        check_duty(&street, field, words, spoil).await;
    }
    assert_eq!(street.listed("", 100).await.len(), 1, "nothing bad went in");
}

#[tokio::test]
async fn everything_wrong_with_a_duty_is_told_at_once() {
    let street = street().await;
    let bad = Duty {
        role: 4,
        roster: "?".to_owned(),
        first_day: "soon".to_owned(),
        ..duty("", &["w1", "nope"], "")
    };
    let told = fields(&street.create(bad).await.unwrap_err());
    let names: Vec<&str> = told.iter().map(|one| one.0.as_str()).collect();
    for field in [
        "duty.first_day",
        "duty.officer",
        "duty.unit",
        "duty.roster",
        "duty.nodes[1]",
    ] {
        assert!(names.contains(&field), "{field} is not in {names:?}");
    }
}

#[tokio::test]
async fn a_node_is_told_by_its_place_in_the_request_whatever_cannot_be_read_before_it() {
    let street = street().await;
    let told = async |nodes: &[&str]| {
        let bad = Duty {
            nodes: nodes.iter().map(|node| (*node).to_owned()).collect(),
            ..duty("", &[], "2015-01-01")
        };
        let told = fields(&street.create(bad).await.unwrap_err());
        told.into_iter().map(|one| one.0).collect::<Vec<_>>()
    };
    let (known, unknown) = (area("w1"), area("nope"));
    assert_eq!(
        told(&["?", &known, &known, &unknown]).await,
        [
            "duty.nodes[0]",
            "duty.officer",
            "duty.nodes[2]",
            "duty.nodes[3]"
        ]
    );
    assert_eq!(told(&["?"]).await, ["duty.nodes[0]", "duty.officer"]);
}

#[tokio::test]
async fn an_end_lies_within_the_duty_and_under_its_etag() {
    let street = street().await;
    let mut new = duty("o", &["w1"], "2015-02-01");
    new.last_day = "2015-12-31".to_owned();
    let made = street.create(new).await.unwrap();
    for (day, words) in [
        ("2015-01-31", "before the duty's first day, 2015-02-01"),
        ("2016-01-01", "ends on 2015-12-31 already"),
        ("soon", "must be a day like"),
    ] {
        let status = street.end(&made.name, day).await.unwrap_err();
        assert_eq!(reason(&status), ErrorReason::FieldsInvalid);
        assert!(
            fields(&status)[0].1.contains(words),
            "{day}: {:?}",
            fields(&status)
        );
    }
    let stale = EndDutyRequest {
        name: made.name.clone(),
        etag: "77".to_owned(),
        ..EndDutyRequest::default()
    };
    let stale = street
        .duties
        .end_duty(by(&street.city.caller, stale))
        .await
        .unwrap_err();
    assert_eq!(reason(&stale), ErrorReason::ChangedMeanwhile);
    let ended = street.end(&made.name, "").await.unwrap();
    assert_eq!(ended.last_day, "2015-06-01", "empty is today");
    for name in [
        "districts/city/duties/x",
        "districts/city/duties/0190d5a0-0000-7000-8000-000000000000",
        "districts/other/duties/x",
    ] {
        assert_eq!(
            reason(&street.end(name, "").await.unwrap_err()),
            ErrorReason::NotFound,
            "{name}"
        );
    }
}

fn site(bad: &mut CreateSiteRequest) -> &mut Site {
    bad.site.get_or_insert_default()
}

type BadSite<'b> = (&'b str, &'b str, fn(&mut CreateSiteRequest));

/// The field that is refused, the words, and what is done to a good request.
const BAD_SITES: [BadSite; 12] = [
    ("site_id", "1 to 64", |bad| bad.site_id = "x".repeat(65)),
    ("site_id", "1 to 64", |bad| bad.site_id.clear()),
    ("site.kind", "must be SPOT", |bad| site(bad).kind = 9),
    ("site.display_name", "is missing", |bad| {
        site(bad).display_name.clear()
    }),
    ("site.display_name", "at most 200", |bad| {
        site(bad).display_name = "x".repeat(201)
    }),
    ("site.schedule", "at most 200", |bad| {
        site(bad).schedule = "x".repeat(201)
    }),
    ("site.area", "must look like", |bad| site(bad).area.clear()),
    ("site.area", "does not exist", |bad| {
        site(bad).area = area("nope")
    }),
    ("site.area", "must be a grid", |bad| {
        site(bad).area = area("w1")
    }),
    ("site.last_day", "district's start", |bad| {
        site(bad).last_day = "1999-01-01".to_owned()
    }),
    ("site.geometry", "is no GeoJSON", |bad| {
        site(bad).geometry = "here".to_owned()
    }),
    ("site.geometry", "and may have 65536", |bad| {
        site(bad).geometry = " ".repeat(65_537)
    }),
];

#[tokio::test]
async fn each_field_of_a_site_has_its_limits() {
    let street = street().await;
    for (field, words, spoil) in BAD_SITES {
        let mut bad = bin_station();
        spoil(&mut bad);
        let status = street
            .duties
            .create_site(by(&street.city.caller, bad))
            .await
            .unwrap_err();
        let told = fields(&status);
        let found = told
            .iter()
            .any(|one| one.0 == field && one.1.contains(words));
        assert!(found, "{field}: {words} is not in {told:?}");
    }
    let made = street
        .duties
        .create_site(by(&street.city.caller, bin_station()))
        .await
        .unwrap();
    for (paths, words) in [
        (vec![], "must name what to change"),
        (vec!["kind"], "`kind` cannot be changed"),
    ] {
        let paths = paths.into_iter().map(str::to_owned).collect();
        let request = UpdateSiteRequest {
            site: Some(made.get_ref().clone()),
            update_mask: Some(prost_types::FieldMask { paths }),
            request_id: String::new(),
        };
        let status = street
            .duties
            .update_site(by(&street.city.caller, request))
            .await
            .unwrap_err();
        assert!(
            fields(&status)[0].1.contains(words),
            "{:?}",
            fields(&status)
        );
    }
}

#[tokio::test]
async fn questions_that_make_no_sense_are_told() {
    let street = street().await;
    let ask = |change: fn(&mut FindDutiesRequest)| {
        let mut request = FindDutiesRequest {
            node: area("w1"),
            ..FindDutiesRequest::default()
        };
        change(&mut request);
        street.find(request)
    };
    let told = |status: Status| fields(&status)[0].clone();
    let nobody = told(ask(|request| request.node.clear()).await.unwrap_err());
    assert_eq!(nobody.0, "node");
    let many = told(
        ask(|request| request.rosters = vec!["a".to_owned(); 11])
            .await
            .unwrap_err(),
    );
    assert_eq!(many.0, "rosters");
    let empty = told(
        ask(|request| request.rosters = vec![String::new()])
            .await
            .unwrap_err(),
    );
    assert_eq!(empty.0, "rosters[0]");
    let category = told(
        ask(|request| request.categories = vec!["A B".to_owned()])
            .await
            .unwrap_err(),
    );
    assert_eq!(category.0, "categories[0]");
    let missing = ask(|request| request.node = area("nope"))
        .await
        .unwrap_err();
    assert_eq!(reason(&missing), ErrorReason::NotFound);
    let list = |filter: &str, page_token: &str| {
        let request = ListDutiesRequest {
            parent: DISTRICT.to_owned(),
            filter: filter.to_owned(),
            page_token: page_token.to_owned(),
            page_size: 1,
            at_time: None,
        };
        street.duties.list_duties(by(&street.city.caller, request))
    };
    let unknown = list("colour = \"red\"", "").await.unwrap_err();
    assert_eq!(reason(&unknown), ErrorReason::FilterInvalid);
    for number in 0..2 {
        street
            .create(duty(&format!("o{number}"), &["w1"], ""))
            .await
            .unwrap();
    }
    let token = list("", "").await.unwrap().into_inner().next_page_token;
    let other = list("head = true", &token).await.unwrap_err();
    assert_eq!(reason(&other), ErrorReason::PageTokenInvalid);
}

#[tokio::test]
async fn a_repeated_request_gives_the_first_answer_and_another_body_is_refused() {
    let street = street().await;
    let request = |officer: &str| CreateDutyRequest {
        parent: DISTRICT.to_owned(),
        duty: Some(head(officer, &["w1"], "2015-06-01")),
        request_id: "0190d5a0-0000-7000-8000-000000000001".to_owned(),
    };
    let caller = &street.city.caller;
    let first = street
        .duties
        .create_duty(by(caller, request("a")))
        .await
        .unwrap()
        .into_inner();
    let again = street
        .duties
        .create_duty(by(caller, request("a")))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let other = street
        .duties
        .create_duty(by(caller, request("b")))
        .await
        .unwrap_err();
    assert_eq!(reason(&other), ErrorReason::RequestIdReused);
}
