//! `tidyward issues move`: every action of the transition table is a command of its own, with the flags that it takes.

use clap::{Args, Subcommand};
use tidyward_proto::v1::{
    AcceptAction, AssignTaskAction, CallBackAction, CheckAction, CheckResult,
    DecideExtensionAction, DecideSuspensionAction, DispatchAction, EscalateAction, FileAction,
    FinishTaskAction, ForceCloseAction, HandInAction, IssueOutcome, MergeAction, NoteAction,
    RateAction, RecheckAction, RejectAction, ReopenAction, ReopenReason, RequestExtensionAction,
    RequestSuspensionAction, ResumeAction, ReturnAction, ReturnVerdict, SettleAction,
    TransitionIssueRequest, VerifyAction, WithdrawTaskAction, transition_issue_request::Action,
};

use super::{Which, show};
use crate::cli::{
    client::Client,
    context::Context,
    failure::Failure,
    words::{choose, parse_instant},
};

#[derive(Args, Clone, Debug)]
pub struct MoveArguments {
    #[command(flatten)]
    pub which: Which,
    /// When it happened, from who was offline: at most 7 days back [default: the present]
    #[arg(
        long,
        global = true,
        value_name = "TIME",
        default_value = "",
        hide_default_value = true
    )]
    pub occurred: String,
    /// Move it only if it is still as it was read
    #[arg(
        long,
        global = true,
        value_name = "ETAG",
        default_value = "",
        hide_default_value = true
    )]
    pub etag: String,
    #[command(subcommand)]
    pub action: Move,
}

/// A note that may be left out.
#[derive(Args, Clone, Debug, Default)]
pub struct Note {
    /// What was seen, done or meant
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub note: String,
}

