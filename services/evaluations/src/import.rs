//! Importing metrics from CSV in wide form: one row an area and period, one column a metric. An empty cell is no data,
//! never zero. What was recorded before stands: a row with the same numbers is unchanged, one with others a conflict.

mod read;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use tidyward_kit::{
    Error, Reason,
    import::{Counts, Problem, Run},
    period::Period,
};
use tidyward_proto::v1::ImportProblemKind;

use read::{Row, read_file, rejected};

use crate::{House, mapping::Mapping, metric::Recorded, store};

/// Rows that one transaction writes.
const ROWS_AT_ONCE: usize = 200;

/// How a row came out.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Added,
    Unchanged,
    Conflict(Problem),
    Rejected(Problem),
}

/// Works through the file.
pub(crate) async fn run(
    house: Arc<House>,
    mut run: Run,
    mapping: Mapping,
) -> Result<Counts, Error> {
    let bytes = std::mem::take(&mut run.file.bytes);
    let mapping = Arc::new(mapping);
    let own = mapping.clone();
    let reading = tokio::task::spawn_blocking(move || read_file(bytes, &own));
    let (rows, rejected) = reading.await.map_err(Error::internal)??;
    declare(&house, &run, &mapping).await?;
    let total = rows.len() + rejected.len();
    let mut counts = Counts::default();
    // What could not be read waits for its place among the rows, so that problems are told in the order of the file.
    let mut rejected = rejected.into_iter().peekable();
    let mut areas: HashMap<Period, HashSet<String>> = HashMap::new();
    for some in rows.chunks(ROWS_AT_ONCE) {
        for period in some.iter().map(|row| row.period).collect::<BTreeSet<_>>() {
            if let Entry::Vacant(unasked) = areas.entry(period) {
                unasked.insert(house.territory.codes(&run.district, period).await?);
            }
        }
        let (known, unknown): (Vec<Row>, Vec<Row>) = some.iter().cloned().partition(|row| {
            areas
                .get(&row.period)
                .is_some_and(|codes| codes.contains(&row.area))
        });
        let mut outcomes = record(&house, &run, known).await?;
        outcomes.extend(
            unknown
                .iter()
                .map(|row| Outcome::Rejected(no_area(row, &mapping))),
        );
        let last = some.last().map_or(0, |row| row.line);
        let unread = std::iter::from_fn(|| rejected.next_if(|problem| problem.line < last));
        let before = outcomes.len();
        outcomes.extend(unread.map(Outcome::Rejected));
        let read = some.len() + outcomes.len() - before;
        let problems = count(&mut counts, outcomes);
        tally(&mut counts, read, total);
        run.progress.save(counts, problems).await?;
    }
    let rest: Vec<Outcome> = rejected.map(Outcome::Rejected).collect();
    tally(&mut counts, rest.len(), total);
    let problems = count(&mut counts, rest);
    run.progress.save(counts, problems).await?;
    Ok(counts)
}

fn tally(counts: &mut Counts, rows: usize, total: usize) {
    counts.read += rows as i64;
    counts.done = counts.read * 10_000 / (total.max(1) as i64);
}

fn count(counts: &mut Counts, outcomes: Vec<Outcome>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for outcome in outcomes {
        match outcome {
            Outcome::Added => counts.added += 1,
            Outcome::Unchanged => counts.unchanged += 1,
            Outcome::Conflict(problem) => {
                counts.conflicting += 1;
                problems.push(problem);
            }
            Outcome::Rejected(problem) => {
                counts.rejected += 1;
                problems.push(problem);
            }
        }
    }
    problems.sort_by_key(|problem| problem.line);
    problems
}

async fn declare(house: &House, run: &Run, mapping: &Arc<Mapping>) -> Result<(), Error> {
    let (district, mapping) = (run.district.clone(), mapping.clone());
    let write = house.db.write(move |transaction| {
        let (district, mapping) = (district.clone(), mapping.clone());
        Box::pin(async move {
            let metrics: Vec<_> = mapping
                .metrics
                .iter()
                .map(|(_, metric)| metric.clone())
                .collect();
            store::metric::declare(transaction, &district, &metrics).await
        })
    });
    write.await
}

