//! Duties going in and ending. Whoever makes a head locks first, looks whether there is another, and then adds it.

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait, Order,
    sea_query::{Expr, Query},
};
use tidyward_kit::{caller::District, error::Error};

use super::{COLUMNS, ROWS, any_of, kind, of_duty, of_node, read_node};
use crate::{
    duty::{Duty, Node},
    store::{day_until, name},
};

/// Where an imported duty is from, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Digest of the source and of what makes the row itself.
    pub identity: [u8; 32],
    /// Digest of all that the row says.
    pub content: [u8; 32],
}

/// Holds off every other change of the district's duties until the transaction ends, in whatever process.
pub async fn lock(transaction: &DatabaseTransaction, district: &District) -> Result<(), Error> {
    step(transaction, district, 0).await
}

/// Counts the changes of the district's duties; every one of them does.
async fn step(
    transaction: &DatabaseTransaction,
    district: &District,
    by: i64,
) -> Result<(), Error> {
    let update = Query::update()
        .table(name("district"))
        .value(
            name("duty_edition"),
            Expr::col(name("duty_edition")).add(by),
        )
        .and_where(Expr::col(name("district")).eq(district.id()))
        .to_owned();
    transaction.execute(&update).await?;
    Ok(())
}

/// A head that the duty's nodes have already for its category, roster and days.
pub async fn other_head(
    transaction: &DatabaseTransaction,
    district: &District,
    duty: &Duty,
) -> Result<Option<(Node, String)>, Error> {
    for nodes in duty.nodes.chunks(ROWS) {
        let select = Query::select()
            .columns(["kind", "node", "duty"].map(name))
            .from(name("grid_duty_node"))
            .and_where(of_node("district").eq(district.id()))
            .and_where(any_of(nodes))
            .and_where(of_node("head").eq(1))
            .and_where(of_node("category").eq(&duty.category))
            .and_where(of_node("roster").eq(&duty.roster))
            .and_where(of_node("first_day").lte(day_until(duty.last_day)))
            .and_where(of_node("last_day").gte(duty.first_day.to_string()))
            .order_by(name("node"), Order::Asc)
            .limit(1)
            .to_owned();
        if let Some(row) = transaction.query_one(&select).await? {
            return Ok(Some((read_node(&row)?, row.try_get("", "duty")?)));
        }
    }
    Ok(None)
}

/// What the row of that identity said when it was imported.
pub async fn imported(
    transaction: &DatabaseTransaction,
    district: &District,
    identity: &[u8; 32],
) -> Result<Option<Vec<u8>>, Error> {
    let select = Query::select()
        .column(name("content"))
        .from(name("grid_duty"))
        .and_where(of_duty("district").eq(district.id()))
        .and_where(of_duty("origin").eq(identity.to_vec()))
        .to_owned();
    let row = transaction.query_one(&select).await?;
    Ok(row.map(|row| row.try_get("", "content")).transpose()?)
}

/// Adds a duty with its nodes.
pub async fn insert(
    transaction: &DatabaseTransaction,
    district: &District,
    duty: &Duty,
    origin: Option<&Origin>,
) -> Result<(), Error> {
    step(transaction, district, 1).await?;
    let mut insert = Query::insert();
    insert
        .into_table(name("grid_duty"))
        .columns(
            COLUMNS
                .into_iter()
                .chain(["district", "origin", "content"])
                .map(name),
        )
        .values_panic([
            duty.id.to_string().into(),
            duty.officer.clone().into(),
            duty.display_name.clone().into(),
            duty.unit.clone().into(),
            duty.role.into(),
            duty.set_name.clone().into(),
            duty.category.clone().into(),
            i32::from(duty.head).into(),
            duty.roster.clone().into(),
            duty.first_day.to_string().into(),
            day_until(duty.last_day).into(),
            duty.created_at.as_microsecond().into(),
            duty.creator.clone().into(),
            duty.revision.into(),
            district.id().into(),
            origin.map(|origin| origin.identity.to_vec()).into(),
            origin.map(|origin| origin.content.to_vec()).into(),
        ]);
    transaction.execute(&insert).await?;
    insert_nodes(transaction, district, duty).await
}

/// Writes the last day of a duty.
pub async fn end(
    transaction: &DatabaseTransaction,
    district: &District,
    duty: &Duty,
) -> Result<(), Error> {
    step(transaction, district, 1).await?;
    for table in ["grid_duty", "grid_duty_node"] {
        let mut update = Query::update();
        update
            .table(name(table))
            .value(name("last_day"), day_until(duty.last_day))
            .and_where(Expr::col(name("district")).eq(district.id()))
            .and_where(Expr::col(name("duty")).eq(duty.id.to_string()));
        if table == "grid_duty" {
            update.value(name("revision"), duty.revision);
        }
        transaction.execute(&update).await?;
    }
    Ok(())
}

async fn insert_nodes(
    transaction: &DatabaseTransaction,
    district: &District,
    duty: &Duty,
) -> Result<(), Error> {
    let (first_day, last_day) = (duty.first_day.to_string(), day_until(duty.last_day));
    let columns = [
        "district",
        "kind",
        "node",
        "duty",
        "number",
        "category",
        "head",
        "roster",
        "first_day",
        "last_day",
    ];
    let mut insert = Query::insert();
    insert
        .into_table(name("grid_duty_node"))
        .columns(columns.map(name));
    for (number, node) in (0_i32..).zip(&duty.nodes) {
        insert.values_panic([
            district.id().into(),
            kind(node).into(),
            node.id().into(),
            duty.id.to_string().into(),
            number.into(),
            duty.category.clone().into(),
            i32::from(duty.head).into(),
            duty.roster.clone().into(),
            first_day.clone().into(),
            last_day.clone().into(),
        ]);
    }
    transaction.execute(&insert).await?;
    Ok(())
}
