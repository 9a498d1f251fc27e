//! `tidyward category`: kinds of problems with their filing conditions, and a file to change them with.

mod file;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use prost_types::FieldMask;
use tidyward_proto::v1::{
    Category, CreateCategoryRequest, EvidenceKind, EvidenceRule, FilingCondition,
    GetCategoryRequest, ListCategoriesRequest, UpdateCategoryRequest,
};
use tonic::Code;

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Format, Table, number, object, put, text, unseen},
    pages, upload,
    words::word_of,
};
use file::Written;

#[derive(Debug, Subcommand)]
pub enum CategoryCommand {
    /// List the categories, by code
    List,
    /// Show one category with its filing conditions
    Show(ShowArguments),
    /// Make or change the categories of a TOML file; what the file does not name stays
    Set(SetArguments),
}

#[derive(Args, Clone, Debug)]
pub struct ShowArguments {
    /// Its code
    pub code: String,
}

#[derive(Args, Clone, Debug)]
pub struct SetArguments {
    /// The file: a `[[categories]]` for each, as deploy/examples/categories.toml has them
    pub file: PathBuf,
}

pub async fn command(context: &Context, command: CategoryCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        CategoryCommand::List => context.print(&table(&list(&client).await?)),
        CategoryCommand::Show(arguments) => show(context, &client, &arguments).await,
        CategoryCommand::Set(arguments) => {
            let written = file::read(&upload::read_text(&arguments.file)?)?;
            let mut categories = Vec::new();
            for one in written {
                categories.push(set(&client, one).await?);
            }
            context.print(&table(&categories))
        }
    }
}

async fn list(client: &Client) -> Result<Vec<Category>, Failure> {
    pages::all(async |page_size, page_token| {
        let request = ListCategoriesRequest {
            parent: client.parent(),
            page_size,
            page_token,
        };
        let page = client.issues().list_categories(request).await?.into_inner();
        Ok((page.categories, page.next_page_token))
    })
    .await
}

async fn show(
    context: &Context,
    client: &Client,
    arguments: &ShowArguments,
) -> Result<(), Failure> {
    let name = client.named("categories", &arguments.code);
    let request = GetCategoryRequest { name };
    let category = client.issues().get_category(request).await?.into_inner();
    let conditions = condition_table(&category.conditions);
    let record = table(std::slice::from_ref(&category));
    match context.output.format {
        Format::Table => {
            context.print_record(&record)?;
            put("\n");
            context.print(&conditions)
        }
        Format::Json => {
            let parts = [("category", &record), ("conditions", &conditions)];
            context.put(&object(&parts))
        }
        Format::Csv | Format::Xlsx => context.print(&conditions),
    }
}

/// Changes the category where it is there, and makes it where it is not.
async fn set(client: &Client, written: Written) -> Result<Category, Failure> {
    let name = client.named("categories", &written.code);
    let there = client
        .issues()
        .get_category(GetCategoryRequest { name: name.clone() })
        .await;
    match there {
        Ok(there) => {
            let request = UpdateCategoryRequest {
                category: Some(Category {
                    name,
                    etag: there.into_inner().etag,
                    ..written.category
                }),
                update_mask: Some(FieldMask {
                    paths: written.paths,
                }),
                request_id: client.request_id(),
            };
            Ok(client.issues().update_category(request).await?.into_inner())
        }
        Err(status) if status.code() == Code::NotFound => {
            let request = CreateCategoryRequest {
                parent: client.parent(),
                category_id: written.code,
                category: Some(written.category),
                request_id: client.request_id(),
            };
            Ok(client.issues().create_category(request).await?.into_inner())
        }
        Err(status) => Err(status.into()),
    }
}

