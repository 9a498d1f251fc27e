//! The state machine of an issue: one table says which action leads from where to where, and who may take it. Handlers,
//! `ListIssueActions` and `tidyward roles` read the same rows.

use tidyward_kit::{
    Error, Reason,
    caller::Role::{
        self, Admin, Collector, Dispatcher, Inspector, Leader, Officer, Operator, PlatformAdmin,
        Resident, Scorer,
    },
};
pub use tidyward_proto::v1::transition_issue_request::Action;

use crate::issue::State;

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Name of the action, as the request has it.
    pub action: &'static str,
    pub title_zh: &'static str,
    /// The states from which it is allowed.
    pub from: &'static [State],
    /// The states to which it leads; the state itself where it stays.
    pub to: &'static [State],
    /// Of which the caller needs one.
    pub roles: &'static [Role],
    pub actor: Actor,
}

/// What the caller must be beside the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Anybody,
    Reporter,
    /// Its reporter, who holds a duty where it lies.
    ReporterOnDuty,
    Assignee,
    /// The assignee; where it is with a unit alone, whoever stands for the unit.
    AssigneeOrUnit,
    AssigneeOrDispatcher,
    AssigneeOrApprover,
    NotRequester,
    NotHandler,
    NotReporter,
    TaskOwner,
}

impl Actor {
    /// In words; empty where the role is enough.
    pub fn words(self) -> &'static str {
        match self {
            Actor::Anybody => "",
            Actor::Reporter => "its reporter",
            Actor::ReporterOnDuty => "its reporter, who holds a duty on its grid or above",
            Actor::Assignee => "its assignee",
            Actor::AssigneeOrUnit => {
                "its assignee; where it is with a unit alone, anybody who holds a duty for the unit"
            }
            Actor::AssigneeOrDispatcher => "its assignee, or a dispatcher",
            Actor::AssigneeOrApprover => "its assignee, or a leader, dispatcher or operator",
            Actor::NotRequester => "not the one who asked",
            Actor::NotHandler => {
                "never one who handled it in the round: assignee, co-handler, or owner of a task"
            }
            Actor::NotReporter => "not its reporter",
            Actor::TaskOwner => "the owner of the task",
        }
    }
}

/// Whoever has issues to handle.
const HANDS: &[Role] = &[Officer, Collector, Leader];
/// Whoever decides on more time and on putting off.
pub const APPROVERS: &[Role] = &[Leader, Dispatcher, Operator];
const HANDS_AND_DESK: &[Role] = &[Officer, Collector, Leader, Dispatcher, Operator];
const HANDS_AND_DISPATCHER: &[Role] = &[Officer, Collector, Leader, Dispatcher];
/// Whoever writes notes: all who work with issues.
const WRITERS: &[Role] = &[
    Officer,
    Collector,
    Operator,
    Dispatcher,
    Inspector,
    Scorer,
    Leader,
    Admin,
    PlatformAdmin,
];
/// Whoever may have reported something.
const RATERS: &[Role] = &[
    Resident,
    Officer,
    Collector,
    Operator,
    Inspector,
    Leader,
    Admin,
    PlatformAdmin,
];
/// Whoever reports on duty.
const PATROLS: &[Role] = &[Officer, Collector, Inspector, Leader];

use State::{
    Checking, Closed, Dispatched, Filed, Handling, Merged, Rejected, Reported, Returned, Suspended,
    Verified,
};

/// Neither closed nor rejected nor merged.
pub const OPEN: &[State] = &[
    Reported, Verified, Filed, Dispatched, Handling, Returned, Suspended, Checking,
];

