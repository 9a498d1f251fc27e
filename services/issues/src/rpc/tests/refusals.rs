//! Reports that are refused, each in words, and nothing of them written.

use tidyward_proto::v1::{Datum, Issue, ListIssuesRequest, Position};

use super::{
    house::House,
    reports::{list, litter, position, report, wire},
    wrong_fields,
};

#[tokio::test]
async fn everything_that_is_wrong_with_a_report_is_told_at_once() {
    let house = House::open().await;
    let wrong = Issue {
        category: "rats".to_owned(),
        position: position(0.0, 0.0),
        description: "x".repeat(2_001),
        address: "a\u{7}b".to_owned(),
        report_time: wire("2014-12-20T00:00:00Z"),
        ..Issue::default()
    };
    let status = house.admin().report_issue(report(wrong)).await.unwrap_err();
    let mut fields = wrong_fields(&status);
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "issue.address",
            "issue.category",
            "issue.description",
            "issue.position",
            "issue.report_time",
            "issue.source"
        ]
    );
    let (issues, _) = list(&mut house.admin(), ListIssuesRequest::default()).await;
    assert!(issues.is_empty(), "nothing is half-written");
}

fn by_grid(code: &str) -> Issue {
    Issue {
        position: None,
        grid: format!("districts/{code}"),
        ..litter(0.0)
    }
}

#[tokio::test]
async fn each_way_to_be_nowhere_or_at_no_time_is_refused() {
    let house = House::open().await;
    let mut client = house.admin();
    let datum = |datum: Datum| {
        let position = Position {
            datum: datum as i32,
            ..position(41.0, -87.0).unwrap()
        };
        Issue {
            position: Some(position),
            ..litter(0.0)
        }
    };
    let at = |time: &str| Issue {
        report_time: wire(time),
        ..litter(41.9)
    };
    let bound = at("2014-12-29T12:00:00Z");
    let nowhere = Issue {
        position: None,
        ..litter(0.0)
    };
    let placed = |latitude: f64| Issue {
        position: position(latitude, 0.0),
        ..litter(0.0)
    };
    let doubly = Issue {
        grid: "districts/chicago/areas/north".to_owned(),
        ..litter(41.9)
    };
    let cases = [
        (nowhere, "issue.position"),
        (placed(91.0), "issue.position.latitude"),
        (placed(f64::NAN), "issue.position.latitude"),
        (doubly, "issue.grid"),
        (by_grid("chicago/areas/nowhere"), "issue.grid"),
        (by_grid("chicago/areas/town"), "issue.grid"),
        (by_grid("boston/areas/north"), "issue.grid"),
        (by_grid("chicago"), "issue.grid"),
        (datum(Datum::Unspecified), "issue.position.datum"),
        (datum(Datum::Bd09), "issue.position.datum"),
        (at("2015-01-05T12:00:00.000001Z"), "issue.report_time"),
        (at("2014-12-29T11:59:59.999999Z"), "issue.report_time"),
    ];
    for (issue, field) in cases {
        let status = client.report_issue(report(issue)).await.unwrap_err();
        assert_eq!(wrong_fields(&status), [field], "{status}");
    }
    let (issues, _) = list(&mut client, ListIssuesRequest::default()).await;
    assert!(issues.is_empty(), "nothing is half-written");
    let allowed = client.report_issue(report(bound)).await;
    assert!(allowed.is_ok(), "seven days back are allowed");
}

#[tokio::test]
async fn a_grid_is_looked_up_as_it_was_at_the_time_of_the_report() {
    let house = House::open().await;
    let mut client = house.admin();
    house.tell("2014-01-02T00:00:00Z");
    let early = Issue {
        report_time: wire("2013-12-31T00:00:00Z"),
        ..by_grid("chicago/areas/late")
    };
    let refused = client.report_issue(report(early.clone())).await;
    assert_eq!(wrong_fields(&refused.unwrap_err()), ["issue.grid"]);
    let late = Issue {
        report_time: wire("2014-01-01T12:00:00Z"),
        ..early
    };
    assert!(client.report_issue(report(late)).await.is_ok());
}
