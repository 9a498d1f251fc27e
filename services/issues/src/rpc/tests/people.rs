//! Who reported: whose own it is, who sees name and phone, and how they are erased.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    Category, EraseReporterRequest, FilingCondition, GetIssueRequest, Issue, IssueEventDetail,
    IssueSource, ListIssuesRequest, ReportIssueRequest, Reporter, Stage, UpdateCategoryRequest,
};

use super::{
    house::{Client, House},
    reason,
    reports::{events, litter, make, report, wire},
    wrong,
};

const PHONE: &str = "+86 (21) 555-0100";

fn with_reporter(source: IssueSource, name: &str, phone: &str) -> Issue {
    Issue {
        source: source as i32,
        reporter: Some(Reporter {
            name: name.to_owned(),
            phone: phone.to_owned(),
        }),
        ..litter(41.9)
    }
}

async fn seen(house: &House, subject: &str, role: Role, name: &str) -> Option<Reporter> {
    let request = GetIssueRequest {
        name: name.to_owned(),
    };
    let answer = house.somebody(subject, role).get_issue(request).await;
    answer.unwrap().into_inner().reporter
}

async fn erase(client: &mut Client, name: &str) -> i64 {
    let request = EraseReporterRequest {
        name: name.to_owned(),
    };
    client
        .erase_reporter(request)
        .await
        .unwrap()
        .into_inner()
        .issues
}

async fn detail(house: &House, name: &str) -> IssueEventDetail {
    let events = events(&mut house.admin(), name).await;
    events[0].detail.clone().unwrap()
}

#[tokio::test]
async fn a_report_is_own_where_its_reporter_holds_a_duty_there_or_above() {
    let house = House::open().await;
    let in_category = |category: &str| Issue {
        category: category.to_owned(),
        source: IssueSource::Patrol as i32,
        ..litter(41.9)
    };
    let in_south = Issue {
        source: IssueSource::Patrol as i32,
        ..litter(41.8)
    };
    let nowhere = Issue {
        source: IssueSource::Patrol as i32,
        ..litter(43.0)
    };
    let by_grid = Issue {
        position: None,
        grid: "districts/chicago/areas/north".to_owned(),
        ..litter(0.0)
    };
    let cases = [
        ("officer-1", in_category("litter"), true),
        ("officer-1", by_grid, true),
        ("officer-1", in_south.clone(), false),
        ("officer-1", nowhere.clone(), false),
        ("chief-1", in_south, true),
        ("chief-1", nowhere, false),
        ("lamp-1", in_category("lighting"), true),
        ("lamp-1", in_category("litter"), false),
        ("stranger", in_category("litter"), false),
    ];
    for (subject, issue, own) in cases {
        let told = format!("{subject} {issue:?}");
        let made = make(&mut house.somebody(subject, Role::Officer), issue).await;
        assert_eq!(made.own_report, own, "{told}");
        assert_eq!(detail(&house, &made.name).await.own_report, own, "{told}");
        let above: &[&str] = match made.grid.as_str() {
            "" => &[],
            _ => &["districts/chicago/areas/town"],
        };
        assert_eq!(made.ancestors, above, "{told}");
    }
}

#[tokio::test]
async fn a_report_says_by_when_it_must_be_verified_unless_a_patrol_saw_it() {
    let house = House::open().await;
    let request = UpdateCategoryRequest {
        category: Some(Category {
            name: "districts/chicago/categories/litter".to_owned(),
            conditions: vec![FilingCondition {
                id: "normal".to_owned(),
                verify_limit: "1.5 URGENT_HOURS".to_owned(),
                ..FilingCondition::default()
            }],
            ..Category::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["conditions".to_owned()],
        }),
        request_id: String::new(),
    };
    house.admin().update_category(request).await.unwrap();
    let mut desk = house.client(Some("chicago"), Role::Operator);
    let with = |source: IssueSource| Issue {
        source: source as i32,
        report_time: wire("2015-01-05T10:00:00Z"),
        ..litter(41.9)
    };
    let made = make(&mut desk, with(IssueSource::Hotline)).await;
    assert_eq!(made.stage_deadline, wire("2015-01-05T11:30:00Z"));
    let first = events(&mut house.admin(), &made.name).await.remove(0);
    assert_eq!(first.stage_deadline, made.stage_deadline);
    let limits = first.detail.unwrap().limits;
    assert_eq!(limits.len(), 1);
    assert_eq!(
        (limits[0].stage(), limits[0].limit.as_str()),
        (Stage::Verify, "1.5 URGENT_HOURS")
    );
    let made = make(&mut desk, with(IssueSource::Patrol)).await;
    assert_eq!(made.stage_deadline, None);
    assert!(detail(&house, &made.name).await.limits.is_empty());
}

