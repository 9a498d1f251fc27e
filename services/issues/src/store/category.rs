//! Categories that a district has of its own, with their filing conditions.

use std::collections::HashMap;

use prost::Message;
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, Value};
use tidyward_kit::{Error, caller::District, db::Db};

use super::{ledger, places, statement};
use crate::{
    category::{self, Category, Condition, Kind, Limits, Title},
    evidence::Rule,
    issue::Severity,
    limit::Limit,
};

const CATEGORY: &str = "district, code, title_zh, title_en, kind, parent, duplicate_metres, duplicate_days, \
                        rebound_metres, rebound_days, retired, version";
const CONDITION: &str = "district, category, id, position, title_zh, title_en, severity, closing_zh, closing_en, \
                         verify_limit, dispatch_limit, accept_limit, handle_limit, check_limit, total_limit, \
                         evidence";

/// Declares what an import's mapping says of categories; see `Category::declared_again`.
pub async fn declare(db: &Db, district: &District, categories: Vec<Category>) -> Result<(), Error> {
    let district = district.clone();
    db.write(move |transaction| {
        let (district, categories) = (district.clone(), categories.clone());
        Box::pin(async move {
            lock(transaction, &district).await?;
            let standing = declared(transaction, &district).await?;
            for told in categories {
                let before = standing.iter().find(|one| one.code == told.code);
                let next =
                    before.map_or_else(|| told.clone(), |before| before.declared_again(&told));
                if before != Some(&next) {
                    put(transaction, &district, &next).await?;
                }
            }
            Ok(())
        })
    })
    .await
}

/// From here to the commit nobody else changes a category of the district.
pub async fn lock(transaction: &DatabaseTransaction, district: &District) -> Result<(), Error> {
    ledger::advance(transaction, district, 0).await.map(drop)
}

/// Writes the category with its conditions over what was there, and gives it with its version, one higher.
pub async fn put(
    transaction: &DatabaseTransaction,
    district: &District,
    category: &Category,
) -> Result<Category, Error> {
    let next = Category {
        version: category.version + 1,
        ..category.clone()
    };
    ledger::next_edition(transaction, district).await?;
    let backend = transaction.get_database_backend();
    for text in [
        "DELETE FROM issue_condition WHERE district = ? AND category = ?",
        "DELETE FROM issue_category WHERE district = ? AND code = ?",
    ] {
        let key = vec![district.id().into(), next.code.clone().into()];
        transaction
            .execute_raw(statement(backend, text, key))
            .await?;
    }
    let text = format!(
        "INSERT INTO issue_category ({CATEGORY}) VALUES {}",
        places(1, 12)
    );
    let insert = statement(backend, &text, category_values(district, &next));
    transaction.execute_raw(insert).await?;
    let text = format!(
        "INSERT INTO issue_condition ({CONDITION}) VALUES {}",
        places(1, 16)
    );
    for (position, condition) in (0_i32..).zip(&next.conditions) {
        let values = condition_values(district, &next.code, position, condition);
        transaction
            .execute_raw(statement(backend, &text, values))
            .await?;
    }
    Ok(next)
}

/// Every category of the district: the starting set, and over it its own.
pub async fn of_district(
    db: &impl ConnectionTrait,
    district: &District,
) -> Result<category::Categories, Error> {
    Ok(category::of_district(declared(db, district).await?))
}

/// Every category that the district has of its own, by code.
pub async fn declared(
    db: &impl ConnectionTrait,
    district: &District,
) -> Result<Vec<Category>, Error> {
    let backend = db.get_database_backend();
    let text = format!(
        "SELECT {CONDITION} FROM issue_condition WHERE district = ? ORDER BY category, position"
    );
    let select = statement(backend, &text, vec![district.id().into()]);
    let mut conditions: HashMap<String, Vec<Condition>> = HashMap::new();
    for row in &db.query_all_raw(select).await? {
        let category: String = row.try_get_by_index(1)?;
        conditions
            .entry(category)
            .or_default()
            .push(read_condition(row)?);
    }
    let text = format!("SELECT {CATEGORY} FROM issue_category WHERE district = ? ORDER BY code");
    let select = statement(backend, &text, vec![district.id().into()]);
    let rows = db.query_all_raw(select).await?;
    rows.iter()
        .map(|row| {
            let mut category = read(row)?;
            category.conditions = conditions.remove(&category.code).unwrap_or_default();
            Ok(category)
        })
        .collect()
}

