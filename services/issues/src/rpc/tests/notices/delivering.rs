//! From the outbox to the receivers.

use std::{collections::BTreeSet, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use tidyward_kit::{Error, Reason, clock};
use tidyward_proto::v1::{
    DeliveryState, GetWebhookRequest, IssueEventKind as Kind, RetryDeliveryRequest,
    UpdateWebhookRequest, Webhook,
};
use tokio_util::sync::CancellationToken;

use super::{
    super::reason,
    office::Office,
    receiver::{Receiver, SILENT},
};
use crate::store;

/// HMAC as its standard writes it down, with nothing but a hash.
fn hmac_by_hand(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(text)
        .finalize();
    let outer = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5C))
        .chain_update(inner);
    outer.finalize().to_vec()
}

#[tokio::test]
async fn another_system_hears_of_a_hand_in_and_can_check_who_says_so() {
    let office = Office::open().await;
    let receiver = Receiver::open(&office.certificate, 204).await;
    let webhook = office.webhook(&receiver.url, &[]).await;
    let mut notice = office.notice(7, 4, Kind::HandedIn);
    notice.recipients = vec!["wang".to_owned()];
    let id = office.write(vec![notice]).await.remove(0);
    assert!(
        receiver.calls().is_empty(),
        "nothing is sent within the transaction"
    );

    assert_eq!(office.deliver().await, 1);
    let (headers, body) = receiver.calls().remove(0);
    assert_eq!(headers["webhook-id"], id);
    assert_eq!(headers["content-type"], "application/cloudevents+json");
    let seconds = headers["webhook-timestamp"].to_str().unwrap();
    assert_eq!(seconds, office.now().as_second().to_string());
    let key = STANDARD
        .decode(webhook.secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    assert_eq!(key.len(), 24);
    let signed = [format!("{id}.{seconds}.").as_bytes(), &body].concat();
    let expected = format!("v1,{}", STANDARD.encode(hmac_by_hand(&key, &signed)));
    assert_eq!(headers["webhook-signature"], expected);
    let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["id"], id);
    assert_eq!(event["type"], "tidyward.issue.handed_in.v1");
    assert_eq!(event["data"]["event"]["sequence"], 4);
    assert_eq!(event["data"]["recipients"][0], "wang");

    assert_eq!(office.deliver().await, 0, "once is enough");
    let delivered = office.deliveries(DeliveryState::Delivered).await.remove(0);
    assert_eq!(delivered.attempts, 1);
    assert_eq!(delivered.last_result, "status 204");
    assert_eq!(delivered.next_time, None);
    assert_eq!(delivered.end_time, Some(clock::to_wire(office.now())));
}

#[tokio::test]
async fn what_is_rolled_back_was_never_told() {
    let office = Office::open().await;
    let receiver = Receiver::open(&office.certificate, 204).await;
    office.webhook(&receiver.url, &[]).await;
    let notice = office.notice(7, 1, Kind::Reported);
    let written = office.db.write(move |transaction| {
        let notice = notice.clone();
        Box::pin(async move {
            store::notice::write(transaction, &Office::district(), &[notice]).await?;
            Err::<(), Error>(Error::new(Reason::MoveForbidden, "the move was none"))
        })
    });
    assert!(written.await.is_err());
    assert!(
        office
            .deliveries(DeliveryState::Unspecified)
            .await
            .is_empty()
    );
    assert_eq!(office.deliver().await, 0);
}

