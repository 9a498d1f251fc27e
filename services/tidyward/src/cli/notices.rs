//! `tidyward notices` and `tidyward deliveries`: who was told what, and what is on its way to webhooks.

use clap::{Args, Subcommand};
use tidyward_proto::v1::{
    Delivery, DeliveryState, ListDeliveriesRequest, ListNoticesRequest, Notice,
    RetryDeliveryRequest,
};

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, number, text},
    pages,
    words::{choose, instant, word_of},
};

#[derive(Args, Clone, Debug)]
pub struct NoticesArguments {
    /// Only those for the subject
    #[arg(long, value_name = "SUBJECT", default_value_t)]
    pub recipient: String,
    /// Only those about the issue
    #[arg(long, value_name = "ISSUE", default_value_t)]
    pub issue: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
}

#[derive(Debug, Subcommand)]
pub enum DeliveriesCommand {
    /// List deliveries, the latest first; the dead are those that were given up
    List(DeliveriesArguments),
    /// Try a delivery again that was given up
    Retry(RetryArguments),
}

#[derive(Args, Clone, Debug)]
pub struct DeliveriesArguments {
    /// Only those in the state: waiting, delivered or dead
    #[arg(long, value_name = "STATE", default_value_t)]
    pub state: String,
    /// Only those to the webhook
    #[arg(long, value_name = "WEBHOOK", default_value_t)]
    pub webhook: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
}

#[derive(Args, Clone, Debug)]
pub struct RetryArguments {
    /// The delivery's id, or its whole name
    pub delivery: String,
}

pub async fn notices(context: &Context, arguments: &NoticesArguments) -> Result<(), Failure> {
    let client = context.client().await?;
    let listed = pages::list(arguments.limit, async |page_size, page_token| {
        let request = ListNoticesRequest {
            parent: client.parent(),
            recipient: arguments.recipient.clone(),
            issue: client.named("issues", &arguments.issue),
            page_size,
            page_token,
        };
        let page = client.notices().list_notices(request).await?.into_inner();
        Ok((page.notices, page.next_page_token))
    })
    .await?;
    context.print(&notice_table(&listed.rows))?;
    listed.say_more();
    Ok(())
}

pub async fn deliveries(context: &Context, command: DeliveriesCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        DeliveriesCommand::List(arguments) => list(context, &client, &arguments).await,
        DeliveriesCommand::Retry(arguments) => {
            let request = RetryDeliveryRequest {
                name: client.named("deliveries", &arguments.delivery),
            };
            let delivery = client.notices().retry_delivery(request).await?.into_inner();
            context.print_record(&delivery_table(&[delivery]))
        }
    }
}

async fn list(
    context: &Context,
    client: &Client,
    arguments: &DeliveriesArguments,
) -> Result<(), Failure> {
    let state = choose::<DeliveryState>(
        "--state",
        &arguments.state,
        "DELIVERY_STATE_",
        DeliveryState::as_str_name,
    )?;
    let listed = pages::list(arguments.limit, async |page_size, page_token| {
        let request = ListDeliveriesRequest {
            parent: client.parent(),
            state,
            webhook: client.named("webhooks", &arguments.webhook),
            page_size,
            page_token,
        };
        let page = client
            .notices()
            .list_deliveries(request)
            .await?
            .into_inner();
        Ok((page.deliveries, page.next_page_token))
    })
    .await?;
    context.print(&delivery_table(&listed.rows))?;
    listed.say_more();
    Ok(())
}

fn notice_table(notices: &[Notice]) -> Table {
    let mut table = Table::new(vec![
        text("notice", "Notice"),
        text("written", "Written"),
        text("issue", "Issue"),
        text("event", "What"),
        text("state", "State"),
        text("recipients", "For"),
        text("actor", "By"),
    ]);
    table.when_empty = "nobody was told anything".to_owned();
    table.rows = notices
        .iter()
        .map(|notice| {
            let event = notice.event.clone().unwrap_or_default();
            vec![
                Cell::text(last(&notice.name)),
                instant(notice.create_time.as_ref()),
                Cell::text(last(&notice.issue)),
                Cell::text(word_of(event.kind().as_str_name(), "ISSUE_EVENT_KIND_")),
                Cell::text(word_of(notice.state().as_str_name(), "ISSUE_STATE_")),
                Cell::text(notice.recipients.join(" ")),
                Cell::text(event.actor),
            ]
        })
        .collect();
    table
}

fn delivery_table(deliveries: &[Delivery]) -> Table {
    let mut table = Table::new(vec![
        text("delivery", "Delivery"),
        text("webhook", "Webhook"),
        text("state", "State"),
        number("attempts", "Attempts"),
        text("next", "Next attempt"),
        text("ended", "Ended"),
        text("last_result", "Last result"),
    ]);
    table.when_empty = "nothing is or was on its way".to_owned();
    table.rows = deliveries
        .iter()
        .map(|delivery| {
            vec![
                Cell::text(last(&delivery.name)),
                Cell::text(last(&delivery.webhook)),
                Cell::text(word_of(delivery.state().as_str_name(), "DELIVERY_STATE_")),
                Cell::Integer(i64::from(delivery.attempts)),
                instant(delivery.next_time.as_ref()),
                instant(delivery.end_time.as_ref()),
                Cell::text(&delivery.last_result),
            ]
        })
        .collect();
    table
}
