//! One issue from the calls about it to what those concerned were told, and what is refused.

use std::time::Duration;

use tidyward_proto::v1::{
    Datum, DeliveryState, Issue, IssueSource, IssueState, ListDeliveriesRequest,
    ListWebhooksRequest, Position, Reporter,
};

use super::{Day, column, only};
use crate::cast::{D, PARENT};

impl Day {
    /// Gives the ids of both.
    pub(super) async fn two_calls_about_one_pipe(&self) -> (String, String) {
        let mut ids = Vec::new();
        for latitude in [30.005, 30.0051] {
            let issue = Issue {
                category: "burst_pipe".to_owned(),
                source: IssueSource::Hotline.into(),
                position: Some(Position {
                    latitude,
                    longitude: 120.025,
                    datum: Datum::Wgs84.into(),
                    ..Position::default()
                }),
                description: "water on the road".to_owned(),
                reporter: Some(Reporter {
                    name: "王女士".to_owned(),
                    phone: "138 0013 8000".to_owned(),
                }),
                ..Issue::default()
            };
            ids.push(self.reported(issue).await);
        }
        let second = ids.pop().unwrap();
        (ids.pop().unwrap(), second)
    }

    pub(super) async fn they_are_one(&self, first: &str, second: &str) {
        let listed = self.says("issues list --area G3").await;
        assert_eq!(column(&listed, "issue").len(), 2);
        let like = self
            .says_to("sun", &format!("issues candidates {second}"))
            .await;
        assert_eq!(only(&like)["issue"], first);
        let merge = format!("issues move {second} merge --into {first}");
        let moved = self.says_to("sun", &merge).await;
        assert_eq!(only(&moved["issue"])["merged_into"], first);
        assert_eq!(self.issue(second).await.state(), IssueState::Merged);
    }

    pub(super) async fn it_is_handled_with_an_hour_of_storm(&self, id: &str) {
        let file = format!("issues move {id} file --condition level");
        self.says_to("sun", &file).await;
        let moved = self
            .says_to("zhou", &format!("issues move {id} dispatch"))
            .await;
        // Five working days on: the made-up Saturday, then the 24th to the 27th.
        let deadline = "2026-02-27 01:00:00Z";
        assert_eq!(only(&moved["issue"])["assignee"], "zhao");
        assert_eq!(only(&moved["issue"])["handling_deadline"], deadline);
        self.says_to("zhao", &format!("issues move {id} accept"))
            .await;
        let explained = self
            .says_to("zhao", &format!("issues explain-deadline {id}"))
            .await;
        assert_eq!(column(&explained, "deadline")[0], deadline);

        let storm = "suspension create --reason storm --until 2026-02-24T09:00:00+08:00 --area G3";
        let made = self.says(storm).await;
        let suspension = only(&made)["suspension"].as_str().unwrap();
        self.clock.forward(Duration::from_secs(3_600));
        let listed = self
            .says("suspension list --at 2026-02-13T10:00:00+08:00")
            .await;
        assert_eq!(only(&listed)["suspension"], suspension);
        self.says(&format!("suspension end {suspension}")).await;
        // What stood is given back: an hour of work.
        let shown = self.says(&format!("issues show {id}")).await;
        assert_eq!(
            only(&shown["issue"])["handling_deadline"],
            "2026-02-27 02:00:00Z"
        );
        let events = column(&shown["events"], "event");
        assert!(events.contains(&"deadlines_changed"), "{events:?}");
    }

    pub(super) async fn it_is_checked_and_the_caller_forgotten(&self, id: &str) {
        self.says_to("zhao", &format!("issues move {id} hand-in --note swept"))
            .await;
        let check = format!("issues move {id} check --result passed --note 'dry again'");
        self.says_to("li", &check).await;
        let call = format!("issues move {id} call-back --reached --solved --satisfied");
        self.says_to("sun", &call).await;
        let issue = self.issue(id).await;
        assert_eq!(issue.state(), IssueState::Closed);
        assert_eq!(issue.reporter.unwrap().name, "王女士");
        let erased = self
            .says(&format!("issues erase-reporter {id} --yes"))
            .await;
        assert!(only(&erased)["issues"].as_i64() >= Some(1), "{erased}");
        assert_eq!(self.issue(id).await.reporter, None);
        // As people see it, with all its parts.
        self.ends(&format!("issues show {id}"), 0).await;
    }

    pub(super) async fn those_concerned_were_told(&self, id: &str, webhook: &str) {
        let notices = self.says(&format!("notices --issue {id}")).await;
        let kinds = column(&notices, "event");
        assert!(kinds.contains(&"dispatched") && kinds.contains(&"called_back"));
        let heard = self.receiver.wait_for(2).await;
        assert!(
            heard
                .iter()
                .all(|one| !one.header("webhook-signature").is_empty())
        );
        let delivered = self.all_are_delivered(2).await;
        let listed = self.says("deliveries list --state delivered").await;
        assert_eq!(column(&listed, "delivery").len(), delivered);
        assert!(column(&listed, "webhook").iter().all(|one| *one == webhook));
        // Only what was given up is tried again.
        let delivery = column(&listed, "delivery")[0];
        self.ends(&format!("deliveries retry {delivery}"), 1).await;

        let paused = self.says(&format!("webhook pause {webhook}")).await;
        assert_eq!(only(&paused)["paused"], true);
        let resumed = self.says(&format!("webhook resume {webhook}")).await;
        assert_eq!(only(&resumed)["paused"], false);
        self.ends(&format!("webhook delete {webhook}"), 0).await;
        let request = ListWebhooksRequest {
            parent: PARENT.to_owned(),
            ..ListWebhooksRequest::default()
        };
        let answer = self.stack.notices(D).list_webhooks(request).await;
        assert_eq!(answer.unwrap().into_inner().webhooks, []);
    }

    /// Waits until so many deliveries are written down as delivered: the receiver hears of one a little earlier.
    async fn all_are_delivered(&self, count: usize) -> usize {
        let delivered = async {
            loop {
                let request = ListDeliveriesRequest {
                    parent: PARENT.to_owned(),
                    state: DeliveryState::Delivered.into(),
                    ..ListDeliveriesRequest::default()
                };
                let answer = self.stack.notices(D).list_deliveries(request).await;
                let found = answer.unwrap().into_inner().deliveries.len();
                if found >= count {
                    return found;
                }
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), delivered).await;
        waited.expect("what was heard is written down")
    }

    pub(super) async fn what_is_wrong_is_refused(&self, id: &str) {
        let actions = self.says("issues actions").await;
        assert_eq!(column(&actions, "action").len(), 25);
        // Usage, before anything is asked of the server.
        self.ends(&format!("issues move {id} fly"), 2).await;
        self.ends(&format!("issues move {id} check --result shiny"), 2)
            .await;
        self.ends(&format!("issues erase-reporter {id}"), 2).await;
        self.ends("roles --role king", 2).await;
        // Refusals of the server: no such issue, a closed one, and one outside of the token's area.
        self.ends("issues show nothing", 1).await;
        self.ends(&format!("issues move {id} accept"), 1).await;
        let elsewhere = Issue {
            category: "burst_pipe".to_owned(),
            source: IssueSource::Hotline.into(),
            grid: format!("{PARENT}/areas/G1"),
            ..Issue::default()
        };
        let elsewhere = self.reported(elsewhere).await;
        let token = self.tokens.borrow()["li"].clone();
        self.ends(&format!("issues show {elsewhere} --token {token}"), 1)
            .await;
        self.ends(&format!("issues show {id} --token {token} --format csv"), 0)
            .await;
    }
}
