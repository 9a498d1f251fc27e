//! `tidyward district`: the tenants.

use clap::{Args, Subcommand};
use tidyward_proto::v1::{CreateDistrictRequest, District, ListDistrictsRequest};

use super::{
    client::Client,
    context::Context,
    failure::Failure,
    moving,
    output::{Cell, Table, text},
    pages,
};

#[derive(Debug, Subcommand)]
pub enum DistrictCommand {
    /// Make a district
    Create(CreateArguments),
    /// List the districts
    List,
    /// Write a district into a file, while the server serves
    Export(moving::ExportArguments),
    /// Bring in a district that is not there, beside the others
    Import(moving::TakeArguments),
}

#[derive(Args, Clone, Debug)]
pub struct CreateArguments {
    /// 2 to 40 of a-z, 0-9 and hyphen, beginning with a letter
    pub id: String,
    /// IANA name, for example Asia/Shanghai; fixed for ever
    #[arg(long, value_name = "ZONE")]
    pub time_zone: String,
    /// First day of its records, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub start: String,
    /// What people call it
    #[arg(long, value_name = "NAME", default_value = "")]
    pub name: String,
    /// ISO 4217 code of its money [default: CNY]
    #[arg(long, value_name = "CODE", default_value_t)]
    pub currency: String,
}

pub async fn command(context: &Context, command: DistrictCommand) -> Result<(), Failure> {
    match command {
        DistrictCommand::Create(arguments) => {
            let district = create(&context.platform().await?, arguments).await?;
            context.print_record(&table(&[district]))
        }
        DistrictCommand::List => context.print(&table(&list(&context.platform().await?).await?)),
        DistrictCommand::Export(arguments) => moving::export(context, arguments).await,
        DistrictCommand::Import(arguments) => moving::import(context, arguments).await,
    }
}

pub async fn create(client: &Client, arguments: CreateArguments) -> Result<District, Failure> {
    let request = CreateDistrictRequest {
        district_id: arguments.id,
        district: Some(District {
            display_name: arguments.name,
            time_zone: arguments.time_zone,
            start_date: arguments.start,
            currency: arguments.currency,
            ..District::default()
        }),
        request_id: client.request_id(),
    };
    Ok(client.grids().create_district(request).await?.into_inner())
}

async fn list(client: &Client) -> Result<Vec<District>, Failure> {
    pages::all(async |page_size, page_token| {
        let request = ListDistrictsRequest {
            page_size,
            page_token,
        };
        let page = client.grids().list_districts(request).await?.into_inner();
        Ok((page.districts, page.next_page_token))
    })
    .await
}

fn table(districts: &[District]) -> Table {
    let mut table = Table::new(vec![
        text("district", "District"),
        text("display_name", "Name"),
        text("time_zone", "Time zone"),
        text("start_date", "Start"),
        text("currency", "Currency"),
    ]);
    table.when_empty = "there is no district yet; `tidyward district create ID --time-zone Z --start DATE` makes one".to_owned();
    table.rows = districts
        .iter()
        .map(|district| {
            vec![
                Cell::text(last(&district.name)),
                Cell::text(&district.display_name),
                Cell::text(&district.time_zone),
                Cell::text(&district.start_date),
                Cell::text(&district.currency),
            ]
        })
        .collect();
    table
}

/// The last id of a resource's name.
pub fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
