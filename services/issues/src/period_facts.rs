//! The facts of a period: areas from the territory, events from one scan of the ledger, and columns made of both.

use jiff::{Timestamp, tz::TimeZone};
use tidyward_kit::{Error, caller::District, db::Db, period::Period};
use tokio::task::spawn_blocking;

use crate::{
    category::Category,
    facts::{
        Tally,
        columns::{self, Columns},
        effective::{Closing, Closings},
        rounds::RoundTable,
        tree::Tree,
    },
    store::{self, ledger::ClosingRow},
    territory::Territory,
};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub period: Period,
    /// Count events up to that number, or all.
    pub watermark: Option<i64>,
    /// Whether the rounds behind the facts are wanted, too.
    pub rounds: bool,
}

/// What is streamed: columns, the issues that lie in no row, and the rounds where they are asked for.
#[derive(Debug)]
pub struct PeriodFacts {
    pub columns: Columns,
    pub outside: i64,
    pub rounds: Option<RoundTable>,
}

/// Counts the period's facts from events up to the watermark, or from all of them. A period that is not over is counted as
/// if it ended with the present: no clock has run out that is still to run out.
pub async fn count(
    db: &Db,
    territory: &Territory,
    district: &District,
    asked: Asked,
    now: Timestamp,
) -> Result<PeriodFacts, Error> {
    let period = asked.period;
    let calendar = territory.calendar(district).await?;
    let window = columns::window(period, &calendar.zone);
    let last = columns::last_instant(window);
    let last = last.ok_or_else(|| Error::field("period", "lies beyond all calendars"))?;
    let rows = territory.areas(district, last).await?;
    let window = window.until(now);
    let closings = store::ledger::closings(db, district).await?;
    let closings = Closings::new(of_kind(&closings, period, &calendar.zone));
    let declared = store::category::declared(db.read(), district).await?;
    let tree = tree(declared.iter());
    let declared = declared.into_iter().map(|category| category.code);
    let tally = Tally::new(window, closings, columns::grids(&rows), declared);
    let tally = if asked.rounds {
        tally.with_rounds()
    } else {
        tally
    };
    let watermark = asked.watermark.unwrap_or(i64::MAX);
    let tally =
        store::course::scan(db, district, watermark, window.end, tally, Tally::push).await?;
    let mut counted = tally.finish();
    let (outside, gathered) = (counted.sums.outside, counted.rounds.take());
    let columns = Columns::new(rows, period, counted, &tree);
    let rounds = match gathered {
        None => None,
        Some(gathered) => {
            let names = store::facts::names(db, district, &gathered.issues()).await?;
            let table = move || RoundTable::new(window.start, gathered, tree, &names);
            Some(spawn_blocking(table).await.map_err(Error::internal)??)
        }
    };
    Ok(PeriodFacts {
        columns,
        outside,
        rounds,
    })
}

/// Which of the categories are above which.
pub fn tree<'a>(categories: impl Iterator<Item = &'a Category>) -> Tree {
    Tree::new(categories.map(|category| (category.code.clone(), category.parent.clone())))
}

/// The closings of periods of the same kind.
pub fn of_kind(rows: &[ClosingRow], asked: Period, zone: &TimeZone) -> Vec<Closing> {
    let periods = rows
        .iter()
        .filter_map(|row| Some((row, row.period.parse::<Period>().ok()?)));
    periods
        .filter(|(_, period)| period.kind == asked.kind)
        .map(|(row, period)| {
            let window = columns::window(period, zone);
            Closing {
                start: window.start,
                end: window.end,
                closed_at: row.closed_at,
                watermark: row.watermark,
            }
        })
        .collect()
}