/// Every row, in the order of an issue's life.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    row("verify",             "核实",         &[Reported],                            &[Verified, Rejected, Reported], &[Collector],         Actor::Anybody),
    row("settle",             "自行处置",     &[Reported, Verified],                  &[Closed],                       PATROLS,              Actor::ReporterOnDuty),
    row("file",               "立案",         &[Reported, Verified],                  &[Filed],                        &[Operator],          Actor::Anybody),
    row("reject",             "不予立案",     &[Reported, Verified, Filed, Returned], &[Rejected],                     &[Operator],          Actor::Anybody),
    row("merge",              "并案",         OPEN,                                   &[Merged],                       &[Operator],          Actor::Anybody),
    row("dispatch",           "派遣",         &[Filed, Returned],                     &[Dispatched],                   &[Dispatcher],        Actor::Anybody),
    row("accept",             "签收",         &[Dispatched],                          &[Handling],                     HANDS,                Actor::AssigneeOrUnit),
    row("return_to_desk",     "回退",         &[Dispatched, Handling],                &[Returned],                     HANDS,                Actor::AssigneeOrUnit),
    row("request_extension",  "申请延期",     &[Handling],                            &[Handling],                     HANDS,                Actor::Assignee),
    row("decide_extension",   "审批延期",     &[Handling],                            &[Handling],                     APPROVERS,            Actor::NotRequester),
    row("request_suspension", "申请缓办",     &[Handling],                            &[Handling],                     HANDS,                Actor::Assignee),
    row("decide_suspension",  "审批缓办",     &[Handling],                            &[Suspended, Handling],          APPROVERS,            Actor::NotRequester),
    row("resume",             "恢复办理",     &[Suspended],                           &[Handling],                     HANDS_AND_DESK,       Actor::AssigneeOrApprover),
    row("hand_in",            "反馈",         &[Handling],                            &[Checking],                     HANDS,                Actor::Assignee),
    row("check",              "核查",         &[Checking],                            &[Closed, Handling, Checking],   &[Collector],         Actor::NotHandler),
    row("force_close",        "强制结案",     &[Checking, Handling, Suspended],       &[Closed],                       &[Leader],            Actor::Anybody),
    row("call_back",          "回访",         &[Closed],                              &[Closed],                       &[Operator],          Actor::Anybody),
    row("rate",               "评价",         &[Closed],                              &[Closed],                       RATERS,               Actor::Reporter),
    row("reopen",             "重新立案",     &[Closed],                              &[Filed],                        &[Operator],          Actor::Anybody),
    row("escalate",           "督办",         OPEN,                                   OPEN,                            &[Leader],            Actor::Anybody),
    row("recheck",            "复核自行处置", &[Closed],                              &[Closed],                       &[Collector],         Actor::NotReporter),
    row("assign_task",        "分派任务",     &[Dispatched, Handling],                &[Dispatched, Handling],         HANDS_AND_DISPATCHER, Actor::AssigneeOrDispatcher),
    row("finish_task",        "完成任务",     &[Dispatched, Handling],                &[Dispatched, Handling],         HANDS,                Actor::TaskOwner),
    row("withdraw_task",      "撤回任务",     &[Dispatched, Handling],                &[Dispatched, Handling],         HANDS_AND_DISPATCHER, Actor::AssigneeOrDispatcher),
    row("note",               "备注",         OPEN,                                   OPEN,                            WRITERS,              Actor::Anybody),
];

const fn row(
    action: &'static str,
    title_zh: &'static str,
    from: &'static [State],
    to: &'static [State],
    roles: &'static [Role],
    actor: Actor,
) -> Row {
    Row {
        action,
        title_zh,
        from,
        to,
        roles,
        actor,
    }
}

/// The row of an action's name.
pub fn find(action: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.action == action)
}

/// Name of the request's action.
pub fn name(action: &Action) -> &'static str {
    match action {
        Action::Verify(_) => "verify",
        Action::Settle(_) => "settle",
        Action::File(_) => "file",
        Action::Reject(_) => "reject",
        Action::Merge(_) => "merge",
        Action::Dispatch(_) => "dispatch",
        Action::Accept(_) => "accept",
        Action::ReturnToDesk(_) => "return_to_desk",
        Action::RequestExtension(_) => "request_extension",
        Action::DecideExtension(_) => "decide_extension",
        Action::RequestSuspension(_) => "request_suspension",
        Action::DecideSuspension(_) => "decide_suspension",
        Action::Resume(_) => "resume",
        Action::HandIn(_) => "hand_in",
        Action::Check(_) => "check",
        Action::ForceClose(_) => "force_close",
        Action::CallBack(_) => "call_back",
        Action::Rate(_) => "rate",
        Action::Reopen(_) => "reopen",
        Action::Escalate(_) => "escalate",
        Action::Recheck(_) => "recheck",
        Action::AssignTask(_) => "assign_task",
        Action::FinishTask(_) => "finish_task",
        Action::WithdrawTask(_) => "withdraw_task",
        Action::Note(_) => "note",
    }
}

