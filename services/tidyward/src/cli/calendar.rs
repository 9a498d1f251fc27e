//! `tidyward calendar`: when work is done, and what a limit comes to.

mod file;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tidyward_proto::v1::{
    CalendarDays, GetWorkingCalendarRequest, ReckonDeadlineRequest, UpdateWorkingCalendarRequest,
    WorkSpan, WorkingCalendar,
};

use super::{
    client::Client,
    context::Context,
    deadline,
    failure::Failure,
    output::{Cell, Table, say, text, unseen},
    upload,
    words::{instant, parse_instant},
};

#[derive(Debug, Subcommand)]
pub enum CalendarCommand {
    /// Show the working calendar in force
    Show,
    /// Publish a working calendar
    Publish(PublishArguments),
    /// Reckon a limit from an instant, step by step
    Reckon(ReckonArguments),
}

#[derive(Args, Clone, Debug)]
pub struct PublishArguments {
    /// TOML, as deploy/examples/calendar.toml; or CSV of days, with the head kind,from,to and day_off or workday in each row
    pub file: PathBuf,
    /// With CSV: hours of days of the week, as 'mon-fri 09:00-12:00 13:30-17:30'; may be given several times [default: those
    /// in force]
    #[arg(long = "hours", value_name = "HOURS")]
    pub hours: Vec<String>,
    /// With CSV: the last day that the authority has announced, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub published_until: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub struct ReckonArguments {
    /// The limit, for example '1.5 WORKING_DAYS'
    pub limit: String,
    /// When it begins [default: the present]
    #[arg(long, value_name = "TIME", default_value_t)]
    pub from: String,
    /// Count suspensions of the area
    #[arg(long, value_name = "CODE", default_value_t)]
    pub area: String,
    /// And of the category
    #[arg(long, value_name = "CODE", default_value_t)]
    pub category: String,
    /// The language of the steps
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = ["en", "zh"])]
    pub language: String,
}

pub async fn command(context: &Context, command: CalendarCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        CalendarCommand::Show => print(context, &get(&client).await?),
        CalendarCommand::Publish(arguments) => {
            let published = publish(&client, &arguments).await?;
            print(context, &published)
        }
        CalendarCommand::Reckon(arguments) => {
            let request = ReckonDeadlineRequest {
                parent: client.parent(),
                limit: arguments.limit,
                start_time: parse_instant("--from", &arguments.from)?,
                area: client.named("areas", &arguments.area),
                category: arguments.category,
            };
            let answer = client.calendars().reckon_deadline(request).await?;
            deadline::print(context, &answer.into_inner(), &arguments.language)
        }
    }
}

async fn get(client: &Client) -> Result<WorkingCalendar, Failure> {
    let request = GetWorkingCalendarRequest {
        name: client.name("workingCalendar"),
    };
    let mut client = client.calendars();
    Ok(client.get_working_calendar(request).await?.into_inner())
}

/// Publishes what the file says in place of the calendar that is in force, unless another came in between.
async fn publish(
    client: &Client,
    arguments: &PublishArguments,
) -> Result<WorkingCalendar, Failure> {
    let text = upload::read_text(&arguments.file)?;
    let is_csv = arguments
        .file
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
    let there = get(client).await?;
    let mut calendar = match is_csv {
        true => WorkingCalendar {
            exceptions: file::csv(&text)?,
            week: there.week,
            published_until: there.published_until,
            ..WorkingCalendar::default()
        },
        false => file::toml(&text)?,
    };
    if !arguments.hours.is_empty() {
        calendar.week = file::week(&arguments.hours)?;
    }
    if let Some(until) = &arguments.published_until {
        calendar.published_until.clone_from(until);
    }
    calendar.name = client.name("workingCalendar");
    calendar.etag = there.etag;
    let request = UpdateWorkingCalendarRequest {
        working_calendar: Some(calendar),
        request_id: client.request_id(),
    };
    let mut client = client.calendars();
    Ok(client.update_working_calendar(request).await?.into_inner())
}

fn print(context: &Context, calendar: &WorkingCalendar) -> Result<(), Failure> {
    context.print(&table(calendar))?;
    if context.output.for_people() {
        say(match calendar.published_until.as_str() {
            "" => "published without an end\n".to_owned(),
            until => format!("published until {until}; deadlines beyond it are provisional\n"),
        });
    }
    Ok(())
}

/// The week first, then the days that are otherwise.
fn table(calendar: &WorkingCalendar) -> Table {
    let mut table = Table::new(vec![
        text("kind", "Kind"),
        text("from", "From"),
        text("to", "To"),
        text("hours", "Hours"),
        text("title", "Name"),
        unseen("published_until"),
        unseen("published"),
        unseen("etag"),
    ]);
    let tail = || {
        [
            Cell::text(&calendar.published_until),
            instant(calendar.publish_time.as_ref()),
            Cell::text(&calendar.etag),
        ]
    };
    let row = |kind: &str, from: &str, to: &str, spans: &[WorkSpan], title: &str| {
        let head = [kind, from, to].map(Cell::text);
        let hours = [Cell::text(file::spans_text(spans)), Cell::text(title)];
        head.into_iter().chain(hours).chain(tail()).collect()
    };
    let week = calendar.week.iter().map(|day| {
        let name = file::weekday_name(day.weekday);
        row("week", name, name, &day.spans, "")
    });
    let days = calendar.exceptions.iter().map(|days| {
        let to = if days.last_day.is_empty() {
            &days.first_day
        } else {
            &days.last_day
        };
        row(kind(days), &days.first_day, to, &days.spans, &days.title)
    });
    table.rows = week.chain(days).collect();
    table
}

fn kind(days: &CalendarDays) -> &'static str {
    match (days.workday, days.spans.is_empty()) {
        (true, _) => "workday",
        (false, true) => "day_off",
        (false, false) => "hours",
    }
}
