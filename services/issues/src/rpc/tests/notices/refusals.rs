//! Requests that are refused, each in words, and nothing of them written.

use tidyward_kit::Reason;
use tidyward_proto::v1::{
    CreateWebhookRequest, DeleteWebhookRequest, GetWebhookRequest, IssueEventKind as Kind,
    ListDeliveriesRequest, ListNoticesRequest, ListWebhooksRequest, RetryDeliveryRequest,
    UpdateWebhookRequest, Webhook,
};
use tonic::Status;

use super::{
    super::{reason, wrong},
    office::{Office, PARENT},
};

/// Of nothing that there is.
const ID: &str = "5f2d9c1e-7a9b-4a53-9f2d-0a5b6c7d8e9f";

/// Each violation as `field: words`, in the order in which they are told.
fn told(status: &Status) -> Vec<String> {
    let wrong = wrong(status).into_iter();
    wrong
        .map(|(field, words)| format!("{field}: {words}"))
        .collect()
}

fn create(webhook: Webhook) -> CreateWebhookRequest {
    CreateWebhookRequest {
        parent: PARENT.to_owned(),
        webhook: Some(webhook),
        request_id: String::new(),
    }
}

fn good() -> Webhook {
    Webhook {
        url: "https://example.org/notices".to_owned(),
        ..Webhook::default()
    }
}

fn url(url: &str) -> Webhook {
    Webhook {
        url: url.to_owned(),
        ..Webhook::default()
    }
}

fn kinds(kinds: &[i32]) -> Webhook {
    Webhook {
        kinds: kinds.to_vec(),
        ..good()
    }
}

fn named(name: &str) -> Webhook {
    Webhook {
        display_name: name.to_owned(),
        ..good()
    }
}

/// A URL of 2,000 characters.
fn longest() -> String {
    format!("https://example.org/{}", "x".repeat(1_980))
}

async fn webhooks(office: &Office) -> usize {
    let request = ListWebhooksRequest {
        parent: PARENT.to_owned(),
        ..ListWebhooksRequest::default()
    };
    let listed = office.admin().list_webhooks(request).await.unwrap();
    listed.into_inner().webhooks.len()
}

#[tokio::test]
async fn at_their_very_limits_all_fields_of_a_webhook_are_good() {
    let office = Office::open().await;
    let paused = Webhook {
        paused: true,
        ..good()
    };
    let every: Vec<i32> = (1..=39).collect();
    for webhook in [
        url(&longest()),
        named(&"名".repeat(200)),
        kinds(&every),
        paused,
    ] {
        office
            .admin()
            .create_webhook(create(webhook))
            .await
            .unwrap();
    }
    assert_eq!(webhooks(&office).await, 4);
}

#[tokio::test]
async fn each_field_of_a_webhook_beyond_its_limits_is_told_in_words() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let unreadable =
        "webhook.url: cannot be read; write it whole, for example `https://example.org/notices`";
    let plain = "webhook.url: must begin with `https://`";
    let keyed = "webhook.url: holds a user or password; take it out, receivers check the signature";
    let long = "webhook.url: has more than 2000 characters; shorten it";
    let wide = "webhook.display_name: at most 200 characters; shorten it";
    let control = "webhook.display_name: holds control characters; remove them";
    let unknown = |index: usize| {
        format!("webhook.kinds[{index}]: is no kind of event; leave `kinds` empty for every kind")
    };
    let (first, second, third) = (&*unknown(0), &*unknown(1), &*unknown(2));
    let twice = "webhook.kinds[1]: is named before; name each kind once";
    let all = Webhook {
        url: String::new(),
        kinds: vec![99],
        display_name: "x".repeat(201),
        ..Webhook::default()
    };
    let cases: [(Webhook, &[&str]); 12] = [
        (url(""), &[unreadable]),
        (url("example.org"), &[unreadable]),
        (url("http://example.org/"), &[plain]),
        (url("http://127.0.0.1/"), &[plain]),
        (url("https://li:key@example.org/"), &[keyed]),
        (url(&format!("{}x", longest())), &[long]),
        (named(&"名".repeat(201)), &[wide]),
        (named("a\u{7}b"), &[control]),
        (kinds(&[0]), &[first]),
        (kinds(&[2, 40, -1]), &[second, third]),
        (kinds(&[2, 2]), &[twice]),
        (all, &[unreadable, wide, first]),
    ];
    for (webhook, expected) in cases {
        let status = admin.create_webhook(create(webhook)).await.unwrap_err();
        assert_eq!(told(&status), expected);
    }
    assert_eq!(webhooks(&office).await, 0, "nothing is half-written");
}

#[tokio::test]
async fn creating_needs_its_parts() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let create = |parent: &str, webhook, request_id: &str| CreateWebhookRequest {
        parent: parent.to_owned(),
        webhook,
        request_id: request_id.to_owned(),
    };
    for (request, expected) in [
        (create(PARENT, None, ""), "webhook: must be there"),
        (
            create("chicago", Some(good()), ""),
            "parent: must look like `districts/{district}`",
        ),
        (
            create(PARENT, Some(good()), "once"),
            "request_id: must be a UUID, made afresh for each request, or empty",
        ),
    ] {
        assert_eq!(
            told(&admin.create_webhook(request).await.unwrap_err()),
            [expected]
        );
    }
    let request = create("districts/boston", Some(good()), "");
    let elsewhere = admin.create_webhook(request).await.unwrap_err();
    assert_eq!(reason(&elsewhere), Reason::NotFound);
    assert_eq!(webhooks(&office).await, 0, "nothing is half-written");
}

