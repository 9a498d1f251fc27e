//! Lists of issues: filters, orders, sight and tokens, and the words of each refusal.

use futures::future::join_all;
use tidyward_kit::{
    Reason,
    caller::{Caller, Role},
};
use tidyward_proto::v1::{
    GetIssueRequest, Issue, IssueSource, ListIssueEventsRequest, ListIssuesRequest,
};
use tonic_types::StatusExt;

use super::{
    caller,
    house::House,
    moves::file,
    reason,
    reports::{list, litter, report, wire},
};

fn filtered(filter: &str, order_by: &str) -> ListIssuesRequest {
    ListIssuesRequest {
        parent: "districts/chicago".to_owned(),
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        ..ListIssuesRequest::default()
    }
}

/// Three issues: litter of a resident in the north, snow on patrol in the south, litter by hotline nowhere.
async fn three(house: &House) -> [String; 3] {
    let issues = [
        ("ann", Role::Resident, litter(41.9), "2015-01-05T08:00:00Z"),
        (
            "officer-2",
            Role::Officer,
            Issue {
                category: "snow".to_owned(),
                source: IssueSource::Patrol as i32,
                ..litter(41.8)
            },
            "2015-01-05T09:00:00Z",
        ),
        (
            "desk",
            Role::Operator,
            Issue {
                source: IssueSource::Hotline as i32,
                ..litter(43.0)
            },
            "2015-01-05T10:00:00Z",
        ),
    ];
    let mut names = Vec::new();
    for (subject, role, issue, at) in issues {
        let issue = Issue {
            report_time: wire(at),
            ..issue
        };
        let made = house
            .somebody(subject, role)
            .report_issue(report(issue))
            .await
            .unwrap();
        names.push(made.into_inner().name);
    }
    names.try_into().unwrap()
}

#[tokio::test]
async fn a_filter_gives_what_it_says_in_the_order_that_is_asked_for() {
    let house = House::open().await;
    let names = three(&house).await;
    let mut admin = house.admin();
    let cases: [(&str, &str, &[usize]); 15] = [
        ("", "", &[2, 1, 0]),
        ("", "report_time", &[0, 1, 2]),
        ("", "report_time desc", &[2, 1, 0]),
        ("", "update_time", &[0, 1, 2]),
        ("category = snow", "", &[1]),
        ("category = \"litter\" AND source = HOTLINE", "", &[2]),
        ("category = snow OR source = HOTLINE", "", &[2, 1]),
        ("NOT category = snow", "", &[2, 0]),
        ("area = town", "", &[1, 0]),
        ("area = north", "", &[0]),
        ("grid = \"districts/chicago/areas/south\"", "", &[1]),
        ("grid = \"\"", "", &[2]),
        ("own_report = true", "", &[1]),
        (
            "report_time >= \"2015-01-05T09:00:00Z\" AND round < 1",
            "report_time",
            &[1, 2],
        ),
        ("state != REPORTED", "", &[]),
    ];
    for (filter, order_by, expected) in cases {
        let (given, _) = list(&mut admin, filtered(filter, order_by)).await;
        let expected: Vec<String> = expected.iter().map(|index| names[*index].clone()).collect();
        assert_eq!(given, expected, "{filter} {order_by}");
    }
    let both = ListIssuesRequest {
        category: "litter".to_owned(),
        ..filtered("area = town", "")
    };
    assert_eq!(list(&mut admin, both).await.0, [names[0].clone()]);
}

