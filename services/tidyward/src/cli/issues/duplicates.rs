//! `tidyward issues candidates`: what may be the same problem. Nothing is merged by itself.

use tidyward_proto::v1::{DuplicateCandidate, ListDuplicateCandidatesRequest};

use super::Which;
use crate::cli::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, number, say, text},
    words::{instant, word_of},
};

pub async fn command(context: &Context, client: &Client, which: &Which) -> Result<(), Failure> {
    let request = ListDuplicateCandidatesRequest {
        parent: which.name(client),
    };
    let answer = client.issues().list_duplicate_candidates(request).await?;
    let candidates = answer.into_inner().candidates;
    context.print(&table(&candidates))?;
    if context.output.for_people() && !candidates.is_empty() {
        let issue = last(&which.issue);
        say(format!(
            "if it is the same: tidyward issues move {issue} merge --into ISSUE\n"
        ));
    }
    Ok(())
}

/// Candidates, the nearest first.
pub fn table(candidates: &[DuplicateCandidate]) -> Table {
    let mut table = Table::new(vec![
        text("issue", "Issue"),
        number("distance_metres", "Metres"),
        text("reported", "Reported"),
        text("state", "State"),
        text("description", "Description"),
    ]);
    table.when_empty = "no open issue is like it".to_owned();
    table.rows = candidates
        .iter()
        .map(|candidate| {
            let metres = candidate.distance_metres;
            vec![
                Cell::text(last(&candidate.issue)),
                Cell::decimal(
                    metres
                        .map(|metres| format!("{metres:.1}"))
                        .unwrap_or_default(),
                ),
                instant(candidate.report_time.as_ref()),
                Cell::text(word_of(candidate.state().as_str_name(), "ISSUE_STATE_")),
                Cell::text(&candidate.description),
            ]
        })
        .collect();
    table
}
