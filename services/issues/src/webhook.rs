//! A webhook: where another system hears of what happened, and what of it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tidyward_kit::{Violations, text};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

use crate::event::Kind;

/// Webhooks of a district.
pub const MOST: i64 = 20;
/// The longest display name, in characters.
const LONGEST_NAME: usize = 200;
/// What people may set, and an update name.
pub const PATHS: [&str; 4] = ["url", "display_name", "kinds", "paused"];

/// Where to, and what.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    pub id: Uuid,
    pub url: String,
    pub display_name: String,
    /// None is every kind.
    pub kinds: BTreeSet<i32>,
    pub paused: bool,
    /// What bodies are signed with.
    pub secret: String,
    pub created_at: Timestamp,
    /// Counts its changes.
    pub revision: i64,
}

impl Webhook {
    /// Takes over the fields that the paths name. What is wrong with them is noted.
    pub fn take(
        &mut self,
        violations: &mut Violations,
        asked: &wire::Webhook,
        paths: &[&str],
        check_url: impl Fn(&str) -> Result<(), String>,
    ) {
        for path in paths {
            match *path {
                "url" => {
                    if let Err(words) = check_url(&asked.url) {
                        violations.add("webhook.url", words);
                    }
                    self.url.clone_from(&asked.url);
                }
                "display_name" => {
                    let field = "webhook.display_name";
                    text::check(violations, field, &asked.display_name, LONGEST_NAME);
                    self.display_name.clone_from(&asked.display_name);
                }
                "kinds" => self.kinds = kinds(violations, &asked.kinds),
                _ => self.paused = asked.paused,
            }
        }
    }

    pub fn etag(&self) -> String {
        self.revision.to_string()
    }
}

fn kinds(violations: &mut Violations, asked: &[i32]) -> BTreeSet<i32> {
    let mut kinds = BTreeSet::new();
    for (index, number) in asked.iter().enumerate() {
        let field = format!("webhook.kinds[{index}]");
        let known = Kind::try_from(*number).is_ok_and(|kind| kind != Kind::Unspecified);
        if !known {
            violations.add(
                field,
                "is no kind of event; leave `kinds` empty for every kind",
            );
        } else if !kinds.insert(*number) {
            violations.add(field, "is named before; name each kind once");
        }
    }
    kinds
}