#[tokio::test]
async fn lists_and_single_issues_hold_what_the_caller_may_see() {
    let house = House::open().await;
    let names = three(&house).await;
    let cases: [(Caller, &[usize]); 7] = [
        (caller("ann", Role::Resident, &[]), &[0]),
        (caller("bob", Role::Resident, &[]), &[]),
        (caller("x", Role::Officer, &["north"]), &[0]),
        (caller("x", Role::Officer, &["town"]), &[1, 0]),
        (caller("desk", Role::Operator, &["north"]), &[2, 0]),
        (caller("x", Role::Operator, &["nowhere"]), &[]),
        (caller("x", Role::Operator, &[]), &[2, 1, 0]),
    ];
    for (caller, expected) in cases {
        let told = format!("{caller:?}");
        let is_resident = caller.has(Role::Resident);
        let mut client = house.client_of(caller);
        let (given, _) = list(&mut client, filtered("", "")).await;
        let seen: Vec<String> = expected.iter().map(|index| names[*index].clone()).collect();
        assert_eq!(given, seen, "{told}");
        for (index, name) in names.iter().enumerate() {
            let request = GetIssueRequest { name: name.clone() };
            let got = client.get_issue(request).await;
            assert_eq!(got.is_ok(), expected.contains(&index), "{told}");
            if is_resident {
                continue;
            }
            let request = ListIssueEventsRequest {
                parent: name.clone(),
                ..ListIssueEventsRequest::default()
            };
            match client.list_issue_events(request).await {
                Ok(_) => assert!(expected.contains(&index), "{told}"),
                Err(status) => {
                    assert_eq!(reason(&status), Reason::NotFound, "{told}");
                    assert!(!expected.contains(&index), "{told}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_place_and_in_words() {
    let house = House::open().await;
    let mut admin = house.admin();
    let long = format!("category = \"{}\"", "x".repeat(1_000));
    let deep = format!("{}round = 1{}", "(".repeat(17), ")".repeat(17));
    let all = || filtered("", "");
    let elsewhere = "districts/boston/areas/x".to_owned();
    let (read, fields) = (Reason::FilterInvalid, Reason::FieldsInvalid);
    let orders = "report_time, update_time, handling_deadline";
    let of_district = "must be a grid of the parent's district";
    #[rustfmt::skip]
    let cases = [
        (filtered(&long, ""), read, "filter", "at most 1000 characters"),
        (filtered(&deep, ""), read, "filter", "16"),
        (filtered("colour = red", ""), read, "filter", "colour"),
        (filtered("state = NOWHERE", ""), read, "filter", "NOWHERE"),
        (filtered("state > REPORTED", ""), read, "filter", ">"),
        (filtered("round = one", ""), read, "filter", "one"),
        (filtered("report_time > yesterday", ""), read, "filter", "yesterday"),
        (filtered("category =", ""), read, "filter", "character"),
        (filtered("", "category"), read, "order_by", orders),
        (filtered("", "report_time up"), read, "order_by", "up"),
        (ListIssuesRequest { state: 99, ..all() }, fields, "state", "no state"),
        (ListIssuesRequest { page_size: -1, ..all() }, fields, "page_size", "negative"),
        (ListIssuesRequest { grid: elsewhere, ..all() }, fields, "grid", of_district),
    ];
    for (request, expected, field, words) in cases {
        let told = format!("{request:?}");
        let status = admin.list_issues(request).await.unwrap_err();
        assert_eq!(reason(&status), expected, "{told}");
        let details = status.get_error_details();
        let violations = &details.bad_request().unwrap().field_violations;
        assert_eq!(violations.len(), 1, "{told}");
        assert_eq!(violations[0].field, field, "{told}");
        assert!(status.message().contains(words), "{}", status.message());
        let position = details.error_info().unwrap().metadata.get("position");
        assert_eq!(
            position.is_some(),
            expected == Reason::FilterInvalid,
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_token_fits_only_the_list_that_it_was_made_for() {
    let house = House::open().await;
    let names = three(&house).await;
    let mut admin = house.admin();
    let first = |filter: &str, order_by: &str| ListIssuesRequest {
        page_size: 1,
        ..filtered(filter, order_by)
    };
    let (_, token) = list(&mut admin, first("", "")).await;
    let others = [
        first("round = 0", ""),
        first("", "report_time"),
        ListIssuesRequest {
            category: "litter".to_owned(),
            ..first("", "")
        },
        ListIssuesRequest {
            state: 1,
            ..first("", "")
        },
    ];
    for request in others {
        let request = ListIssuesRequest {
            page_token: token.clone(),
            ..request
        };
        let status = admin.list_issues(request).await.unwrap_err();
        assert_eq!(reason(&status), Reason::PageTokenInvalid);
    }
    let page_token = "AAAA".to_owned();
    let status = admin
        .list_issues(ListIssuesRequest {
            page_token,
            ..first("", "")
        })
        .await;
    assert_eq!(reason(&status.unwrap_err()), Reason::PageTokenInvalid);
    // What has no deadline is paged too, by the report.
    let (mut given, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListIssuesRequest {
            page_token,
            ..first("", "handling_deadline desc")
        };
        let (page, next) = list(&mut admin, request).await;
        given.extend(page);
        page_token = next;
        if page_token.is_empty() {
            break;
        }
    }
    let expected = [2, 1, 0].map(|index: usize| names[index].clone());
    assert_eq!(given, expected, "each once");
}

#[tokio::test]
async fn issues_that_are_asked_for_at_once_are_each_its_own_with_its_own_events() {
    let house = House::open().await;
    let mut names = Vec::new();
    for number in 0..40 {
        let issue = house.reported(41.86 + f64::from(number) * 0.001).await;
        if number % 3 == 0 {
            house
                .done("desk", Role::Operator, &issue, file("litter"))
                .await;
        }
        names.push(issue.name);
    }
    let missing = "districts/chicago/issues/00000000-0000-7000-8000-000000000000";
    names.push(missing.to_owned());
    let get = |district: &str, name: &str| {
        let (mut client, name) = (house.client(Some(district), Role::Admin), name.to_owned());
        async move {
            let answer = client.get_issue(GetIssueRequest { name }).await;
            answer
                .map(tonic::Response::into_inner)
                .map_err(|status| reason(&status))
        }
    };
    let mut alone = Vec::new();
    for name in &names {
        alone.push(get("chicago", name).await);
    }
    assert_eq!(alone[40], Err(Reason::NotFound));
    // Everybody asks at once, for some of them twice, and so does somebody of another district.
    let asked = names.iter().chain(&names[..7]);
    let at_once = join_all(asked.clone().map(|name| get("chicago", name)));
    let abroad = join_all(names.iter().map(|name| get("boston", name)));
    let (at_once, abroad) = tokio::join!(at_once, abroad);
    let expected = alone.iter().chain(&alone[..7]);
    for ((name, found), expected) in asked.zip(&at_once).zip(expected) {
        assert_eq!(found, expected, "{name}");
        if let Ok(issue) = found {
            assert_eq!(issue.name, *name);
        }
    }
    for found in abroad {
        assert_eq!(found, Err(Reason::NotFound));
    }
    let rounds = alone.iter().flatten().map(|issue| issue.rounds.len());
    assert_eq!(rounds.sum::<usize>(), 14);
}