/// Writes rows that are there for the first time, and says of each how it came out.
async fn record(house: &House, run: &Run, rows: Vec<Row>) -> Result<Vec<Outcome>, Error> {
    let (district, rows) = (run.district.clone(), Arc::new(rows));
    let write = house.db.write(move |transaction| {
        let (district, rows) = (district.clone(), rows.clone());
        Box::pin(async move {
            let mut by_period: BTreeMap<Period, Vec<&Row>> = BTreeMap::new();
            for row in rows.iter() {
                by_period.entry(row.period).or_default().push(row);
            }
            let mut outcomes = Vec::with_capacity(rows.len());
            for (period, rows) in by_period {
                let topic = period.to_string();
                store::count_change(transaction, &district, &topic).await?;
                if store::review::is_frozen(transaction, &district, &topic).await? {
                    outcomes.extend(rows.iter().map(|row| Outcome::Rejected(frozen(row))));
                    continue;
                }
                let codes: BTreeSet<&str> = rows.iter().map(|row| row.area.as_str()).collect();
                let codes: Vec<&str> = codes.into_iter().collect();
                let mut before =
                    store::metric::existing(transaction, &district, &topic, &codes).await?;
                let mut fresh = Vec::new();
                outcomes.extend(rows.iter().map(|row| compare(row, &mut before, &mut fresh)));
                store::metric::write(transaction, &district, &fresh.iter().collect::<Vec<_>>())
                    .await?;
            }
            Ok(outcomes)
        })
    });
    write.await
}

/// Compares a row with what is there, and adds its numbers where none of them differs.
fn compare(
    row: &Row,
    before: &mut HashMap<(String, String), i64>,
    fresh: &mut Vec<Recorded>,
) -> Outcome {
    let key = |metric: &String| (metric.clone(), row.area.clone());
    let other = row
        .numbers
        .iter()
        .find(|(metric, value)| before.get(&key(metric)).is_some_and(|old| old != value));
    if let Some((metric, _)) = other {
        let message = format!(
            "`{metric}` of area `{}` was recorded for {} with another number, which stands; record it again by RecordMetrics if it was wrong",
            row.area, row.period
        );
        return Outcome::Conflict(Problem {
            kind: ImportProblemKind::Conflict,
            line: row.line,
            column: String::new(),
            reason: Reason::RowConflict,
            message,
        });
    }
    let mut outcome = Outcome::Unchanged;
    for (metric, value) in &row.numbers {
        if before.insert(key(metric), *value).is_none() {
            outcome = Outcome::Added;
            fresh.push(Recorded {
                metric: metric.clone(),
                area: row.area.clone(),
                period: row.period.to_string(),
                value: *value,
            });
        }
    }
    outcome
}

fn frozen(row: &Row) -> Problem {
    let message = format!(
        "{} is frozen and its facts are fixed; leave the row out",
        row.period
    );
    rejected(row.line, "", Reason::PeriodFrozen, message)
}

fn no_area(row: &Row, mapping: &Mapping) -> Problem {
    let message = format!(
        "the area `{}` does not exist at the end of {}; import the areas first",
        row.area, row.period
    );
    rejected(row.line, &mapping.area, Reason::AreaUnknown, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_stands() {
        let row = |numbers: &[(&str, i64)]| Row {
            line: 2,
            area: "G1".into(),
            period: "2013-q3".parse().unwrap(),
            numbers: numbers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect(),
        };
        let (mut before, mut fresh) = (HashMap::new(), Vec::new());
        assert_eq!(
            compare(&row(&[("a", 1)]), &mut before, &mut fresh),
            Outcome::Added
        );
        assert_eq!(
            compare(&row(&[("a", 1)]), &mut before, &mut fresh),
            Outcome::Unchanged
        );
        assert_eq!(
            compare(&row(&[("a", 1), ("b", 2)]), &mut before, &mut fresh),
            Outcome::Added
        );
        let Outcome::Conflict(problem) =
            compare(&row(&[("a", 9), ("c", 3)]), &mut before, &mut fresh)
        else {
            panic!("another number is a conflict");
        };
        assert_eq!((problem.reason, problem.line), (Reason::RowConflict, 2));
        let names: Vec<&str> = fresh.iter().map(|one| one.metric.as_str()).collect();
        assert_eq!(names, ["a", "b"], "nothing of a row that conflicts goes in");
    }
}
