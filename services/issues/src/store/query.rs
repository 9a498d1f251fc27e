//! Lists of issues: filters, sight and pages as SQL, in which every value is bound.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, Value};
use tidyward_kit::{
    Error,
    caller::{Caller, District},
    db::Db,
    filter::{self, Expr, Op},
};

use super::{
    issue::{COLUMNS, Found, found},
    micros, statement,
};
use crate::{
    issue::State,
    query::{Order, Query, code},
    sight,
};

/// What the actors of imports begin with, whose rows the index by actor leaves out. Written into statements.
const IMPORTS: &str = "imports/";

/// What is due until an instant was reported until then, but for issues whose deadline is before their report: they took it
/// from an older one that was merged into them. Those have an index of their own.
const REPORTED_UNTIL: &str = "reported_at <= COALESCE((SELECT MAX(late.reported_at) FROM issue late \
     WHERE late.district = ? AND late.handling_deadline < late.reported_at \
     AND late.handling_deadline <= ? AND late.reported_at > ?), ?)";

/// The row of a list behind which a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// In microseconds, what the list is ordered by; nothing among those that have none.
    pub at: Option<i64>,
    /// The issue's number: of those with the same time, the order in which they went in.
    pub number: i64,
}

impl After {
    /// Of an issue in the order.
    pub fn of(order: Order, found: &Found) -> After {
        let issue = &found.issue;
        let at = match order.by {
            "update_time" => Some(issue.progress.updated_at),
            "handling_deadline" => issue.progress.handling_deadline,
            _ => Some(issue.reported_at),
        };
        After {
            at: micros(at),
            number: found.number,
        }
    }
}

/// At most so many of the issues that the caller sees. Those with a time come first, then, by a second query where there
/// is room, those without: each goes along an index, and no row is ever in both.
pub async fn list(
    db: &Db,
    district: &District,
    caller: &Caller,
    query: &Query,
    after: Option<&After>,
    most: usize,
) -> Result<Vec<Found>, Error> {
    let column = column(query.order.by);
    let (way, beyond) = if query.order.descending {
        ("DESC", "<")
    } else {
        ("ASC", ">")
    };
    let mut issues = Vec::new();
    let in_times = after.is_none_or(|after| after.at.is_some());
    if in_times {
        let mut select = Select::new(district, caller, query);
        if let Some((at, after)) = after.and_then(|after| Some((after.at?, after))) {
            select.and(
                &format!("({}, number) {beyond} (?, ?)", column.name),
                [at.into(), after.number.into()],
            );
        } else if column.nullable {
            select.and(&format!("{} IS NOT NULL", column.name), []);
        }
        let order = format!("{0} {way}, number {way}", column.name);
        issues = select.run(db, &order, most).await?;
    }
    if column.nullable && issues.len() < most {
        let mut select = Select::new(district, caller, query);
        select.and(&format!("{} IS NULL", column.name), []);
        if let Some(after) = after.filter(|_| !in_times) {
            select.and(&format!("number {beyond} ?"), [after.number.into()]);
        }
        let rest = most - issues.len();
        issues.extend(select.run(db, &format!("number {way}"), rest).await?);
    }
    Ok(issues)
}

/// What the caller may see, as `sight::visible` says of one issue.
pub(super) fn sight(caller: &Caller) -> (String, Vec<Value>) {
    let own: Value = caller.subject.clone().into();
    if !sight::is_staff(caller) {
        let mut text = "actor = ?".to_owned();
        // What follows from it is said, too: else the index is not one for this query.
        if !caller.subject.starts_with(IMPORTS) {
            text.push_str(" AND substr(actor, 1, 8) <> 'imports/'");
        }
        return (text, vec![own]);
    }
    if caller.areas.is_empty() {
        return ("1 = 1".to_owned(), Vec::new());
    }
    let codes = vec!["?"; caller.areas.len()].join(", ");
    let text = format!(
        "(actor = ? OR assignee = ? OR grid IN ({codes}) OR area1 IN ({codes}) OR area2 IN ({codes}))"
    );
    let areas = caller.areas.iter().cloned().map(Value::from);
    let thrice = areas.clone().chain(areas.clone()).chain(areas);
    (text, [own.clone(), own].into_iter().chain(thrice).collect())
}

/// A `SELECT` that grows by conditions.
struct Select {
    text: String,
    values: Vec<Value>,
}

