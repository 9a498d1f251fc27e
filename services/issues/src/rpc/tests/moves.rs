//! People move issues over the wire.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    self as wire, CategoryKind, CheckResult, CreateCategoryRequest, GetIssueRequest, Issue,
    IssueEvent, IssueEventKind as Kind, IssueOutcome, IssueState, ListIssueActionsRequest,
    TransitionIssueRequest, transition_issue_request::Action,
};
use tonic::Status;

use super::{
    house::House,
    reason,
    reports::{events, litter, make, wire},
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

    /// Somebody moves the issue, as they may.
    pub async fn done(&self, subject: &str, role: Role, issue: &Issue, action: Action) -> Issue {
        let answer = self.moves(subject, role, issue, action).await;
        answer.unwrap_or_else(|status| panic!("{subject}: {status}"))
    }

    /// Somebody tries to move the issue, and may not.
    pub async fn refused(
        &self,
        subject: &str,
        role: Role,
        issue: &Issue,
        action: Action,
    ) -> Status {
        let answer = self.moves(subject, role, issue, action).await;
        answer.expect_err(subject)
    }

    /// A report of litter, at the latitude.
    pub async fn reported(&self, latitude: f64) -> Issue {
        make(
            &mut self.somebody("walker", Role::Resident),
            litter(latitude),
        )
        .await
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
        events(&mut self.admin(), &issue.name).await
    }

    /// A category `bags` from here on: half an hour to accept it, two to handle it, one to check it, a day in all.
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
    let filed = house.done("op", Role::Operator, &issue, file("bags")).await;
    assert_eq!(
        (filed.state(), filed.category.as_str()),
        (IssueState::Filed, "bags")
    );
    assert_eq!(filed.total_deadline, wire("2015-01-06T12:00:00Z"));

    // Where nobody is named it goes to the head of the north, not to the chief above.
    let sent = house
        .done("disp", Role::Dispatcher, &issue, dispatch())
        .await;
    assert_eq!(
        (sent.state(), sent.assignee.as_str()),
        (IssueState::Dispatched, "officer-1")
    );
    assert_eq!(sent.stage_deadline, wire("2015-01-05T12:30:00Z"));
    assert_eq!(sent.handling_deadline, wire("2015-01-05T14:00:00Z"));
    let wrong = house
        .refused("officer-2", Role::Officer, &issue, accept())
        .await;
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
        .done("officer-1", Role::Officer, &issue, hand_in())
        .await;

    house.tell("2015-01-05T13:30:00Z");
    let failed = house
        .done("c", Role::Collector, &issue, check(CheckResult::Failed))
        .await;
    assert_eq!(failed.state(), IssueState::Handling);
    assert_eq!(
        failed.handling_deadline,
        wire("2015-01-05T14:30:00Z"),
        "the hour that was left"
    );
    house
        .done("officer-1", Role::Officer, &issue, hand_in())
        .await;
    let closed = house
        .done("c", Role::Collector, &issue, check(CheckResult::Passed))
        .await;
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
    let other = house.refused("other", Role::Resident, &issue, rate()).await;
    assert_eq!(reason(&other), Reason::NotFound);
    house.done("walker", Role::Resident, &issue, rate()).await;
    let reopen = Action::Reopen(wire::ReopenAction {
        reason: wire::ReopenReason::NotSolved as i32,
        note: "bags again".to_owned(),
        condition: String::new(),
    });
    let again = house.done("op", Role::Operator, &issue, reopen).await;
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
    house.courses_agree().await;
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
