//! Closing the ledger, and streaming the facts of a period.

mod rounds;

use futures::{StreamExt, stream};
use prost::Message;
use tidyward_kit::{
    Error, Reason, Violations, caller::Caller, clock, fact::ABSENT, period::Period,
};
use tidyward_proto::v1::{
    CloseLedgerRequest, CloseLedgerResponse, FactColumn, FactRow, StreamFactsRequest,
    StreamFactsResponse, issue_service_server::IssueService,
};

use crate::{
    Issues,
    facts::columns::{AreaRow, Column, Columns},
    period_facts::{self, Asked, PeriodFacts},
    store,
};
use rounds::Rounds;

type FactsStream = <Issues as IssueService>::StreamFactsStream;

/// A message goes when it has reached so many bytes.
const ENOUGH: usize = 1_024 * 1_024;

impl Issues {
    pub(super) async fn ledger_close(
        &self,
        caller: &Caller,
        request: CloseLedgerRequest,
    ) -> Result<CloseLedgerResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        let calendar = self.territory.calendar(&district).await?;
        let period = Period::parse("period", &request.period)?;
        let (end, now) = (period.bounds(&calendar.zone).end, self.clock.now());
        if now < end {
            let message = format!("{period} is not over before {end}; close it then");
            return Err(Error::new(Reason::PeriodNotOver, message).with("end", end));
        }
        let closing = store::ledger::close(
            &self.db,
            &district,
            period.to_string(),
            now.as_microsecond(),
        )
        .await?;
        let closed_at =
            jiff::Timestamp::from_microsecond(closing.closed_at).map_err(Error::internal)?;
        Ok(CloseLedgerResponse {
            watermark: closing.watermark,
            close_time: Some(clock::to_wire(closed_at)),
        })
    }

    /// Validity is answered at once; the counting is part of the stream, whose first message ends it.
    pub(super) async fn facts_stream(
        &self,
        caller: &Caller,
        request: StreamFactsRequest,
    ) -> Result<FactsStream, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let mut violations = Violations::default();
        let period = violations.take(Period::parse("period", &request.period));
        let fits = request.watermark.is_none_or(|watermark| watermark >= 0);
        violations.require(
            fits,
            "watermark",
            "must not be negative; CloseLedger gives it",
        );
        let (Some(period), true) = (period, violations.is_empty()) else {
            return Err(violations.into_error());
        };
        let (issues, now, areas) = (self.clone(), self.clock.now(), caller.areas.clone());
        let asked = Asked {
            period,
            watermark: request.watermark,
            rounds: request.rounds,
        };
        let counted = async move {
            period_facts::count(&issues.db, &issues.territory, &district, asked, now).await
        };
        let messages = stream::once(counted).flat_map(move |counted| match counted {
            Ok(facts) => stream::iter(Messages::new(facts, &areas).map(Ok)).left_stream(),
            Err(error) => stream::iter([Err(error.into())]).right_stream(),
        });
        Ok(Box::pin(messages))
    }
}

/// The rows, then columns, then rounds, as many in a message as are enough.
struct Messages {
    first: Option<StreamFactsResponse>,
    columns: Columns,
    rounds: Option<Rounds>,
    /// The rows that the caller may see, where that is not all.
    seen: Option<Vec<usize>>,
}

impl Messages {
    /// Whoever has areas is given those and what lies in them; what lies in no area is nobody's of theirs.
    fn new(facts: PeriodFacts, areas: &[String]) -> Messages {
        let seen = (!areas.is_empty()).then(|| facts.columns.within(areas));
        let rows = facts.columns.rows();
        let first = StreamFactsResponse {
            rows: match &seen {
                Some(seen) => seen.iter().map(|index| row(&rows[*index])).collect(),
                None => rows.iter().map(row).collect(),
            },
            issues_outside: if seen.is_some() { 0 } else { facts.outside },
            ..StreamFactsResponse::default()
        };
        let rounds = facts.rounds.map(|mut table| {
            if let Some(seen) = &seen {
                table.keep(seen);
            }
            Rounds::new(table)
        });
        Messages {
            first: Some(first),
            columns: facts.columns,
            rounds,
            seen,
        }
    }

    /// The next column in which anything is known of what the caller may see.
    fn column(&mut self) -> Option<FactColumn> {
        loop {
            let Column { name, mut values } = self.columns.next()?;
            if let Some(seen) = &self.seen {
                values = seen.iter().map(|row| values[*row]).collect();
                if values.iter().all(|value| *value == ABSENT) {
                    continue;
                }
            }
            return Some(FactColumn { name, values });
        }
    }

    fn columns(&mut self) -> Option<StreamFactsResponse> {
        let (mut columns, mut size) = (Vec::new(), 0);
        while size < ENOUGH
            && let Some(column) = self.column()
        {
            size += column.encoded_len();
            columns.push(column);
        }
        (!columns.is_empty()).then(|| StreamFactsResponse {
            columns,
            ..StreamFactsResponse::default()
        })
    }
}

impl Iterator for Messages {
    type Item = StreamFactsResponse;

    fn next(&mut self) -> Option<StreamFactsResponse> {
        let first = self.first.take();
        first
            .or_else(|| self.columns())
            .or_else(|| self.rounds.as_mut()?.next())
    }
}

fn row(row: &AreaRow) -> FactRow {
    FactRow {
        code: row.code.clone(),
        level: row.level,
        parent: row.parent.clone(),
        peer_group: row.peer_group.clone(),
        display_name: row.display_name.clone(),
    }
}
