//! A server in this process with something to call it about, and every kind of call.

use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tidyward::config::Settings;
use tidyward_kit::{caller::Role, clock::Clock};
use tidyward_proto::v1::{
    ActivateRuleRequest, CreateImportRequest, CreateReviewRequest, Datum, FreezeReviewRequest,
    GetImportRequest, Import, ImportState, Issue, IssueSource, ListIssuesRequest, NoteAction,
    Position, ReportIssueRequest, TransitionIssueRequest, transition_issue_request::Action,
};
use tidyward_tests::{LITTER, Stack, refusal, upload};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

use super::super::{
    photo::Photo,
    scene::{D, PARENT},
};

/// Every kind of call, each of which can be made again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Report,
    Move,
    Photo,
    List,
    Import,
    Review,
}

pub const WRITING: [Kind; 5] = [
    Kind::Report,
    Kind::Move,
    Kind::Photo,
    Kind::Import,
    Kind::Review,
];
pub const EVERY: [Kind; 6] = [
    Kind::Report,
    Kind::Move,
    Kind::Photo,
    Kind::List,
    Kind::Import,
    Kind::Review,
];

/// A server in this process, with something to call it about.
pub struct House {
    pub stack: Stack,
    issue: String,
    uploaded: String,
    pub review: String,
    /// Under these ids the calls are made, however often.
    report: String,
    step: String,
    photo: Photo,
}

impl House {
    pub async fn open(database: &str) -> House {
        let mut settings = Settings::default();
        settings.database.url = database.to_owned();
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2024-07-01T04:00:00Z".parse().unwrap();
        let stack = Stack::open_with(folder, Clock::told(move || now), settings).await;
        stack.little_town(D, 2).await;
        let issue = report(&stack, "bags", "").await.unwrap().name;
        let mut file = "id,reported,kind,lat,lon\n".to_owned();
        for row in 0..5_000 {
            file.push_str(&format!("{row},2024-05-02,litter,30.005,120.005\n"));
        }
        let uploaded = upload!(stack.issues(D), D, file.as_bytes());
        let rule = ActivateRuleRequest {
            name: format!("{PARENT}/rules/case-rates/versions/1.0.0"),
            from_period: "2024-q2".to_owned(),
            ..ActivateRuleRequest::default()
        };
        stack.rules(D).activate_rule(rule).await.unwrap();
        let review = CreateReviewRequest {
            parent: PARENT.to_owned(),
            period: "2024-q2".to_owned(),
            request_id: String::new(),
        };
        let review = stack.evaluations(D).create_review(review).await.unwrap();
        House {
            stack,
            issue,
            uploaded,
            review: review.into_inner().name,
            report: Uuid::from_u128(1).to_string(),
            step: Uuid::from_u128(2).to_string(),
            photo: Photo::draw(&mut ChaCha8Rng::seed_from_u64(4)),
        }
    }

