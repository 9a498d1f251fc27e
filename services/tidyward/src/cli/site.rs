//! `tidyward site`: the named places below grids.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use prost_types::FieldMask;
use tidyward_proto::v1::{CreateSiteRequest, ListSitesRequest, Site, SiteKind, UpdateSiteRequest};

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, text, unseen},
    pages, upload,
    words::{choose, named_paths, word_of},
};

#[derive(Debug, Subcommand)]
pub enum SiteCommand {
    /// Make a site
    Create(CreateArguments),
    /// List sites, by id
    List(ListArguments),
    /// Change a site; what is not named stays
    Update(UpdateArguments),
}

/// What can be said of a site, when it is made and later.
#[derive(Args, Clone, Debug, Default)]
pub struct Fields {
    /// The grid that it belongs to
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
    /// What people call it
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// A file with its GeoJSON point, line or polygon in WGS 84
    #[arg(long, value_name = "FILE")]
    pub geometry: Option<PathBuf>,
    /// When its head must be there, for example 'daily 06:00-22:00'
    #[arg(long, value_name = "TEXT")]
    pub schedule: Option<String>,
    /// The last day on which it is there, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
}

#[derive(Args, Clone, Debug)]
pub struct CreateArguments {
    /// Its id: letters, digits, hyphen, dot and underscore
    pub site: String,
    /// What it is: spot, yard, stairwell or road
    #[arg(long, value_name = "KIND")]
    pub kind: String,
    #[command(flatten)]
    pub fields: Fields,
}

#[derive(Args, Clone, Debug)]
pub struct UpdateArguments {
    /// Its id
    pub site: String,
    /// Change it only if it is still as it was read
    #[arg(long, value_name = "ETAG", default_value_t)]
    pub etag: String,
    #[command(flatten)]
    pub fields: Fields,
}

#[derive(Args, Clone, Debug)]
pub struct ListArguments {
    /// Which ones, for example 'area = "BEAT-1713" AND kind = "ROAD"'
    #[arg(long, value_name = "FILTER", default_value_t)]
    pub filter: String,
}

pub async fn command(context: &Context, command: SiteCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        SiteCommand::Create(arguments) => {
            let site = create(&client, &arguments).await?;
            context.print_record(&table(&[site]))
        }
        SiteCommand::List(arguments) => context.print(&table(&list(&client, &arguments).await?)),
        SiteCommand::Update(arguments) => {
            let site = update(&client, &arguments).await?;
            context.print_record(&table(&[site]))
        }
    }
}

async fn create(client: &Client, arguments: &CreateArguments) -> Result<Site, Failure> {
    let kind = choose::<SiteKind>(
        "--kind",
        &arguments.kind,
        "SITE_KIND_",
        SiteKind::as_str_name,
    )?;
    let (site, _) = arguments.fields.site(client)?;
    let request = CreateSiteRequest {
        parent: client.parent(),
        site_id: arguments.site.clone(),
        site: Some(Site { kind, ..site }),
        request_id: client.request_id(),
    };
    Ok(client.duties().create_site(request).await?.into_inner())
}

async fn update(client: &Client, arguments: &UpdateArguments) -> Result<Site, Failure> {
    let (site, paths) = arguments.fields.site(client)?;
    let request = UpdateSiteRequest {
        site: Some(Site {
            name: client.named("sites", &arguments.site),
            etag: arguments.etag.clone(),
            ..site
        }),
        update_mask: Some(FieldMask { paths }),
        request_id: client.request_id(),
    };
    Ok(client.duties().update_site(request).await?.into_inner())
}

async fn list(client: &Client, arguments: &ListArguments) -> Result<Vec<Site>, Failure> {
    pages::all(async |page_size, page_token| {
        let request = ListSitesRequest {
            parent: client.parent(),
            filter: arguments.filter.clone(),
            page_size,
            page_token,
        };
        let page = client.duties().list_sites(request).await?.into_inner();
        Ok((page.sites, page.next_page_token))
    })
    .await
}

impl Fields {
    /// The fields that were named, and the paths of the mask that names them.
    fn site(&self, client: &Client) -> Result<(Site, Vec<String>), Failure> {
        let geometry = self
            .geometry
            .as_deref()
            .map(upload::read_text)
            .transpose()?;
        let paths = named_paths(&[
            ("area", self.area.is_some()),
            ("display_name", self.name.is_some()),
            ("geometry", geometry.is_some()),
            ("schedule", self.schedule.is_some()),
            ("last_day", self.until.is_some()),
        ]);
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let site = Site {
            area: client.named("areas", &text(&self.area)),
            display_name: text(&self.name),
            geometry: geometry.unwrap_or_default(),
            schedule: text(&self.schedule),
            last_day: text(&self.until),
            ..Site::default()
        };
        Ok((site, paths))
    }
}

fn table(sites: &[Site]) -> Table {
    let mut table = Table::new(vec![
        text("site", "Site"),
        text("kind", "Kind"),
        text("area", "Grid"),
        text("name", "Name"),
        text("schedule", "Schedule"),
        text("until", "Until"),
        unseen("geometry"),
        unseen("etag"),
    ]);
    table.when_empty =
        "there is no such site; `tidyward site create ID --kind KIND --area CODE` makes one"
            .to_owned();
    table.rows = sites
        .iter()
        .map(|site| {
            vec![
                Cell::text(last(&site.name)),
                Cell::text(word_of(site.kind().as_str_name(), "SITE_KIND_")),
                Cell::text(last(&site.area)),
                Cell::text(&site.display_name),
                Cell::text(&site.schedule),
                Cell::text(&site.last_day),
                Cell::text(&site.geometry),
                Cell::text(&site.etag),
            ]
        })
        .collect();
    table
}