/// In the order of `CATEGORY`.
fn category_values(district: &District, category: &Category) -> Vec<Value> {
    vec![
        district.id().into(),
        category.code.clone().into(),
        category.title.zh.clone().into(),
        category.title.en.clone().into(),
        (category.kind as i32).into(),
        category.parent.clone().into(),
        category.duplicate_metres.into(),
        category.duplicate_days.into(),
        category.rebound_metres.into(),
        category.rebound_days.into(),
        i32::from(category.retired).into(),
        category.version.into(),
    ]
}

/// In the order of `CONDITION`.
fn condition_values(
    district: &District,
    category: &str,
    position: i32,
    condition: &Condition,
) -> Vec<Value> {
    let limits = &condition.limits;
    let mut values = vec![
        district.id().into(),
        category.into(),
        condition.id.clone().into(),
        position.into(),
        condition.title.zh.clone().into(),
        condition.title.en.clone().into(),
        (condition.severity as i32).into(),
        condition.closing.zh.clone().into(),
        condition.closing.en.clone().into(),
    ];
    let written = [
        limits.verify,
        limits.dispatch,
        limits.accept,
        limits.handle,
        limits.check,
        limits.total,
    ]
    .map(|limit| limit.map_or_else(String::new, |limit| limit.to_string()));
    values.extend(written.map(Value::from));
    let evidence = condition.evidence.as_ref();
    values.push(evidence.map(Message::encode_to_vec).into());
    values
}

/// Without its conditions.
fn read(row: &QueryResult) -> Result<Category, Error> {
    Ok(Category {
        code: row.try_get_by_index(1)?,
        title: Title {
            zh: row.try_get_by_index(2)?,
            en: row.try_get_by_index(3)?,
        },
        kind: Kind::try_from(row.try_get_by_index::<i32>(4)?).map_err(Error::internal)?,
        parent: row.try_get_by_index(5)?,
        conditions: Vec::new(),
        duplicate_metres: row.try_get_by_index(6)?,
        duplicate_days: row.try_get_by_index(7)?,
        rebound_metres: row.try_get_by_index(8)?,
        rebound_days: row.try_get_by_index(9)?,
        retired: row.try_get_by_index::<i32>(10)? != 0,
        version: row.try_get_by_index(11)?,
    })
}

fn read_condition(row: &QueryResult) -> Result<Condition, Error> {
    let title = |index| -> Result<Title, Error> {
        Ok(Title {
            zh: row.try_get_by_index(index)?,
            en: row.try_get_by_index(index + 1)?,
        })
    };
    let limit = |index| -> Result<Option<Limit>, Error> {
        let text: String = row.try_get_by_index(index)?;
        let limit = (!text.is_empty()).then(|| Limit::parse(&text));
        limit.transpose().map_err(Error::internal)
    };
    let evidence: Option<Vec<u8>> = row.try_get_by_index(15)?;
    let evidence = evidence.map(|bytes| Rule::decode(bytes.as_slice()));
    Ok(Condition {
        evidence: evidence.transpose().map_err(Error::internal)?,
        id: row.try_get_by_index(2)?,
        title: title(4)?,
        severity: Severity::try_from(row.try_get_by_index::<i32>(6)?).map_err(Error::internal)?,
        closing: title(7)?,
        limits: Limits {
            verify: limit(9)?,
            dispatch: limit(10)?,
            accept: limit(11)?,
            handle: limit(12)?,
            check: limit(13)?,
            total: limit(14)?,
        },
    })
}
