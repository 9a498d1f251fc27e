//! What an admin does with webhooks.

use jiff::SignedDuration;
use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    CreateWebhookRequest, DeleteWebhookRequest, DeliveryState, GetWebhookRequest,
    IssueEventKind as Kind, ListWebhooksRequest, UpdateWebhookRequest, Webhook,
};
use tonic_types::StatusExt;

use super::{
    super::reason,
    office::{Office, PARENT},
    receiver::Receiver,
};

fn create(url: &str, request_id: &str) -> CreateWebhookRequest {
    CreateWebhookRequest {
        parent: PARENT.to_owned(),
        webhook: Some(Webhook {
            name: "districts/chicago/webhooks/of-my-own".to_owned(),
            url: url.to_owned(),
            display_name: "the city's app".to_owned(),
            secret: "sesame".to_owned(),
            ..Webhook::default()
        }),
        request_id: request_id.to_owned(),
    }
}

fn update(webhook: Webhook, paths: &[&str]) -> UpdateWebhookRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateWebhookRequest {
        webhook: Some(webhook),
        update_mask: Some(prost_types::FieldMask { paths }),
        request_id: String::new(),
    }
}

#[tokio::test]
async fn the_secret_is_shown_once_and_again_only_to_who_repeats_the_call() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let id = "5f2d9c1e-7a9b-4a53-9f2d-0a5b6c7d8e9f";
    let request = create("https://example.org/a", id);
    let made = admin
        .create_webhook(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(made.name.starts_with("districts/chicago/webhooks/"));
    assert_ne!(made.name, "districts/chicago/webhooks/of-my-own");
    assert!(made.secret.starts_with("whsec_"));
    assert_eq!(made.display_name, "the city's app");

    let again = admin.create_webhook(request).await.unwrap().into_inner();
    assert_eq!(again, made, "who lost the answer gets it again");
    let other = admin
        .create_webhook(create("https://example.org/b", id))
        .await
        .unwrap_err();
    assert_eq!(reason(&other), Reason::RequestIdReused);

    let name = GetWebhookRequest {
        name: made.name.clone(),
    };
    let read = admin.get_webhook(name).await.unwrap().into_inner();
    let shown = Webhook {
        secret: String::new(),
        ..made.clone()
    };
    assert_eq!(read, shown);
    let request = ListWebhooksRequest {
        parent: PARENT.to_owned(),
        ..ListWebhooksRequest::default()
    };
    let listed = admin.list_webhooks(request).await.unwrap().into_inner();
    assert_eq!(listed.webhooks, [shown]);

    let second = admin
        .create_webhook(create("https://example.org/b", ""))
        .await
        .unwrap();
    assert_ne!(second.into_inner().secret, made.secret);
}

