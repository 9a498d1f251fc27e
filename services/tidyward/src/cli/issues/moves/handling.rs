//! Moves from the dispatch to the closing.

use clap::Subcommand;
use tidyward_proto::v1::{
    AcceptAction, CheckAction, DecideExtensionAction, DecideSuspensionAction, ForceCloseAction,
    HandInAction, RequestExtensionAction, RequestSuspensionAction, ResumeAction, ReturnAction,
    transition_issue_request::Action,
};

use super::{Decision, Looked, Note, Reason};
use crate::cli::{failure::Failure, words::parse_instant};

#[derive(Clone, Debug, Subcommand)]
pub enum Handling {
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
}

impl Handling {
    /// The action on the wire.
    pub fn action(self) -> Result<Action, Failure> {
        Ok(match self {
            Handling::Accept => Action::Accept(AcceptAction {}),
            Handling::Return(Reason { reason }) => Action::ReturnToDesk(ReturnAction { reason }),
            Handling::RequestExtension { extra, reason } => {
                Action::RequestExtension(RequestExtensionAction {
                    extra,
                    reason: reason.reason,
                })
            }
            Handling::DecideExtension(decision) => Action::DecideExtension(DecideExtensionAction {
                approve: decision.approve,
                note: decision.note.note,
            }),
            Handling::RequestSuspension { until, reason } => {
                Action::RequestSuspension(RequestSuspensionAction {
                    until: parse_instant("--until", &until)?,
                    reason: reason.reason,
                })
            }
            Handling::DecideSuspension(decision) => {
                Action::DecideSuspension(DecideSuspensionAction {
                    approve: decision.approve,
                    note: decision.note.note,
                })
            }
            Handling::Resume(Note { note }) => Action::Resume(ResumeAction { note }),
            Handling::HandIn(Note { note }) => Action::HandIn(HandInAction { note }),
            Handling::Check(looked) => Action::Check(CheckAction {
                result: looked.result()?,
                note: looked.note.note,
            }),
            Handling::ForceClose(Reason { reason }) => {
                Action::ForceClose(ForceCloseAction { reason })
            }
        })
    }
}
