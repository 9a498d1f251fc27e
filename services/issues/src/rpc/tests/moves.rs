//! People move issues over the wire.

use tidyward_kit::{
    Reason,
    caller::{Caller, Role},
};
use tidyward_proto::v1::{
    self as wire, BatchTransitionIssuesRequest, CategoryKind, CheckResult, CreateCategoryRequest,
    ErrorReason, GetIssueRequest, Issue, IssueEvent, IssueEventKind as Kind, IssueOutcome,
    IssueState, ListIssueActionsRequest, ListIssueEventsRequest, TransitionIssueRequest,
    transition_issue_request::Action, transition_result,
};
use tonic::Status;

use super::{
    house::House,
    reason,
    reports::{litter, report, wire},
};

pub fn moved(issue: &Issue, action: Action) -> TransitionIssueRequest {
    TransitionIssueRequest {
        name: issue.name.clone(),
        action: Some(action),
        ..TransitionIssueRequest::default()
    }
}

impl House {
    /// Somebody moves the issue.
    pub async fn moves(
        &self,
        subject: &str,
        role: Role,
        issue: &Issue,
        action: Action,
    ) -> Result<Issue, Status> {
        let mut client = self.somebody(subject, role);
        let answer = client.transition_issue(moved(issue, action)).await?;
        Ok(answer.into_inner())
    }

    /// A report of litter, at the latitude.
    pub async fn reported(&self, latitude: f64) -> Issue {
        let mut client = self.somebody("walker", Role::Resident);
        client
            .report_issue(report(litter(latitude)))
            .await
            .unwrap()
            .into_inner()
    }

    pub async fn get(&self, issue: &Issue) -> Issue {
        let name = issue.name.clone();
        self.admin()
            .get_issue(GetIssueRequest { name })
            .await
            .unwrap()
            .into_inner()
    }

    pub async fn events(&self, issue: &Issue) -> Vec<IssueEvent> {
        let request = ListIssueEventsRequest {
            parent: issue.name.clone(),
            ..ListIssueEventsRequest::default()
        };
        self.admin()
            .list_issue_events(request)
            .await
            .unwrap()
            .into_inner()
            .events
    }

    /// Litter has limits from here on: two hours to handle, a day in all.
    pub async fn limits(&self) {
        let condition = wire::FilingCondition {
            id: "normal".to_owned(),
            title: Some(wire::LocalizedText {
                zh: "一般".to_owned(),
                en: "Normal".to_owned(),
            }),
            accept_limit: "0.5 URGENT_HOURS".to_owned(),
            handle_limit: "2 URGENT_HOURS".to_owned(),
            check_limit: "1 URGENT_HOURS".to_owned(),
            total_limit: "1 URGENT_DAYS".to_owned(),
            ..wire::FilingCondition::default()
        };
        let category = wire::Category {
            title: Some(wire::LocalizedText {
                zh: "垃圾".to_owned(),
                en: "Bags".to_owned(),
            }),
            kind: CategoryKind::Event as i32,
            conditions: vec![condition],
            ..wire::Category::default()
        };
        let request = CreateCategoryRequest {
            parent: "districts/chicago".to_owned(),
            category_id: "bags".to_owned(),
            category: Some(category),
            request_id: String::new(),
        };
        self.admin().create_category(request).await.unwrap();
    }
}

pub fn file(category: &str) -> Action {
    Action::File(wire::FileAction {
        category: category.to_owned(),
        ..wire::FileAction::default()
    })
}

pub fn dispatch() -> Action {
    Action::Dispatch(wire::DispatchAction::default())
}

pub fn accept() -> Action {
    Action::Accept(wire::AcceptAction {})
}

fn check(result: CheckResult) -> Action {
    Action::Check(wire::CheckAction {
        result: result as i32,
        note: "seen".to_owned(),
    })
}

