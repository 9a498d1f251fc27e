//! What a list of issues is asked for: which ones, and in which order.

use std::collections::BTreeSet;

use tidyward_kit::{
    Error, Reason, Violations,
    caller::District,
    filter::{self, Expr, Field, FieldKind, Op, Value},
    name,
};
use tidyward_proto::v1::ListIssuesRequest;

use crate::issue::State;

const STATES: &[(&str, i32)] = &[
    ("REPORTED", 1),
    ("VERIFIED", 2),
    ("FILED", 3),
    ("DISPATCHED", 4),
    ("HANDLING", 5),
    ("RETURNED", 6),
    ("SUSPENDED", 7),
    ("CHECKING", 8),
    ("CLOSED", 9),
    ("REJECTED", 10),
    ("MERGED", 11),
];
const OUTCOMES: &[(&str, i32)] = &[
    ("UNSPECIFIED", 0),
    ("RESOLVED", 1),
    ("ON_SPOT", 2),
    ("FORCED", 3),
    ("DUPLICATE", 4),
    ("NOT_FOUND", 5),
    ("NOT_RESPONSIBLE", 6),
];
const SOURCES: &[(&str, i32)] = &[
    ("PATROL", 1),
    ("RESIDENT", 2),
    ("HOTLINE", 3),
    ("INSPECTION", 4),
    ("VIDEO", 5),
    ("MEDIA", 6),
    ("TRANSFER", 7),
];
const SEVERITIES: &[(&str, i32)] = &[("UNSPECIFIED", 0), ("NORMAL", 1), ("URGENT", 2)];

const fn field(name: &'static str, kind: FieldKind) -> Field {
    Field { name, kind }
}

/// What a filter may speak of.
pub const FIELDS: [Field; 21] = [
    field("state", FieldKind::Enum(STATES)),
    field("outcome", FieldKind::Enum(OUTCOMES)),
    field("category", FieldKind::Text),
    field("source", FieldKind::Enum(SOURCES)),
    field("severity", FieldKind::Enum(SEVERITIES)),
    field("condition", FieldKind::Text),
    field("area", FieldKind::Text),
    field("grid", FieldKind::Text),
    field("assignee", FieldKind::Text),
    field("unit", FieldKind::Text),
    field("own_report", FieldKind::Bool),
    field("round", FieldKind::Number),
    field("escalation", FieldKind::Number),
    field("provisional", FieldKind::Bool),
    field("recheck_due", FieldKind::Bool),
    field("report_time", FieldKind::Time),
    field("record_time", FieldKind::Time),
    field("update_time", FieldKind::Time),
    field("end_time", FieldKind::Time),
    field("handling_deadline", FieldKind::Time),
    field("total_deadline", FieldKind::Time),
];

/// What a list may be ordered by.
pub const ORDERS: [&str; 3] = ["report_time", "update_time", "handling_deadline"];

/// A list of issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub state: Option<State>,
    pub category: Option<String>,
    /// Code of the grid.
    pub grid: Option<String>,
    pub filter: Option<Expr>,
    /// Codes of areas that the filter names and that are grids, as far as that is known.
    pub grids: BTreeSet<String>,
    pub order: Order,
}

/// What comes first. What has no such time comes last either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// One of `ORDERS`.
    pub by: &'static str,
    pub descending: bool,
}

impl Query {
    /// Reads what a request asks for; everything that is wrong is told at once. Where only a filter or an order cannot be
    /// read, the error says so by its own reason.
    pub fn parse(district: &District, request: &ListIssuesRequest) -> Result<Query, Error> {
        let mut violations = Violations::default();
        let state = State::try_from(request.state);
        violations.require(state.is_ok(), "state", "is no state of issues");
        let grid = grid(district, &request.grid, &mut violations);
        let filter = filter::parse(&request.filter, &FIELDS);
        let order = filter::parse_order(&request.order_by, &ORDERS, ("report_time", true));
        match (filter, order, violations.is_empty()) {
            (Ok(filter), Ok((by, descending)), true) => Ok(Query {
                state: state.ok().filter(|state| *state != State::Unspecified),
                category: Some(request.category.clone()).filter(|code| !code.is_empty()),
                grid,
                filter,
                grids: BTreeSet::new(),
                order: Order { by, descending },
            }),
            (Err(error), Ok(_), true) | (Ok(_), Err(error), true) => Err(error),
            (filter, order, _) => {
                violations.take(filter);
                violations.take(order);
                let mut error = violations.into_error();
                let of_filter =
                    |one: &tidyward_kit::error::Violation| one.reason == Reason::FilterInvalid;
                if error.violations.iter().all(of_filter) {
                    error.reason = Reason::FilterInvalid;
                }
                Err(error)
            }
        }
    }
}

