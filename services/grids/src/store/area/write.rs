//! Areas and versions going in, and the one thing of an area that changes: its end.

use jiff::civil::Date;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, ExprTrait,
    sea_query::{Expr, Query},
};
use tidyward_kit::{caller::District, error::Error};

use super::{ROWS, VERSION};
use crate::{area::Kind, plan::AreaWrite, store::name};

/// Adds areas and versions.
pub async fn insert(
    transaction: &DatabaseTransaction,
    district: &District,
    writes: &[AreaWrite],
) -> Result<(), Error> {
    for some in writes.chunks(ROWS) {
        let firsts: Vec<&AreaWrite> = some.iter().filter(|write| write.is_first).collect();
        if !firsts.is_empty() {
            insert_areas(transaction, district, &firsts).await?;
        }
        insert_versions(transaction, district, some).await?;
    }
    Ok(())
}

/// Says when the area ends, or that no end is known.
pub async fn set_end(
    transaction: &DatabaseTransaction,
    district: &District,
    code: &str,
    exists_until: Option<Date>,
) -> Result<(), Error> {
    let update = Query::update()
        .table(name("area"))
        .value(
            name("exists_until"),
            exists_until.map(|day| day.to_string()),
        )
        .and_where(Expr::col(name("district")).eq(district.id()))
        .and_where(Expr::col(name("area")).eq(code))
        .to_owned();
    transaction.execute(&update).await?;
    Ok(())
}

async fn insert_areas(
    transaction: &DatabaseTransaction,
    district: &District,
    firsts: &[&AreaWrite],
) -> Result<(), Error> {
    let mut insert = Query::insert();
    let columns = ["district", "area", "level", "kind", "exists_from"];
    insert.into_table(name("area")).columns(columns.map(name));
    for write in firsts {
        insert.values_panic([
            district.id().into(),
            write.code.clone().into(),
            write.level.number().into(),
            Kind::number(write.kind).into(),
            write.version.valid_from.to_string().into(),
        ]);
    }
    transaction.execute(&insert).await?;
    Ok(())
}

async fn insert_versions(
    transaction: &DatabaseTransaction,
    district: &District,
    writes: &[AreaWrite],
) -> Result<(), Error> {
    let mut insert = Query::insert();
    insert.into_table(name("area_version")).columns(
        ["district", "area"]
            .into_iter()
            .chain(VERSION)
            .chain(["boundary"])
            .map(name),
    );
    for AreaWrite { code, version, .. } in writes {
        insert.values_panic([
            district.id().into(),
            code.clone().into(),
            version.valid_from.to_string().into(),
            version.display_name.clone().into(),
            version.parent.clone().into(),
            version.peer_group.clone().into(),
            version.measures.households.into(),
            version.measures.population.into(),
            version.measures.area_m2.into(),
            version.measures.road_metres.into(),
            version.boundary.clone().into(),
        ]);
    }
    transaction.execute(&insert).await?;
    Ok(())
}
