//! The edge to the host: the types that `rules.wit` generates become the SDK's here and nowhere else.

use crate::Rule;

pub mod bindings {
    //! Generated from `rules.wit`.
    wit_bindgen::generate!({
        path: "../wit",
        world: "rule",
        pub_export_macro: true,
        export_macro_name: "export_component",
    });
}

pub use bindings::export_component;
pub use bindings::exports::tidyward::rules::scoring::{Facts, Failure, Guest, Scores};

/// Scores with a rule what the host handed over.
pub fn score<R: Rule>(parameters: &[i64], facts: &Facts) -> Result<Scores, Failure> {
    let issues = &facts.issues;
    let issues = crate::Issues {
        starts: &issues.starts,
        category: &issues.category,
        severity: &issues.severity,
        source: &issues.source,
        state: &issues.state,
        reported: &issues.reported,
        filed: &issues.filed,
        due: &issues.due,
        handed_in: &issues.handed_in,
        closed: &issues.closed,
        failed_checks: &issues.failed_checks,
        marks: &issues.marks,
    };
    let output = crate::score::<R>(parameters, facts.rows as usize, &facts.inputs, &issues)
        .map_err(|failure| match failure {
            crate::Failure::BadParameters => Failure::BadParameters,
            crate::Failure::Unsupported => Failure::Unsupported,
        })?;
    Ok(Scores {
        items: output.items,
        stars: output.stars,
        note_row: output.note_row,
        note_criterion: output.note_criterion,
        note_message: output.note_message,
        note_value: output.note_value,
        note_issue: output.note_issue,
    })
}
