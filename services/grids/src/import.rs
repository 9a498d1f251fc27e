//! Imports areas: the file is read and compared off the workers, then written in batches from the top level down.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tidyward_kit::{
    caller::District,
    db::Db,
    error::{Error, Reason},
    import::{Counts, Problem, Progress, Run, plain},
};
use tokio::task::spawn_blocking;

use crate::{
    feature,
    mapping::Mapping,
    plan::{self, AreaWrite, Gathered, Plan, Verdict},
    store::{self, area::Boundaries},
};

/// Areas of one transaction, and bytes of their boundaries, at most.
const BATCH: usize = 500;
const BATCH_BYTES: usize = 4 * 1_024 * 1_024;
/// Problems of one transaction at most.
const PROBLEMS: usize = 2_000;
/// How often an import begins again because another process changed the district's areas meanwhile.
const TRIES: usize = 20;
/// Of the hundredths of a percent of an import, those that reading the file takes.
const READ: i64 = 4_000;

/// Held by the import that compares and writes: the next one then sees all that this one wrote.
pub type Turn = Arc<tokio::sync::Mutex<()>>;

/// Works through the file of an import.
pub async fn run(run: Run, mapping: Mapping, db: Db, turn: Turn) -> Result<Counts, Error> {
    let Run {
        district,
        file,
        mut progress,
        ..
    } = run;
    let mapping = Arc::new(mapping);
    let by = mapping.clone();
    let read = spawn_blocking(move || feature::read(plain(file.bytes), &by).map(plan::gather));
    let gathered = match read.await.map_err(Error::internal)? {
        Ok(gathered) => Arc::new(gathered),
        Err(unusable) => {
            save_problems(&mut progress, Counts::default(), unusable.problems).await?;
            return Err(Error::new(unusable.reason, unusable.words));
        }
    };
    let counts = gathered.told.counts();
    let read = Counts {
        read: counts.read,
        rejected: counts.rejected,
        done: READ,
        ..Counts::default()
    };
    progress.save(read, Vec::new()).await?;
    let _turn = turn.lock().await;
    let mut written = BTreeSet::new();
    for _ in 0..TRIES {
        let (generation, plan) = compare(&db, &district, &gathered, &mapping, &written).await?;
        if write(
            &db,
            &district,
            generation,
            &plan,
            &mut written,
            &mut progress,
        )
        .await?
        {
            let counts = plan.told.counts();
            save_problems(&mut progress, counts, plan.told.problems).await?;
            return Ok(counts);
        }
    }
    let message =
        "other imports kept changing the district's areas; run this one again when they have ended";
    Err(Error::new(Reason::ChangedMeanwhile, message))
}

/// Plans against what the district has, and gives the generation of that.
async fn compare(
    db: &Db,
    district: &District,
    gathered: &Arc<Gathered>,
    mapping: &Arc<Mapping>,
    written: &BTreeSet<String>,
) -> Result<(i64, Plan), Error> {
    let profile = store::district::find(db.read(), district).await?;
    let profile = profile.ok_or_else(|| Error::not_found(district.name()))?;
    let histories =
        store::area::histories(db.read(), district, &gathered.codes(), Boundaries::Read).await?;
    let (gathered, mapping, written) = (gathered.clone(), mapping.clone(), written.clone());
    let plan = spawn_blocking(move || {
        let column = |level| mapping.parent_column(level);
        plan::plan(&gathered, &histories, &written, mapping.valid_from, column)
    });
    Ok((profile.generation, plan.await.map_err(Error::internal)?))
}

/// Writes the plan in batches, and says whether it came to its end before somebody else changed the district's areas.
async fn write(
    db: &Db,
    district: &District,
    mut generation: i64,
    plan: &Plan,
    written: &mut BTreeSet<String>,
    progress: &mut Progress,
) -> Result<bool, Error> {
    let complete = completed_by(plan);
    let whole = plan.told.counts();
    let mut counts = Counts {
        added: whole.added - complete.values().sum::<i64>(),
        ..whole
    };
    let mut done = 0;
    for batch in batches(&plan.writes) {
        let (writes, district): (Arc<[AreaWrite]>, _) = (batch.into(), district.clone());
        let wrote = db.write(move |transaction| {
            let (writes, district) = (writes.clone(), district.clone());
            Box::pin(async move {
                if !store::district::step(transaction, &district, generation).await? {
                    return Ok(false);
                }
                store::area::insert(transaction, &district, &writes).await?;
                Ok(true)
            })
        });
        if !wrote.await? {
            return Ok(false);
        }
        generation += 1;
        done += batch.len();
        written.extend(batch.iter().map(|write| write.code.clone()));
        counts.added += batch
            .iter()
            .filter_map(|write| complete.get(write.code.as_str()))
            .sum::<i64>();
        counts.done = READ + (9_500 - READ) * done as i64 / plan.writes.len() as i64;
        progress.save(counts, Vec::new()).await?;
    }
    Ok(true)
}

/// How many features each write completes: those of which it is the last area to go in.
fn completed_by(plan: &Plan) -> BTreeMap<&str, i64> {
    let mut last: BTreeMap<u64, &str> = BTreeMap::new();
    for write in &plan.writes {
        let added = write
            .lines
            .iter()
            .filter(|line| plan.told.verdicts.get(line) == Some(&Verdict::Added));
        last.extend(added.map(|line| (*line, write.code.as_str())));
    }
    let mut complete = BTreeMap::new();
    for code in last.into_values() {
        *complete.entry(code).or_insert(0) += 1;
    }
    complete
}

fn batches(writes: &[AreaWrite]) -> Vec<&[AreaWrite]> {
    let mut batches = Vec::new();
    let (mut begin, mut bytes) = (0, 0);
    for (number, write) in writes.iter().enumerate() {
        let size = write.version.boundary.as_ref().map_or(0, String::len);
        if number > begin && (number - begin == BATCH || bytes + size > BATCH_BYTES) {
            batches.push(&writes[begin..number]);
            (begin, bytes) = (number, 0);
        }
        bytes += size;
    }
    if begin < writes.len() {
        batches.push(&writes[begin..]);
    }
    batches
}

async fn save_problems(
    progress: &mut Progress,
    counts: Counts,
    problems: Vec<Problem>,
) -> Result<(), Error> {
    let mut problems = problems.into_iter().peekable();
    while problems.peek().is_some() {
        let some = problems.by_ref().take(PROBLEMS).collect();
        progress
            .save(
                Counts {
                    done: 9_500,
                    ..counts
                },
                some,
            )
            .await?;
    }
    Ok(())
}