impl Query {
    /// Codes of the areas that the filter names.
    pub fn areas(&self) -> BTreeSet<&str> {
        let mut codes = BTreeSet::new();
        if let Some(filter) = &self.filter {
            areas(filter, &mut codes);
        }
        codes
    }

    /// Whether nothing but issues of one state is asked for, and that is not the one.
    pub fn is_of_a_state_but(&self, but: State) -> bool {
        let of_filter = |expr: &Expr| match expr {
            Expr::Compare {
                field: "state",
                op: Op::Eq,
                value: Value::Enum(number),
            } => *number != but as i32,
            _ => false,
        };
        let told = match &self.filter {
            Some(Expr::And(all)) => all.iter().any(of_filter),
            Some(one) => of_filter(one),
            None => false,
        };
        told || self.state.is_some_and(|state| state != but)
    }

    /// The latest handling deadline that any issue of the list may have, in microseconds, where the filter bounds it.
    pub fn due_until(&self) -> Option<i64> {
        let of_filter = |expr: &Expr| match expr {
            Expr::Compare {
                field: "handling_deadline",
                op: Op::Lt | Op::Le | Op::Eq,
                value: Value::Time(instant),
            } => Some(instant.as_microsecond()),
            _ => None,
        };
        match self.filter.as_ref()? {
            Expr::And(all) => all.iter().filter_map(of_filter).min(),
            one => of_filter(one),
        }
    }
}

/// Of an area as a filter names it: its code alone or its whole name.
pub fn code(told: &str) -> &str {
    told.rsplit('/').next().unwrap_or_default()
}

fn areas<'a>(expr: &'a Expr, codes: &mut BTreeSet<&'a str>) {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| areas(part, codes)),
        Expr::Not(inner) => areas(inner, codes),
        Expr::Compare {
            field: "area",
            value: Value::Text(told),
            ..
        } => {
            codes.insert(code(told));
        }
        Expr::Compare { .. } => {}
    }
}

fn grid(district: &District, told: &str, violations: &mut Violations) -> Option<String> {
    if told.is_empty() {
        return None;
    }
    let ids = name::take::<2>("districts/{}/areas/{}", "grid", told);
    let [own, code] = violations.take(ids)?;
    violations.require(
        own == district.id(),
        "grid",
        "must be a grid of the parent's district",
    );
    Some(code)
}

#[cfg(test)]
mod tests {
    use tidyward_proto::v1::{IssueOutcome, IssueSource, Severity};

    use super::*;

    #[test]
    fn every_name_of_a_filter_is_the_protos() {
        let check = |names: &[(&str, i32)], told: fn(i32) -> Option<&'static str>, prefix: &str| {
            for (name, number) in names {
                assert_eq!(told(*number), Some(format!("{prefix}_{name}").as_str()));
            }
            let last = names.iter().map(|row| row.1).max().unwrap();
            assert_eq!(told(last + 1), None, "{prefix} has more");
        };
        let state = |number| State::try_from(number).ok().map(|one| one.as_str_name());
        check(STATES, state, "ISSUE_STATE");
        let outcome = |number| {
            IssueOutcome::try_from(number)
                .ok()
                .map(|one| one.as_str_name())
        };
        check(OUTCOMES, outcome, "ISSUE_OUTCOME");
        let source = |number| {
            IssueSource::try_from(number)
                .ok()
                .map(|one| one.as_str_name())
        };
        check(SOURCES, source, "ISSUE_SOURCE");
        let severity = |number| Severity::try_from(number).ok().map(|one| one.as_str_name());
        check(SEVERITIES, severity, "SEVERITY");
    }

    #[test]
    fn what_is_wrong_is_told_at_once_and_by_the_right_reason() {
        let district = District::of_server("d");
        let told = |request: ListIssuesRequest| {
            let error = Query::parse(&district, &request).unwrap_err();
            let fields: Vec<String> = error.violations.into_iter().map(|one| one.field).collect();
            (error.reason, fields.join(" "))
        };
        let bad = |state: i32, filter: &str, order_by: &str| ListIssuesRequest {
            state,
            filter: filter.to_owned(),
            order_by: order_by.to_owned(),
            ..ListIssuesRequest::default()
        };
        let reason = Reason::FilterInvalid;
        assert_eq!(
            told(bad(0, "colour = red", "")),
            (reason, "filter".to_owned())
        );
        assert_eq!(told(bad(0, "", "colour")), (reason, "order_by".to_owned()));
        assert_eq!(
            told(bad(0, "state =", "round")),
            (reason, "filter order_by".to_owned())
        );
        let reason = Reason::FieldsInvalid;
        assert_eq!(
            told(bad(99, "state =", "")),
            (reason, "state filter".to_owned())
        );
        assert_eq!(told(bad(99, "", "")), (reason, "state".to_owned()));
    }
}
