//! Duties and their nodes. Rows are added, and their last day is set; nothing else of them changes.

mod write;

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use sea_orm::{
    ConnectionTrait, ExprTrait, JoinType, Order, QueryResult,
    sea_query::{Expr, Query, SelectStatement},
};
use tidyward_kit::{
    caller::District,
    error::Error,
    filter::{self, Op, Value},
};
use uuid::Uuid;

use super::{filter as conditions, name, read_day, read_until};
use crate::duty::{Duty, Node};
pub use write::{Origin, end, imported, insert, lock, other_head};

const COLUMNS: [&str; 14] = [
    "duty",
    "officer",
    "display_name",
    "unit",
    "role",
    "set_name",
    "category",
    "head",
    "roster",
    "first_day",
    "last_day",
    "created_at",
    "creator",
    "revision",
];
/// Nodes of one statement at most.
const ROWS: usize = 500;

/// Which duties of a place, or of anybody's, are asked for. Empty texts ask for everything.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub day: Date,
    pub officer: &'a str,
    pub unit: &'a str,
    /// Rosters beside the ordinary one.
    pub rosters: &'a [String],
}

pub async fn find(
    db: &impl ConnectionTrait,
    district: &District,
    id: Uuid,
) -> Result<Option<Duty>, Error> {
    let select = all(district)
        .and_where(of_duty("duty").eq(id.to_string()))
        .to_owned();
    let rows = db.query_all(&select).await?;
    Ok(with_nodes(db, district, &rows).await?.pop())
}

/// So many duties made before `before`, the latest first; all, or those in force on the day.
pub async fn list(
    db: &impl ConnectionTrait,
    district: &District,
    filter: Option<&filter::Expr>,
    day: Option<Date>,
    before: Option<&str>,
    most: usize,
) -> Result<Vec<Duty>, Error> {
    let mut select = all(district);
    select
        .order_by((name("grid_duty"), name("duty")), Order::Desc)
        .limit(most as u64);
    if let Some(before) = before {
        select.and_where(of_duty("duty").lt(before));
    }
    if let Some(day) = day {
        select.and_where(on_day(of_duty, day));
    }
    if let Some(filter) = filter {
        select.and_where(conditions::condition(filter, &|field, op, value| {
            compare(district, field, op, value)
        }));
    }
    let rows = db.query_all(&select).await?;
    with_nodes(db, district, &rows).await
}

/// Duties in force for the nodes, each with the node for which it holds, for the categories or without one.
pub async fn answering(
    db: &impl ConnectionTrait,
    district: &District,
    asked: Asked<'_>,
    nodes: &[Node],
    categories: &[String],
    most: usize,
) -> Result<Vec<(Node, Duty)>, Error> {
    let every = [String::new()];
    let select = on(district, asked)
        .columns(["kind", "node"].map(|column| (name("grid_duty_node"), name(column))))
        .join(
            JoinType::InnerJoin,
            name("grid_duty_node"),
            of_node("district")
                .eq(of_duty("district"))
                .and(of_node("duty").eq(of_duty("duty"))),
        )
        .and_where(of_node("district").eq(district.id()))
        .and_where(any_of(nodes))
        .and_where(on_day(of_node, asked.day))
        .and_where(of_node("category").is_in(categories.iter().chain(&every)))
        .limit(most as u64)
        .to_owned();
    let rows = db.query_all(&select).await?;
    let duties = with_nodes(db, district, &rows).await?;
    let held = rows.iter().map(read_node);
    held.zip(duties)
        .map(|(node, duty)| Ok((node?, duty)))
        .collect()
}

/// Every duty in force of the officer or unit.
pub async fn held(
    db: &impl ConnectionTrait,
    district: &District,
    asked: Asked<'_>,
    most: usize,
) -> Result<Vec<Duty>, Error> {
    let select = on(district, asked).limit(most as u64).to_owned();
    let rows = db.query_all(&select).await?;
    with_nodes(db, district, &rows).await
}

/// The ordinary head without a category that a node of the kind has on the day.
pub(super) fn head_of(district: &District, day: Date, kind: i32, node: Expr) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1))
        .from(name("grid_duty_node"))
        .and_where(of_node("district").eq(district.id()))
        .and_where(of_node("kind").eq(kind))
        .and_where(of_node("node").eq(node))
        .and_where(of_node("head").eq(1))
        .and_where(of_node("category").eq(""))
        .and_where(of_node("roster").eq(""))
        .and_where(on_day(of_node, day))
        .to_owned()
}

fn on(district: &District, asked: Asked<'_>) -> SelectStatement {
    let every = [String::new()];
    let mut select = all(district);
    select
        .and_where(on_day(of_duty, asked.day))
        .and_where(of_duty("roster").is_in(asked.rosters.iter().chain(&every)));
    for (column, text) in [("officer", asked.officer), ("unit", asked.unit)] {
        if !text.is_empty() {
            select.and_where(of_duty(column).eq(text));
        }
    }
    select
}