#[tokio::test]
async fn a_receiver_that_fails_is_tried_twelve_times_then_it_is_a_dead_letter_until_somebody_asks()
{
    let office = Office::open().await;
    let receiver = Receiver::open(&office.certificate, 500).await;
    office.webhook(&receiver.url, &[]).await;
    office.write(vec![office.notice(7, 1, Kind::Filed)]).await;
    let begin = office.now();
    for attempt in 1..=12 {
        assert_eq!(office.deliver().await, 1, "attempt {attempt}");
        assert_eq!(office.deliver().await, 0, "the next is not due yet");
        let delivery = office
            .deliveries(DeliveryState::Unspecified)
            .await
            .remove(0);
        assert_eq!(
            (delivery.attempts, delivery.last_result.as_str()),
            (attempt, "status 500")
        );
        let Some(next) = delivery.next_time else {
            break;
        };
        assert_eq!(delivery.state(), DeliveryState::Waiting);
        let name = RetryDeliveryRequest {
            name: delivery.name,
        };
        let early = office.admin().retry_delivery(name).await.unwrap_err();
        assert_eq!(reason(&early), Reason::MoveForbidden);
        office.pass(
            clock::from_wire(&next)
                .unwrap()
                .duration_since(office.now()),
        );
    }
    assert_eq!(receiver.calls().len(), 12);
    let hours = office.now().duration_since(begin).as_hours();
    assert!((6..=8).contains(&hours), "{hours} hours");
    let dead = office.deliveries(DeliveryState::Dead).await.remove(0);
    assert_eq!((dead.attempts, dead.next_time), (12, None));
    assert_eq!(dead.end_time, Some(clock::to_wire(office.now())));
    office.pass(SignedDuration::from_hours(24));
    assert_eq!(office.deliver().await, 0, "the dead stay dead");

    receiver.answer(200);
    let name = dead.name.clone();
    let request = RetryDeliveryRequest { name };
    let waiting = office
        .admin()
        .retry_delivery(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (waiting.state(), waiting.attempts),
        (DeliveryState::Waiting, 0)
    );
    assert_eq!(office.deliver().await, 1);
    let delivered = office.deliveries(DeliveryState::Delivered).await.remove(0);
    assert_eq!((delivered.name, delivered.attempts), (dead.name, 1));
    let ids: BTreeSet<String> = receiver.ids().into_iter().collect();
    assert_eq!(ids.len(), 1, "the id is the same in every attempt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn three_processes_over_one_database_deliver_each_notice_exactly_once() {
    let office = Office::with(3, Duration::from_secs(10)).await;
    let first = Receiver::open(&office.certificate, 204).await;
    let second = Receiver::open(&office.certificate, 200).await;
    for receiver in [&first, &second] {
        office.webhook(&receiver.url, &[]).await;
    }
    let notices = (0..60)
        .map(|issue| office.notice(issue, 1, Kind::Filed))
        .collect();
    let ids = office.write(notices).await;
    let turns = (0..3).map(|index| {
        let process = office.process(index);
        tokio::spawn(async move {
            let mut tried = 0;
            // Thirty turns of eight to each of two receivers are more than all, whoever has the leases.
            for _ in 0..30 {
                tried += process.deliver_once().await.unwrap();
            }
            tried
        })
    });
    let mut tried = 0;
    for turn in turns.collect::<Vec<_>>() {
        tried += turn.await.unwrap();
    }
    while let more @ 1.. = office.deliver().await {
        tried += more;
    }
    assert_eq!(tried, 120);
    assert_eq!(first.ids(), ids);
    assert_eq!(second.ids(), ids);
}

#[tokio::test]
async fn a_receiver_that_never_answers_keeps_nobody_else_waiting() {
    let office = Office::with(1, Duration::from_millis(300)).await;
    let silent = Receiver::open(&office.certificate, SILENT).await;
    let awake = Receiver::open(&office.certificate, 204).await;
    for receiver in [&silent, &awake] {
        office.webhook(&receiver.url, &[]).await;
    }
    office.write(vec![office.notice(7, 1, Kind::Filed)]).await;
    assert_eq!(office.deliver().await, 2);
    assert_eq!(awake.calls().len(), 1);
    let waiting = office.deliveries(DeliveryState::Waiting).await.remove(0);
    assert_eq!(waiting.last_result, "no answer within 300 ms");
    assert_eq!(office.deliveries(DeliveryState::Delivered).await.len(), 1);
}

#[tokio::test]
async fn only_wanted_kinds_are_sent_and_a_paused_webhook_keeps_what_happens_meanwhile() {
    let office = Office::open().await;
    let receiver = Receiver::open(&office.certificate, 204).await;
    let webhook = office
        .webhook(&receiver.url, &[Kind::Filed, Kind::Escalated])
        .await;
    let set_paused = |paused| {
        let webhook = Webhook {
            name: webhook.name.clone(),
            paused,
            ..Webhook::default()
        };
        let paths = vec!["paused".to_owned()];
        UpdateWebhookRequest {
            webhook: Some(webhook),
            update_mask: Some(prost_types::FieldMask { paths }),
            request_id: String::new(),
        }
    };
    office
        .admin()
        .update_webhook(set_paused(true))
        .await
        .unwrap();
    office
        .write(vec![
            office.notice(7, 1, Kind::Reported),
            office.notice(7, 2, Kind::Filed),
            office.notice(7, 3, Kind::Dispatched),
            office.notice(7, 4, Kind::Escalated),
        ])
        .await;
    assert_eq!(office.deliver().await, 0);
    assert_eq!(office.deliveries(DeliveryState::Waiting).await.len(), 2);
    office
        .admin()
        .update_webhook(set_paused(false))
        .await
        .unwrap();
    assert_eq!(office.deliver().await, 2);
    let mut types: Vec<String> = Vec::new();
    for (_, body) in receiver.calls() {
        let event: serde_json::Value = serde_json::from_slice(&body).unwrap();
        types.push(event["type"].as_str().unwrap().to_owned());
    }
    types.sort_unstable();
    assert_eq!(
        types,
        ["tidyward.issue.escalated.v1", "tidyward.issue.filed.v1"]
    );
}

#[tokio::test]
async fn a_receiver_that_says_it_is_gone_pauses_its_webhook() {
    let office = Office::open().await;
    let receiver = Receiver::open(&office.certificate, 410).await;
    let webhook = office.webhook(&receiver.url, &[]).await;
    office.write(vec![office.notice(7, 1, Kind::Filed)]).await;
    assert_eq!(office.deliver().await, 1);
    let request = GetWebhookRequest { name: webhook.name };
    let read = office
        .admin()
        .get_webhook(request)
        .await
        .unwrap()
        .into_inner();
    assert!(read.paused);
    assert_ne!(read.etag, webhook.etag);
    office.pass(SignedDuration::from_hours(1));
    assert_eq!(
        office.deliver().await,
        0,
        "it is called no more, and what is due waits"
    );
    assert_eq!(office.deliveries(DeliveryState::Waiting).await.len(), 1);
}

#[tokio::test]
async fn what_a_process_left_behind_when_it_died_is_taken_up_after_its_lease() {
    let office = Office::open().await;
    let receiver = Receiver::open(&office.certificate, 204).await;
    office.webhook(&receiver.url, &[]).await;
    office.write(vec![office.notice(7, 1, Kind::Filed)]).await;
    let until = office.now() + SignedDuration::from_secs(40);
    let (now, until) = (office.now().as_microsecond(), until.as_microsecond());
    let dead = store::webhook::lease(&office.db, now, until, 32)
        .await
        .unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(office.deliver().await, 0);
    office.pass(SignedDuration::from_secs(39));
    assert_eq!(office.deliver().await, 0);
    office.pass(SignedDuration::from_secs(1));
    assert_eq!(office.deliver().await, 1);
    assert_eq!(receiver.calls().len(), 1);
}

#[tokio::test]
async fn the_loop_delivers_when_it_is_woken_and_ends_when_it_is_told() {
    let office = Office::open().await;
    let receiver = Receiver::open(&office.certificate, 204).await;
    office.webhook(&receiver.url, &[]).await;
    let stop = CancellationToken::new();
    let (process, told) = (office.process(0), stop.clone());
    let running = tokio::spawn(async move { process.deliver(told).await });
    // The loop polls each hour here, so only being woken makes it look.
    for issue in 0..3 {
        office
            .write(vec![office.notice(issue, 1, Kind::Filed)])
            .await;
        office.process(0).outbox.wake();
        receiver.came().await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(receiver.calls().len(), 3);
    assert_eq!(
        office.deliveries(DeliveryState::Delivered).await.len(),
        3,
        "it waits for its calls"
    );
}

#[tokio::test]
async fn what_was_delivered_is_kept_thirty_days_and_what_was_not_stays() {
    let office = Office::open().await;
    let receiver = Receiver::open(&office.certificate, 204).await;
    office.webhook(&receiver.url, &[]).await;
    let notices = (0..3)
        .map(|issue| office.notice(issue, 1, Kind::Filed))
        .collect();
    office.write(notices).await;
    office.deliver().await;
    receiver.answer(500);
    office.write(vec![office.notice(9, 1, Kind::Filed)]).await;
    office.deliver().await;
    office.pass(SignedDuration::from_hours(30 * 24));
    assert_eq!(office.process(0).sweep_deliveries().await.unwrap(), 0);
    office.pass(SignedDuration::from_micros(1));
    assert_eq!(office.process(0).sweep_deliveries().await.unwrap(), 3);
    assert_eq!(office.deliveries(DeliveryState::Unspecified).await.len(), 1);
}
