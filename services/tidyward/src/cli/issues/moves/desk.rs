//! Moves from the report to the dispatch.

use clap::Subcommand;
use tidyward_proto::v1::{
    DispatchAction, FileAction, IssueOutcome, MergeAction, RejectAction, ReturnVerdict,
    SettleAction, VerifyAction, transition_issue_request::Action,
};

use super::{Looked, Note, Reason};
use crate::cli::{client::Client, failure::Failure, words::choose};

#[derive(Clone, Debug, Subcommand)]
pub enum Desk {
    /// Say whether it was found as reported (核实)
    Verify(Looked),
    /// Settle it on the spot (自行处置)
    Settle(Note),
    /// File it: a round begins (立案)
    File {
        /// The filing condition [default: the category's first]
        #[arg(long, value_name = "ID", default_value_t)]
        condition: String,
        /// The category, where the reporter chose wrongly
        #[arg(long, value_name = "CODE", default_value_t)]
        category: String,
        #[command(flatten)]
        note: Note,
    },
    /// Do not file it (不予立案)
    Reject {
        /// not_found or not_responsible
        #[arg(long, value_name = "OUTCOME")]
        outcome: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Merge it into an earlier issue (并案)
    Merge {
        /// The issue that it is the same as
        #[arg(long, value_name = "ISSUE")]
        into: String,
        #[command(flatten)]
        note: Note,
    },
    /// Dispatch it to an officer or a unit (派遣)
    Dispatch {
        /// The officer [default: the head by the duties]
        #[arg(long, value_name = "SUBJECT", default_value_t)]
        assignee: String,
        /// The unit
        #[arg(long, value_name = "CODE", default_value_t)]
        unit: String,
        /// Who handles it too; may be given several times
        #[arg(long = "with", value_name = "SUBJECT")]
        co_handlers: Vec<String>,
        /// Of a return: upheld or overruled
        #[arg(long, value_name = "VERDICT", default_value_t)]
        verdict: String,
        #[command(flatten)]
        note: Note,
    },
}

impl Desk {
    /// The action on the wire.
    pub fn action(self, client: &Client) -> Result<Action, Failure> {
        Ok(match self {
            Desk::Verify(looked) => Action::Verify(VerifyAction {
                result: looked.result()?,
                note: looked.note.note,
            }),
            Desk::Settle(Note { note }) => Action::Settle(SettleAction { note }),
            Desk::File {
                condition,
                category,
                note,
            } => Action::File(FileAction {
                condition,
                category,
                note: note.note,
            }),
            Desk::Reject { outcome, reason } => Action::Reject(RejectAction {
                outcome: choose::<IssueOutcome>(
                    "--outcome",
                    &outcome,
                    "ISSUE_OUTCOME_",
                    IssueOutcome::as_str_name,
                )?,
                reason: reason.reason,
            }),
            Desk::Merge { into, note } => Action::Merge(MergeAction {
                into: client.named("issues", &into),
                note: note.note,
            }),
            Desk::Dispatch {
                assignee,
                unit,
                co_handlers,
                verdict,
                note,
            } => Action::Dispatch(DispatchAction {
                assignee,
                unit,
                co_handlers,
                verdict: choose::<ReturnVerdict>(
                    "--verdict",
                    &verdict,
                    "RETURN_VERDICT_",
                    ReturnVerdict::as_str_name,
                )?,
                note: note.note,
            }),
        })
    }
}
