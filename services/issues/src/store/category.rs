//! Categories that a district declared.

use sea_orm::{ConnectionTrait, QueryResult};
use tidyward_kit::{Error, caller::District, db::Db};

use super::statement;
use crate::{
    category::{Category, Title},
    limit::Limit,
};

/// Declares the categories; one that was declared before takes the title and limits given here.
pub async fn declare(db: &Db, district: &District, categories: Vec<Category>) -> Result<(), Error> {
    let district = district.clone();
    db.write(move |transaction| {
        let (district, categories) = (district.clone(), categories.clone());
        Box::pin(async move {
            let text = "INSERT INTO issue_category (district, code, title_zh, title_en, handling_limit, total_limit) \
                        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (district, code) DO UPDATE SET \
                        title_zh = excluded.title_zh, title_en = excluded.title_en, \
                        handling_limit = excluded.handling_limit, total_limit = excluded.total_limit";
            for category in categories {
                let values = vec![
                    district.id().into(),
                    category.code.into(),
                    category.title.zh.into(),
                    category.title.en.into(),
                    written(category.handling).into(),
                    written(category.total).into(),
                ];
                let upsert = statement(transaction.get_database_backend(), text, values);
                transaction.execute_raw(upsert).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Every category that the district declared, by code.
pub async fn declared(db: &Db, district: &District) -> Result<Vec<Category>, Error> {
    let text = "SELECT code, title_zh, title_en, handling_limit, total_limit FROM issue_category \
                WHERE district = ? ORDER BY code";
    let select = statement(
        db.read().get_database_backend(),
        text,
        vec![district.id().into()],
    );
    db.read()
        .query_all_raw(select)
        .await?
        .iter()
        .map(read)
        .collect()
}

fn written(limit: Option<Limit>) -> String {
    limit.map_or_else(String::new, |limit| limit.to_string())
}

fn read(row: &QueryResult) -> Result<Category, Error> {
    let limit = |index| -> Result<Option<Limit>, Error> {
        let text: String = row.try_get_by_index(index)?;
        let limit = (!text.is_empty()).then(|| Limit::parse(&text));
        limit.transpose().map_err(Error::internal)
    };
    Ok(Category {
        code: row.try_get_by_index(0)?,
        title: Title {
            zh: row.try_get_by_index(1)?,
            en: row.try_get_by_index(2)?,
        },
        handling: limit(3)?,
        total: limit(4)?,
    })
}
