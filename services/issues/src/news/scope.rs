//! What a watcher wants to be told: what the caller may see, of an area, through a filter.

use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    filter::{self, Expr, Field, FieldKind, Op, Value},
};

use super::{News, What};
use crate::suspension::area_code;

/// The number that `POSTED` has among the kinds of events, of which none has it.
const POSTED: i32 = 1_000;
/// Kinds as a filter names them; those of events are the proto's.
#[rustfmt::skip]
pub(super) const KINDS: &[(&str, i32)] = &[
    ("POSTED", POSTED),
    ("REPORTED", 1),
    ("FILED", 2),
    ("DISPATCHED", 3),
    ("HANDED_IN", 4),
    ("CHECK_PASSED", 5),
    ("MERGED", 6),
    ("VERIFIED", 7),
    ("VERIFY_UNABLE", 8),
    ("SETTLED", 9),
    ("REJECTED", 10),
    ("ACCEPTED", 11),
    ("RETURNED", 12),
    ("RETURN_UPHELD", 13),
    ("RETURN_OVERRULED", 14),
    ("EXTENSION_REQUESTED", 15),
    ("EXTENSION_APPROVED", 16),
    ("EXTENSION_REFUSED", 17),
    ("SUSPENSION_REQUESTED", 18),
    ("SUSPENDED", 19),
    ("SUSPENSION_REFUSED", 20),
    ("RESUMED", 21),
    ("CHECK_FAILED", 22),
    ("CHECK_FRAUD", 23),
    ("CHECK_UNABLE", 24),
    ("FORCE_CLOSED", 25),
    ("CALLED_BACK", 26),
    ("RATED", 27),
    ("REOPENED", 28),
    ("FOUND_FALSE", 29),
    ("ESCALATED", 30),
    ("REBOUNDED", 31),
    ("DEADLINES_CHANGED", 32),
    ("TASK_ASSIGNED", 33),
    ("TASK_FINISHED", 34),
    ("TASK_WITHDRAWN", 35),
    ("RECHECK_PASSED", 36),
    ("RECHECK_FAILED", 37),
    ("ABSORBED", 38),
    ("NOTED", 39),
];
pub(super) const POST_KINDS: &[(&str, i32)] = &[
    ("UNSPECIFIED", 0),
    ("WELL_DONE", 1),
    ("NOT_DONE", 2),
    ("NOTE", 3),
];

const fn field(name: &'static str, kind: FieldKind) -> Field {
    Field { name, kind }
}

/// What a filter may speak of.
pub const FIELDS: [Field; 9] = [
    field("kind", FieldKind::Enum(KINDS)),
    field("category", FieldKind::Text),
    field("urgent", FieldKind::Bool),
    field("area", FieldKind::Text),
    field("issue", FieldKind::Text),
    field("round", FieldKind::Number),
    field("assignee", FieldKind::Text),
    field("imported", FieldKind::Bool),
    field("post_kind", FieldKind::Enum(POST_KINDS)),
];

/// What decides whether a thing is told.
#[derive(Clone, Debug)]
pub struct Scope {
    pub caller: Caller,
    /// Code.
    pub area: Option<String>,
    pub filter: Option<Expr>,
}

/// What a request asks for.
#[derive(Debug)]
pub struct Asked {
    /// Code.
    pub area: Option<String>,
    pub filter: Result<Option<Expr>, Error>,
}

impl Asked {
    /// Reads area and filter; what is wrong with the area is noted.
    pub fn read(
        violations: &mut Violations,
        district: &District,
        area: &str,
        filter: &str,
    ) -> Asked {
        let code = (!area.is_empty()).then(|| area_code(violations, district, "area", area));
        Asked {
            area: code.flatten(),
            filter: filter::parse(filter, &FIELDS),
        }
    }

    /// The scope, or everything that is wrong at once. Where only the filter cannot be read, the error says so by its
    /// own reason.
    pub fn scope(self, caller: &Caller, mut violations: Violations) -> Result<Scope, Error> {
        let filter = match self.filter {
            Ok(filter) => filter,
            Err(error) if violations.is_empty() => return Err(error),
            Err(error) => {
                violations.take::<()>(Err(error));
                None
            }
        };
        violations.into_result()?;
        Ok(Scope {
            caller: caller.clone(),
            area: self.area,
            filter,
        })
    }
}

impl Scope {
    pub fn shows(&self, news: &News) -> bool {
        self.area.as_ref().is_none_or(|code| news.lies_in(code))
            && news.visible(&self.caller)
            && self
                .filter
                .as_ref()
                .is_none_or(|filter| holds(filter, news))
    }
}

/// Every comparison is true or false, never unknown, so that NOT means what it says.
fn holds(expr: &Expr, news: &News) -> bool {
    match expr {
        Expr::And(all) => all.iter().all(|one| holds(one, news)),
        Expr::Or(some) => some.iter().any(|one| holds(one, news)),
        Expr::Not(inner) => !holds(inner, news),
        Expr::Compare { field, op, value } => compare(field, *op, value, news),
    }
}

fn compare(field: &str, op: Op, told: &Value, news: &News) -> bool {
    match told {
        Value::Text(text) => is(field, text, news) == (op == Op::Eq),
        Value::Number(number) => ordered(i64::from(round(news)), op, *number),
        Value::Enum(number) => (kind(field, news) == *number) == (op == Op::Eq),
        Value::Bool(holds) => (flag(field, news) == *holds) == (op == Op::Eq),
        // No field of news is a time or a day.
        Value::Time(_) | Value::Day(_) => false,
    }
}

fn ordered(own: i64, op: Op, told: i64) -> bool {
    match op {
        Op::Eq => own == told,
        Op::Ne => own != told,
        Op::Lt => own < told,
        Op::Le => own <= told,
        Op::Gt => own > told,
        Op::Ge => own >= told,
    }
}

/// Areas and issues may be named by their whole names; codes and ids come last. What is not there is empty.
fn is(field: &str, told: &str, news: &News) -> bool {
    let id = told.rsplit('/').next().unwrap_or_default();
    match (&news.what, field) {
        (What::Event(event), "area") if id.is_empty() => event.grid.is_none(),
        (_, "area") => news.lies_in(id),
        (What::Event(event), "category") => event.as_of.category == told,
        (What::Event(event), "assignee") => {
            event.as_of.assignee.as_deref().unwrap_or_default() == told
        }
        (What::Event(event), "issue") => event.issue.to_string() == id,
        (What::Event(_) | What::Post(_), _) => told.is_empty(),
    }
}

fn kind(field: &str, news: &News) -> i32 {
    match (&news.what, field) {
        (What::Event(event), "kind") => event.event.kind as i32,
        (What::Post(post), "post_kind") => post.kind as i32,
        (What::Post(_), "kind") => POSTED,
        (What::Event(_) | What::Post(_), _) => 0,
    }
}

fn flag(field: &str, news: &News) -> bool {
    match &news.what {
        What::Event(event) if field == "urgent" => event.as_of.urgent,
        What::Event(event) => event.imported,
        What::Post(_) => false,
    }
}

fn round(news: &News) -> i32 {
    match &news.what {
        What::Event(event) => event.event.round,
        What::Post(_) => 0,
    }
}
