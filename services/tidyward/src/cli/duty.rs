//! `tidyward duty`: who answers for what, and what has nobody.

mod find;

use clap::{Args, Subcommand};
use tidyward_proto::v1::{CreateDutyRequest, Duty, DutyRole, EndDutyRequest, ListDutiesRequest};

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    import::{self, ImportArguments, Kind},
    output::{Cell, Table, text, unseen},
    pages,
    words::{choose, instant, parse_instant, word_of},
};

#[derive(Debug, Subcommand)]
pub enum DutyCommand {
    /// Put somebody in charge
    Create(CreateArguments),
    /// List duties, the latest made first
    List(ListArguments),
    /// End a duty from a day on; its past stays
    End(EndArguments),
    /// Say who answers for a place and a category, or for what an officer answers
    Find(find::FindArguments),
    /// List areas and sites that have no head (空岗)
    Vacancies(find::VacanciesArguments),
    /// Bring in a roster from CSV or XLSX
    Import(ImportArguments),
}

#[derive(Args, Clone, Debug)]
pub struct CreateArguments {
    /// The officer, as tokens name the subject
    pub officer: String,
    /// What people call the officer
    #[arg(long, value_name = "NAME", default_value_t)]
    pub name: String,
    /// The unit that the officer stands for
    #[arg(long, value_name = "CODE", default_value_t)]
    pub unit: String,
    /// As what: cadre, street_chief, leader or unit
    #[arg(long, value_name = "ROLE")]
    pub role: String,
    /// Code of an area; may be given several times
    #[arg(long = "area", value_name = "CODE", required_unless_present = "sites")]
    pub areas: Vec<String>,
    /// Id of a site; may be given several times
    #[arg(long = "site", value_name = "ID")]
    pub sites: Vec<String>,
    /// Name of the set (片) that they make together
    #[arg(long, value_name = "NAME", default_value_t)]
    pub set: String,
    /// The only category that it is about, with all below it
    #[arg(long, value_name = "CODE", default_value_t)]
    pub category: String,
    /// The officer is the head of each of them
    #[arg(long)]
    pub head: bool,
    /// The roster that it belongs to [default: the ordinary one]
    #[arg(long, value_name = "ROSTER", default_value_t)]
    pub roster: String,
    /// First day, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE", default_value_t)]
    pub from: String,
    /// Last day [default: until it is ended]
    #[arg(long, value_name = "DATE", default_value_t)]
    pub until: String,
}

#[derive(Args, Clone, Debug)]
pub struct ListArguments {
    /// Which ones, for example 'officer = "li" AND head = true'
    #[arg(long, value_name = "FILTER", default_value_t)]
    pub filter: String,
    /// Only those in force at that time [default: all, ended ones too]
    #[arg(long, value_name = "TIME", default_value_t)]
    pub at: String,
}

#[derive(Args, Clone, Debug)]
pub struct EndArguments {
    /// The duty's id, or its whole name
    pub duty: String,
    /// Its last day, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE", default_value_t)]
    pub on: String,
    /// End it only if it is still as it was read
    #[arg(long, value_name = "ETAG", default_value_t)]
    pub etag: String,
}

pub async fn command(context: &Context, command: DutyCommand) -> Result<(), Failure> {
    if let DutyCommand::Import(arguments) = command {
        return import::bring(context, Kind::Duties, &arguments).await;
    }
    let client = context.client().await?;
    match command {
        DutyCommand::Create(arguments) => {
            let duty = create(&client, arguments).await?;
            context.print_record(&table(&[duty]))
        }
        DutyCommand::List(arguments) => context.print(&table(&list(&client, &arguments).await?)),
        DutyCommand::End(arguments) => {
            let request = EndDutyRequest {
                name: client.named("duties", &arguments.duty),
                last_day: arguments.on,
                etag: arguments.etag,
                request_id: client.request_id(),
            };
            let duty = client.duties().end_duty(request).await?.into_inner();
            context.print_record(&table(&[duty]))
        }
        DutyCommand::Find(arguments) => find::find(context, &client, &arguments).await,
        DutyCommand::Vacancies(arguments) => find::vacancies(context, &client, &arguments).await,
        DutyCommand::Import(_) => Ok(()),
    }
}

async fn create(client: &Client, arguments: CreateArguments) -> Result<Duty, Failure> {
    let role = choose::<DutyRole>(
        "--role",
        &arguments.role,
        "DUTY_ROLE_",
        DutyRole::as_str_name,
    )?;
    let areas = arguments
        .areas
        .iter()
        .map(|code| client.named("areas", code));
    let sites = arguments.sites.iter().map(|id| client.named("sites", id));
    let request = CreateDutyRequest {
        parent: client.parent(),
        duty: Some(Duty {
            nodes: areas.chain(sites).collect(),
            officer: arguments.officer,
            display_name: arguments.name,
            unit: arguments.unit,
            role,
            set_name: arguments.set,
            category: arguments.category,
            head: arguments.head,
            roster: arguments.roster,
            first_day: arguments.from,
            last_day: arguments.until,
            ..Duty::default()
        }),
        request_id: client.request_id(),
    };
    Ok(client.duties().create_duty(request).await?.into_inner())
}

async fn list(client: &Client, arguments: &ListArguments) -> Result<Vec<Duty>, Failure> {
    let at_time = parse_instant("--at", &arguments.at)?;
    pages::all(async |page_size, page_token| {
        let request = ListDutiesRequest {
            parent: client.parent(),
            filter: arguments.filter.clone(),
            at_time,
            page_size,
            page_token,
        };
        let page = client.duties().list_duties(request).await?.into_inner();
        Ok((page.duties, page.next_page_token))
    })
    .await
}

/// Duties, one a row.
fn table(duties: &[Duty]) -> Table {
    let mut table = Table::new(vec![
        text("duty", "Duty"),
        text("officer", "Officer"),
        text("name", "Name"),
        text("unit", "Unit"),
        text("role", "Role"),
        text("head", "Head"),
        text("nodes", "Areas and sites"),
        text("set", "Set"),
        text("category", "Category"),
        text("roster", "Roster"),
        text("from", "From"),
        text("until", "Until"),
        unseen("created"),
        unseen("creator"),
        unseen("etag"),
    ]);
    table.when_empty = "there is no such duty".to_owned();
    table.rows = duties.iter().map(row).collect();
    table
}

fn row(duty: &Duty) -> Vec<Cell> {
    let nodes: Vec<&str> = duty.nodes.iter().map(|node| last(node)).collect();
    vec![
        Cell::text(last(&duty.name)),
        Cell::text(&duty.officer),
        Cell::text(&duty.display_name),
        Cell::text(&duty.unit),
        Cell::text(word_of(duty.role().as_str_name(), "DUTY_ROLE_")),
        Cell::Switch(duty.head),
        Cell::text(nodes.join(" ")),
        Cell::text(&duty.set_name),
        Cell::text(&duty.category),
        Cell::text(&duty.roster),
        Cell::text(&duty.first_day),
        Cell::text(&duty.last_day),
        instant(duty.create_time.as_ref()),
        Cell::text(&duty.creator),
        Cell::text(&duty.etag),
    ]
}