    pub fn call(&self, kind: Kind) -> BoxFuture<'_, Result<(), Status>> {
        Box::pin(async move {
            match kind {
                Kind::Report => report(&self.stack, "sacks", &self.report).await.map(drop),
                Kind::Move => note(&self.stack, &self.issue, &self.step).await,
                Kind::Photo => {
                    let peer = self.stack.caller(D, "li", &[Role::Officer], &[]);
                    self.photo.clone().upload(peer).await.map(drop)
                }
                Kind::List => {
                    let request = ListIssuesRequest {
                        parent: PARENT.to_owned(),
                        ..ListIssuesRequest::default()
                    };
                    self.stack.issues(D).list_issues(request).await.map(drop)
                }
                Kind::Import => self.import().await.map(drop),
                Kind::Review => {
                    let request = FreezeReviewRequest {
                        name: self.review.clone(),
                        request_id: Uuid::from_u128(3).to_string(),
                    };
                    let mut client = self.stack.evaluations(D);
                    client.freeze_review(request).await.map(drop)
                }
            }
        })
    }

    pub async fn import(&self) -> Result<String, Status> {
        let request = CreateImportRequest {
            parent: PARENT.to_owned(),
            upload: self.uploaded.clone(),
            mapping: LITTER.to_owned(),
            request_id: String::new(),
        };
        let import = self.stack.issues(D).create_import(request).await?;
        Ok(import.into_inner().name)
    }

    /// The import when it has ended; what does not answer is asked again.
    pub async fn ended(&self, name: &str) -> Import {
        let mut client = self.stack.issues(D);
        let ended = async {
            loop {
                let name = name.to_owned();
                match client.get_import(GetImportRequest { name }).await {
                    Ok(import) if import.get_ref().state() != ImportState::Running => {
                        return import.into_inner();
                    }
                    Ok(_) => {}
                    Err(status) => passes(Kind::Import, Err(status)),
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(60), ended).await;
        ended.expect("an import ends, whatever happened to it")
    }

    /// Everything that was refused works, on the same server, and nothing was done twice.
    pub async fn all_is_well(&self) {
        for kind in EVERY {
            let answer = self.call(kind).await;
            answer.unwrap_or_else(|status| panic!("{kind:?} after the fault: {status:?}"));
        }
        let name = self.import().await.unwrap();
        let import = self.ended(&name).await;
        assert_eq!(import.state(), ImportState::Done, "{import:?}");
        // The one before it may be running still, so each row is the work of the one or the other.
        assert_eq!(
            import.rows_added + import.rows_unchanged,
            5_000,
            "{import:?}"
        );
        let request = ListIssuesRequest {
            parent: PARENT.to_owned(),
            filter: "source = \"RESIDENT\"".to_owned(),
            page_size: 100,
            ..ListIssuesRequest::default()
        };
        let listed = self.stack.issues(D).list_issues(request).await.unwrap();
        let issues = listed.into_inner().issues;
        let sacks = issues.iter().filter(|issue| issue.description == "sacks");
        assert_eq!(
            sacks.count(),
            1,
            "reported once, however often it was tried"
        );
        let moved = issues.iter().find(|issue| issue.name == self.issue);
        assert_eq!(moved.unwrap().etag, "2", "moved once");
    }
}

pub async fn report(stack: &Stack, words: &str, request_id: &str) -> Result<Issue, Status> {
    let issue = Issue {
        category: "litter".to_owned(),
        source: IssueSource::Resident.into(),
        position: Some(Position {
            latitude: 30.005,
            longitude: 120.005,
            datum: Datum::Wgs84.into(),
            ..Position::default()
        }),
        description: words.to_owned(),
        ..Issue::default()
    };
    let request = ReportIssueRequest {
        parent: PARENT.to_owned(),
        issue: Some(issue),
        request_id: request_id.to_owned(),
        ..ReportIssueRequest::default()
    };
    let answer = stack.issues(D).report_issue(request).await;
    answer.map(tonic::Response::into_inner)
}

pub async fn note(stack: &Stack, issue: &str, request_id: &str) -> Result<(), Status> {
    let action = Action::Note(NoteAction {
        text: "n".repeat(2_000),
    });
    let request = TransitionIssueRequest {
        name: issue.to_owned(),
        request_id: request_id.to_owned(),
        action: Some(action),
        ..TransitionIssueRequest::default()
    };
    stack.issues(D).transition_issue(request).await.map(drop)
}

/// What everybody hears of a fault.
pub fn passes(kind: Kind, answer: Result<(), Status>) {
    let Err(status) = &answer else {
        panic!("{kind:?} did not meet the fault");
    };
    let retry = status.get_error_details().retry_info().cloned();
    assert!(retry.is_some(), "{kind:?}: {status:?}");
    let refused = refusal(answer);
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (Code::Unavailable, "UNAVAILABLE"),
        "{kind:?}: {refused:?}"
    );
}