#[tokio::test]
async fn an_issue_goes_from_its_report_to_its_closing_and_is_reopened() {
    let house = House::open().await;
    house.limits().await;
    let issue = house.reported(41.9).await;
    assert_eq!(issue.etag, "1");
    let filed = house
        .moves("op", Role::Operator, &issue, file("bags"))
        .await
        .unwrap();
    assert_eq!(
        (filed.state(), filed.category.as_str()),
        (IssueState::Filed, "bags")
    );
    assert_eq!(filed.total_deadline, wire("2015-01-06T12:00:00Z"));

    // The head of the north is the default, and the chief above hears of it as nobody's assignee.
    let sent = house
        .moves("disp", Role::Dispatcher, &issue, dispatch())
        .await
        .unwrap();
    assert_eq!(
        (sent.state(), sent.assignee.as_str()),
        (IssueState::Dispatched, "officer-1")
    );
    assert_eq!(sent.stage_deadline, wire("2015-01-05T12:30:00Z"));
    assert_eq!(sent.handling_deadline, wire("2015-01-05T14:00:00Z"));
    let wrong = house
        .moves("officer-2", Role::Officer, &issue, accept())
        .await
        .unwrap_err();
    assert_eq!(reason(&wrong), Reason::ActorWrong);

    house.tell("2015-01-05T13:00:00Z");
    let mut offline = moved(&issue, accept());
    offline.occur_time = wire("2015-01-05T12:20:00Z");
    let mut officer = house.somebody("officer-1", Role::Officer);
    let accepted = officer
        .transition_issue(offline)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(accepted.rounds[0].accept_time, wire("2015-01-05T12:20:00Z"));
    let hand_in = || Action::HandIn(wire::HandInAction::default());
    house
        .moves("officer-1", Role::Officer, &issue, hand_in())
        .await
        .unwrap();

    house.tell("2015-01-05T13:30:00Z");
    let failed = house
        .moves("c", Role::Collector, &issue, check(CheckResult::Failed))
        .await
        .unwrap();
    assert_eq!(failed.state(), IssueState::Handling);
    assert_eq!(
        failed.handling_deadline,
        wire("2015-01-05T14:30:00Z"),
        "the hour that was left"
    );
    house
        .moves("officer-1", Role::Officer, &issue, hand_in())
        .await
        .unwrap();
    let closed = house
        .moves("c", Role::Collector, &issue, check(CheckResult::Passed))
        .await
        .unwrap();
    assert_eq!(
        (closed.state(), closed.outcome()),
        (IssueState::Closed, IssueOutcome::Resolved)
    );
    assert_eq!(closed.end_time, wire("2015-01-05T13:30:00Z"));
    assert_eq!(closed.rounds[0].failed_checks, 1);

    let rate = || {
        Action::Rate(wire::RateAction {
            satisfied: false,
            note: String::new(),
        })
    };
    assert!(
        house
            .moves("other", Role::Resident, &issue, rate())
            .await
            .is_err()
    );
    house
        .moves("walker", Role::Resident, &issue, rate())
        .await
        .unwrap();
    let reopen = Action::Reopen(wire::ReopenAction {
        reason: wire::ReopenReason::NotSolved as i32,
        note: "bags again".to_owned(),
        condition: String::new(),
    });
    let again = house
        .moves("op", Role::Operator, &issue, reopen)
        .await
        .unwrap();
    assert_eq!((again.state(), again.round), (IssueState::Filed, 2));
    assert_eq!(again.rounds.len(), 2);
    assert_eq!(again.handling_deadline, None);
    assert_eq!(again.total_deadline, wire("2015-01-06T13:30:00Z"));
    assert_eq!(house.get(&issue).await.etag, again.etag);
    let kinds: Vec<Kind> = house
        .events(&issue)
        .await
        .iter()
        .map(IssueEvent::kind)
        .collect();
    let expected = [
        Kind::Reported,
        Kind::Filed,
        Kind::Dispatched,
        Kind::Accepted,
        Kind::HandedIn,
        Kind::CheckFailed,
        Kind::HandedIn,
        Kind::CheckPassed,
        Kind::Rated,
        Kind::Reopened,
        Kind::FoundFalse,
        Kind::Filed,
    ];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn moves_that_cannot_be_say_why_and_leave_no_trace() {
    let house = House::open().await;
    let issue = house.reported(41.9).await;
    let mut operator = house.somebody("op", Role::Operator);
    let mut refused = async |request: TransitionIssueRequest| {
        let status = operator.transition_issue(request).await.unwrap_err();
        (reason(&status), status.message().to_owned())
    };
    let early = refused(moved(&issue, accept())).await;
    assert_eq!(early.0, Reason::MoveForbidden);
    assert!(
        early.1.contains("allowed are verify, settle, file"),
        "{}",
        early.1
    );
    let stale = TransitionIssueRequest {
        etag: "0".to_owned(),
        ..moved(&issue, file(""))
    };
    assert_eq!(refused(stale).await.0, Reason::ChangedMeanwhile);
    let nothing = TransitionIssueRequest {
        action: None,
        ..moved(&issue, file(""))
    };
    assert_eq!(refused(nothing).await.0, Reason::FieldsInvalid);
    let odd = refused(moved(&issue, file("rats"))).await;
    assert!(
        odd.1.starts_with("file.category: is no category"),
        "{}",
        odd.1
    );
    let early = TransitionIssueRequest {
        occur_time: wire("2015-01-05T11:59:59Z"),
        ..moved(&issue, file(""))
    };
    assert_eq!(refused(early).await.0, Reason::FieldsInvalid);
    let id = "0197a0a0-0000-7000-8000-000000000000";
    for name in [
        format!("districts/chicago/issues/{id}"),
        "districts/chicago/issues/x".to_owned(),
    ] {
        let nowhere = TransitionIssueRequest {
            name,
            ..moved(&issue, file(""))
        };
        assert_eq!(refused(nowhere).await.0, Reason::NotFound);
    }
    // Where nobody stands for the unit, nobody could accept.
    house
        .moves("op", Role::Operator, &issue, file(""))
        .await
        .unwrap();
    let unit = |code: &str| {
        Action::Dispatch(wire::DispatchAction {
            unit: code.to_owned(),
            ..wire::DispatchAction::default()
        })
    };
    let nobody = house
        .moves("d", Role::Dispatcher, &issue, unit("diggers"))
        .await
        .unwrap_err();
    assert!(
        nobody.message().starts_with("dispatch.unit: nobody"),
        "{}",
        nobody.message()
    );
    assert_eq!(
        house.events(&issue).await.len(),
        2,
        "nothing refused was written"
    );

    let sent = house
        .moves("d", Role::Dispatcher, &issue, unit("cleaning"))
        .await
        .unwrap();
    assert_eq!(
        (sent.assignee.as_str(), sent.unit.as_str()),
        ("", "cleaning")
    );
    let stranger = house
        .moves("officer-2", Role::Officer, &issue, accept())
        .await
        .unwrap_err();
    assert_eq!(reason(&stranger), Reason::ActorWrong);
    let taken = house
        .moves("cleaner-2", Role::Officer, &issue, accept())
        .await
        .unwrap();
    assert_eq!(taken.assignee, "cleaner-2");
}

#[tokio::test]
async fn the_same_request_is_answered_once_and_a_batch_answers_each_move() {
    let house = House::open().await;
    let (one, other) = (house.reported(41.9).await, house.reported(41.9).await);
    let mut operator = house.somebody("op", Role::Operator);
    let request = TransitionIssueRequest {
        request_id: "6a2ee0a5-1f0e-4b7f-9f6a-6d8b0a9a0001".to_owned(),
        ..moved(&one, file(""))
    };
    let first = operator
        .transition_issue(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = operator
        .transition_issue(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    assert_eq!(house.events(&one).await.len(), 2);
    let reused = TransitionIssueRequest {
        name: other.name.clone(),
        ..request
    };
    let status = operator.transition_issue(reused).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RequestIdReused);

    let elsewhere = TransitionIssueRequest {
        name: other.name.replace("chicago", "boston"),
        ..moved(&other, file(""))
    };
    let batch = |requests| BatchTransitionIssuesRequest {
        parent: "districts/chicago".to_owned(),
        requests,
    };
    let moves = vec![moved(&one, accept()), elsewhere, moved(&other, file(""))];
    let answer = operator
        .batch_transition_issues(batch(moves))
        .await
        .unwrap()
        .into_inner();
    let results: Vec<Result<IssueState, ErrorReason>> = answer
        .results
        .into_iter()
        .map(|result| match result.result.unwrap() {
            transition_result::Result::Issue(issue) => Ok(issue.state()),
            transition_result::Result::Refusal(refusal) => Err(refusal.reason()),
        })
        .collect();
    let expected = [
        Err(ErrorReason::MoveForbidden),
        Err(ErrorReason::FieldsInvalid),
        Ok(IssueState::Filed),
    ];
    assert_eq!(results, expected);
    for count in [0, 101] {
        let moves = vec![moved(&one, accept()); count];
        let status = operator
            .batch_transition_issues(batch(moves))
            .await
            .unwrap_err();
        assert_eq!(reason(&status), Reason::FieldsInvalid);
    }
}

#[tokio::test]
async fn chains_of_merges_collapse_and_the_earlier_deadline_is_kept() {
    let house = House::open().await;
    house.limits().await;
    let mut issues = Vec::new();
    for minute in 0..3 {
        house.tell(&format!("2015-01-05T12:0{minute}:00Z"));
        issues.push(house.reported(41.9).await);
    }
    let [first, second, third] = &issues[..] else {
        panic!("three were reported");
    };
    let merge = |into: &Issue| {
        Action::Merge(wire::MergeAction {
            into: into.name.clone(),
            note: String::new(),
        })
    };
    house
        .moves("op", Role::Operator, second, file("bags"))
        .await
        .unwrap();
    let sent = house
        .moves("d", Role::Dispatcher, second, dispatch())
        .await
        .unwrap();
    house.tell("2015-01-05T13:00:00Z");
    house
        .moves("op", Role::Operator, first, file("bags"))
        .await
        .unwrap();
    house
        .moves("d", Role::Dispatcher, first, dispatch())
        .await
        .unwrap();

    let later = house
        .moves("op", Role::Operator, first, merge(second))
        .await
        .unwrap_err();
    assert_eq!(reason(&later), Reason::MergeForbidden);
    let itself = house
        .moves("op", Role::Operator, first, merge(first))
        .await
        .unwrap_err();
    assert_eq!(reason(&itself), Reason::MergeForbidden);
    house
        .moves("op", Role::Operator, third, merge(second))
        .await
        .unwrap();
    let merged = house
        .moves("op", Role::Operator, second, merge(first))
        .await
        .unwrap();
    assert_eq!(
        (merged.state(), merged.outcome()),
        (IssueState::Merged, IssueOutcome::Duplicate)
    );
    for issue in [second, third] {
        assert_eq!(
            house.get(issue).await.merged_into,
            first.name,
            "the chain collapsed"
        );
    }
    // Merging into what was merged means its survivor: here the issue itself.
    let cycle = house
        .moves("op", Role::Operator, first, merge(third))
        .await
        .unwrap_err();
    assert_eq!(reason(&cycle), Reason::MergeForbidden);
    let survivor = house.get(first).await;
    assert_eq!(survivor.handling_deadline, sent.handling_deadline);
    assert_eq!(survivor.total_deadline, sent.total_deadline);
    let absorbed = house
        .events(first)
        .await
        .into_iter()
        .filter(|event| event.kind() == Kind::Absorbed);
    assert_eq!(absorbed.count(), 1);
}

#[tokio::test]
async fn who_works_elsewhere_sees_nothing_but_what_they_have_a_hand_in() {
    let house = House::open().await;
    let issue = house.reported(41.9).await;
    let of = |subject: &str, role, area: &str| {
        house.client_of(Caller {
            subject: subject.to_owned(),
            district: Some("chicago".to_owned()),
            roles: vec![role],
            areas: vec![area.to_owned()],
        })
    };
    let status = of("op-s", Role::Operator, "south")
        .transition_issue(moved(&issue, file("")))
        .await;
    assert_eq!(reason(&status.unwrap_err()), Reason::NotFound);
    of("op-t", Role::Operator, "town")
        .transition_issue(moved(&issue, file("")))
        .await
        .unwrap();
    let helped = Action::Dispatch(wire::DispatchAction {
        co_handlers: vec!["helper".to_owned()],
        ..wire::DispatchAction::default()
    });
    house
        .moves("d", Role::Dispatcher, &issue, helped)
        .await
        .unwrap();
    let get = || GetIssueRequest {
        name: issue.name.clone(),
    };
    let seen = of("helper", Role::Officer, "south")
        .get_issue(get())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(seen.co_handlers, ["helper"]);
    let stranger = of("stranger", Role::Officer, "south")
        .get_issue(get())
        .await
        .unwrap_err();
    assert_eq!(reason(&stranger), Reason::NotFound);
}

#[tokio::test]
async fn the_table_of_moves_is_listed() {
    let house = House::open().await;
    let mut anybody = house.somebody("walker", Role::Resident);
    let rows = anybody
        .list_issue_actions(ListIssueActionsRequest {})
        .await
        .unwrap()
        .into_inner()
        .rows;
    assert_eq!(rows.len(), crate::machine::TABLE.len());
    let check = rows.iter().find(|row| row.action == "check").unwrap();
    assert_eq!(check.title_zh, "核查");
    assert_eq!(check.roles, ["collector"]);
    assert_eq!(check.from, [IssueState::Checking as i32]);
}
