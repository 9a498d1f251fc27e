//! Reports, many in one transaction, each with its event, its notice and the answer to its request.

use std::{collections::BTreeMap, sync::Arc};

use prost::Message;
use sea_orm::DatabaseTransaction;
use tidyward_kit::{
    Error,
    caller::District,
    db::together::Ended,
    request::{self, Once},
};
use tidyward_proto::v1 as wire;

use super::{evidence, ledger, notice, rebound, reporter, write};
use crate::{notice::NewNotice, report::Report};

/// A report that may be written.
pub struct NewReport {
    pub district: District,
    pub once: Once,
    /// Of what was in force when it was checked.
    pub edition: i64,
    pub report: Report,
    pub answer: wire::Issue,
}

/// What became of it.
pub enum Written {
    /// It was written.
    Made {
        answer: Box<wire::Issue>,
        /// Whether a webhook waits for what was written.
        has_deliveries: bool,
    },
    /// The same request was answered before.
    Before(Box<wire::Issue>),
    /// Nothing was written: what it was checked against is not in force any more, or the same request goes in with it.
    Outdated,
}

/// Gives what became of each, in their order.
pub async fn write(
    transaction: &DatabaseTransaction,
    reports: &[Arc<NewReport>],
) -> Ended<Written> {
    let mut by_district: BTreeMap<&District, Vec<usize>> = BTreeMap::new();
    for (place, report) in reports.iter().enumerate() {
        by_district.entry(&report.district).or_default().push(place);
    }
    let mut ended = Vec::with_capacity(reports.len());
    for (district, places) in by_district {
        let some: Vec<&NewReport> = places.iter().map(|place| &*reports[*place]).collect();
        let written = write_some(transaction, district, &some).await?;
        ended.extend(places.into_iter().zip(written));
    }
    ended.sort_by_key(|one| one.0);
    Ok(ended.into_iter().map(|one| one.1).collect())
}

/// Those of one district.
async fn write_some(
    transaction: &DatabaseTransaction,
    district: &District,
    reports: &[&NewReport],
) -> Ended<Written> {
    let requests: Vec<&Once> = reports.iter().map(|one| &one.once).collect();
    let before = request::answered_before::<wire::Issue>(transaction, &requests).await?;
    let edition = ledger::edition(transaction, district).await?;
    let mut fresh: Vec<&NewReport> = Vec::with_capacity(reports.len());
    let mut ended = Vec::with_capacity(reports.len());
    for (&one, before) in reports.iter().zip(before) {
        let twice = || fresh.iter().any(|other| other.once.is_same_as(&one.once));
        ended.push(match before {
            Some(answer) => Some(answer.map(|answer| Written::Before(Box::new(answer)))),
            None if one.edition != edition || twice() => Some(Ok(Written::Outdated)),
            None => {
                fresh.push(one);
                None
            }
        });
    }
    let has_deliveries = insert(transaction, district, &fresh).await?;
    let ended = reports.iter().zip(ended).map(|(one, ended)| {
        ended.unwrap_or_else(|| {
            let answer = Box::new(one.answer.clone());
            Ok(Written::Made {
                answer,
                has_deliveries,
            })
        })
    });
    Ok(ended.collect())
}

/// Says whether a webhook waits for what is written.
async fn insert(
    transaction: &DatabaseTransaction,
    district: &District,
    reports: &[&NewReport],
) -> Result<bool, Error> {
    let issues: Vec<_> = reports.iter().map(|one| &one.report.new).collect();
    write::insert(transaction, district, &issues).await?;
    let mut notices = Vec::with_capacity(reports.len());
    for one in reports {
        let Report { new, reporter, .. } = &one.report;
        if let Some(reporter) = reporter {
            let now = new.issue.recorded_at.as_microsecond();
            reporter::insert(transaction, district, reporter, now).await?;
        }
        for (sequence, step) in (1..).zip(&new.moves) {
            let uses = step.detail.iter().flat_map(|detail| &detail.evidence);
            evidence::insert_uses(transaction, district, new.issue.id, sequence, uses).await?;
        }
        notices.push(NewNotice::of_report(new));
    }
    let news = reports.iter().map(|one| &one.report);
    let news = news.map(|report| (&report.category, &report.new.issue));
    notices.extend(rebound::write(transaction, district, news).await?);
    let has_deliveries = notice::write(transaction, district, &notices).await?;
    let answers: Vec<(&Once, Vec<u8>)> = reports
        .iter()
        .map(|one| (&one.once, one.answer.encode_to_vec()))
        .collect();
    request::keep(transaction, &answers).await?;
    Ok(has_deliveries)
}
