//! What went wrong, for the person at the keyboard: one paragraph, each violation on its own line, and what to do next.

use tidyward_issues::machine;
use tidyward_kit::{Error, status};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A command that did not succeed.
#[derive(Debug, Default)]
pub struct Failure {
    /// Empty where the server gave none.
    pub reason: String,
    pub message: String,
    /// Field and what is wrong with it.
    pub violations: Vec<(String, String)>,
    /// What to try next. Empty where the message says it already.
    pub next: String,
    /// Whether the command line itself was wrong.
    pub usage: bool,
}

/// What helps against a reason, where the server, which does not know of this command line, cannot say it.
const NEXT: [(&str, &str); 15] = [
    (
        "WATCH_TOKEN_UNKNOWN",
        "leave --from-token away, or say --from-beginning",
    ),
    (
        "NO_RULE_IN_FORCE",
        "`tidyward rules list` shows what there is to activate",
    ),
    (
        "NOT_FOUND",
        "see what there is: tidyward district list, tidyward issues list, tidyward review list, tidyward rules list",
    ),
    (
        "PERIOD_FROZEN",
        "choose a later period, or look at the frozen one: tidyward review list",
    ),
    (
        "RULE_VERSION_EXISTS",
        "raise `version` in rule.toml, build, and push again",
    ),
    ("TOKEN_EXPIRED", "tidyward token --district D --role admin"),
    (
        "ROLE_MISSING",
        "tidyward roles shows who may; tidyward token --district D --role ROLE, on the machine of the server",
    ),
    (
        "MOVE_FORBIDDEN",
        "tidyward issues actions shows what is allowed from where; tidyward issues show ISSUE where it stands",
    ),
    (
        "ACTOR_WRONG",
        "tidyward roles shows who may; tidyward token --subject NAME makes a token of that person",
    ),
    (
        "DEADLINE_PASSED",
        "tidyward issues explain-deadline ISSUE shows how the deadline came about",
    ),
    (
        "HEAD_TAKEN",
        "end the other duty first, tidyward duty end DUTY, or make this one without --head",
    ),
    (
        "FILTER_INVALID",
        "a filter looks like 'state = \"HANDLING\" AND round > 1'; its fields are in the proto's comment",
    ),
    (
        "CHANGED_MEANWHILE",
        "look at it again, and say --etag with what it has then, or leave --etag out",
    ),
    ("MAPPING_INVALID", "deploy/examples has mappings that work"),
    (
        "FACT_TWICE",
        "tidyward facts show --period P shows what the ledger gives; take that fact out of the metrics",
    ),
];

impl Failure {
    pub fn new(message: impl Into<String>) -> Failure {
        Failure {
            message: message.into(),
            ..Failure::default()
        }
    }

    /// The command line itself is wrong.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure {
            message: message.into(),
            usage: true,
            ..Failure::default()
        }
    }

    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Failure {
        self.next = next.into();
        self
    }

    /// As it is printed, without colour, ending with a line break.
    pub fn render(&self) -> String {
        let mut text = match self.violations.len() {
            0 => format!("error: {}\n", self.message),
            1 => "error: this is not right:\n".to_owned(),
            several => format!("error: {several} things are not right:\n"),
        };
        for (field, message) in &self.violations {
            text.push_str(&format!("  {field}: {message}\n"));
        }
        if !self.reason.is_empty() && self.violations.is_empty() {
            text.push_str(&format!("  reason: {}\n", self.reason));
        }
        if !self.next.is_empty() {
            text.push_str(&format!("  next: {}\n", self.next));
        }
        text
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let violations = error
            .violations
            .iter()
            .map(|one| (one.field.clone(), one.message.clone()));
        let violations = violations.collect();
        let mut message = error.message;
        if let Some(source) = &error.source {
            // It is this process that failed, so its owner may see why.
            message = format!("{message} ({source})");
        }
        let reason = status::reason_name(error.reason).to_owned();
        let next = next_for(&reason);
        Failure {
            reason,
            message,
            violations,
            next,
            usage: false,
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Failure {
        let details = status.get_error_details();
        let info = details
            .error_info()
            .filter(|info| info.domain == status::DOMAIN);
        let reason = info.map(|info| info.reason.clone()).unwrap_or_default();
        let violations = details.bad_request().map(|bad| {
            let pairs = bad.field_violations.iter();
            pairs
                .map(|one| (one.field.clone(), one.description.clone()))
                .collect()
        });
        let action = info.and_then(|info| info.metadata.get("action"));
        let mut next = next_for(&reason);
        // Reviews and deliveries have states of their own, of which the issues' table says nothing.
        if reason == "MOVE_FORBIDDEN" && action.is_none_or(|action| machine::find(action).is_none())
        {
            next.clear();
        }
        let mut message = status.message().to_owned();
        if info.is_none() {
            message = foreign(&status);
            if status.code() == Code::Unavailable {
                next = "is the server up? `tidyward serve` starts it; --server says where it is"
                    .to_owned();
            }
        } else if let Some(place) = info.and_then(|info| info.metadata.get("place"))
            && !message.contains(place.as_str())
        {
            message = format!("{message} (at {place})");
        }
        Failure {
            reason,
            message,
            violations: violations.unwrap_or_default(),
            next,
            usage: false,
        }
    }
}

/// A status that no server of ours made: the transport's, or another server's.
fn foreign(status: &Status) -> String {
    let mut words = format!("the call failed: {}", status.message());
    let mut source = std::error::Error::source(status);
    while let Some(cause) = source {
        let text = cause.to_string();
        if !words.contains(&text) {
            words.push_str(&format!(": {text}"));
        }
        source = cause.source();
    }
    words
}

fn next_for(reason: &str) -> String {
    let row = NEXT.iter().find(|row| row.0 == reason);
    row.map(|row| row.1.to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tidyward_kit::{Reason, Violations};

    use super::*;

    #[test]
    fn a_refusal_by_the_server_says_why_and_what_next() {
        let error = Error::new(
            Reason::NoRuleInForce,
            "no rule is in force for 2013-q3; activate one first",
        );
        let failure = Failure::from(Status::from(error));
        assert_eq!(
            failure.render(),
            "error: no rule is in force for 2013-q3; activate one first\n  reason: NO_RULE_IN_FORCE\n  \
             next: `tidyward rules list` shows what there is to activate\n"
        );
    }

    #[test]
    fn the_table_of_moves_is_named_for_moves_of_issues_alone() {
        let next = |action: &str| {
            let error = Error::new(Reason::MoveForbidden, "not from here").with("action", action);
            Failure::from(Status::from(error)).next
        };
        assert!(next("accept").contains("tidyward issues actions"));
        assert_eq!(next("retry"), "");
    }

    #[test]
    fn every_violation_has_a_line() {
        let mut violations = Violations::default();
        violations.add("issue.category", "must be one of the district's");
        violations.add("issue.position", "is missing; give this or the grid");
        let failure = Failure::from(Status::from(violations.into_error()));
        assert_eq!(
            failure.render(),
            "error: 2 things are not right:\n  issue.category: must be one of the district's\n  \
             issue.position: is missing; give this or the grid\n"
        );
    }

    #[test]
    fn a_server_that_is_not_there_is_told_as_such() {
        let failure = Failure::from(Status::unavailable("tcp connect error"));
        assert_eq!(
            failure.render(),
            "error: the call failed: tcp connect error\n  next: is the server up? `tidyward serve` starts it; --server \
             says where it is\n"
        );
    }
}
