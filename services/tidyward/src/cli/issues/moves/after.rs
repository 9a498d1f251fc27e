//! Moves after the closing, and those beside the way to it: pressing, tasks, notes.

use clap::Subcommand;
use tidyward_proto::v1::{
    AssignTaskAction, CallBackAction, EscalateAction, FinishTaskAction, NoteAction, RateAction,
    RecheckAction, ReopenAction, ReopenReason, WithdrawTaskAction,
    transition_issue_request::Action,
};

use super::{Looked, Note, Reason};
use crate::cli::{failure::Failure, words::choose};

#[derive(Clone, Debug, Subcommand)]
pub enum After {
    /// Call the reporter back (回访)
    CallBack {
        /// The reporter was reached
        #[arg(long)]
        reached: bool,
        /// It is solved in the reporter's eyes
        #[arg(long, requires = "reached")]
        solved: bool,
        /// The reporter is satisfied
        #[arg(long, requires = "reached")]
        satisfied: bool,
        #[command(flatten)]
        note: Note,
    },
    /// Rate it, as its reporter (评价)
    Rate {
        /// The reporter is satisfied
        #[arg(long)]
        satisfied: bool,
        #[command(flatten)]
        note: Note,
    },
    /// Reopen it: the next round begins (重新立案)
    Reopen {
        /// not_solved or other
        #[arg(long, value_name = "REASON")]
        reason: String,
        /// In words
        #[arg(long, value_name = "TEXT")]
        note: String,
        /// The filing condition of the next round [default: that of the last]
        #[arg(long, value_name = "ID", default_value_t)]
        condition: String,
    },
    /// Press it (督办)
    Escalate(Reason),
    /// Look again at what was settled on the spot
    Recheck(Looked),
    /// Give a task to somebody
    AssignTask {
        /// What is to be done
        #[arg(long, value_name = "TEXT")]
        title: String,
        /// Whose task it is
        #[arg(long, value_name = "SUBJECT")]
        owner: String,
    },
    /// Finish a task
    FinishTask {
        /// Its number
        #[arg(long, value_name = "N")]
        task: i32,
        #[command(flatten)]
        note: Note,
    },
    /// Take a task back
    WithdrawTask {
        /// Its number
        #[arg(long, value_name = "N")]
        task: i32,
        #[command(flatten)]
        reason: Reason,
    },
    /// Write a note
    Note {
        /// The note
        #[arg(long, value_name = "TEXT")]
        text: String,
    },
}

impl After {
    /// The action on the wire.
    pub fn action(self) -> Result<Action, Failure> {
        Ok(match self {
            After::CallBack {
                reached,
                solved,
                satisfied,
                note,
            } => Action::CallBack(CallBackAction {
                reached,
                solved,
                satisfied,
                note: note.note,
            }),
            After::Rate { satisfied, note } => Action::Rate(RateAction {
                satisfied,
                note: note.note,
            }),
            After::Reopen {
                reason,
                note,
                condition,
            } => Action::Reopen(ReopenAction {
                reason: choose::<ReopenReason>(
                    "--reason",
                    &reason,
                    "REOPEN_REASON_",
                    ReopenReason::as_str_name,
                )?,
                note,
                condition,
            }),
            After::Escalate(Reason { reason }) => Action::Escalate(EscalateAction { reason }),
            After::Recheck(looked) => Action::Recheck(RecheckAction {
                result: looked.result()?,
                note: looked.note.note,
            }),
            After::AssignTask { title, owner } => {
                Action::AssignTask(AssignTaskAction { title, owner })
            }
            After::FinishTask { task, note } => Action::FinishTask(FinishTaskAction {
                task,
                note: note.note,
            }),
            After::WithdrawTask { task, reason } => Action::WithdrawTask(WithdrawTaskAction {
                task,
                reason: reason.reason,
            }),
            After::Note { text } => Action::Note(NoteAction { text }),
        })
    }
}
