//! One move of one issue: what it comes to is planned against the issue as it is read, and written if the issue is still
//! the same by then. Peers are asked while it is planned, never within the transaction.

mod prepare;

use std::sync::Arc;

use jiff::Timestamp;
use tidyward_kit::{
    Error, Reason,
    caller::{Caller, District},
    name,
};
use uuid::Uuid;

use crate::{
    Issues,
    decide::{self, Survivor},
    evidence::Use,
    history::{self, History, NewEvent},
    in_force::Terms,
    issue::Issue,
    machine::Action,
    notice::NewNotice,
    sight,
    store::{self, issue::Found},
};

/// Times that a move is planned anew where the issue changed meanwhile.
pub const ATTEMPTS: usize = 5;

/// A move that somebody asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub caller: &'a Caller,
    pub district: &'a District,
    /// As the request has it.
    pub name: &'a str,
    pub id: Option<Uuid>,
    /// Empty moves it whatever has happened.
    pub etag: &'a str,
    pub occur_time: Option<&'a prost_types::Timestamp>,
    pub action: &'a Action,
    /// What shows it.
    pub evidence: &'a [Use],
    pub now: Timestamp,
}

/// What is to be written of a move, all or nothing.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The issue that is moved, with all that happened to it.
    pub issue: Issue,
    pub history: History,
    pub writes: Vec<Write>,
    /// Whatever was merged into the one is merged into the other.
    pub collapse: Option<(Uuid, Uuid)>,
}

/// Events of one issue.
#[derive(Clone, Debug)]
pub struct Write {
    pub number: i64,
    /// Number of its last event when it was read.
    pub read_at: i32,
    /// Its row after the events.
    pub issue: Issue,
    pub added: Vec<NewEvent>,
    pub notices: Vec<NewNotice>,
}

impl Issues {
    /// Plans the move, or says why it is refused.
    pub(crate) async fn plan(&self, asked: Asked<'_>) -> Result<Plan, Error> {
        let not_there = || Error::not_found(asked.name);
        let id = asked.id.ok_or_else(not_there)?;
        let found = store::issue::find(&self.db, asked.district, id).await?;
        let found = found.ok_or_else(not_there)?;
        let (mut history, terms) = self.history(asked.district, &found, asked.now).await?;
        if !sight::sees(asked.caller, &found.issue, &history.standing) {
            return Err(not_there());
        }
        check_etag(&found, asked.etag)?;
        let told = prepare::told(
            self,
            asked.district,
            &found.issue,
            &history.standing,
            &terms,
            asked.now,
        );
        history.add_due(&told.await?, asked.now);
        let start = self.territory.calendar(asked.district).await?.start;
        let standing = &history.standing;
        let occurred_at = decide::occurred_at(asked.occur_time, standing, start, asked.now)?;
        let target = self.target(&asked).await?;
        let survivor = target.as_ref().map(|target| survivor(target, &found));
        let mut context =
            prepare::context(self, &asked, &found.issue, &history, &terms, occurred_at).await?;
        context.survivor = survivor;
        let moves = decide::decide(&history.standing, asked.action, &context)?;
        for step in moves {
            history.add(&asked.caller.subject, asked.now, step);
        }
        let mut plan = Plan::of(&found, history);
        if let Some(target) = target {
            self.absorb(&asked, &mut plan, &target, occurred_at).await?;
        }
        Ok(plan)
    }

