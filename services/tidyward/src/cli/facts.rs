//! `tidyward facts`: what rules can ask for, and the values of a period.

use clap::{Args, Subcommand};
use tidyward_proto::v1::{
    FactAddition, FactDefinition, FactValue, ListFactDefinitionsRequest, ListFactsRequest,
};

use super::{
    client::Client,
    context::Context,
    failure::Failure,
    output::{Cell, Table, number, say, text, unseen},
    pages,
    words::word_of,
};

#[derive(Debug, Subcommand)]
pub enum FactsCommand {
    /// List every fact that a rule may ask for
    List,
    /// Show the facts of a period, of one area or all
    Show(ShowArguments),
}

#[derive(Args, Clone, Debug)]
pub struct ShowArguments {
    /// A quarter like 2013-q3 or a month like 2013-07
    #[arg(long, value_name = "PERIOD")]
    pub period: String,
    /// Only those of the area
    #[arg(long, value_name = "CODE")]
    pub area: Option<String>,
}

pub async fn command(context: &Context, command: FactsCommand) -> Result<(), Failure> {
    match command {
        FactsCommand::List => {
            // The table of facts is the same in every district; any token will do.
            let client = match context.district() {
                Ok(_) => context.client().await?,
                Err(_) => context.platform().await?,
            };
            context.print(&definition_table(&definitions(&client).await?))?;
        }
        FactsCommand::Show(arguments) => {
            let client = context.client().await?;
            let (facts, frozen) = show(&client, &arguments).await?;
            context.print(&value_table(&facts, &arguments.period))?;
            if context.output.for_people() && !facts.is_empty() {
                say(match frozen {
                    true => "frozen with the review; these do not change\n",
                    false => "as they are at present; they are fixed when the review is frozen\n",
                });
            }
        }
    }
    Ok(())
}

async fn definitions(client: &Client) -> Result<Vec<FactDefinition>, Failure> {
    pages::all(async |page_size, page_token| {
        let request = ListFactDefinitionsRequest {
            page_size,
            page_token,
        };
        let mut client = client.evaluations();
        let page = client.list_fact_definitions(request).await?.into_inner();
        Ok((page.fact_definitions, page.next_page_token))
    })
    .await
}

/// The facts of the period by area and name, and whether they are frozen.
pub async fn show(
    client: &Client,
    arguments: &ShowArguments,
) -> Result<(Vec<FactValue>, bool), Failure> {
    let area = arguments
        .area
        .as_ref()
        .map(|code| client.name(format!("areas/{code}")));
    let mut frozen = false;
    let facts = pages::all(async |page_size, page_token| {
        let request = ListFactsRequest {
            parent: client.parent(),
            period: arguments.period.clone(),
            area: area.clone().unwrap_or_default(),
            page_size,
            page_token,
        };
        let page = client.evaluations().list_facts(request).await?.into_inner();
        frozen = page.frozen;
        Ok((page.facts, page.next_page_token))
    })
    .await?;
    Ok((facts, frozen))
}

fn definition_table(definitions: &[FactDefinition]) -> Table {
    let mut table = Table::new(vec![
        text("fact", "Fact"),
        text("title_en", "English"),
        text("title_zh", "Chinese"),
        text("unit", "Unit"),
        unseen("scale"),
        text("addition", "Adds up"),
        text("meaning", "Meaning"),
        unseen("example"),
    ]);
    table.rows = definitions
        .iter()
        .map(|fact| {
            let title = fact.title.clone().unwrap_or_default();
            let addition = FactAddition::try_from(fact.addition).unwrap_or_default();
            vec![
                Cell::text(&fact.name),
                Cell::text(title.en),
                Cell::text(title.zh),
                Cell::text(&fact.unit),
                Cell::Integer(i64::from(fact.scale)),
                Cell::text(word_of(addition.as_str_name(), "FACT_ADDITION_")),
                Cell::text(&fact.meaning),
                Cell::text(&fact.example),
            ]
        })
        .collect();
    table
}

/// Facts with their values, those that are absent left out.
pub fn value_table(facts: &[FactValue], period: &str) -> Table {
    let mut table = Table::new(vec![
        text("area", "Area"),
        text("fact", "Fact"),
        number("value", "Value"),
        unseen("integer"),
    ]);
    table.when_empty = format!("there are no facts for {period}");
    table.rows = facts
        .iter()
        .map(|fact| {
            vec![
                Cell::text(&fact.area),
                Cell::text(&fact.fact),
                Cell::decimal(&fact.text),
                Cell::integer(fact.value),
            ]
        })
        .collect();
    table
}
