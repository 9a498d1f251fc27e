//! A review asks for the rounds behind the facts.

use tidyward_kit::{caller::Role, mark};
use tidyward_proto::v1::{
    self as wire, Category, CheckResult, FactCategory, FactRound, Issue, IssueSource, IssueState,
    Severity, StreamFactsRequest, transition_issue_request::Action,
};

use super::{
    caller,
    categories::{condition, create},
    house::{Client, House},
    imports::{MAPPING, file},
    moves,
};

/// Rows, categories and rounds of the first quarter of 2015.
struct Told {
    rows: Vec<String>,
    categories: Vec<FactCategory>,
    rounds: Vec<FactRound>,
}

impl Told {
    /// Code of each round's grid, code of its category, its issue.
    fn named(&self) -> Vec<(&str, &str, &str)> {
        let rounds = self.rounds.iter();
        let named = rounds.map(|round| {
            let grid = &self.rows[round.row as usize];
            let category = &self.categories[round.category as usize];
            (grid.as_str(), category.code.as_str(), round.issue.as_str())
        });
        named.collect()
    }

    fn codes(&self) -> Vec<(&str, &str)> {
        let categories = self.categories.iter();
        categories
            .map(|one| (one.code.as_str(), one.parent.as_str()))
            .collect()
    }
}

async fn told(mut client: Client, rounds: bool) -> Told {
    let request = StreamFactsRequest {
        parent: "districts/chicago".to_owned(),
        period: "2015-q1".to_owned(),
        watermark: None,
        rounds,
    };
    let mut stream = client.stream_facts(request).await.unwrap().into_inner();
    let mut told = Told {
        rows: Vec::new(),
        categories: Vec::new(),
        rounds: Vec::new(),
    };
    while let Some(message) = stream.message().await.unwrap() {
        let in_order = told.rounds.is_empty() || message.columns.is_empty();
        assert!(in_order, "columns come before rounds");
        told.rows
            .extend(message.rows.into_iter().map(|row| row.code));
        told.categories.extend(message.categories);
        told.rounds.extend(message.rounds);
    }
    told
}

fn id(issue: &Issue) -> &str {
    issue.name.rsplit('/').next().unwrap()
}

/// `bags`, which is litter, and urgent.
async fn bags(house: &House) {
    let category = Category {
        parent: "litter".to_owned(),
        title: Some(wire::LocalizedText {
            zh: "垃圾".to_owned(),
            en: "Bags".to_owned(),
        }),
        kind: wire::CategoryKind::Event as i32,
        conditions: vec![wire::FilingCondition {
            severity: Severity::Urgent as i32,
            ..condition("normal", "2 URGENT_HOURS")
        }],
        ..Category::default()
    };
    let request = create("bags", category);
    house.admin().create_category(request).await.unwrap();
}

/// From its filing as bags, at noon, to a check that passed two hours and a half later.
async fn closed(house: &House, issue: &Issue) {
    house
        .done("op", Role::Operator, issue, moves::file("bags"))
        .await;
    house
        .done("disp", Role::Dispatcher, issue, moves::dispatch())
        .await;
    house
        .done("officer-1", Role::Officer, issue, moves::accept())
        .await;
    house.tell("2015-01-05T14:00:30Z");
    let hand_in = Action::HandIn(wire::HandInAction::default());
    house.done("officer-1", Role::Officer, issue, hand_in).await;
    house.tell("2015-01-05T14:30:00Z");
    let check = Action::Check(wire::CheckAction {
        result: CheckResult::Passed as i32,
        note: String::new(),
    });
    house.done("c", Role::Collector, issue, check).await;
}

async fn reopened(house: &House, issue: &Issue) {
    let reopen = Action::Reopen(wire::ReopenAction {
        reason: wire::ReopenReason::NotSolved as i32,
        note: "bags again".to_owned(),
        condition: String::new(),
    });
    house.done("op", Role::Operator, issue, reopen).await;
}

/// Minutes of the quarter, which begins at 06:00 of the first day in Greenwich, until the hour of the fifth.
fn minute(hour: i64, minute: i64) -> i64 {
    4 * 1_440 + (hour - 6) * 60 + minute
}

