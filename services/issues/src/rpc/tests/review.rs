//! The review closes the ledger and asks for facts.

use std::collections::BTreeMap;

use tidyward_kit::{Reason, caller::Role, fact::ABSENT};
use tidyward_proto::v1::{CloseLedgerRequest, CloseLedgerResponse, FactRow, StreamFactsRequest};

use super::{
    caller,
    house::{Client, House},
    imports::{MAPPING, file},
    reason, wrong_fields,
};

const ROWS: [&str; 7] = [
    "1,2013-07-01,2013-07-15,Bins,41.9,-87.6",
    "2,2013-07-01,2013-07-16,Bins,41.9,-87.6",
    "3,2013-08-01,,litter,41.8,-87.6",
    "4,2013-09-25,2013-10-02,Bins,41.8,-87.6",
    "5,2013-07-01,,Bins,43.0,-87.6",
    "6,2013-07-01,,Bins,,",
    "7,2014-02-01,,Bins,,",
];

struct Facts {
    rows: Vec<FactRow>,
    columns: BTreeMap<String, Vec<i64>>,
    outside: i64,
}

impl Facts {
    /// The value in each row: late, north, south and town, or without the first.
    fn of(&self, name: &str) -> &[i64] {
        self.columns.get(name).map_or(&[], Vec::as_slice)
    }
}

async fn facts(house: &House, period: &str, watermark: Option<i64>) -> Facts {
    facts_of(house.service(), period, watermark).await
}

async fn facts_of(mut client: Client, period: &str, watermark: Option<i64>) -> Facts {
    let (parent, period) = ("districts/chicago".to_owned(), period.to_owned());
    let request = StreamFactsRequest {
        parent,
        period,
        watermark,
        rounds: false,
    };
    let stream = client.stream_facts(request).await.unwrap();
    let mut stream = stream.into_inner();
    let first = stream.message().await.unwrap().unwrap();
    let mut facts = Facts {
        rows: first.rows,
        columns: BTreeMap::new(),
        outside: first.issues_outside,
    };
    while let Some(message) = stream.message().await.unwrap() {
        assert!(message.rows.is_empty());
        for column in message.columns {
            assert!(
                tidyward_kit::fact::find(&column.name).is_some(),
                "{}",
                column.name
            );
            assert_eq!(column.values.len(), facts.rows.len());
            assert!(
                facts.columns.insert(column.name, column.values).is_none(),
                "each name comes once"
            );
        }
    }
    facts
}

async fn close(house: &House, period: &str) -> Result<CloseLedgerResponse, tonic::Status> {
    let (parent, period) = ("districts/chicago".to_owned(), period.to_owned());
    Ok(house
        .service()
        .close_ledger(CloseLedgerRequest { parent, period })
        .await?
        .into_inner())
}

#[tokio::test]
async fn facts_are_absent_before_the_first_event_and_zero_where_nothing_happened_after_it() {
    let house = House::open().await;
    let empty = facts(&house, "2013-q3", None).await;
    assert_eq!(
        empty.columns.keys().collect::<Vec<_>>(),
        ["grid.days", "grid.households"]
    );
    assert_eq!(empty.of("grid.households"), [10, 10, 20]);
    let codes: Vec<&str> = empty.rows.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, ["north", "south", "town"]);
    assert_eq!(
        (
            empty.rows[0].parent.as_str(),
            empty.rows[0].display_name.as_str()
        ),
        ("town", "NORTH")
    );

    house.import(MAPPING, &file(&ROWS)).await;
    let third = facts(&house, "2013-q3", None).await;
    assert_eq!(third.of("issues.reported"), [2, 2, 4]);
    assert_eq!(third.of("issues.due"), [2, 0, 2]);
    assert_eq!(third.of("issues.handled_on_time"), [1, 0, 1]);
    assert_eq!(third.of("issues.closed"), [2, 0, 2]);
    assert_eq!(third.of("issues.bins.closed_on_time"), [1, 0, 1]);
    assert_eq!(third.of("issues.litter.due"), [0, 0, 0]);
    assert_eq!(third.of("issues.due_suspended"), [0, 0, 0]);
    assert_eq!(
        third.of("issues.snow.due"),
        [0_i64; 0],
        "a category that nobody used or declared has no facts"
    );
    assert_eq!(third.outside, 2);
    for left_out in ["issues.independent", "issues.handle_minutes_p50"] {
        assert_eq!(third.of(left_out), [0_i64; 0], "what no event carries");
    }
    let before = facts(&house, "2012-q4", None).await;
    assert_eq!(before.of("issues.due"), [0_i64; 0]);
    let fourth = facts(&house, "2013-q4", None).await;
    assert_eq!(fourth.of("issues.due"), [0, 1, 1]);
    // A grid that came later has a row and its own zeros; its values are never those of others.
    let next = facts(&house, "2014-q1", None).await;
    assert_eq!(next.rows.len(), 4);
    assert_eq!(next.of("issues.due"), [0, 0, 0, 0]);
    assert_eq!(next.of("grid.days"), [90, 90, 90, 90]);
    assert!(
        !next
            .columns
            .values()
            .flatten()
            .any(|value| *value == ABSENT)
    );
}

