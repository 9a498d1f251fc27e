//! `tidyward duty find` and `tidyward duty vacancies`: who answers for a place, and which places have nobody.

use clap::Args;
use tidyward_proto::v1::{FindDutiesRequest, ListVacanciesRequest, Vacancy};

use crate::cli::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, text},
    pages,
    review::Level,
    words::{parse_instant, word_of},
};

#[derive(Args, Clone, Debug)]
pub struct FindArguments {
    /// The area
    #[arg(long, value_name = "CODE", conflicts_with = "site", default_value_t)]
    pub area: String,
    /// The site
    #[arg(long, value_name = "ID", default_value_t)]
    pub site: String,
    /// The category; may be given several times, those above it after it
    #[arg(long = "category", value_name = "CODE")]
    pub categories: Vec<String>,
    /// Only duties of the officer
    #[arg(long, value_name = "SUBJECT", default_value_t)]
    pub officer: String,
    /// Only duties for the unit
    #[arg(long, value_name = "CODE", default_value_t)]
    pub unit: String,
    /// A roster in force beside the ordinary one; may be given several times
    #[arg(long = "roster", value_name = "ROSTER")]
    pub rosters: Vec<String>,
    /// As it is at that time [default: the present]
    #[arg(long, value_name = "TIME", default_value_t)]
    pub at: String,
}

#[derive(Args, Clone, Debug)]
pub struct VacanciesArguments {
    /// Only areas of the level [default: every level, and sites too]
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// As it is at that time [default: the present]
    #[arg(long, value_name = "TIME", default_value_t)]
    pub at: String,
}

pub async fn find(
    context: &Context,
    client: &Client,
    arguments: &FindArguments,
) -> Result<(), Failure> {
    let node = match arguments.site.as_str() {
        "" => client.named("areas", &arguments.area),
        site => client.named("sites", site),
    };
    let request = FindDutiesRequest {
        parent: client.parent(),
        node,
        categories: arguments.categories.clone(),
        officer: arguments.officer.clone(),
        unit: arguments.unit.clone(),
        rosters: arguments.rosters.clone(),
        at_time: parse_instant("--at", &arguments.at)?,
    };
    let found = client.duties().find_duties(request).await?.into_inner();
    let mut table = super::table(&found.area_duties);
    table.rows.extend(super::table(&found.category_duties).rows);
    table.columns.insert(0, text("by", "By"));
    let areas = found.area_duties.len();
    for (place, row) in table.rows.iter_mut().enumerate() {
        row.insert(
            0,
            Cell::text(if place < areas { "area" } else { "category" }),
        );
    }
    table.when_empty = "nobody answers for it".to_owned();
    context.print(&table)
}

pub async fn vacancies(
    context: &Context,
    client: &Client,
    arguments: &VacanciesArguments,
) -> Result<(), Failure> {
    let at_time = parse_instant("--at", &arguments.at)?;
    let level = arguments
        .level
        .map_or(0, |level| level.on_the_wire() as i32);
    let vacancies = pages::all(async |page_size, page_token| {
        let request = ListVacanciesRequest {
            parent: client.parent(),
            level,
            at_time,
            page_size,
            page_token,
        };
        let page = client.duties().list_vacancies(request).await?.into_inner();
        Ok((page.vacancies, page.next_page_token))
    })
    .await?;
    context.print(&vacancy_table(&vacancies))
}

fn vacancy_table(vacancies: &[Vacancy]) -> Table {
    let mut table = Table::new(vec![
        text("node", "Area or site"),
        text("level", "Level"),
        text("name", "Name"),
    ]);
    table.when_empty = "every place has its head".to_owned();
    table.rows = vacancies
        .iter()
        .map(|vacancy| {
            let level = word_of(vacancy.level().as_str_name(), "AREA_LEVEL_");
            let level = if level.is_empty() {
                "site".to_owned()
            } else {
                level
            };
            vec![
                Cell::text(last(&vacancy.node)),
                Cell::text(level),
                Cell::text(&vacancy.display_name),
            ]
        })
        .collect();
    table
}