/// A reason that may not be left out.
#[derive(Args, Clone, Debug)]
pub struct Reason {
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// What a look at the place came to.
#[derive(Args, Clone, Debug)]
pub struct Looked {
    /// passed, failed, unable or fraud
    #[arg(long, value_name = "RESULT")]
    pub result: String,
    #[command(flatten)]
    pub note: Note,
}

/// A decision on what the assignee asked for.
#[derive(Args, Clone, Debug)]
pub struct Decision {
    /// Give it
    #[arg(long, required_unless_present = "refuse")]
    pub approve: bool,
    /// Do not give it
    #[arg(long, conflicts_with = "approve")]
    pub refuse: bool,
    #[command(flatten)]
    pub note: Note,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Move {
    /// Say whether it was found as reported (核实)
    Verify(Looked),
    /// Settle it on the spot (自行处置)
    Settle(Note),
    /// File it: a round begins (立案)
    File {
        /// The filing condition [default: the category's first]
        #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
        condition: String,
        /// The category, where the reporter chose wrongly
        #[arg(
            long,
            value_name = "CODE",
            default_value = "",
            hide_default_value = true
        )]
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
        #[arg(
            long,
            value_name = "SUBJECT",
            default_value = "",
            hide_default_value = true
        )]
        assignee: String,
        /// The unit
        #[arg(
            long,
            value_name = "CODE",
            default_value = "",
            hide_default_value = true
        )]
        unit: String,
        /// Who handles it too; may be given several times
        #[arg(long = "with", value_name = "SUBJECT")]
        co_handlers: Vec<String>,
        /// Of a return: upheld or overruled
        #[arg(
            long,
            value_name = "VERDICT",
            default_value = "",
            hide_default_value = true
        )]
        verdict: String,
        #[command(flatten)]
        note: Note,
    },
    /// Accept it (签收)
    Accept,
    /// Send it back to the desk (回退)
    #[command(alias = "return-to-desk")]
    Return(Reason),
    /// Ask for more time (延期)
    RequestExtension {
        /// What is to be added, for example '2 WORKING_DAYS'
        #[arg(long, value_name = "LIMIT")]
        extra: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Give or refuse more time
    DecideExtension(Decision),
    /// Ask to put it off (缓办)
    RequestSuspension {
        /// Until when
        #[arg(long, value_name = "TIME")]
        until: String,
        #[command(flatten)]
        reason: Reason,
    },
    /// Put it off, or refuse to
    DecideSuspension(Decision),
    /// Go on before the date
    Resume(Note),
    /// Hand it in (反馈)
    HandIn(Note),
    /// Check it (核查)
    Check(Looked),
    /// Close it by force (强制结案)
    ForceClose(Reason),
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
        #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
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

pub async fn command(
    context: &Context,
    client: &Client,
    arguments: MoveArguments,
) -> Result<(), Failure> {
    let request = TransitionIssueRequest {
        name: arguments.which.name(client),
        etag: arguments.etag,
        request_id: client.request_id(),
        occur_time: parse_instant("--occurred", &arguments.occurred)?,
        action: Some(action(client, arguments.action)?),
    };
    let issue = client.issues().transition_issue(request).await?;
    show::print(context, &issue.into_inner())
}

/// The action on the wire.
fn action(client: &Client, action: Move) -> Result<Action, Failure> {
    Ok(match action {
        Move::Verify(looked) => Action::Verify(VerifyAction {
            result: result(&looked)?,
            note: looked.note.note,
        }),
        Move::Settle(Note { note }) => Action::Settle(SettleAction { note }),
        Move::File {
            condition,
            category,
            note,
        } => Action::File(FileAction {
            condition,
            category,
            note: note.note,
        }),
        Move::Reject { outcome, reason } => Action::Reject(RejectAction {
            outcome: choose::<IssueOutcome>(
                "--outcome",
                &outcome,
                "ISSUE_OUTCOME_",
                IssueOutcome::as_str_name,
            )?,
            reason: reason.reason,
        }),
        Move::Merge { into, note } => Action::Merge(MergeAction {
            into: client.named("issues", &into),
            note: note.note,
        }),
        Move::Dispatch {
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
        Move::Accept => Action::Accept(AcceptAction {}),
        Move::Return(Reason { reason }) => Action::ReturnToDesk(ReturnAction { reason }),
        Move::HandIn(Note { note }) => Action::HandIn(HandInAction { note }),
        Move::Check(looked) => Action::Check(CheckAction {
            result: result(&looked)?,
            note: looked.note.note,
        }),
        Move::Recheck(looked) => Action::Recheck(RecheckAction {
            result: result(&looked)?,
            note: looked.note.note,
        }),
        other => waiting_or_after(other)?,
    })
}

/// Actions on what stands still or has ended, and on tasks.
fn waiting_or_after(action: Move) -> Result<Action, Failure> {
    Ok(match action {
        Move::RequestExtension { extra, reason } => {
            Action::RequestExtension(RequestExtensionAction {
                extra,
                reason: reason.reason,
            })
        }
        Move::DecideExtension(decision) => Action::DecideExtension(DecideExtensionAction {
            approve: decision.approve,
            note: decision.note.note,
        }),
        Move::RequestSuspension { until, reason } => {
            Action::RequestSuspension(RequestSuspensionAction {
                until: parse_instant("--until", &until)?,
                reason: reason.reason,
            })
        }
        Move::DecideSuspension(decision) => Action::DecideSuspension(DecideSuspensionAction {
            approve: decision.approve,
            note: decision.note.note,
        }),
        Move::Resume(Note { note }) => Action::Resume(ResumeAction { note }),
        Move::ForceClose(Reason { reason }) => Action::ForceClose(ForceCloseAction { reason }),
        Move::CallBack {
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
        Move::Rate { satisfied, note } => Action::Rate(RateAction {
            satisfied,
            note: note.note,
        }),
        Move::Reopen {
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
        Move::Escalate(Reason { reason }) => Action::Escalate(EscalateAction { reason }),
        Move::AssignTask { title, owner } => Action::AssignTask(AssignTaskAction { title, owner }),
        Move::FinishTask { task, note } => Action::FinishTask(FinishTaskAction {
            task,
            note: note.note,
        }),
        Move::WithdrawTask { task, reason } => Action::WithdrawTask(WithdrawTaskAction {
            task,
            reason: reason.reason,
        }),
        Move::Note { text } => Action::Note(NoteAction { text }),
        _ => return Err(Failure::usage("that is no move")),
    })
}

fn result(looked: &Looked) -> Result<i32, Failure> {
    choose::<CheckResult>(
        "--result",
        &looked.result,
        "CHECK_RESULT_",
        CheckResult::as_str_name,
    )
}