    /// What has fallen due by itself for the issue; nothing where nothing has.
    pub(crate) async fn plan_due(
        &self,
        district: &District,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Plan>, Error> {
        let Some(found) = store::issue::find(&self.db, district, id).await? else {
            return Ok(None);
        };
        let (mut history, terms) = self.history(district, &found, now).await?;
        let told = prepare::told(self, district, &found.issue, &history.standing, &terms, now);
        let added = history.add_due(&told.await?, now);
        let plan = Plan::of(&found, history);
        // Where a deadline was moved nothing may be due yet, and the row is to say when it will be.
        let changes = added > 0 || plan.issue.progress.wake_at != found.issue.progress.wake_at;
        Ok(changes.then_some(plan))
    }

    /// All that happened to the issue, with the clocks that are in force for it, and all else that is in force. It is read
    /// after the issue: whoever changes it reckons anew what was written before.
    pub(crate) async fn history(
        &self,
        district: &District,
        found: &Found,
        now: Timestamp,
    ) -> Result<(History, Terms), Error> {
        let most = store::issue::MOST_EVENTS;
        let events = store::issue::events(&self.db, district, found, 0, most).await?;
        let issue = &found.issue;
        let terms = self.terms(district, issue.reported_at.min(now)).await?;
        let timing = terms.of_issue(issue, &issue.category, now).timing;
        Ok((History::of(issue, events, timing), terms))
    }

    /// Writes what was planned, in a transaction of its own, and says how many events that were.
    pub(crate) async fn carry_out(&self, district: &District, plan: Plan) -> Result<usize, Error> {
        let (count, district) = (plan.len(), district.clone());
        let plan = Arc::new(plan);
        let written = self.db.write(move |transaction| {
            let (district, plan) = (district.clone(), plan.clone());
            Box::pin(async move { store::transition::write(transaction, &district, &plan).await })
        });
        written.await?;
        self.outbox.wake();
        Ok(count)
    }

    /// The issue into which a merge leads, after all chains; nothing where no merge is asked for.
    async fn target(&self, asked: &Asked<'_>) -> Result<Option<Found>, Error> {
        let Action::Merge(merge) = asked.action else {
            return Ok(None);
        };
        let not_there = || Error::not_found(&merge.into);
        let [district, id] = name::take::<2>("districts/{}/issues/{}", "merge.into", &merge.into)?;
        let id = Uuid::try_parse(&id).map_err(|_| not_there())?;
        if district != asked.district.id() {
            return Err(not_there());
        }
        let found = store::issue::find(&self.db, asked.district, id).await?;
        let found = found.ok_or_else(not_there)?;
        if !sight::visible(asked.caller, &found.issue) {
            return Err(not_there());
        }
        // Rows name the survivor after all chains, so one step leads there.
        match found.issue.progress.merged_into {
            None => Ok(Some(found)),
            Some(survivor) => {
                let found = store::issue::find(&self.db, asked.district, survivor).await?;
                found.map(Some).ok_or_else(not_there)
            }
        }
    }

    /// Adds to the plan what the survivor of a merge takes over.
    async fn absorb(
        &self,
        asked: &Asked<'_>,
        plan: &mut Plan,
        target: &Found,
        occurred_at: Timestamp,
    ) -> Result<(), Error> {
        let (mut survivor, _) = self.history(asked.district, target, asked.now).await?;
        let step = history::absorbed(&survivor.standing, &plan.history.standing, occurred_at);
        survivor.add(&asked.caller.subject, asked.now, step);
        plan.writes.push(Write::of(target, &mut survivor));
        plan.collapse = Some((plan.issue.id, target.issue.id));
        Ok(())
    }
}

fn check_etag(found: &Found, etag: &str) -> Result<(), Error> {
    let own = found.issue.progress.last_sequence.to_string();
    if etag.is_empty() || etag == own {
        return Ok(());
    }
    Err(
        changed("the issue changed since it was read; read it again, then decide")
            .with("etag", own),
    )
}

fn changed(words: &str) -> Error {
    Error::new(Reason::ChangedMeanwhile, words)
}

fn survivor(target: &Found, merged: &Found) -> Survivor {
    Survivor {
        id: target.issue.id,
        state: target.issue.state,
        reported_at: target.issue.reported_at,
        number: target.number,
        merged_number: merged.number,
    }
}

impl Plan {
    /// What was added to the history of the issue.
    pub fn of(found: &Found, mut history: History) -> Plan {
        let write = Write::of(found, &mut history);
        Plan {
            issue: write.issue.clone(),
            history,
            writes: vec![write],
            collapse: None,
        }
    }

    /// How many events it writes.
    pub fn len(&self) -> usize {
        self.writes.iter().map(|write| write.added.len()).sum()
    }
}

impl Write {
    fn of(found: &Found, history: &mut History) -> Write {
        let issue = history.row(&found.issue);
        let (added, notices) = history.take_added();
        Write {
            number: found.number,
            read_at: found.issue.progress.last_sequence,
            issue,
            added,
            notices,
        }
    }
}
