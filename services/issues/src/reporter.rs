//! Who reported something: name and phone, kept apart from everything else, and erasable.

use tidyward_kit::{
    Violations,
    caller::{Caller, Role},
    text,
};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

use crate::{
    issue::{Issue, Source},
    sight,
};

const LONGEST_NAME: usize = 100;
const LONGEST_PHONE: usize = 40;

/// Those who need to know whom to ask. Whoever reported an issue sees what stands there too.
const NEED_TO_KNOW: [Role; 4] = [Role::Operator, Role::Collector, Role::Leader, Role::Admin];

/// Somebody to ask or to call back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporter {
    pub id: Uuid,
    /// Of the resident who reported for himself; empty where somebody wrote it down for another.
    pub subject: String,
    pub name: String,
    pub phone: String,
}

impl Reporter {
    /// What a report says of its reporter; nothing where it says nothing.
    pub fn parse(
        violations: &mut Violations,
        caller: &Caller,
        told: Option<&wire::Reporter>,
        id: Uuid,
    ) -> Option<Reporter> {
        let told = told.filter(|told| !told.name.is_empty() || !told.phone.is_empty())?;
        text::check(violations, "issue.reporter.name", &told.name, LONGEST_NAME);
        let is_phone = |c: char| c.is_ascii_digit() || " +-()".contains(c);
        violations.require(
            told.phone.len() <= LONGEST_PHONE && told.phone.chars().all(is_phone),
            "issue.reporter.phone",
            "must be at most 40 characters of digits, space, plus, hyphen and brackets",
        );
        let subject = match sight::is_staff(caller) {
            true => String::new(),
            false => caller.subject.clone(),
        };
        Some(Reporter {
            id,
            subject,
            name: told.name.clone(),
            phone: told.phone.clone(),
        })
    }
}

/// Whether there is somebody to call back: a resident, through an app or a hotline, who left a phone.
pub fn contactable(source: Source, reporter: Option<&Reporter>) -> bool {
    let by_resident = matches!(source, Source::Resident | Source::Hotline);
    by_resident && reporter.is_some_and(|reporter| !reporter.phone.is_empty())
}

/// Whether the caller may see name and phone.
pub fn may_see(caller: &Caller, issue: &Issue) -> bool {
    issue.actor == caller.subject || NEED_TO_KNOW.iter().any(|role| caller.has(*role))
}
