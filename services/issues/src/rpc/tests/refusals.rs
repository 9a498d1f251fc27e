//! Reports that are refused, each in words, and nothing of them written.

use tidyward_kit::Reason;
use tidyward_proto::v1::{Datum, Issue, ListIssuesRequest, Position};
use tonic_types::StatusExt;

use super::{
    house::House,
    reason,
    reports::{list, litter, position, report, wire},
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
    assert_eq!(reason(&status), Reason::FieldsInvalid);
    let details = status.get_error_details();
    let told = &details.bad_request().unwrap().field_violations;
    let mut fields: Vec<&str> = told.iter().map(|one| one.field.as_str()).collect();
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

#[tokio::test]
async fn each_way_to_be_nowhere_or_at_no_time_is_refused() {
    let house = House::open().await;
    let mut client = house.admin();
    let grid = |code: &str| Issue {
        position: None,
        grid: format!("districts/{code}"),
        ..litter(0.0)
    };
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
    let cases = [
        (
            Issue {
                position: None,
                ..litter(0.0)
            },
            "issue.position",
        ),
        (
            Issue {
                position: position(91.0, 0.0),
                ..litter(0.0)
            },
            "issue.position.latitude",
        ),
        (
            Issue {
                position: position(f64::NAN, 0.0),
                ..litter(0.0)
            },
            "issue.position.latitude",
        ),
        (
            Issue {
                grid: "districts/chicago/areas/north".to_owned(),
                ..litter(41.9)
            },
            "issue.grid",
        ),
        (grid("chicago/areas/nowhere"), "issue.grid"),
        (grid("chicago/areas/town"), "issue.grid"),
        (grid("boston/areas/north"), "issue.grid"),
        (grid("chicago"), "issue.grid"),
        (datum(Datum::Unspecified), "issue.position.datum"),
        (datum(Datum::Bd09), "issue.position.datum"),
        (at("2015-01-05T12:00:00.000001Z"), "issue.report_time"),
        (at("2014-12-29T11:59:59.999999Z"), "issue.report_time"),
    ];
    for (issue, field) in cases {
        let status = client.report_issue(report(issue)).await.unwrap_err();
        let details = status.get_error_details();
        let told = &details.bad_request().unwrap().field_violations;
        assert_eq!(told.len(), 1, "{field}: {told:?}");
        assert_eq!(told[0].field, field, "{}", told[0].description);
    }
    // A grid is looked up as it was at the report's time.
    house.tell("2014-01-02T00:00:00Z");
    let early = Issue {
        report_time: wire("2013-12-31T00:00:00Z"),
        ..grid("chicago/areas/late")
    };
    assert!(client.report_issue(report(early.clone())).await.is_err());
    let late = Issue {
        report_time: wire("2014-01-01T12:00:00Z"),
        ..early
    };
    assert!(client.report_issue(report(late)).await.is_ok());
    let bound = Issue {
        report_time: wire("2013-12-26T00:00:00Z"),
        ..litter(41.9)
    };
    assert!(
        client.report_issue(report(bound)).await.is_ok(),
        "seven days back are allowed"
    );
}
