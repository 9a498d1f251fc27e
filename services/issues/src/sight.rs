//! Who sees which issue. What a caller may not see does not exist for that caller.

use tidyward_kit::caller::{Caller, Role};

use crate::{issue::Issue, standing::Standing};

/// Whether the caller may see the issue, as far as its row tells. Residents see their own reports alone. Staff with areas
/// see what lies in one of them, and wherever else they reported it or have it; staff without areas see the whole
/// district.
///
/// Who handles it beside the assignee is told by its events alone: see `sees`.
pub fn visible(caller: &Caller, issue: &Issue) -> bool {
    if issue.actor == caller.subject {
        return true;
    }
    if !is_staff(caller) {
        return false;
    }
    caller.areas.is_empty()
        || issue.progress.assignee.as_ref() == Some(&caller.subject)
        || issue
            .grid
            .iter()
            .chain(&issue.ancestors)
            .any(|code| caller.areas.contains(code))
}

/// Whether the caller may see the issue, as its row and its events tell: staff see besides what they have a hand in.
pub fn sees(caller: &Caller, issue: &Issue, standing: &Standing) -> bool {
    visible(caller, issue) || is_staff(caller) && standing.involves(&caller.subject)
}

/// Whether the caller is more than a resident.
pub fn is_staff(caller: &Caller) -> bool {
    caller.roles.iter().any(|role| Role::STAFF.contains(role))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::issue::{Outcome, Progress, Source, State};

    fn issue() -> Issue {
        Issue {
            id: Uuid::nil(),
            category: "litter".to_owned(),
            source: Source::Resident,
            place: None,
            grid: Some("grid".to_owned()),
            ancestors: vec!["community".to_owned(), "street".to_owned()],
            description: String::new(),
            address: String::new(),
            state: State::Reported,
            outcome: Outcome::Unspecified,
            reported_at: Timestamp::UNIX_EPOCH,
            recorded_at: Timestamp::UNIX_EPOCH,
            actor: "reporter".to_owned(),
            own_report: false,
            reporter: None,
            origin: None,
            progress: Progress {
                assignee: Some("assignee".to_owned()),
                ..Progress::reported(Timestamp::UNIX_EPOCH)
            },
        }
    }

    #[test]
    fn residents_see_their_own_and_staff_what_lies_in_their_areas() {
        let cases: &[(&str, Role, &[&str], bool)] = &[
            ("reporter", Role::Resident, &[], true),
            ("somebody", Role::Resident, &[], false),
            ("assignee", Role::Resident, &[], false),
            ("somebody", Role::Officer, &[], true),
            ("somebody", Role::Officer, &["grid"], true),
            ("somebody", Role::Officer, &["street"], true),
            ("somebody", Role::Officer, &["elsewhere"], false),
            ("assignee", Role::Officer, &["elsewhere"], true),
            ("reporter", Role::Officer, &["elsewhere"], true),
        ];
        for (subject, role, areas, expected) in cases {
            let caller = Caller {
                subject: (*subject).to_owned(),
                district: Some("district".to_owned()),
                roles: vec![*role],
                areas: areas.iter().map(|code| (*code).to_owned()).collect(),
            };
            let told = format!("{subject} {} {areas:?}", role.name());
            assert_eq!(visible(&caller, &issue()), *expected, "{told}");
        }
        let nowhere = Issue {
            grid: None,
            ancestors: Vec::new(),
            ..issue()
        };
        let officer = Caller {
            subject: "somebody".to_owned(),
            district: None,
            roles: vec![Role::Officer],
            areas: vec!["grid".to_owned()],
        };
        assert!(
            !visible(&officer, &nowhere),
            "what lies in no grid is the whole district's"
        );
    }
}
