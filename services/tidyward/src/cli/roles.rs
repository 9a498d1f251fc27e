//! `tidyward roles`: one table of who may do what, every method of every service and every action of the transition table.
//! It is read from the tables that decide, so it needs no server.

use clap::Args;
use tidyward_issues::machine;
use tidyward_kit::caller::Role;
use tidyward_proto::v1::{IssueActionRow, IssueState};

use super::{
    context::Context,
    failure::Failure,
    output::{Cell, Table, text, unseen},
    words::word_of,
};
use crate::compose::ACCESS;

/// What every method's path begins with.
const PACKAGE: &str = "/tidyward.v1.";

#[derive(Args, Clone, Debug, Default)]
pub struct RolesArguments {
    /// Only what the role may do
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
}

/// One thing that can be done.
struct Right {
    /// `method` or `action`.
    kind: &'static str,
    name: String,
    title_zh: String,
    from: String,
    to: String,
    roles: Vec<Role>,
    actor: String,
}

pub fn roles(context: &Context, arguments: &RolesArguments) -> Result<(), Failure> {
    let only: Option<Role> = match &arguments.role {
        Some(role) => Some(role.parse().map_err(|error: tidyward_kit::Error| Failure {
            usage: true,
            ..Failure::from(error)
        })?),
        None => None,
    };
    let mut rights = methods();
    rights.extend(actions());
    rights.retain(|right| only.is_none_or(|role| right.roles.contains(&role)));
    context.print(&table(&rights))
}

fn methods() -> Vec<Right> {
    let rows = ACCESS.iter().flat_map(|table| table.iter());
    rows.map(|(path, roles)| Right {
        kind: "method",
        name: path.trim_start_matches(PACKAGE).to_owned(),
        title_zh: String::new(),
        from: String::new(),
        to: String::new(),
        roles: roles.to_vec(),
        actor: String::new(),
    })
    .collect()
}

/// The rows of the transition table.
fn actions() -> Vec<Right> {
    let rows = machine::TABLE.iter();
    rows.map(|row| Right {
        kind: "action",
        name: row.action.to_owned(),
        title_zh: row.title_zh.to_owned(),
        from: states(row.from.iter().copied()),
        to: states(row.to.iter().copied()),
        roles: row.roles.to_vec(),
        actor: row.actor.words().to_owned(),
    })
    .collect()
}

fn states(states: impl Iterator<Item = IssueState>) -> String {
    let words = states.map(|state| word_of(state.as_str_name(), "ISSUE_STATE_"));
    words.collect::<Vec<_>>().join(" ")
}

fn table(rights: &[Right]) -> Table {
    let mut columns = vec![
        text("kind", ""),
        text("name", "What"),
        text("title_zh", "Chinese"),
        text("from", "From"),
        text("to", "To"),
        text("roles", "Who"),
        text("actor", "And"),
    ];
    columns.extend(Role::TABLE.iter().map(|(_, name)| unseen(name)));
    let mut table = Table::new(columns);
    table.when_empty = "that role may do nothing".to_owned();
    table.rows = rights.iter().map(row).collect();
    table
}

fn row(right: &Right) -> Vec<Cell> {
    let named: Vec<&str> = right.roles.iter().map(|role| role.name()).collect();
    let mut cells = vec![
        Cell::text(right.kind),
        Cell::text(&right.name),
        Cell::text(&right.title_zh),
        Cell::text(&right.from),
        Cell::text(&right.to),
        Cell::text(named.join(" ")).worded(who(&right.roles)),
        Cell::text(&right.actor),
    ];
    let roles = Role::TABLE.iter();
    cells.extend(roles.map(|(role, _)| Cell::Switch(right.roles.contains(role))));
    cells
}

/// The roles for people, in few words where they are many.
fn who(roles: &[Role]) -> String {
    let same = |others: &[Role]| {
        roles.len() == others.len() && others.iter().all(|role| roles.contains(role))
    };
    if same(Role::EVERYBODY) {
        return "everybody".to_owned();
    }
    if same(Role::STAFF) {
        return "everybody but residents".to_owned();
    }
    let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
    names.join(" ")
}

/// The transition table as a server gives it.
pub fn action_table(rows: &[IssueActionRow]) -> Table {
    let mut table = Table::new(vec![
        text("action", "Action"),
        text("title_zh", "Chinese"),
        text("from", "From"),
        text("to", "To"),
        text("roles", "Who"),
        text("actor", "And"),
    ]);
    table.rows = rows
        .iter()
        .map(|row| {
            vec![
                Cell::text(&row.action),
                Cell::text(&row.title_zh),
                Cell::text(states(row.from())),
                Cell::text(states(row.to())),
                Cell::text(row.roles.join(" ")),
                Cell::text(&row.actor),
            ]
        })
        .collect();
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_one_row_and_says_who() {
        let rights = methods();
        let mut names: Vec<&str> = rights.iter().map(|right| right.name.as_str()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        let create = rights
            .iter()
            .find(|right| right.name == "GridService/CreateDistrict");
        assert_eq!(create.unwrap().roles, [Role::PlatformAdmin]);
        assert!(rights.iter().all(|right| !right.roles.is_empty()));
    }

    #[test]
    fn every_action_says_who_may_take_it_from_where() {
        let rights = actions();
        let check = rights.iter().find(|right| right.name == "check");
        let check = check.expect("a row for the check");
        assert_eq!(
            (check.from.as_str(), check.title_zh.as_str()),
            ("checking", "核查")
        );
        assert!(!check.roles.is_empty() && check.actor.contains("never one who handled"));
        assert!(
            rights
                .iter()
                .all(|right| !right.from.is_empty() && !right.to.is_empty())
        );
    }

    #[test]
    fn many_roles_are_told_in_few_words_and_programs_get_a_switch_for_each() {
        assert_eq!(who(Role::EVERYBODY), "everybody");
        assert_eq!(who(Role::STAFF), "everybody but residents");
        assert_eq!(who(&[Role::Admin, Role::Leader]), "admin leader");
        let table = table(&methods());
        assert_eq!(table.columns.len(), 7 + Role::TABLE.len());
        assert!(
            table
                .rows
                .iter()
                .all(|row| row.len() == table.columns.len())
        );
    }
}