#[tokio::test]
async fn a_district_has_twenty_webhooks_at_most_and_pages_hold_each_once() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let mut made = Vec::new();
    for number in 0..20 {
        let url = format!("https://example.org/{number}");
        made.push(
            admin
                .create_webhook(create(&url, ""))
                .await
                .unwrap()
                .into_inner(),
        );
        office.pass(SignedDuration::from_secs(1));
    }
    let full = admin
        .create_webhook(create("https://example.org/20", ""))
        .await
        .unwrap_err();
    assert_eq!(reason(&full), Reason::TooMany);
    let details = full.get_error_details();
    assert_eq!(details.error_info().unwrap().metadata["limit"], "20");
    assert_eq!(
        full.message(),
        "the district has 20 webhooks, which is the most; delete one first"
    );

    let mut request = ListWebhooksRequest {
        parent: PARENT.to_owned(),
        page_size: 8,
        page_token: String::new(),
    };
    let mut seen = Vec::new();
    loop {
        let page = admin
            .list_webhooks(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(
            page.webhooks.len() <= 8,
            "{} on a page",
            page.webhooks.len()
        );
        seen.extend(page.webhooks.into_iter().map(|webhook| webhook.url));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    let expected: Vec<String> = made
        .iter()
        .rev()
        .map(|webhook| webhook.url.clone())
        .collect();
    assert_eq!(seen, expected, "the latest made first");

    let name = made[3].name.clone();
    admin
        .delete_webhook(DeleteWebhookRequest { name })
        .await
        .unwrap();
    admin
        .create_webhook(create("https://example.org/20", ""))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_change_takes_what_its_mask_names_and_a_stale_one_changes_nothing() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let made = office
        .webhook("https://example.org/a", &[Kind::Filed])
        .await;
    let asked = Webhook {
        name: made.name.clone(),
        url: "https://example.org/b".to_owned(),
        display_name: "not named by the mask".to_owned(),
        etag: made.etag.clone(),
        ..Webhook::default()
    };
    let changed = admin
        .update_webhook(update(asked.clone(), &["url", "kinds"]))
        .await;
    let changed = changed.unwrap().into_inner();
    assert_eq!(changed.url, "https://example.org/b");
    assert_eq!(changed.display_name, "");
    assert_eq!(changed.kinds, [0; 0], "empty is every kind");
    assert_eq!(changed.secret, "");
    assert_ne!(changed.etag, made.etag);

    let stale = admin
        .update_webhook(update(asked.clone(), &["display_name"]))
        .await
        .unwrap_err();
    assert_eq!(reason(&stale), Reason::ChangedMeanwhile);
    let blind = Webhook {
        etag: String::new(),
        ..asked
    };
    let named = admin
        .update_webhook(update(blind, &["display_name"]))
        .await
        .unwrap();
    assert_eq!(named.into_inner().display_name, "not named by the mask");
}

#[tokio::test]
async fn what_was_not_delivered_to_a_deleted_webhook_is_dropped() {
    let office = Office::open().await;
    let receiver = Receiver::open(&office.certificate, 204).await;
    let webhook = office.webhook(&receiver.url, &[]).await;
    office.write(vec![office.notice(7, 1, Kind::Filed)]).await;
    let delivery = office.deliveries(DeliveryState::Waiting).await.remove(0);
    let mut admin = office.admin();
    let name = webhook.name.clone();
    admin
        .delete_webhook(DeleteWebhookRequest { name: name.clone() })
        .await
        .unwrap();

    assert_eq!(office.deliver().await, 0);
    assert!(
        office
            .deliveries(DeliveryState::Unspecified)
            .await
            .is_empty()
    );
    let request = tidyward_proto::v1::RetryDeliveryRequest {
        name: delivery.name,
    };
    let gone = admin.retry_delivery(request).await.unwrap_err();
    assert_eq!(reason(&gone), Reason::NotFound);
    let gone = admin
        .get_webhook(GetWebhookRequest { name: name.clone() })
        .await
        .unwrap_err();
    assert_eq!(reason(&gone), Reason::NotFound);
    let gone = admin
        .delete_webhook(DeleteWebhookRequest { name })
        .await
        .unwrap_err();
    assert_eq!(reason(&gone), Reason::NotFound);
    assert_eq!(office.process(0).sweep_deliveries().await.unwrap(), 1);
    assert_eq!(office.process(0).sweep_deliveries().await.unwrap(), 0);
    assert!(receiver.calls().is_empty());
}

#[tokio::test]
async fn webhooks_are_the_admins_and_deliveries_the_auditors_too() {
    let office = Office::open().await;
    for role in [
        Role::Resident,
        Role::Officer,
        Role::Operator,
        Role::Leader,
        Role::Auditor,
    ] {
        let mut client = office.client("somebody", role, &[]);
        let refused = client
            .create_webhook(create("https://example.org/", ""))
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), Reason::RoleMissing, "{role:?}");
        let request = tidyward_proto::v1::ListDeliveriesRequest {
            parent: PARENT.to_owned(),
            ..Default::default()
        };
        match client.list_deliveries(request).await {
            Ok(_) => assert_eq!(role, Role::Auditor),
            Err(status) => {
                assert_eq!(reason(&status), Reason::RoleMissing, "{role:?}");
                assert_ne!(role, Role::Auditor);
            }
        }
    }
}