fn compare(district: &District, field: &'static str, op: Op, value: &Value) -> Expr {
    let (Value::Text(text), "node") = (value, field) else {
        return conditions::compare(of_duty(field), op, value);
    };
    // A node by its name, or by its code or id alone.
    let mut holds = Query::select();
    holds
        .expr(Expr::val(1))
        .from(name("grid_duty_node"))
        .and_where(of_node("district").eq(district.id()))
        .and_where(of_node("duty").eq(of_duty("duty")));
    match Node::parse(district, "", text) {
        Ok(node) => holds.and_where(any_of(&[node])),
        Err(_) => holds.and_where(of_node("node").eq(text)),
    };
    match op {
        Op::Ne => Expr::exists(holds).not(),
        _ => Expr::exists(holds),
    }
}

fn on_day(column: fn(&'static str) -> Expr, day: Date) -> Expr {
    let day = day.to_string();
    column("first_day")
        .lte(day.clone())
        .and(column("last_day").gte(day))
}

fn any_of(nodes: &[Node]) -> Expr {
    let of = |number: i32| {
        let ids = nodes.iter().filter(|node| kind(node) == number);
        let ids: Vec<&str> = ids.map(Node::id).collect();
        of_node("kind").eq(number).and(of_node("node").is_in(ids))
    };
    of(1).or(of(2))
}

fn all(district: &District) -> SelectStatement {
    Query::select()
        .columns(COLUMNS.map(|column| (name("grid_duty"), name(column))))
        .from(name("grid_duty"))
        .and_where(of_duty("district").eq(district.id()))
        .to_owned()
}

/// The duties of the rows, in their order, each with its nodes.
async fn with_nodes(
    db: &impl ConnectionTrait,
    district: &District,
    rows: &[QueryResult],
) -> Result<Vec<Duty>, Error> {
    let mut duties: Vec<Duty> = rows.iter().map(read).collect::<Result<_, _>>()?;
    let mut nodes: HashMap<String, Vec<Node>> = HashMap::new();
    for some in duties.chunks(ROWS) {
        let ids: Vec<String> = some.iter().map(|duty| duty.id.to_string()).collect();
        let select = Query::select()
            .columns(["duty", "kind", "node"].map(name))
            .from(name("grid_duty_node"))
            .and_where(of_node("district").eq(district.id()))
            .and_where(of_node("duty").is_in(ids))
            .order_by(name("duty"), Order::Asc)
            .order_by(name("number"), Order::Asc)
            .to_owned();
        // A duty that is among the rows of two statements has its nodes once.
        let mut found: HashMap<String, Vec<Node>> = HashMap::new();
        for row in db.query_all(&select).await? {
            found
                .entry(row.try_get("", "duty")?)
                .or_default()
                .push(read_node(&row)?);
        }
        nodes.extend(found);
    }
    for duty in &mut duties {
        duty.nodes = nodes.get(&duty.id.to_string()).cloned().unwrap_or_default();
    }
    Ok(duties)
}

fn kind(node: &Node) -> i32 {
    match node {
        Node::Area(_) => 1,
        Node::Site(_) => 2,
    }
}

fn of_duty(column: &'static str) -> Expr {
    Expr::col((name("grid_duty"), name(column)))
}

fn of_node(column: &'static str) -> Expr {
    Expr::col((name("grid_duty_node"), name(column)))
}

fn read_node(row: &QueryResult) -> Result<Node, Error> {
    let id = row.try_get("", "node")?;
    Ok(match row.try_get("", "kind")? {
        1_i32 => Node::Area(id),
        _ => Node::Site(id),
    })
}

fn read(row: &QueryResult) -> Result<Duty, Error> {
    let id: String = row.try_get("", "duty")?;
    let (first_day, last_day): (String, String) =
        (row.try_get("", "first_day")?, row.try_get("", "last_day")?);
    let created_at: i64 = row.try_get("", "created_at")?;
    let head: i32 = row.try_get("", "head")?;
    Ok(Duty {
        id: id.parse().map_err(Error::internal)?,
        officer: row.try_get("", "officer")?,
        display_name: row.try_get("", "display_name")?,
        unit: row.try_get("", "unit")?,
        role: row.try_get("", "role")?,
        nodes: Vec::new(),
        set_name: row.try_get("", "set_name")?,
        category: row.try_get("", "category")?,
        head: head == 1,
        roster: row.try_get("", "roster")?,
        first_day: read_day(&first_day)?,
        last_day: read_until(&last_day)?,
        created_at: Timestamp::from_microsecond(created_at).map_err(Error::internal)?,
        creator: row.try_get("", "creator")?,
        revision: row.try_get("", "revision")?,
    })
}
