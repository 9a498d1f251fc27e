//! Districts that are on their way in from a dump. While one is, nobody else makes it or brings it in; its own row comes
//! last, and with it all the others are seen. Whoever brings it in holds a lease, so that an arrival that was cut off can
//! be taken up by the next run.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, QueryResult, Value};
use tidyward_kit::{
    Error, Reason,
    db::sql::{places, statement},
};

/// Reserves the districts for the run and says which of them an earlier run has left half there. None may be there
/// already. Instants are microseconds.
pub async fn begin(
    transaction: &DatabaseTransaction,
    districts: &[String],
    holder: &str,
    (now, lease_until): (i64, i64),
) -> Result<Vec<String>, Error> {
    if let Some(there) = some(transaction, "district", districts).await?.first() {
        let message = format!(
            "district `{}` is there already; nothing was changed. Bring it in where it is not",
            id(there)?
        );
        return Err(Error::new(Reason::AlreadyExists, message));
    }
    let mut left = Vec::new();
    for row in some(transaction, "grid_arrival", districts).await? {
        let until: i64 = row.try_get("", "lease_until")?;
        if until > now {
            let message = format!(
                "district `{}` is being brought in by another run; wait until it has ended, or, if it was cut off, a minute",
                id(&row)?
            );
            return Err(Error::new(Reason::AlreadyExists, message));
        }
        left.push(id(&row)?);
    }
    for district in districts {
        let text = "INSERT INTO grid_arrival (district, holder, lease_until) VALUES (?, ?, ?) \
                    ON CONFLICT (district) DO UPDATE SET holder = ?, lease_until = ?";
        let values = vec![
            district.as_str().into(),
            holder.into(),
            lease_until.into(),
            holder.into(),
            lease_until.into(),
        ];
        run(transaction, text, values).await?;
    }
    Ok(left)
}

/// Goes on holding what the run has reserved. A run that lost it, because it stood still too long, is stopped.
pub async fn hold(
    transaction: &DatabaseTransaction,
    holder: &str,
    districts: usize,
    lease_until: i64,
) -> Result<(), Error> {
    let text = "UPDATE grid_arrival SET lease_until = ? WHERE holder = ?";
    let held = run(transaction, text, vec![lease_until.into(), holder.into()]).await?;
    if held == districts as u64 {
        return Ok(());
    }
    let message =
        "another run has taken over what this one was bringing in; look at how that one ended";
    Err(Error::new(Reason::ChangedMeanwhile, message))
}

/// Gives up what the run has reserved, at its end.
pub async fn end(transaction: &DatabaseTransaction, holder: &str) -> Result<(), Error> {
    let text = "DELETE FROM grid_arrival WHERE holder = ?";
    run(transaction, text, vec![holder.into()]).await?;
    Ok(())
}

/// Whether the district is on its way in.
pub async fn is_arriving(transaction: &DatabaseTransaction, district: &str) -> Result<bool, Error> {
    let rows = some(transaction, "grid_arrival", &[district.to_owned()]).await?;
    Ok(!rows.is_empty())
}

/// The rows of those districts.
async fn some(
    transaction: &DatabaseTransaction,
    table: &str,
    districts: &[String],
) -> Result<Vec<QueryResult>, Error> {
    if districts.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "SELECT * FROM {table} WHERE district IN {} ORDER BY district",
        places(1, districts.len())
    );
    let values = districts.iter().map(|id| id.as_str().into()).collect();
    let select = statement(transaction.get_database_backend(), &text, values);
    Ok(transaction.query_all_raw(select).await?)
}

fn id(row: &QueryResult) -> Result<String, Error> {
    Ok(row.try_get("", "district")?)
}

async fn run(
    transaction: &DatabaseTransaction,
    text: &str,
    values: Vec<Value>,
) -> Result<u64, Error> {
    let backend: DbBackend = transaction.get_database_backend();
    let done = transaction
        .execute_raw(statement(backend, text, values))
        .await?;
    Ok(done.rows_affected())
}