fn table(categories: &[Category]) -> Table {
    let mut table = Table::new(vec![
        text("category", "Category"),
        text("title_en", "English"),
        text("title_zh", "Chinese"),
        text("kind", "Kind"),
        text("parent", "Under"),
        number("conditions", "Conditions"),
        text("handling_limit", "Handle in"),
        text("total_limit", "Close in"),
        text("retired", "Retired"),
        unseen("duplicate_metres"),
        unseen("duplicate_days"),
        unseen("rebound_metres"),
        unseen("rebound_days"),
        unseen("etag"),
    ]);
    table.when_empty = "there is no category; `tidyward category set FILE` makes some".to_owned();
    let count = |value: Option<i32>| Cell::integer(value.map(i64::from));
    table.rows = categories
        .iter()
        .map(|category| {
            let title = category.title.clone().unwrap_or_default();
            vec![
                Cell::text(last(&category.name)),
                Cell::text(title.en),
                Cell::text(title.zh),
                Cell::text(word_of(category.kind().as_str_name(), "CATEGORY_KIND_")),
                Cell::text(&category.parent),
                Cell::Integer(category.conditions.len() as i64),
                Cell::text(&category.handling_limit),
                Cell::text(&category.total_limit),
                Cell::Switch(category.retired),
                count(category.duplicate_metres),
                count(category.duplicate_days),
                count(category.rebound_metres),
                count(category.rebound_days),
                Cell::text(&category.etag),
            ]
        })
        .collect();
    table
}

fn condition_table(conditions: &[FilingCondition]) -> Table {
    let mut table = Table::new(vec![
        text("condition", "Condition"),
        text("title_en", "English"),
        text("title_zh", "Chinese"),
        text("severity", "Severity"),
        text("verify", "Verify"),
        text("dispatch", "Dispatch"),
        text("accept", "Accept"),
        text("handle", "Handle"),
        text("check", "Check"),
        text("total", "Total"),
        text("evidence", "Photos"),
        text("closing_en", "Closed when"),
        unseen("closing_zh"),
    ]);
    table.when_empty =
        "it has no filing condition of its own; those of the nearest category above apply"
            .to_owned();
    table.rows = conditions
        .iter()
        .map(|condition| {
            let title = condition.title.clone().unwrap_or_default();
            let closing = condition.closing.clone().unwrap_or_default();
            vec![
                Cell::text(&condition.id),
                Cell::text(title.en),
                Cell::text(title.zh),
                Cell::text(word_of(condition.severity().as_str_name(), "SEVERITY_")),
                Cell::text(&condition.verify_limit),
                Cell::text(&condition.dispatch_limit),
                Cell::text(&condition.accept_limit),
                Cell::text(&condition.handle_limit),
                Cell::text(&condition.check_limit),
                Cell::text(&condition.total_limit),
                Cell::text(condition.evidence.as_ref().map(photos).unwrap_or_default()),
                Cell::text(closing.en),
                Cell::text(closing.zh),
            ]
        })
        .collect();
    table
}

/// What photos a condition asks for: `hand-in after; after from the grid or within 50 m`.
fn photos(rule: &EvidenceRule) -> String {
    let kinds = |kinds: &[i32]| {
        let kinds = kinds
            .iter()
            .filter_map(|kind| EvidenceKind::try_from(*kind).ok());
        let kinds = kinds.map(|kind| word_of(kind.as_str_name(), "EVIDENCE_KIND_"));
        kinds.collect::<Vec<_>>().join(" ")
    };
    let moves = [
        ("hand-in", &rule.hand_in),
        ("settle", &rule.settle),
        ("check", &rule.check),
    ];
    let asked = moves.iter().filter(|(_, asked)| !asked.is_empty());
    let mut words: Vec<String> = asked
        .map(|(action, asked)| format!("{action} {}", kinds(asked)))
        .collect();
    let after = EvidenceKind::After as i32;
    if moves.iter().any(|(_, asked)| asked.contains(&after)) {
        words.push(match rule.tolerance_metres {
            0 => "after from the grid".to_owned(),
            metres => format!("after from the grid or within {metres} m"),
        });
    }
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_condition_asks_for_is_read_in_words() {
        let (before, after) = (EvidenceKind::Before as i32, EvidenceKind::After as i32);
        let hand_in = EvidenceRule {
            hand_in: vec![before, after],
            tolerance_metres: 50,
            ..EvidenceRule::default()
        };
        let near = "hand-in before after; after from the grid or within 50 m";
        assert_eq!(photos(&hand_in), near);
        let check = EvidenceRule {
            settle: vec![before],
            check: vec![after],
            ..EvidenceRule::default()
        };
        let both = "settle before; check after; after from the grid";
        assert_eq!(photos(&check), both);
        assert_eq!(photos(&EvidenceRule::default()), "");
    }
}
