//! `tidyward suspension`: an area and time in which clocks stand, or an emergency with other rosters and limits.

use clap::{Args, Subcommand};
use tidyward_proto::v1::{
    AreaSuspension, CreateAreaSuspensionRequest, EndAreaSuspensionRequest,
    ListAreaSuspensionsRequest,
};

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, number, text, unseen},
    pages,
    words::{instant, parse_instant},
};

#[derive(Debug, Subcommand)]
pub enum SuspensionCommand {
    /// Let clocks stand for an area and time, or declare an emergency
    Create(CreateArguments),
    /// List suspensions, the latest made first
    List(ListArguments),
    /// End a suspension at the present
    End(EndArguments),
}

#[derive(Args, Clone, Debug)]
pub struct CreateArguments {
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// When it ends
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// When it begins [default: the present]
    #[arg(long, value_name = "TIME", default_value_t)]
    pub from: String,
    /// The area with all below it [default: the whole district]
    #[arg(long, value_name = "CODE", default_value_t)]
    pub area: String,
    /// A category that it names, with all below it; may be given several times [default: every one]
    #[arg(long = "category", value_name = "CODE")]
    pub categories: Vec<String>,
    /// Leave the clocks running: an emergency with another roster or other limits alone
    #[arg(long)]
    pub clocks_run: bool,
    /// The roster of duties in force meanwhile
    #[arg(long, value_name = "ROSTER", default_value_t)]
    pub roster: String,
    /// Limits of what is filed meanwhile, in percent of the ordinary
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub limit_percent: i32,
}

#[derive(Args, Clone, Debug)]
pub struct ListArguments {
    /// Only those in force at that time
    #[arg(long, value_name = "TIME", default_value_t)]
    pub at: String,
}

#[derive(Args, Clone, Debug)]
pub struct EndArguments {
    /// The suspension's id, or its whole name
    pub suspension: String,
    /// End it only if it is still as it was read
    #[arg(long, value_name = "ETAG", default_value_t)]
    pub etag: String,
}

pub async fn command(context: &Context, command: SuspensionCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        SuspensionCommand::Create(arguments) => {
            let made = create(&client, arguments).await?;
            context.print_record(&table(&[made]))
        }
        SuspensionCommand::List(arguments) => {
            context.print(&table(&list(&client, &arguments).await?))
        }
        SuspensionCommand::End(arguments) => {
            let request = EndAreaSuspensionRequest {
                name: client.named("areaSuspensions", &arguments.suspension),
                etag: arguments.etag,
                request_id: client.request_id(),
            };
            let mut client = client.calendars();
            let ended = client.end_area_suspension(request).await?.into_inner();
            context.print_record(&table(&[ended]))
        }
    }
}

async fn create(client: &Client, arguments: CreateArguments) -> Result<AreaSuspension, Failure> {
    let request = CreateAreaSuspensionRequest {
        parent: client.parent(),
        area_suspension: Some(AreaSuspension {
            area: client.named("areas", &arguments.area),
            categories: arguments.categories,
            start_time: parse_instant("--from", &arguments.from)?,
            end_time: parse_instant("--until", &arguments.until)?,
            reason: arguments.reason,
            clocks_stand: !arguments.clocks_run,
            roster: arguments.roster,
            limit_percent: arguments.limit_percent,
            ..AreaSuspension::default()
        }),
        request_id: client.request_id(),
    };
    let mut client = client.calendars();
    Ok(client.create_area_suspension(request).await?.into_inner())
}

async fn list(client: &Client, arguments: &ListArguments) -> Result<Vec<AreaSuspension>, Failure> {
    let at_time = parse_instant("--at", &arguments.at)?;
    pages::all(async |page_size, page_token| {
        let request = ListAreaSuspensionsRequest {
            parent: client.parent(),
            at_time,
            page_size,
            page_token,
        };
        let mut client = client.calendars();
        let page = client.list_area_suspensions(request).await?.into_inner();
        Ok((page.area_suspensions, page.next_page_token))
    })
    .await
}

fn table(suspensions: &[AreaSuspension]) -> Table {
    let mut table = Table::new(vec![
        text("suspension", "Suspension"),
        text("area", "Area"),
        text("categories", "Categories"),
        text("from", "From"),
        text("until", "Until"),
        text("clocks_stand", "Clocks stand"),
        text("roster", "Roster"),
        number("limit_percent", "Limits %"),
        text("reason", "Why"),
        unseen("creator"),
        unseen("created"),
        unseen("etag"),
    ]);
    table.when_empty = "no clock stands for an area".to_owned();
    table.rows = suspensions
        .iter()
        .map(|one| {
            let percent = (one.limit_percent > 0).then_some(i64::from(one.limit_percent));
            vec![
                Cell::text(last(&one.name)),
                Cell::text(last(&one.area)),
                Cell::text(one.categories.join(" ")),
                instant(one.start_time.as_ref()),
                instant(one.end_time.as_ref()),
                Cell::Switch(one.clocks_stand),
                Cell::text(&one.roster),
                Cell::integer(percent),
                Cell::text(&one.reason),
                Cell::text(&one.creator),
                instant(one.create_time.as_ref()),
                Cell::text(&one.etag),
            ]
        })
        .collect();
    table
}