/// Name of a state without the prefix of the proto.
pub fn state_name(state: State) -> &'static str {
    let name = state.as_str_name();
    name.strip_prefix("ISSUE_STATE_").unwrap_or(name)
}

/// The actions that are allowed from the state to somebody.
pub fn allowed(state: State) -> Vec<&'static str> {
    let rows = TABLE.iter().filter(|row| row.from.contains(&state));
    rows.map(|row| row.action).collect()
}

/// The action is not allowed: from the state, or for the reason that the words give.
pub fn forbidden(state: State, action: &str, why: &str) -> Error {
    let (name, allowed) = (state_name(state), allowed(state).join(", "));
    let why = if why.is_empty() {
        String::new()
    } else {
        format!(": {why}")
    };
    let message = format!(
        "`{action}` is not allowed for an issue that is {name}{why}; allowed are {allowed}"
    );
    Error::new(Reason::MoveForbidden, message)
        .with("state", name)
        .with("action", action)
        .with("allowed", allowed)
}

/// The action is allowed, but not to the caller.
pub fn actor_wrong(row: &Row) -> Error {
    let roles: Vec<&str> = row.roles.iter().map(|role| role.name()).collect();
    let roles = roles.join(", ");
    let actor = match row.actor.words() {
        "" => roles,
        words => format!("{roles}: {words}"),
    };
    let message = format!("`{}` is for {actor}; ask one of them to do it", row.action);
    Error::new(Reason::ActorWrong, message)
        .with("action", row.action)
        .with("actor", actor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_action_of_the_request_once() {
        use prost::Message;
        let set = prost_types::FileDescriptorSet::decode(tidyward_proto::DESCRIPTORS).unwrap();
        let messages = set.file.iter().flat_map(|file| &file.message_type);
        let mut messages = messages.filter(|message| message.name() == "TransitionIssueRequest");
        let request = messages.next().unwrap();
        let actions = request
            .field
            .iter()
            .filter(|field| field.oneof_index.is_some());
        let actions: Vec<&str> = actions.map(|field| field.name()).collect();
        let rows: Vec<&str> = TABLE.iter().map(|row| row.action).collect();
        assert_eq!(rows, actions);
    }

    #[test]
    fn whoever_may_make_some_move_may_call_the_method() {
        let method = "/tidyward.v1.IssueService/TransitionIssue";
        let callers = crate::ACCESS.iter().find(|row| row.0 == method).unwrap().1;
        for (role, name) in Role::TABLE {
            let moves = TABLE.iter().any(|row| row.roles.contains(role));
            assert_eq!(callers.contains(role), moves, "{name}");
        }
    }

    #[test]
    fn no_open_state_is_without_a_way_towards_an_end() {
        // From each open state, following the table, an ended state can be reached.
        for start in OPEN {
            let mut reached = vec![*start];
            let mut next = 0;
            while let Some(state) = reached.get(next).copied() {
                next += 1;
                let rows = TABLE.iter().filter(|row| row.from.contains(&state));
                for to in rows.flat_map(|row| row.to) {
                    if !reached.contains(to) {
                        reached.push(*to);
                    }
                }
            }
            for end in [Closed, Rejected, Merged] {
                assert!(reached.contains(&end), "{start:?} never comes to {end:?}");
            }
        }
        assert!(allowed(Rejected).is_empty() && allowed(Merged).is_empty());
    }

    #[test]
    fn a_forbidden_move_names_the_state_the_action_and_what_is_allowed() {
        let error = forbidden(Reported, "accept", "");
        assert_eq!(error.reason, Reason::MoveForbidden);
        assert_eq!(error.metadata["state"], "REPORTED");
        assert_eq!(error.metadata["action"], "accept");
        assert_eq!(
            error.message,
            "`accept` is not allowed for an issue that is REPORTED; allowed are verify, settle, file, reject, merge, \
             escalate, note"
        );
        let error = actor_wrong(find("check").unwrap());
        assert_eq!(error.reason, Reason::ActorWrong);
        assert_eq!(
            error.message,
            "`check` is for collector: never one who handled it in the round: assignee, co-handler, or owner of a task; \
             ask one of them to do it"
        );
    }
}