#[tokio::test]
async fn changing_needs_its_parts() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let made = office.webhook("https://example.org/", &[Kind::Filed]).await;
    let allowed = "give some of url, display_name, kinds, paused, or *";
    let update = |webhook: Webhook, paths: Option<&[&str]>| UpdateWebhookRequest {
        webhook: Some(webhook),
        update_mask: paths.map(|paths| prost_types::FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        request_id: String::new(),
    };
    let nothing = format!("update_mask: must name what to change; {allowed}");
    let mine = || Webhook {
        name: made.name.clone(),
        ..Webhook::default()
    };
    for (request, expected) in [
        (update(mine(), None), vec![nothing.clone()]),
        (update(mine(), Some(&[])), vec![nothing]),
        (
            update(mine(), Some(&["url", "secret"])),
            vec![format!(
                "update_mask: `secret` cannot be changed; {allowed}"
            )],
        ),
        (
            update(mine(), Some(&["*"])),
            vec![
                "webhook.url: cannot be read; write it whole, for example \
                 `https://example.org/notices`"
                    .to_owned(),
            ],
        ),
    ] {
        assert_eq!(
            told(&admin.update_webhook(request).await.unwrap_err()),
            expected
        );
    }
    let missing = UpdateWebhookRequest {
        webhook: None,
        ..update(mine(), Some(&["url"]))
    };
    let missing = admin.update_webhook(missing).await.unwrap_err();
    assert_eq!(told(&missing), ["webhook: must be there"]);
    let name = GetWebhookRequest {
        name: made.name.clone(),
    };
    let read = admin.get_webhook(name).await.unwrap().into_inner();
    assert_eq!((read.url, read.etag), (made.url.clone(), made.etag.clone()));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_in_the_same_words_as_what_is_anothers() {
    let office = Office::open().await;
    let mut admin = office.admin();
    for (district, id) in [("chicago", ID), ("chicago", "mine"), ("boston", ID)] {
        let name = format!("districts/{district}/webhooks/{id}");
        let words =
            format!("`{name}` does not exist or is not yours to see; check the name and the token");
        let webhook = Webhook {
            name: name.clone(),
            ..good()
        };
        let update = UpdateWebhookRequest {
            webhook: Some(webhook),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["url".to_owned()],
            }),
            request_id: String::new(),
        };
        let statuses = [
            admin
                .get_webhook(GetWebhookRequest { name: name.clone() })
                .await
                .unwrap_err(),
            admin
                .delete_webhook(DeleteWebhookRequest { name })
                .await
                .unwrap_err(),
            admin.update_webhook(update).await.unwrap_err(),
        ];
        for status in statuses {
            assert_eq!(reason(&status), Reason::NotFound);
            assert_eq!(status.message(), words);
        }
    }
    for delivery in [
        ID.to_owned(),
        format!("{ID}.{ID}"),
        format!("{ID}.x"),
        ".".to_owned(),
    ] {
        let name = format!("districts/chicago/deliveries/{delivery}");
        let status = admin
            .retry_delivery(RetryDeliveryRequest { name })
            .await
            .unwrap_err();
        assert_eq!(reason(&status), Reason::NotFound, "{delivery}");
    }
}

#[tokio::test]
async fn a_list_of_notices_says_what_is_wrong_with_its_arguments() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let notices = |recipient: &str, issue: &str| ListNoticesRequest {
        parent: PARENT.to_owned(),
        recipient: recipient.to_owned(),
        issue: issue.to_owned(),
        ..ListNoticesRequest::default()
    };
    let shape = "issue: must look like `districts/{district}/issues/{issue}`".to_owned();
    for (request, expected) in [
        (notices("", "5"), vec![shape.clone()]),
        (
            notices("", "districts/chicago/issues/5"),
            vec!["issue: must end with a UUID".to_owned()],
        ),
        (
            notices("", &format!("districts/boston/issues/{ID}")),
            vec!["issue: must be of the parent's district".to_owned()],
        ),
        (
            notices(&"x".repeat(201), "x"),
            vec![
                "recipient: at most 200 characters; shorten it".to_owned(),
                shape,
            ],
        ),
    ] {
        assert_eq!(
            told(&admin.list_notices(request).await.unwrap_err()),
            expected
        );
    }
}

#[tokio::test]
async fn a_list_of_deliveries_says_what_is_wrong_with_its_arguments() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let deliveries = |state, webhook: &str, page_size| ListDeliveriesRequest {
        parent: PARENT.to_owned(),
        state,
        webhook: webhook.to_owned(),
        page_size,
        page_token: String::new(),
    };
    for (request, expected) in [
        (
            deliveries(4, "x", 0),
            vec![
                "state: is no state of deliveries".to_owned(),
                "webhook: must look like `districts/{district}/webhooks/{webhook}`".to_owned(),
            ],
        ),
        (
            deliveries(0, &format!("districts/boston/webhooks/{ID}"), 0),
            vec!["webhook: must be of the parent's district".to_owned()],
        ),
        (
            deliveries(0, "", -1),
            vec!["page_size: must not be negative; 0 is the default".to_owned()],
        ),
    ] {
        assert_eq!(
            told(&admin.list_deliveries(request).await.unwrap_err()),
            expected
        );
    }
    let forged = ListDeliveriesRequest {
        page_token: "forged".to_owned(),
        ..deliveries(0, "", 0)
    };
    let forged = admin.list_deliveries(forged).await.unwrap_err();
    assert_eq!(reason(&forged), Reason::PageTokenInvalid);
}
