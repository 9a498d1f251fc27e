//! Features that repeat a code are one area: its polygons come together, and what they say of it must agree.

use std::collections::BTreeMap;

use super::{Features, Gathered, Proposal, Told, Verdict};
use crate::{
    area::{Refusal, Statement},
    boundary::Boundary,
};
use tidyward_kit::error::Reason;

/// Puts the features of a file together to areas.
pub fn gather(features: Features) -> Gathered {
    let told = Told {
        problems: features.problems,
        ..Told::default()
    };
    let mut gathered = Gathered {
        told,
        ..Gathered::default()
    };
    let mut broken: BTreeMap<String, u64> = BTreeMap::new();
    for (line, code) in features.bad {
        gathered.told.judge(&[line], Verdict::Rejected);
        if let Some(code) = code {
            broken.entry(code).or_insert(line);
        }
    }
    let mut pieces: BTreeMap<String, Vec<Boundary>> = BTreeMap::new();
    for feature in features.good {
        gathered
            .told
            .verdicts
            .insert(feature.line, Verdict::Unchanged);
        let mut boundary = Some(feature.boundary);
        let own = feature.statements.len().saturating_sub(1);
        for (number, statement) in feature.statements.into_iter().enumerate() {
            let piece = if number == own { boundary.take() } else { None };
            let code = statement.code.clone();
            if agree(&mut gathered, feature.line, statement) {
                pieces.entry(code).or_default().extend(piece);
            }
        }
    }
    for (code, pieces) in pieces {
        if let Some(line) = broken.get(&code) {
            // Half an area would stand in the way of the whole one.
            let words = format!(
                "feature {line} belongs to the same area `{code}` and was rejected; correct that one first"
            );
            drop_area(
                &mut gathered,
                &code,
                &Refusal::new(Reason::BoundaryInvalid, words),
            );
            continue;
        }
        let merged = match pieces.len() {
            0 => continue,
            1 => Ok(pieces),
            _ => Boundary::merge(pieces).map(|merged| vec![merged]),
        };
        match (merged, gathered.areas.get_mut(&code)) {
            (Ok(merged), Some(area)) => area.boundary = merged.into_iter().next(),
            (Err(refusal), _) => drop_area(&mut gathered, &code, &refusal),
            (Ok(_), None) => {}
        }
    }
    gathered
}

/// Notes what a feature says of an area, and whether it agrees with what was said before.
fn agree(gathered: &mut Gathered, line: u64, statement: Statement) -> bool {
    let Some(known) = gathered.areas.get_mut(&statement.code) else {
        let code = statement.code.clone();
        gathered.areas.insert(
            code,
            Proposal {
                statement,
                boundary: None,
                lines: vec![line],
            },
        );
        return true;
    };
    if known.statement == statement {
        known.lines.push(line);
        return true;
    }
    let first = known.lines.first().copied().unwrap_or(line);
    let differing = differing(&known.statement, &statement).join(", ");
    let words = format!(
        "says of area `{}` another {differing} than feature {first}; the first stands",
        statement.code
    );
    gathered.told.conflict(&[line], &words);
    false
}

fn differing(a: &Statement, b: &Statement) -> Vec<&'static str> {
    let rows = [
        ("level", a.level != b.level),
        ("kind", a.kind != b.kind),
        ("name", a.display_name != b.display_name),
        ("parent", a.parent != b.parent),
        ("peer group", a.peer_group != b.peer_group),
        ("households", a.measures.households != b.measures.households),
        ("population", a.measures.population != b.measures.population),
        ("area", a.measures.area_m2 != b.measures.area_m2),
        ("roads", a.measures.road_metres != b.measures.road_metres),
    ];
    rows.iter().filter(|row| row.1).map(|row| row.0).collect()
}

fn drop_area(gathered: &mut Gathered, code: &str, refusal: &Refusal) {
    let Some(area) = gathered.areas.remove(code) else {
        return;
    };
    gathered
        .told
        .reject(&area.lines, "geometry", refusal.reason, &refusal.words);
}