#[tokio::test]
async fn what_no_file_says_is_known_once_somebody_works_with_the_ledger() {
    let house = House::open().await;
    house.import(MAPPING, &file(&ROWS)).await;
    let of_files = facts(&house, "2013-q3", None).await;
    for name in ["issues.checks", "issues.external.due", "issues.own.due"] {
        assert_eq!(of_files.of(name), [0_i64; 0], "{name}");
    }
    house.tell("2013-09-29T12:00:00Z");
    house.reported(41.8).await;
    let of_both = facts(&house, "2013-q3", None).await;
    assert_eq!(of_both.of("issues.reported"), [2, 3, 5]);
    assert_eq!(of_both.of("issues.checks"), [0, 0, 0], "nobody checked");
    assert_eq!(of_both.of("issues.external.due"), [2, 0, 2]);
    assert_eq!(of_both.of("issues.own.due"), [0, 0, 0]);
}

#[tokio::test]
async fn what_comes_after_a_closing_changes_no_closed_period() {
    let house = House::open().await;
    house.tell("2013-09-30T12:00:00Z");
    house
        .import(MAPPING, &file(&["1,2013-08-01,,Bins,41.9,-87.6"]))
        .await;
    let status = close(&house, "2013-q3").await.unwrap_err();
    assert_eq!(reason(&status), Reason::PeriodNotOver);
    assert_eq!(
        tidyward_kit::Error::from(status).metadata["end"],
        "2013-10-01T05:00:00Z"
    );

    house.tell("2013-10-01T05:00:00Z");
    let closing = close(&house, "2013-q3").await.unwrap();
    assert_eq!(closing.watermark, 3, "reported, filed and dispatched");
    let frozen = facts(&house, "2013-q3", Some(closing.watermark)).await;
    assert_eq!(frozen.of("issues.overdue_open"), [1, 0, 1]);

    house.tell("2013-10-05T12:00:00Z");
    let late = [
        "2,2013-08-02,2013-08-03,Bins,41.9,-87.6",
        "3,2013-10-02,2013-10-04,Bins,41.8,-87.6",
    ];
    house.import(MAPPING, &file(&late)).await;
    assert_eq!(
        close(&house, "2013-q3").await.unwrap(),
        closing,
        "the first closing stands"
    );
    for watermark in [Some(closing.watermark), None] {
        let again = facts(&house, "2013-q3", watermark).await;
        assert_eq!(
            again.of("issues.overdue_open"),
            frozen.of("issues.overdue_open")
        );
        assert_eq!(again.of("issues.due"), frozen.of("issues.due"));
        assert_eq!(again.outside, 0);
    }
    let fourth = facts(&house, "2013-q4", None).await;
    assert_eq!(
        fourth.of("issues.reported"),
        [1, 1, 2],
        "the late row counts at its recording"
    );
    assert_eq!(fourth.of("issues.backlog_start"), [1, 0, 1]);
    assert_eq!(fourth.of("issues.due"), [1, 1, 2]);
    // Months were not closed, so there the late row counts when it happened.
    let august = facts(&house, "2013-08", None).await;
    assert_eq!(august.of("issues.reported"), [2, 0, 2]);
}

#[tokio::test]
async fn periods_and_watermarks_are_checked_and_only_the_review_closes() {
    let house = House::open().await;
    let parent = "districts/chicago".to_owned();
    let request = StreamFactsRequest {
        parent: parent.clone(),
        period: "2013".to_owned(),
        watermark: Some(-1),
        rounds: false,
    };
    let status = house.service().stream_facts(request).await.unwrap_err();
    assert_eq!(wrong_fields(&status), ["period", "watermark"]);
    let status = close(&house, "2013-13").await.unwrap_err();
    assert_eq!(reason(&status), Reason::FieldsInvalid);
    let request = CloseLedgerRequest {
        parent,
        period: "2013-q3".to_owned(),
    };
    let status = house
        .client(Some("chicago"), Role::Admin)
        .close_ledger(request)
        .await
        .unwrap_err();
    assert_eq!(reason(&status), Reason::RoleMissing);
    assert_eq!(
        close(&house, "2013-q3").await.unwrap().watermark,
        0,
        "an empty ledger can be closed"
    );
}

#[tokio::test]
async fn a_leader_of_some_areas_is_given_those_alone() {
    let house = House::open().await;
    house.import(MAPPING, &file(&ROWS)).await;
    let leader = |areas: &[&str]| house.client_of(caller("wang", Role::Leader, areas));
    let whole = facts_of(leader(&[]), "2013-q3", None).await;
    assert_eq!(whole.rows.len(), 3);
    assert_eq!(whole.outside, 2);
    let of_town = facts_of(leader(&["town"]), "2013-q3", None).await;
    assert_eq!(of_town.columns, whole.columns, "all of it lies in the town");
    assert_eq!(of_town.outside, 0, "and the rest in no area");
    let of_north = facts_of(leader(&["north"]), "2013-q3", None).await;
    let codes: Vec<&str> = of_north.rows.iter().map(|row| row.code.as_str()).collect();
    assert_eq!(codes, ["north"]);
    assert_eq!(of_north.of("issues.due"), [2]);
    let nowhere = facts_of(leader(&["elsewhere"]), "2013-q3", None).await;
    assert!(nowhere.rows.is_empty() && nowhere.columns.is_empty());
}
