//! The third quarter of 2013 in Chicago, against figures that another program counted.

use std::{borrow::Cow, io::Read};

use jiff::tz::TimeZone;

use super::*;
use crate::{import::tests as import, store::write::NewIssue};

/// One ring after another; a point is within where it is within an odd number of them.
type Rings = Vec<Vec<(f64, f64)>>;

/// The community areas by number, with their rings.
fn community_areas() -> Option<Vec<(String, Rings)>> {
    let path = import::data("data/chicago/chicago_community_areas.geojson.gz")?;
    let mut text = String::new();
    let mut plain = tidyward_kit::import::plain(std::fs::read(path).unwrap());
    plain.read_to_string(&mut text).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let areas = file["features"].as_array().unwrap().iter().map(|feature| {
        let number = &feature["properties"]["AREA_NUMBE"];
        let number = number
            .as_str()
            .map_or_else(|| number.to_string(), str::to_owned);
        let mut rings = Vec::new();
        take_rings(&feature["geometry"]["coordinates"], &mut rings);
        (number, rings)
    });
    Some(areas.collect())
}

fn take_rings(value: &serde_json::Value, rings: &mut Rings) {
    let parts = value.as_array().unwrap();
    if parts[0][0].is_number() {
        let point =
            |pair: &serde_json::Value| (pair[0].as_f64().unwrap(), pair[1].as_f64().unwrap());
        rings.push(parts.iter().map(point).collect());
    } else {
        parts.iter().for_each(|part| take_rings(part, rings));
    }
}

fn within(rings: &Rings, (x, y): (f64, f64)) -> bool {
    let crosses = |(a, b): (&(f64, f64), &(f64, f64))| {
        (a.1 > y) != (b.1 > y) && x < (b.0 - a.0) * (y - a.1) / (b.1 - a.1) + a.0
    };
    let crossings = rings.iter().map(|ring| {
        ring.iter()
            .zip(&ring[1..])
            .filter(|edge| crosses(*edge))
            .count()
    });
    crossings.sum::<usize>() % 2 == 1
}

fn entries(issues: &[NewIssue], grid: impl Fn(&NewIssue) -> Option<String>) -> Vec<Entry<'_>> {
    let mut number = 0;
    let mut entries = Vec::new();
    for (issue, new) in (1..).zip(issues) {
        for (index, step) in new.moves.iter().enumerate() {
            number += 1;
            let report = || Report {
                category: new.issue.category.as_str().into(),
                grid: grid(new).map(Cow::from),
            };
            entries.push(Entry {
                issue,
                kind: step.kind,
                round: step.round,
                occurred_at: step.occurred_at.as_microsecond(),
                recorded_at: new.issue.recorded_at.as_microsecond(),
                number,
                handling_deadline: step.handling_deadline.map(|at| at.as_microsecond()),
                total_deadline: step.total_deadline.map(|at| at.as_microsecond()),
                marks: step.marks,
                worked_minutes: step.worked_minutes,
                until: None,
                category: step.category.as_deref().map(Cow::from),
                report: (index == 0).then(report),
            });
        }
    }
    entries
}

#[test]
fn the_facts_of_a_real_quarter_equal_the_reference_in_every_cell() {
    let (Some(issues), Some(areas)) = (import::chicago(), community_areas()) else {
        return;
    };
    let reference = import::data("reference/chicago_2013q3_community_areas.csv");
    let Some(reference) = reference else {
        return;
    };
    let quarter = "2013-q3".parse().unwrap();
    let window = columns::window(quarter, &TimeZone::get("America/Chicago").unwrap());
    let mut rows: Vec<AreaRow> = areas
        .iter()
        .map(|(code, _)| AreaRow {
            code: code.clone(),
            level: 3,
            is_grid: true,
            ..AreaRow::default()
        })
        .collect();
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    let boxes: Vec<[f64; 4]> = areas.iter().map(|area| bounds(&area.1)).collect();
    let locate = |new: &NewIssue| {
        let place = new.issue.place?;
        let point = (place.longitude, place.latitude);
        let near = |bound: &[f64; 4]| {
            (bound[0]..=bound[1]).contains(&point.0) && (bound[2]..=bound[3]).contains(&point.1)
        };
        let mut some = areas.iter().zip(&boxes).filter(|area| near(area.1));
        some.find(|area| within(&area.0.1, point))
            .map(|area| area.0.0.clone())
    };
    let mut tally = Tally::new(window, Closings::default(), columns::grids(&rows), []);
    entries(&issues, locate)
        .iter()
        .for_each(|entry| tally.push(entry));
    let counted = tally.finish();

    use Measure::*;
    let city = [
        (Reported, 6_021),
        (Merged, 271),
        (Filed, 5_750),
        (Due, 5_961),
        (HandledOnTime, 4_026),
        (Closed, 5_576),
        (OverdueOpen, 385),
        (BacklogStart, 219),
        (BacklogClosed, 219),
        (BacklogOpen, 0),
    ];
    for (measure, count) in city {
        assert_eq!(
            counted.sums.city.of(measure),
            count,
            "{measure:?} of the whole city"
        );
    }

    let codes: Vec<String> = rows.iter().map(|row| row.code.clone()).collect();
    let columns: HashMap<String, Vec<i64>> = Columns::new(rows, quarter, counted, &Tree::default())
        .map(|column| (column.name, column.values))
        .collect();
    let mut file = csv::Reader::from_path(reference).unwrap();
    let headers = file.headers().unwrap().clone();
    let mut seen = 0;
    for record in file.records() {
        let record = record.unwrap();
        let row = codes.iter().position(|code| *code == record[0]).unwrap();
        for (header, cell) in headers.iter().zip(&record).skip(1) {
            let value = columns[&format!("issues.{header}")][row];
            assert_eq!(value.to_string(), cell, "{header} of area {}", &record[0]);
        }
        seen += 1;
    }
    assert_eq!(seen, 77);
}

fn bounds(rings: &Rings) -> [f64; 4] {
    let mut bounds = [f64::MAX, f64::MIN, f64::MAX, f64::MIN];
    for (x, y) in rings.iter().flatten() {
        bounds = [
            bounds[0].min(*x),
            bounds[1].max(*x),
            bounds[2].min(*y),
            bounds[3].max(*y),
        ];
    }
    bounds
}