#[tokio::test]
async fn rounds_name_their_issues_and_come_in_their_order() {
    let house = House::open().await;
    bags(&house).await;
    let imported = ["1,2014-12-31,2015-01-02,Bins,41.8,-87.6"];
    house.import(MAPPING, &file(&imported)).await;
    let issue = house.reported(41.9).await;
    closed(&house, &issue).await;
    reopened(&house, &issue).await;
    // Two at one instant, and one that lies in no grid.
    let pair = [house.reported(41.8).await, house.reported(41.9).await];
    house.reported(43.0).await;

    let told = told(house.service(), true).await;
    assert_eq!(told.rows, ["late", "north", "south", "town"]);
    let expected = [("bags", "litter"), ("bins", ""), ("litter", "")];
    assert_eq!(told.codes(), expected);
    let rounds = told.named();
    let mut last = [
        ("south", "litter", id(&pair[0])),
        ("north", "litter", id(&pair[1])),
    ];
    last.sort_by_key(|one| one.2);
    let own = [("north", "bags", id(&issue)); 2];
    assert_eq!((rounds[0].0, rounds[0].1), ("south", "bins"));
    assert_eq!(rounds[1..], [own, last].concat());

    let [file, first, second, third, _] = told.rounds.as_slice() else {
        panic!("{:?}", told.rounds);
    };
    assert_eq!(file.source(), IssueSource::Hotline);
    assert_eq!(file.report_minute, -1_440, "a day before the quarter");
    let expected = FactRound {
        row: 1,
        issue: id(&issue).to_owned(),
        round: 1,
        category: 0,
        severity: Severity::Urgent as i32,
        source: IssueSource::Resident as i32,
        state: IssueState::Closed as i32,
        report_minute: minute(12, 0),
        file_minute: Some(minute(12, 0)),
        due_minute: Some(minute(14, 0)),
        hand_in_minute: Some(minute(14, 0)),
        close_minute: Some(minute(14, 30)),
        failed_checks: 0,
        marks: mark::URGENT | mark::FALSE_CLOSE,
    };
    assert_eq!(*first, expected);
    let again = FactRound {
        round: 2,
        state: IssueState::Filed as i32,
        file_minute: Some(minute(14, 30)),
        due_minute: None,
        hand_in_minute: None,
        close_minute: None,
        marks: mark::URGENT | mark::REOPENED,
        ..expected
    };
    assert_eq!(*second, again);
    assert_eq!((third.round, third.file_minute), (0, None));
    assert_eq!(third.severity(), Severity::Unspecified);
}

#[tokio::test]
async fn rounds_are_told_where_they_are_asked_for_and_to_whom_they_concern() {
    let house = House::open().await;
    bags(&house).await;
    let north = house.reported(41.9).await;
    house
        .done("op", Role::Operator, &north, moves::file("bags"))
        .await;
    let south = house.reported(41.8).await;
    let leader = |areas: &[&str]| house.client_of(caller("wang", Role::Leader, areas));
    let unasked = told(leader(&[]), false).await;
    assert!(unasked.rounds.is_empty() && unasked.categories.is_empty());
    assert_eq!(told(leader(&[]), true).await.rounds.len(), 2);

    let of_town = told(leader(&["town"]), true).await;
    assert_eq!(of_town.rounds.len(), 2);
    let of_north = told(leader(&["north"]), true).await;
    assert_eq!(of_north.rows, ["north"]);
    assert_eq!(of_north.codes(), [("bags", "litter"), ("litter", "")]);
    assert_eq!(of_north.named(), [("north", "bags", id(&north))]);
    let of_south = told(leader(&["south"]), true).await;
    assert_eq!(of_south.codes(), [("litter", "")]);
    assert_eq!(of_south.named(), [("south", "litter", id(&south))]);
    let nowhere = told(leader(&["elsewhere"]), true).await;
    assert!(nowhere.rounds.is_empty() && nowhere.categories.is_empty());
}
