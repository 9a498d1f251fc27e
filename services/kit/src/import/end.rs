//! How an import ends: its row says so in any case, however long the database was away.

use std::time::Duration;

use jiff::Timestamp;
use tidyward_proto::v1::ImportState;

use crate::{
    db::{
        Db,
        imports::{self, Counts, ImportRow},
    },
    error::{Error, Reason},
};

/// How long to wait before the end is written down again, where the database was away.
const AGAIN: Duration = Duration::from_secs(1);

/// Writes down how the work ended.
pub(super) async fn finish(
    db: &Db,
    prefix: &'static str,
    mut row: ImportRow,
    ended: Result<Counts, Error>,
    now: Timestamp,
) {
    row.ended_at = Some(now.as_microsecond());
    match ended {
        Ok(counts) => {
            row.state = ImportState::Done as i32;
            row.counts = Counts {
                done: 10_000,
                ..counts
            };
        }
        Err(error) => {
            tracing::warn!(import.name = row.import, error.words = %error, error.source = ?error.source, "an import failed");
            row.state = ImportState::Failed as i32;
            row.error = error.message;
        }
    }
    // Until it is written down the import seems to run, so it is tried for as long as there is a database to come back.
    while let Err(error) = write_end(db, prefix, &row).await {
        tracing::error!(import.name = row.import, error.words = %error, error.source = ?error.source,
            "the end of an import was not written down");
        if error.reason != Reason::Unavailable || db.is_closed() {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Writes how an import ended. Of one that failed, the counts that it saved last stand.
async fn write_end(db: &Db, prefix: &'static str, row: &ImportRow) -> Result<(), Error> {
    let mut row = row.clone();
    if row.state == ImportState::Failed as i32 {
        let saved = imports::find(db.read(), prefix, &row.district, &row.import).await?;
        row.counts = saved.map_or(row.counts, |saved| saved.counts);
    }
    write_row(db, prefix, row).await
}

pub(super) async fn write_row(db: &Db, prefix: &'static str, row: ImportRow) -> Result<(), Error> {
    db.write(move |transaction| {
        let row = row.clone();
        Box::pin(async move { imports::update(transaction, prefix, &row).await })
    })
    .await
}
