//! `tidyward webhook`: where other systems hear of what happened.

use clap::{Args, Subcommand};
use prost_types::FieldMask;
use tidyward_proto::v1::{
    CreateWebhookRequest, DeleteWebhookRequest, IssueEventKind, ListWebhooksRequest,
    UpdateWebhookRequest, Webhook,
};

use super::{
    client::Client,
    context::Context,
    district::last,
    failure::Failure,
    output::{Cell, Table, say, text, unseen},
    pages,
    words::{choose, instant, word_of},
};

#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Make a webhook and print its secret, once
    Create(CreateArguments),
    /// List webhooks, the latest made first
    List,
    /// Deliver nothing for the time being; what happens meanwhile waits
    Pause(Which),
    /// Deliver again
    Resume(Which),
    /// Delete a webhook; what was not delivered to it is dropped
    Delete(Which),
}

#[derive(Args, Clone, Debug)]
pub struct CreateArguments {
    /// Where notices go, https://...
    pub url: String,
    /// What people call it
    #[arg(long, value_name = "NAME", default_value_t)]
    pub name: String,
    /// Only notices of that kind of event, for example escalated; may be given several times [default: every kind]
    #[arg(long = "kind", value_name = "KIND")]
    pub kinds: Vec<String>,
}

#[derive(Args, Clone, Debug)]
pub struct Which {
    /// The webhook's id, or its whole name
    pub webhook: String,
}

pub async fn command(context: &Context, command: WebhookCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        WebhookCommand::Create(arguments) => {
            let webhook = create(&client, arguments).await?;
            context.print_record(&table(&[webhook]))?;
            if context.output.for_people() {
                say("keep the secret: bodies are signed with it, and it is not shown again\n");
            }
            Ok(())
        }
        WebhookCommand::List => context.print(&table(&list(&client).await?)),
        WebhookCommand::Pause(which) => switch(context, &client, &which, true).await,
        WebhookCommand::Resume(which) => switch(context, &client, &which, false).await,
        WebhookCommand::Delete(which) => {
            let name = client.named("webhooks", &which.webhook);
            let request = DeleteWebhookRequest { name: name.clone() };
            client.notices().delete_webhook(request).await?;
            say(format!("{} is deleted\n", last(&name)));
            Ok(())
        }
    }
}

async fn create(client: &Client, arguments: CreateArguments) -> Result<Webhook, Failure> {
    let kinds = arguments.kinds.iter().map(|kind| {
        choose::<IssueEventKind>(
            "--kind",
            kind,
            "ISSUE_EVENT_KIND_",
            IssueEventKind::as_str_name,
        )
    });
    let request = CreateWebhookRequest {
        parent: client.parent(),
        webhook: Some(Webhook {
            kinds: kinds.collect::<Result<_, _>>()?,
            url: arguments.url,
            display_name: arguments.name,
            ..Webhook::default()
        }),
        request_id: client.request_id(),
    };
    Ok(client.notices().create_webhook(request).await?.into_inner())
}

async fn list(client: &Client) -> Result<Vec<Webhook>, Failure> {
    pages::all(async |page_size, page_token| {
        let request = ListWebhooksRequest {
            parent: client.parent(),
            page_size,
            page_token,
        };
        let page = client.notices().list_webhooks(request).await?.into_inner();
        Ok((page.webhooks, page.next_page_token))
    })
    .await
}

async fn switch(
    context: &Context,
    client: &Client,
    which: &Which,
    paused: bool,
) -> Result<(), Failure> {
    let request = UpdateWebhookRequest {
        webhook: Some(Webhook {
            name: client.named("webhooks", &which.webhook),
            paused,
            ..Webhook::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["paused".to_owned()],
        }),
        request_id: client.request_id(),
    };
    let webhook = client.notices().update_webhook(request).await?.into_inner();
    context.print_record(&table(&[webhook]))
}

/// Webhooks; a secret is seen where there is one, right after the making.
fn table(webhooks: &[Webhook]) -> Table {
    let secret = webhooks.iter().any(|webhook| !webhook.secret.is_empty());
    let mut table = Table::new(vec![
        text("webhook", "Webhook"),
        text("url", "URL"),
        text("name", "Name"),
        text("kinds", "Kinds"),
        text("paused", "Paused"),
        text("created", "Made"),
        unseen("etag"),
        text("secret", if secret { "Secret" } else { "" }),
    ]);
    table.when_empty =
        "there is no webhook; `tidyward webhook create https://...` makes one".to_owned();
    table.rows = webhooks
        .iter()
        .map(|webhook| {
            let kinds = webhook
                .kinds()
                .map(|kind| word_of(kind.as_str_name(), "ISSUE_EVENT_KIND_"));
            vec![
                Cell::text(last(&webhook.name)),
                Cell::text(&webhook.url),
                Cell::text(&webhook.display_name),
                Cell::text(kinds.collect::<Vec<_>>().join(" ")),
                Cell::Switch(webhook.paused),
                instant(webhook.create_time.as_ref()),
                Cell::text(&webhook.etag),
                Cell::text(&webhook.secret),
            ]
        })
        .collect();
    table
}
