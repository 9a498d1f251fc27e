//! Requests that are refused, each in words, and nothing of them written.

use tidyward_kit::Reason;
use tidyward_proto::v1::{
    CreateWebhookRequest, DeleteWebhookRequest, GetWebhookRequest, IssueEventKind as Kind,
    ListDeliveriesRequest, ListNoticesRequest, ListWebhooksRequest, RetryDeliveryRequest,
    UpdateWebhookRequest, Webhook,
};
use tonic::Status;
use tonic_types::StatusExt;

use super::{
    super::reason,
    office::{Office, PARENT},
};

/// Each violation as `field: words`, in the order in which they are told.
fn told(status: &Status) -> Vec<String> {
    assert_eq!(reason(status), Reason::FieldsInvalid, "{status:?}");
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    violations
        .iter()
        .map(|one| format!("{}: {}", one.field, one.description))
        .collect()
}

fn good() -> Webhook {
    Webhook {
        url: "https://example.org/notices".to_owned(),
        ..Webhook::default()
    }
}

#[tokio::test]
async fn each_field_of_a_webhook_at_and_beyond_its_limits() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let url = |url: &str| Webhook {
        url: url.to_owned(),
        ..Webhook::default()
    };
    let kinds = |kinds: &[i32]| Webhook {
        kinds: kinds.to_vec(),
        ..good()
    };
    let named = |name: &str| Webhook {
        display_name: name.to_owned(),
        ..good()
    };
    let longest = format!("https://example.org/{}", "x".repeat(1_980));
    let accepted = [
        url(&longest),
        named(&"名".repeat(200)),
        kinds(&(1..=39).collect::<Vec<i32>>()),
        Webhook {
            paused: true,
            ..good()
        },
    ];
    for webhook in accepted {
        let request = CreateWebhookRequest {
            parent: PARENT.to_owned(),
            webhook: Some(webhook),
            request_id: String::new(),
        };
        admin.create_webhook(request).await.unwrap();
    }
    let unreadable =
        "webhook.url: cannot be read; write it whole, for example `https://example.org/notices`";
    let unknown = "is no kind of event; leave `kinds` empty for every kind";
    let cases: Vec<(Webhook, Vec<String>)> = vec![
        (url(""), vec![unreadable.to_owned()]),
        (url("example.org"), vec![unreadable.to_owned()]),
        (
            url("http://example.org/"),
            vec!["webhook.url: must begin with `https://`".to_owned()],
        ),
        (
            url("http://127.0.0.1/"),
            vec!["webhook.url: must begin with `https://`".to_owned()],
        ),
        (
            url("https://li:key@example.org/"),
            vec![
                "webhook.url: holds a user or password; take it out, receivers check the signature"
                    .to_owned(),
            ],
        ),
        (
            url(&format!("{longest}x")),
            vec!["webhook.url: has more than 2000 characters; shorten it".to_owned()],
        ),
        (
            named(&"名".repeat(201)),
            vec!["webhook.display_name: at most 200 characters; shorten it".to_owned()],
        ),
        (
            named("a\u{7}b"),
            vec!["webhook.display_name: holds control characters; remove them".to_owned()],
        ),
        (kinds(&[0]), vec![format!("webhook.kinds[0]: {unknown}")]),
        (
            kinds(&[2, 40, -1]),
            vec![
                format!("webhook.kinds[1]: {unknown}"),
                format!("webhook.kinds[2]: {unknown}"),
            ],
        ),
        (
            kinds(&[2, 2]),
            vec!["webhook.kinds[1]: is named before; name each kind once".to_owned()],
        ),
        (
            Webhook {
                url: String::new(),
                kinds: vec![99],
                display_name: "x".repeat(201),
                ..Webhook::default()
            },
            vec![
                unreadable.to_owned(),
                "webhook.display_name: at most 200 characters; shorten it".to_owned(),
                format!("webhook.kinds[0]: {unknown}"),
            ],
        ),
    ];
    for (webhook, expected) in cases {
        let request = CreateWebhookRequest {
            parent: PARENT.to_owned(),
            webhook: Some(webhook),
            request_id: String::new(),
        };
        let status = admin.create_webhook(request).await.unwrap_err();
        assert_eq!(told(&status), expected);
    }
    let request = ListWebhooksRequest {
        parent: PARENT.to_owned(),
        ..ListWebhooksRequest::default()
    };
    let listed = admin
        .list_webhooks(request)
        .await
        .unwrap()
        .into_inner()
        .webhooks;
    assert_eq!(listed.len(), 4, "nothing is half-written");
}

#[tokio::test]
async fn creating_and_changing_need_their_parts() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let made = office.webhook("https://example.org/", &[Kind::Filed]).await;
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
    let id = "5f2d9c1e-7a9b-4a53-9f2d-0a5b6c7d8e9f";
    for (district, id) in [("chicago", id), ("chicago", "mine"), ("boston", id)] {
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
        id.to_owned(),
        format!("{id}.{id}"),
        format!("{id}.x"),
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
async fn lists_say_what_is_wrong_with_their_arguments() {
    let office = Office::open().await;
    let mut admin = office.admin();
    let notices = |recipient: &str, issue: &str| ListNoticesRequest {
        parent: PARENT.to_owned(),
        recipient: recipient.to_owned(),
        issue: issue.to_owned(),
        ..ListNoticesRequest::default()
    };
    let id = "5f2d9c1e-7a9b-4a53-9f2d-0a5b6c7d8e9f";
    let shape = "issue: must look like `districts/{district}/issues/{issue}`".to_owned();
    for (request, expected) in [
        (notices("", "5"), vec![shape.clone()]),
        (
            notices("", "districts/chicago/issues/5"),
            vec!["issue: must end with a UUID".to_owned()],
        ),
        (
            notices("", &format!("districts/boston/issues/{id}")),
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
            deliveries(0, &format!("districts/boston/webhooks/{id}"), 0),
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
