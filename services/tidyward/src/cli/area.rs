//! `tidyward area`: areas one at a time, from a day on. The past is never moved.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use prost_types::FieldMask;
use tidyward_proto::v1::{
    Area, CreateAreaRequest, GridKind, ListAreaVersionsRequest, UpdateAreaRequest,
};

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, number, text, unseen},
    pages,
    review::Level,
    upload,
    words::{choose, named_paths, word_of},
};

#[derive(Debug, Subcommand)]
pub enum AreaCommand {
    /// Make an area from a day on
    Create(CreateArguments),
    /// Change an area from a day on; what is not named stays
    Update(UpdateArguments),
    /// List the versions of an area, the first first
    Versions(VersionsArguments),
}

/// What can be said of an area, when it is made and later.
#[derive(Args, Clone, Debug, Default)]
pub struct Fields {
    /// The area above; empty is none
    #[arg(long, value_name = "CODE")]
    pub parent: Option<String>,
    /// What people call it
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The group within which it is ranked
    #[arg(long, value_name = "GROUP")]
    pub peer_group: Option<String>,
    /// Households
    #[arg(long, value_name = "N")]
    pub households: Option<i64>,
    /// Population
    #[arg(long, value_name = "N")]
    pub population: Option<i64>,
    /// Size in square metres
    #[arg(long, value_name = "N")]
    pub area_m2: Option<i64>,
    /// Length of its roads in metres
    #[arg(long, value_name = "N")]
    pub road_metres: Option<i64>,
    /// A file with its boundary, a GeoJSON geometry in WGS 84
    #[arg(long, value_name = "FILE")]
    pub boundary: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub struct CreateArguments {
    /// Its code, in the district's scheme
    pub code: String,
    /// Its level
    #[arg(long, value_name = "LEVEL")]
    pub level: Level,
    /// For a grid, what it is drawn for: unit or duty
    #[arg(long, value_name = "KIND", default_value_t)]
    pub kind: String,
    /// First day on which it exists, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE", default_value_t)]
    pub from: String,
    #[command(flatten)]
    pub fields: Fields,
}

#[derive(Args, Clone, Debug)]
pub struct UpdateArguments {
    /// Its code
    pub code: String,
    /// First day of the change, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE", default_value_t)]
    pub from: String,
    /// Last day on which it exists; empty is no end
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// Change it only if it is still as it was read
    #[arg(long, value_name = "ETAG", default_value_t)]
    pub etag: String,
    #[command(flatten)]
    pub fields: Fields,
}

#[derive(Args, Clone, Debug)]
pub struct VersionsArguments {
    /// Its code
    pub code: String,
}

pub async fn command(context: &Context, command: AreaCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        AreaCommand::Create(arguments) => {
            let area = create(&client, &arguments).await?;
            context.print_record(&table(&[area]))
        }
        AreaCommand::Update(arguments) => {
            let area = update(&client, &arguments).await?;
            context.print_record(&table(&[area]))
        }
        AreaCommand::Versions(arguments) => {
            let name = client.named("areas", &arguments.code);
            context.print(&table(&versions(&client, &name).await?))
        }
    }
}

async fn create(client: &Client, arguments: &CreateArguments) -> Result<Area, Failure> {
    let kind = choose::<GridKind>(
        "--kind",
        &arguments.kind,
        "GRID_KIND_",
        GridKind::as_str_name,
    )?;
    let (area, _) = arguments.fields.area(client)?;
    let request = CreateAreaRequest {
        parent: client.parent(),
        area_id: arguments.code.clone(),
        area: Some(Area {
            level: arguments.level.on_the_wire() as i32,
            kind,
            exists_from: arguments.from.clone(),
            ..area
        }),
        request_id: client.request_id(),
    };
    Ok(client.grids().create_area(request).await?.into_inner())
}

async fn update(client: &Client, arguments: &UpdateArguments) -> Result<Area, Failure> {
    let (mut area, mut paths) = arguments.fields.area(client)?;
    if let Some(until) = &arguments.until {
        area.exists_until.clone_from(until);
        paths.push("exists_until".to_owned());
    }
    let request = UpdateAreaRequest {
        area: Some(Area {
            name: client.named("areas", &arguments.code),
            etag: arguments.etag.clone(),
            ..area
        }),
        update_mask: Some(FieldMask { paths }),
        valid_from: arguments.from.clone(),
        request_id: client.request_id(),
    };
    Ok(client.grids().update_area(request).await?.into_inner())
}

async fn versions(client: &Client, name: &str) -> Result<Vec<Area>, Failure> {
    pages::all(async |page_size, page_token| {
        let request = ListAreaVersionsRequest {
            parent: name.to_owned(),
            page_size,
            page_token,
        };
        let mut client = client.grids();
        let page = client.list_area_versions(request).await?.into_inner();
        Ok((page.versions, page.next_page_token))
    })
    .await
}

impl Fields {
    /// The fields that were named, and the paths of the mask that names them.
    fn area(&self, client: &Client) -> Result<(Area, Vec<String>), Failure> {
        let boundary = self
            .boundary
            .as_deref()
            .map(upload::read_text)
            .transpose()?;
        let paths = named_paths(&[
            ("parent", self.parent.is_some()),
            ("display_name", self.name.is_some()),
            ("peer_group", self.peer_group.is_some()),
            ("households", self.households.is_some()),
            ("population", self.population.is_some()),
            ("area_m2", self.area_m2.is_some()),
            ("road_metres", self.road_metres.is_some()),
            ("boundary", boundary.is_some()),
        ]);
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let area = Area {
            parent: client.named("areas", &text(&self.parent)),
            display_name: text(&self.name),
            peer_group: text(&self.peer_group),
            households: self.households,
            population: self.population,
            area_m2: self.area_m2,
            road_metres: self.road_metres,
            boundary: boundary.unwrap_or_default(),
            ..Area::default()
        };
        Ok((area, paths))
    }
}

fn table(areas: &[Area]) -> Table {
    let mut table = Table::new(vec![
        text("area", "Area"),
        text("valid_from", "Valid from"),
        text("level", "Level"),
        text("kind", "Kind"),
        text("parent", "Parent"),
        text("name", "Name"),
        text("peer_group", "Peer group"),
        number("households", "Households"),
        number("population", "Population"),
        number("area_m2", "m2"),
        number("road_metres", "Road metres"),
        text("exists_from", "Exists from"),
        text("exists_until", "Until"),
        unseen("etag"),
    ]);
    table.when_empty = "there is no such area".to_owned();
    table.rows = areas
        .iter()
        .map(|area| {
            vec![
                Cell::text(last(&area.name)),
                Cell::text(&area.valid_from),
                Cell::text(word_of(area.level().as_str_name(), "AREA_LEVEL_")),
                Cell::text(word_of(area.kind().as_str_name(), "GRID_KIND_")),
                Cell::text(last(&area.parent)),
                Cell::text(&area.display_name),
                Cell::text(&area.peer_group),
                Cell::integer(area.households),
                Cell::integer(area.population),
                Cell::integer(area.area_m2),
                Cell::integer(area.road_metres),
                Cell::text(&area.exists_from),
                Cell::text(&area.exists_until),
                Cell::text(&area.etag),
            ]
        })
        .collect();
    table
}
