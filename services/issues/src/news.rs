//! News: one thing that happened in a district, as its watchers are told it. What a thing is seen and filtered by is what
//! held when it happened, so it is the same however late somebody reads it.

mod scope;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use tidyward_kit::caller::Caller;
use uuid::Uuid;

use crate::{
    event::{Detail, Event, Kind},
    post::Post,
    sight,
};

pub use scope::{Asked, Scope};

/// One thing, under its number in the district's sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    pub number: i64,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Event(Box<IssueNews>),
    Post(Post),
}

/// An event of an issue.
#[derive(Clone, Debug, PartialEq)]
pub struct IssueNews {
    pub issue: Uuid,
    pub reporter: String,
    pub event: Event,
    pub imported: bool,
    pub grid: Option<String>,
    /// Codes of the areas above the grid, nearest first.
    pub ancestors: Vec<String>,
    pub as_of: AsOf,
}

/// What held of the issue when the event had happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsOf {
    pub category: String,
    pub urgent: bool,
    pub assignee: Option<String>,
    /// Who had been given it, or a task of it, up to then.
    pub involved: BTreeSet<String>,
}

/// What an event says of the category, the urgency and the people of those behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Placing {
    pub sequence: i32,
    pub kind: Kind,
    pub urgent: bool,
    pub category: Option<String>,
    /// Nothing where it is the reporter.
    pub actor: Option<String>,
    pub detail: Detail,
}

impl AsOf {
    /// By the issue's events up to that of the sequence; they come in their order.
    pub fn of(sequence: i32, placing: &[Placing]) -> AsOf {
        let mut as_of = AsOf::default();
        for one in placing.iter().take_while(|one| one.sequence <= sequence) {
            as_of.apply(one);
        }
        as_of
    }

    fn apply(&mut self, placing: &Placing) {
        if let Some(category) = &placing.category {
            self.category.clone_from(category);
        }
        let detail = &placing.detail;
        match placing.kind {
            Kind::Filed => self.urgent = placing.urgent,
            Kind::Dispatched => {
                let named = |who: &String| !who.is_empty();
                self.assignee = Some(detail.assignee.clone()).filter(named);
                let handlers = self.assignee.iter().chain(&detail.co_handlers);
                self.involved.extend(handlers.cloned());
            }
            Kind::Accepted => {
                self.involved.extend(placing.actor.clone());
                if self.assignee.is_none() {
                    self.assignee.clone_from(&placing.actor);
                }
            }
            Kind::TaskAssigned => {
                self.involved.insert(detail.owner.clone());
            }
            _ => {}
        }
    }
}

impl IssueNews {
    fn lies_in(&self, code: &str) -> bool {
        self.grid
            .iter()
            .chain(&self.ancestors)
            .any(|one| one == code)
    }

    /// As `sight::sees` says of an issue: residents are told of their own reports alone, staff with areas of what lies in
    /// one of them, of their own reports and of what they have a hand in, other staff of everything.
    fn visible(&self, caller: &Caller) -> bool {
        if self.reporter == caller.subject {
            return true;
        }
        sight::is_staff(caller)
            && (caller.areas.is_empty()
                || self.as_of.involved.contains(&caller.subject)
                || caller.areas.iter().any(|code| self.lies_in(code)))
    }
}

impl News {
    /// Whether it lies in the area of the code or below it.
    pub fn lies_in(&self, code: &str) -> bool {
        match &self.what {
            What::Event(news) => news.lies_in(code),
            What::Post(post) => post.lies_in(code),
        }
    }

    /// Whether the caller may be told it.
    pub fn visible(&self, caller: &Caller) -> bool {
        match &self.what {
            What::Event(news) => news.visible(caller),
            What::Post(post) => post.visible(caller),
        }
    }
}
