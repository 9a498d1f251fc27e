//! The rounds behind the facts, in messages.

use std::collections::HashMap;

use prost::Message;
use tidyward_proto::v1::{FactCategory, FactRound, StreamFactsResponse};

use super::ENOUGH;
use crate::facts::rounds::{Named, RoundTable};

const MINUTE: i64 = 60_000_000;

/// As many in a message as are enough. The first carries the categories of all.
pub struct Rounds {
    start: i64,
    /// Taken by the first message.
    categories: Vec<FactCategory>,
    /// Index among the categories, of each by its number.
    indices: Vec<i32>,
    rounds: std::vec::IntoIter<Named>,
}

impl Rounds {
    pub fn new(table: RoundTable) -> Rounds {
        let categories = table.categories();
        let indices: HashMap<&str, i32> = categories.keys().copied().zip(0..).collect();
        // A category that no round is of has no index, and nobody asks for it.
        let index = |code: &String| indices.get(code.as_str()).copied().unwrap_or(-1);
        let indices = table.codes.iter().map(index).collect();
        let category = |(code, parent): (&&str, &&str)| FactCategory {
            code: (*code).to_owned(),
            parent: (*parent).to_owned(),
        };
        Rounds {
            start: table.start,
            categories: categories.iter().map(category).collect(),
            indices,
            rounds: table.rounds.into_iter(),
        }
    }

    fn round(&self, named: &Named) -> FactRound {
        let facts = &named.facts;
        let minute = |at: i64| (at - self.start).div_euclid(MINUTE);
        FactRound {
            row: i32::try_from(facts.row).unwrap_or(i32::MAX),
            issue: named.issue.to_string(),
            round: facts.round,
            category: self.indices[facts.category as usize],
            severity: facts.severity as i32,
            source: named.source as i32,
            state: facts.state as i32,
            report_minute: minute(facts.reported_at),
            file_minute: facts.filed_at.map(minute),
            due_minute: facts.due_at.map(minute),
            hand_in_minute: facts.handed_in_at.map(minute),
            close_minute: facts.closed_at.map(minute),
            failed_checks: i32::try_from(facts.failed_checks).unwrap_or(i32::MAX),
            marks: facts.marks,
        }
    }
}

impl Iterator for Rounds {
    type Item = StreamFactsResponse;

    fn next(&mut self) -> Option<StreamFactsResponse> {
        let (mut rounds, mut size) = (Vec::new(), 0);
        while size < ENOUGH
            && let Some(named) = self.rounds.next()
        {
            let round = self.round(&named);
            size += round.encoded_len();
            rounds.push(round);
        }
        (!rounds.is_empty()).then(|| StreamFactsResponse {
            categories: std::mem::take(&mut self.categories),
            rounds,
            ..StreamFactsResponse::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        facts::{rounds::RoundFacts, tree::Tree},
        issue::{Severity, Source, State},
    };

    fn one(reported_at: i64) -> Named {
        Named {
            facts: RoundFacts {
                row: 0,
                issue: 1,
                round: 0,
                category: 1,
                severity: Severity::Unspecified,
                state: State::Reported,
                reported_at,
                filed_at: None,
                due_at: None,
                handed_in_at: None,
                closed_at: None,
                failed_checks: 0,
                marks: 0,
            },
            issue: Uuid::nil(),
            source: Source::Patrol,
        }
    }

    #[test]
    fn many_rounds_come_in_messages_of_which_the_first_names_the_categories() {
        let table = RoundTable {
            start: 10 * MINUTE,
            codes: vec!["unused".to_owned(), "litter".to_owned()],
            tree: Tree::new([("litter".to_owned(), Some("waste".to_owned()))]),
            rounds: (0..50_000).map(|index| one(index - 1)).collect(),
        };
        let messages: Vec<StreamFactsResponse> = Rounds::new(table).collect();
        let named = messages.iter().map(|one| one.categories.len());
        assert_eq!(named.collect::<Vec<_>>(), [2, 0, 0]);
        let sizes = messages.iter().map(Message::encoded_len);
        assert!(sizes.max() < Some(ENOUGH + ENOUGH / 8));
        let rounds: Vec<_> = messages.iter().flat_map(|one| &one.rounds).collect();
        assert_eq!(rounds.len(), 50_000);
        let told = |at: usize| (rounds[at].report_minute, rounds[at].category);
        assert_eq!((told(0), told(1)), ((-11, 0), (-10, 0)), "floored");
    }
}
