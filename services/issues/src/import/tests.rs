//! Reading files: their rows and what is wrong with them.

mod files;
mod rows;

use std::{collections::HashSet, path::PathBuf};

use tidyward_kit::period;

use super::{
    read::{Failed, Reader},
    *,
};
use crate::{calendar::WorkCalendar, territory::Calendar};

pub const EXAMPLE: &str = include_str!("../../../../deploy/examples/chicago-issues.toml");

/// The path of a file of real data, where this machine has it.
pub fn data(path: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no data");
    None
}

pub fn reader(mapping: &str) -> Reader {
    let zone = jiff::tz::TimeZone::get("America/Chicago").unwrap();
    let start = period::midnight("2000-01-01".parse().unwrap(), &zone);
    let mapping = Mapping::parse(mapping).unwrap();
    Reader {
        district: "chicago".to_owned(),
        categories: category::of_district(mapping.categories.clone()),
        mapping,
        timing: Timing::of(Arc::new(WorkCalendar::standard(zone.clone()))),
        calendar: Arc::new(Calendar { zone, start }),
        actor: "imports/1".to_owned(),
        now: "2015-01-05T12:00:00Z".parse().unwrap(),
    }
}

/// The batches of a file, and how reading ended.
pub fn read(reader: &Reader, bytes: Vec<u8>) -> (Vec<Batch>, Result<(), Failed>) {
    let mut batches = Vec::new();
    let ended = reader.read_batches(bytes, |batch| {
        batches.push(batch);
        true
    });
    (batches, ended)
}

/// Every issue of Chicago's file, the first row of each identity.
pub fn chicago() -> Option<Vec<NewIssue>> {
    let path = data("data/chicago/chicago_sanitation_311.csv.gz")?;
    let (batches, ended) = read(&reader(EXAMPLE), std::fs::read(path).unwrap());
    assert!(ended.is_ok());
    let mut known = HashSet::new();
    let candidates = batches.into_iter().flat_map(|batch| batch.candidates);
    Some(
        candidates
            .map(|one| one.new)
            .filter(|new| known.insert(new.issue.id))
            .collect(),
    )
}

const MAPPING: &str = r#"
source = "desk"
issue_source = "resident"
[columns]
identity = "id"
reported = "reported"
closed = "closed"
status = "status"
category = "kind"
latitude = "lat"
longitude = "lon"
address = "street"
issue_source = "via"
[issue_sources]
video = ["cam"]
[time]
format = "%Y-%m-%d"
[status]
closed = ["done"]
open = ["open"]
duplicate = ["dup"]
[[categories]]
code = "bins"
values = ["Bins", ""]
handling = "2 URGENT_DAYS"
total = "3 URGENT_DAYS"
"#;
const HEADER: &str = "id,reported,closed,status,kind,lat,lon,street,via\n";
