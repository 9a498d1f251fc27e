//! What a rule gave back is checked against its manifest before any of it is believed.

use super::{Facts, FailureKind, Issues, MOST_NOTES, NO_STARS, Note};
use crate::host::call::Given;
use crate::manifest::{MOST_STARS, Manifest};
use crate::points::format_points;

/// What is believed of what a rule gave.
pub(super) struct Believed {
    pub totals: Vec<i64>,
    pub notes: Vec<Note>,
}

/// The totals and the notes, or the first thing wrong with what a rule gave for the rows.
pub(super) fn check(
    manifest: &Manifest,
    facts: &Facts,
    given: &Given,
) -> Result<Believed, (FailureKind, String)> {
    let rows = facts.rows;
    let items = rows * manifest.criteria.len();
    if given.items.len() != items {
        let message = format!(
            "the rule gave {} items and {rows} rows of {} criteria need {items}",
            given.items.len(),
            manifest.criteria.len()
        );
        return Err((FailureKind::ItemCount, message));
    }
    let Some(totals) = manifest.totals(&given.items, rows) else {
        return Err((FailureKind::ItemOutOfRange, outside(manifest, given, rows)));
    };
    check_stars(manifest, rows, &given.stars)?;
    let notes = notes(manifest, facts, given)?;
    Ok(Believed { totals, notes })
}

/// The first item that is outside its criterion's range, in words.
fn outside(manifest: &Manifest, given: &Given, rows: usize) -> String {
    let columns = given.items.chunks_exact(rows.max(1));
    let mut columns = manifest.criteria.iter().zip(columns);
    let first = columns.find_map(|(criterion, column)| {
        let item = criterion.first_outside(column)?;
        let [item, min, max] =
            [item, criterion.min, criterion.max].map(|units| format_points(units, 4));
        let id = &criterion.id;
        Some(format!(
            "the rule gave {item} for {id}, which goes from {min} to {max}"
        ))
    });
    first.unwrap_or_else(|| FailureKind::ItemOutOfRange.words().to_owned())
}

fn check_stars(
    manifest: &Manifest,
    rows: usize,
    stars: &[u8],
) -> Result<(), (FailureKind, String)> {
    if stars.len() != rows {
        let message = format!(
            "the rule gave {} stars entries for {rows} rows",
            stars.len()
        );
        return Err((FailureKind::StarsCount, message));
    }
    // Where the manifest has bands, what the rule says of stars means nothing.
    let wrong = stars
        .iter()
        .find(|given| **given != NO_STARS && **given > MOST_STARS);
    match wrong {
        Some(given) if manifest.stars.is_empty() => Err((
            FailureKind::StarsOutOfRange,
            format!(
                "the rule gave {given} stars; it may give 0 to {MOST_STARS}, or {NO_STARS} for none"
            ),
        )),
        _ => Ok(()),
    }
}

fn notes(
    manifest: &Manifest,
    facts: &Facts,
    given: &Given,
) -> Result<Vec<Note>, (FailureKind, String)> {
    let rows = facts.rows;
    let count = given.note_row.len();
    let lengths = [
        given.note_criterion.len(),
        given.note_message.len(),
        given.note_value.len(),
        given.note_issue.len(),
    ];
    if lengths != [count; 4] {
        let message =
            format!("the five lists of notes differ in length: {count} rows beside {lengths:?}");
        return Err((FailureKind::BadNote, message));
    }
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut on_row = vec![0_usize; rows];
    let mut notes = Vec::with_capacity(count);
    for index in 0..count {
        let note = note(given, index);
        let Some(made) = on_row.get_mut(note.row) else {
            return Err((
                FailureKind::BadNote,
                format!("a note is on row {} of {rows}", note.row),
            ));
        };
        *made += 1;
        if *made > MOST_NOTES {
            return Err((
                FailureKind::TooManyNotes,
                format!("the rule made more than {MOST_NOTES} notes on one row"),
            ));
        }
        notes.push(checked(manifest, &facts.issues, note)?);
    }
    // The sort is stable: on one row the rule's own order stays, whatever stands beside the row.
    notes.sort_by_key(|note| note.row);
    Ok(notes)
}

fn note(given: &Given, index: usize) -> Note {
    let issue = given.note_issue[index];
    Note {
        row: given.note_row[index] as usize,
        criterion: given.note_criterion[index] as usize,
        message: given.note_message[index] as usize,
        value: given.note_value[index],
        issue: (issue != u32::MAX).then_some(issue),
    }
}

/// The note with its issue counted within the row, which is the same whatever stands beside the row.
fn checked(
    manifest: &Manifest,
    issues: &Issues,
    note: Note,
) -> Result<Note, (FailureKind, String)> {
    let own = issues.of_row(note.row);
    let is_own = |issue: &u32| own.contains(&(*issue as usize));
    let wrong = if note.criterion >= manifest.criteria.len() {
        format!(
            "a note is on criterion {} of {}",
            note.criterion,
            manifest.criteria.len()
        )
    } else if note.message >= manifest.messages.len() {
        format!(
            "a note uses message {} of {}",
            note.message,
            manifest.messages.len()
        )
    } else if let Some(issue) = note.issue.filter(|issue| !is_own(issue)) {
        match own.is_empty() {
            true => format!("a note points at issue {issue}, and its row has none"),
            false => format!(
                "a note points at issue {issue}, and those of its row are {} to {}",
                own.start,
                own.end - 1
            ),
        }
    } else {
        let issue = note.issue.map(|issue| issue - own.start as u32);
        return Ok(Note { issue, ..note });
    };
    Err((FailureKind::BadNote, wrong))
}