impl Select {
    fn new(district: &District, caller: &Caller, query: &Query) -> Select {
        let mut select = Select {
            text: format!("SELECT {COLUMNS} FROM issue WHERE district = ?"),
            values: vec![district.id().into()],
        };
        let (text, values) = sight(caller);
        select.and(&text, values);
        if let Some(state) = query.state {
            select.and("state = ?", [(state as i32).into()]);
        }
        if query.is_of_a_state_but(State::Closed) {
            // It follows from what is asked; said in these words it opens the index that leaves the closed ones out.
            select.and("state <> 9", []);
        }
        if let Some(category) = &query.category {
            select.and("category = ?", [category.clone().into()]);
        }
        if let Some(grid) = &query.grid {
            select.and("grid = ?", [grid.clone().into()]);
        }
        if let Some(until) = query.due_until() {
            // It follows from what is asked, too; said so, an index by report time is walked from there on.
            let district: Value = district.id().into();
            let until: Value = until.into();
            select.and(
                REPORTED_UNTIL,
                [district, until.clone(), until.clone(), until],
            );
        }
        if let Some(filter) = &query.filter {
            select.text.push_str(" AND ");
            compile(filter, &query.grids, &mut select.text, &mut select.values);
        }
        select
    }

    fn and(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(" AND ");
        self.text.push_str(text);
        self.values.extend(values);
    }

    async fn run(mut self, db: &Db, order: &str, most: usize) -> Result<Vec<Found>, Error> {
        self.text.push_str(&format!(" ORDER BY {order} LIMIT ?"));
        self.values.push((most as i64).into());
        let select = statement(db.read().get_database_backend(), &self.text, self.values);
        let rows = db.read().query_all_raw(select).await?;
        rows.iter().map(found).collect()
    }
}

/// Where a field of the filter is kept.
#[derive(Clone, Copy)]
struct Column {
    name: &'static str,
    nullable: bool,
}

fn column(field: &'static str) -> Column {
    let name = match field {
        "report_time" => "reported_at",
        "record_time" => "recorded_at",
        "update_time" => "updated_at",
        "end_time" => "ended_at",
        // The others are kept under their own names.
        name => name,
    };
    let nullable = matches!(
        name,
        "grid" | "assignee" | "unit" | "ended_at" | "handling_deadline" | "total_deadline"
    );
    Column { name, nullable }
}

/// Every comparison is true or false, never unknown, so that NOT means what it says.
fn compile(expr: &Expr, grids: &BTreeSet<String>, text: &mut String, values: &mut Vec<Value>) {
    match expr {
        Expr::And(all) => join(all, " AND ", grids, text, values),
        Expr::Or(some) => join(some, " OR ", grids, text, values),
        Expr::Not(inner) => {
            text.push_str("NOT ");
            compile(inner, grids, text, values);
        }
        Expr::Compare { field, op, value } => {
            if *op == Op::Ne {
                text.push_str("NOT ");
            }
            let sign = match op {
                Op::Eq | Op::Ne => "=",
                Op::Lt => "<",
                Op::Le => "<=",
                Op::Gt => ">",
                Op::Ge => ">=",
            };
            // What lies in a grid lies in no other that is below it, so the index by grid will do.
            let field = match value {
                filter::Value::Text(told) if *field == "area" && grids.contains(code(told)) => {
                    "grid"
                }
                _ => *field,
            };
            compare(field, sign, value, text, values);
        }
    }
}

fn join(
    parts: &[Expr],
    word: &str,
    grids: &BTreeSet<String>,
    text: &mut String,
    values: &mut Vec<Value>,
) {
    for (index, part) in parts.iter().enumerate() {
        text.push_str(if index == 0 { "(" } else { word });
        compile(part, grids, text, values);
    }
    text.push(')');
}

fn compare(
    field: &'static str,
    sign: &str,
    told: &filter::Value,
    text: &mut String,
    values: &mut Vec<Value>,
) {
    if field == "area" {
        let above =
            "(COALESCE(grid, '') = ? OR COALESCE(area1, '') = ? OR COALESCE(area2, '') = ?)";
        text.push_str(above);
        values.extend(vec![bound(field, told); 3]);
        return;
    }
    let Column { name, nullable } = column(field);
    let is_empty = matches!(told, filter::Value::Text(text) if text.is_empty());
    text.push_str(&match (nullable, is_empty) {
        (false, _) => format!("({name} {sign} ?)"),
        (true, false) => format!("({name} IS NOT NULL AND {name} {sign} ?)"),
        (true, true) => format!("({name} IS NULL OR {name} {sign} ?)"),
    });
    values.push(bound(field, told));
}

fn bound(field: &str, told: &filter::Value) -> Value {
    match told {
        // A grid or area may be named as issues name it; its code comes last.
        filter::Value::Text(text) if matches!(field, "grid" | "area") => code(text).into(),
        filter::Value::Text(text) => text.clone().into(),
        filter::Value::Enum(number) => (*number).into(),
        filter::Value::Bool(holds) => i32::from(*holds).into(),
        filter::Value::Number(number) => (*number).into(),
        filter::Value::Time(instant) => instant.as_microsecond().into(),
        filter::Value::Day(day) => day.to_string().into(),
    }
}

#[cfg(test)]
mod tests;