#[tokio::test]
async fn name_and_phone_are_seen_by_those_who_need_them_and_in_no_other_answer() {
    let house = House::open().await;
    let mut resident = house.somebody("ann", Role::Resident);
    let request = ReportIssueRequest {
        request_id: "5f2d9c1e-7a9b-4a53-9f2d-0a5b6c7d8e9f".to_owned(),
        ..report(with_reporter(IssueSource::Resident, "Ann Lee", PHONE))
    };
    let made = resident
        .report_issue(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        made.reporter, None,
        "the answer is kept, so it says nothing"
    );
    let again = resident.report_issue(request).await.unwrap().into_inner();
    assert_eq!(again, made, "and it is the kept one that is given again");
    assert!(detail(&house, &made.name).await.contactable);

    let ann = Some(Reporter {
        name: "Ann Lee".to_owned(),
        phone: PHONE.to_owned(),
    });
    assert_eq!(seen(&house, "ann", Role::Resident, &made.name).await, ann);
    for role in [Role::Operator, Role::Collector, Role::Leader, Role::Admin] {
        assert_eq!(seen(&house, "x", role, &made.name).await, ann, "{role:?}");
    }
    for role in [
        Role::Officer,
        Role::Dispatcher,
        Role::Inspector,
        Role::Scorer,
        Role::Auditor,
        Role::Service,
    ] {
        assert_eq!(seen(&house, "x", role, &made.name).await, None, "{role:?}");
    }
    let request = ListIssuesRequest {
        parent: "districts/chicago".to_owned(),
        ..ListIssuesRequest::default()
    };
    let listed = house
        .admin()
        .list_issues(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (listed.issues.len(), &listed.issues[0].reporter),
        (1, &None)
    );
    let events = events(&mut house.admin(), &made.name).await;
    let kept = format!("{events:?}{listed:?}{made:?}");
    assert!(
        !kept.contains("Ann Lee") && !kept.contains("555-0100"),
        "{kept}"
    );
}

#[tokio::test]
async fn only_residents_who_left_a_phone_can_be_called_back() {
    let house = House::open().await;
    let cases = [
        (IssueSource::Resident, PHONE, true),
        (IssueSource::Hotline, "5", true),
        (IssueSource::Hotline, "", false),
        (IssueSource::Patrol, PHONE, false),
        (IssueSource::Media, PHONE, false),
    ];
    let mut operator = house.client(Some("chicago"), Role::Operator);
    for (source, phone, contactable) in cases {
        let made = make(&mut operator, with_reporter(source, "Bo", phone)).await;
        let detail = detail(&house, &made.name).await;
        assert_eq!(detail.contactable, contactable, "{source:?} `{phone}`");
    }
    let nobody = make(&mut operator, with_reporter(IssueSource::Hotline, "", "")).await;
    assert_eq!(seen(&house, "x", Role::Admin, &nobody.name).await, None);
}

#[tokio::test]
async fn erasing_a_resident_erases_all_that_he_reported_and_leaves_history_whole() {
    let house = House::open().await;
    let mut admin = house.admin();
    let mut ann = house.somebody("ann", Role::Resident);
    let mut desk = house.somebody("desk", Role::Operator);
    let resident = || with_reporter(IssueSource::Resident, "Ann Lee", PHONE);
    let hotline = || with_reporter(IssueSource::Hotline, "Cy", "555-0199");
    let (first, second) = (
        make(&mut ann, resident()).await,
        make(&mut ann, resident()).await,
    );
    let silent = make(&mut ann, litter(41.9)).await;
    let (called, other) = (
        make(&mut desk, hotline()).await,
        make(&mut desk, hotline()).await,
    );
    let before = events(&mut admin, &first.name).await;

    assert_eq!(
        erase(&mut admin, &silent.name).await,
        0,
        "nobody said who it was"
    );
    assert_eq!(erase(&mut admin, &first.name).await, 2);
    assert_eq!(
        erase(&mut admin, &first.name).await,
        0,
        "again is nothing more"
    );
    assert_eq!(
        erase(&mut admin, &called.name).await,
        1,
        "the desk wrote down many people"
    );
    for name in [&first.name, &second.name, &called.name] {
        assert_eq!(seen(&house, "x", Role::Admin, name).await, None);
    }
    assert!(seen(&house, "x", Role::Admin, &other.name).await.is_some());
    assert_eq!(events(&mut admin, &first.name).await, before);
    assert!(
        detail(&house, &first.name).await.contactable,
        "it was so then"
    );
    // Whoever reports again after it is found by the erased issue too.
    make(&mut ann, resident()).await;
    assert_eq!(erase(&mut admin, &first.name).await, 1);

    let request = EraseReporterRequest { name: first.name };
    for role in [Role::Operator, Role::Leader, Role::Resident] {
        let mut client = house.client(Some("chicago"), role);
        let status = client.erase_reporter(request.clone()).await.unwrap_err();
        assert_eq!(reason(&status), Reason::RoleMissing);
    }
    let missing = EraseReporterRequest {
        name: "districts/chicago/issues/00000000-0000-7000-8000-000000000000".to_owned(),
    };
    assert_eq!(
        reason(&admin.erase_reporter(missing).await.unwrap_err()),
        Reason::NotFound
    );
}

#[tokio::test]
async fn names_and_phones_are_held_to_their_limits() {
    let house = House::open().await;
    let mut client = house.admin();
    let (name, phone) = ("n".repeat(100), "5".repeat(40));
    let good = [
        (name.as_str(), phone.as_str()),
        ("李", "+(0) 1-2"),
        ("", "1"),
        ("x", ""),
    ];
    for (name, phone) in good {
        make(
            &mut client,
            with_reporter(IssueSource::Hotline, name, phone),
        )
        .await;
    }
    let words = "must be at most 40 characters of digits, space, plus, hyphen and brackets";
    let long = "n".repeat(101);
    let cases = [
        (
            long.as_str(),
            "",
            "issue.reporter.name",
            "at most 100 characters; shorten it",
        ),
        (
            "a\u{7}",
            "",
            "issue.reporter.name",
            "holds control characters; remove them",
        ),
        ("", &"5".repeat(41), "issue.reporter.phone", words),
        ("", "555x", "issue.reporter.phone", words),
        ("", "５５５", "issue.reporter.phone", words),
    ];
    for (name, phone, field, words) in cases {
        let issue = with_reporter(IssueSource::Hotline, name, phone);
        let status = client.report_issue(report(issue)).await.unwrap_err();
        assert_eq!(wrong(&status), [(field.to_owned(), words.to_owned())]);
    }
}
