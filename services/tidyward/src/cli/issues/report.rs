//! `tidyward issues report`: a problem goes into the ledger.

use clap::Args;
use tidyward_proto::v1::{Datum, Issue, IssueSource, Position, ReportIssueRequest, Reporter};

use super::show;
use crate::cli::{
    client::Client,
    context::Context,
    evidence,
    failure::Failure,
    words::{choose, parse_instant},
};

#[derive(Args, Clone, Debug)]
pub struct ReportArguments {
    /// Its category
    #[arg(long, value_name = "CODE")]
    pub category: String,
    /// Where it comes from: patrol, resident, hotline, inspection, video, media or transfer
    #[arg(long, value_name = "SOURCE")]
    pub source: String,
    /// Where it is, as 31.2304,121.4737
    #[arg(
        long,
        value_name = "LATITUDE,LONGITUDE",
        required_unless_present = "grid",
        allow_hyphen_values = true
    )]
    pub position: Option<String>,
    /// The frame of the two numbers: wgs84, gcj02 or bd09
    #[arg(long, value_name = "DATUM", default_value = "wgs84")]
    pub datum: String,
    /// The grid, where no position is known
    #[arg(long, value_name = "CODE", default_value_t)]
    pub grid: String,
    /// What was seen
    #[arg(long, value_name = "TEXT", default_value_t)]
    pub description: String,
    /// The address as told
    #[arg(long, value_name = "TEXT", default_value_t)]
    pub address: String,
    /// When it was seen: at most 7 days back [default: the present]
    #[arg(long, value_name = "TIME", default_value_t)]
    pub reported: String,
    /// Who told it
    #[arg(long, value_name = "NAME", default_value_t)]
    pub reporter_name: String,
    /// How to reach that person
    #[arg(long, value_name = "PHONE", default_value_t)]
    pub reporter_phone: String,
    /// What shows it: a file or the name of evidence, and near, far, before, after or check; may be given several times
    #[arg(long, value_name = "FILE_OR_NAME:KIND")]
    pub evidence: Vec<String>,
}

pub async fn command(
    context: &Context,
    client: &Client,
    arguments: ReportArguments,
) -> Result<(), Failure> {
    let issue = issue(client, &arguments)?;
    let request = ReportIssueRequest {
        parent: client.parent(),
        issue: Some(issue),
        evidence: evidence::uses(client, &arguments.evidence).await?,
        request_id: client.request_id(),
    };
    let issue = client.issues().report_issue(request).await?;
    show::print(context, &issue.into_inner())
}

fn issue(client: &Client, told: &ReportArguments) -> Result<Issue, Failure> {
    let source = choose::<IssueSource>(
        "--source",
        &told.source,
        "ISSUE_SOURCE_",
        IssueSource::as_str_name,
    )?;
    let reporter = Reporter {
        name: told.reporter_name.clone(),
        phone: told.reporter_phone.clone(),
    };
    Ok(Issue {
        category: told.category.clone(),
        source,
        position: told
            .position
            .as_deref()
            .map(|at| position(at, &told.datum))
            .transpose()?,
        grid: client.named("areas", &told.grid),
        description: told.description.clone(),
        address: told.address.clone(),
        report_time: parse_instant("--reported", &told.reported)?,
        reporter: (reporter != Reporter::default()).then_some(reporter),
        ..Issue::default()
    })
}

/// Degrees north and east.
fn position(told: &str, datum: &str) -> Result<Position, Failure> {
    let degrees = told.split_once(',').and_then(|(latitude, longitude)| {
        Some((
            latitude.trim().parse().ok()?,
            longitude.trim().parse().ok()?,
        ))
    });
    let Some((latitude, longitude)) = degrees else {
        let message = format!("--position: `{told}` is none; it looks like 31.2304,121.4737");
        return Err(Failure::usage(message));
    };
    Ok(Position {
        latitude,
        longitude,
        datum: choose::<Datum>("--datum", datum, "DATUM_", Datum::as_str_name)?,
        ..Position::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_two_numbers_in_a_frame() {
        let there = position("-33.5, 151.25", "gcj02").unwrap();
        assert_eq!((there.latitude, there.longitude), (-33.5, 151.25));
        assert_eq!(there.datum(), Datum::Gcj02);
        for (told, datum) in [
            ("", "wgs84"),
            ("31.2", "wgs84"),
            ("north,east", "wgs84"),
            ("1,2", "mars"),
        ] {
            assert!(position(told, datum).unwrap_err().usage, "{told} {datum}");
        }
    }
}
