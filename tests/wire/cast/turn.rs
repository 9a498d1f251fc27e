//! One issue on its way, move by move.

use std::{collections::BTreeMap, time::Duration};

use tidyward_proto::v1::{
    Issue, IssueEvent, IssueEventKind, ListIssueEventsRequest, ListNoticesRequest, Notice,
    transition_issue_request::Action,
};

use super::{City, PARENT, SUN, Who, ZHENG};

/// One issue, and how far its events have been looked at.
pub struct Turn<'a> {
    pub city: &'a City,
    pub name: String,
    seen: usize,
    /// The facts of its grid at the last look.
    facts: BTreeMap<String, i64>,
}

impl<'a> Turn<'a> {
    /// The turn of an issue that was reported and nothing else.
    pub async fn new(city: &'a City, name: &str) -> Turn<'a> {
        Turn {
            city,
            name: name.to_owned(),
            seen: 1,
            facts: plain(city).await,
        }
    }

    /// Since the last look these facts of the grid have come to these values, and all others of all rounds are as they
    /// were.
    pub async fn came_to(&mut self, expected: &[(&str, i64)]) {
        let facts = plain(self.city).await;
        let changed = facts
            .iter()
            .filter(|(name, value)| self.facts.get(*name) != Some(*value));
        let changed: BTreeMap<&str, i64> = changed
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        assert_eq!(changed, expected.iter().copied().collect());
        let gone = self.facts.keys().find(|name| !facts.contains_key(*name));
        assert_eq!(gone, None);
        self.facts = facts;
    }

    /// Somebody makes a move at that time.
    pub async fn takes(&mut self, at: &str, who: Who<'_>, action: Action) -> Issue {
        self.city.at(at);
        self.city.moves(who, &self.name, action).await
    }

    /// The events since the last look are of these kinds.
    pub async fn events(&mut self, kinds: &[IssueEventKind]) -> Vec<IssueEvent> {
        let events = self.all_events().await.split_off(self.seen);
        let found: Vec<IssueEventKind> = events.iter().map(IssueEvent::kind).collect();
        assert_eq!(found, kinds);
        self.seen += events.len();
        // Each of them is told of, in their order.
        let mut told = self.notices().await;
        told.truncate(events.len());
        told.reverse();
        let told: Vec<&IssueEvent> = told.iter().filter_map(|one| one.event.as_ref()).collect();
        assert_eq!(told, events.iter().collect::<Vec<_>>());
        events
    }

    /// What anybody was told of the issue, the latest first.
    async fn notices(&self) -> Vec<Notice> {
        let request = ListNoticesRequest {
            parent: PARENT.to_owned(),
            issue: self.name.clone(),
            ..ListNoticesRequest::default()
        };
        let mut client = self.city.person(ZHENG).notices();
        client
            .list_notices(request)
            .await
            .unwrap()
            .into_inner()
            .notices
    }

    async fn all_events(&self) -> Vec<IssueEvent> {
        let request = ListIssueEventsRequest {
            parent: self.name.clone(),
            ..ListIssueEventsRequest::default()
        };
        let mut client = self.city.person(SUN).issues();
        let answer = client.list_issue_events(request).await;
        answer.unwrap().into_inner().events
    }

    /// Waits until the sweep has escalated it to so many times the limit.
    pub async fn until(&self, level: i32) {
        let swept = async {
            while self.city.get(ZHENG, &self.name).await.escalation != level {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), swept)
            .await
            .expect("the sweep comes");
    }

    /// The latest notice of the kind is for these people.
    pub async fn notice(&self, kind: IssueEventKind, recipients: &[&str]) {
        let notices = self.notices().await;
        let of_kind = |notice: &&Notice| notice.event.as_ref().map(IssueEvent::kind) == Some(kind);
        let latest = notices.iter().find(of_kind);
        let mut found = latest
            .unwrap_or_else(|| panic!("no notice of {kind:?}"))
            .recipients
            .clone();
        found.sort();
        assert_eq!(found, recipients, "{kind:?}");
    }
}

/// The facts of all rounds in the issue's grid, without families, categories and the ground.
async fn plain(city: &City) -> BTreeMap<String, i64> {
    let mut facts = city.facts_of("G1").await;
    facts.retain(|name, _| name.matches('.').count() == 1 && !name.starts_with("grid."));
    facts
}
