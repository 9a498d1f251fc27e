//! What the answers were, by call, code and reason, and which of them no client could have been prepared for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tidyward_proto::v1::ErrorReason;
use tonic::Status;
use tonic_types::StatusExt;

/// Faults of which the words are kept.
const MOST_WORDS: usize = 20;

#[derive(Default)]
pub struct Tally(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    answers: BTreeMap<(&'static str, String), u64>,
    undocumented: Vec<String>,
    undocumented_in_all: u64,
}

impl Tally {
    /// Counts an answer and gives it back.
    pub fn count<T>(&self, call: &'static str, answer: Result<T, Status>) -> Result<T, Status> {
        let told = match &answer {
            Ok(_) => "Ok".to_owned(),
            Err(status) => {
                let details = status.get_error_details();
                let reason = details.error_info().map(|info| info.reason.clone());
                if !is_documented(status) {
                    self.wrong_answer(format!("{call}: {status:?}"));
                }
                let reason = reason.unwrap_or_else(|| "no reason".to_owned());
                format!("{:?} {reason}", status.code())
            }
        };
        *self.counts().answers.entry((call, told)).or_default() += 1;
        answer
    }

    /// Counts what is no answer of a call.
    pub fn note(&self, what: &'static str, outcome: &str) {
        let key = (what, outcome.to_owned());
        *self.counts().answers.entry(key).or_default() += 1;
    }

    /// Something that must not be.
    pub fn wrong_answer(&self, words: String) {
        let mut counts = self.counts();
        counts.undocumented_in_all += 1;
        if counts.undocumented.len() < MOST_WORDS {
            counts.undocumented.push(words);
        }
    }

    pub fn answers(&self) -> u64 {
        self.counts().answers.values().sum()
    }

    /// Answers that no client could have been prepared for, and kinds of calls of which none succeeded.
    pub fn wrong(&self) -> Vec<String> {
        let counts = self.counts();
        let mut wrong = counts.undocumented.clone();
        if counts.undocumented_in_all > wrong.len() as u64 {
            let all = counts.undocumented_in_all;
            wrong.push(format!("{all} answers in all that are not documented"));
        }
        let calls: BTreeSet<&str> = counts.answers.keys().map(|(call, _)| *call).collect();
        for call in calls {
            let went_well = |(of, told): &(&str, String)| *of == call && told == "Ok";
            if !counts.answers.keys().any(went_well) {
                wrong.push(format!("no `{call}` has ever succeeded"));
            }
        }
        wrong
    }

    pub fn print(&self) {
        println!("{:<24} {:<44} {:>10}", "call", "answer", "times");
        for ((call, told), times) in &self.counts().answers {
            println!("{call:<24} {told:<44} {times:>10}");
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it is one of the reasons that the protocol names, and not the one that says that the server is at fault.
fn is_documented(status: &Status) -> bool {
    let details = status.get_error_details();
    let Some(info) = details.error_info() else {
        return false;
    };
    let reason = ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason));
    let named = reason.is_some_and(|reason| reason != ErrorReason::Internal);
    info.domain == "tidyward" && named
}
