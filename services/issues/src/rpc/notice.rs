//! Notices, webhooks and deliveries on the wire.

use tidyward_kit::{
    Error, Reason, Violations,
    caller::{self, Caller, District, Role},
    clock, etag, mask, name,
    page::Page,
    request::Once,
    text, webhook as receiver,
};
use tidyward_proto::v1::{
    CreateWebhookRequest, DeleteWebhookRequest, DeleteWebhookResponse, Delivery, GetWebhookRequest,
    ListDeliveriesRequest, ListDeliveriesResponse, ListNoticesRequest, ListNoticesResponse,
    ListWebhooksRequest, ListWebhooksResponse, RetryDeliveryRequest, UpdateWebhookRequest, Webhook,
    notice_service_server::NoticeService,
};
use tonic::{Request, Response, async_trait};
use uuid::Uuid;

use super::Answer;
use crate::{
    Issues,
    delivery::{self, DeliveryState},
    store,
    webhook::{self, MOST},
};

/// Who sees everybody's notices, within their areas.
const DESKS: [Role; 6] = [
    Role::Operator,
    Role::Dispatcher,
    Role::Leader,
    Role::Auditor,
    Role::Admin,
    Role::PlatformAdmin,
];
/// The longest name of a subject, in characters.
const LONGEST_SUBJECT: usize = 200;

#[async_trait]
impl NoticeService for Issues {
    async fn create_webhook(&self, request: Request<CreateWebhookRequest>) -> Answer<Webhook> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.webhook_create(&caller, request.into_inner()).await?,
        ))
    }

    async fn get_webhook(&self, request: Request<GetWebhookRequest>) -> Answer<Webhook> {
        let caller = caller::of(&request)?;
        let name = &request.get_ref().name;
        let (district, id) = webhook_id(&caller, "name", name)?;
        let found = store::webhook::find(self.db.read(), &district, id).await?;
        let found = found.ok_or_else(|| Error::not_found(name))?;
        Ok(Response::new(render_webhook(&district, &found)))
    }

    async fn list_webhooks(
        &self,
        request: Request<ListWebhooksRequest>,
    ) -> Answer<ListWebhooksResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.webhook_list(&caller, request.into_inner()).await?,
        ))
    }

    async fn update_webhook(&self, request: Request<UpdateWebhookRequest>) -> Answer<Webhook> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.webhook_update(&caller, request.into_inner()).await?,
        ))
    }

    async fn delete_webhook(
        &self,
        request: Request<DeleteWebhookRequest>,
    ) -> Answer<DeleteWebhookResponse> {
        let caller = caller::of(&request)?;
        let name = request.into_inner().name;
        let (district, id) = webhook_id(&caller, "name", &name)?;
        let deleted = self.db.write(move |transaction| {
            let district = district.clone();
            Box::pin(async move { store::webhook::delete(transaction, &district, id).await })
        });
        if !deleted.await? {
            return Err(Error::not_found(name).into());
        }
        Ok(Response::new(DeleteWebhookResponse {}))
    }

    async fn list_notices(
        &self,
        request: Request<ListNoticesRequest>,
    ) -> Answer<ListNoticesResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.notice_list(&caller, request.into_inner()).await?,
        ))
    }

    async fn list_deliveries(
        &self,
        request: Request<ListDeliveriesRequest>,
    ) -> Answer<ListDeliveriesResponse> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.delivery_list(&caller, request.into_inner()).await?,
        ))
    }

    async fn retry_delivery(&self, request: Request<RetryDeliveryRequest>) -> Answer<Delivery> {
        let caller = caller::of(&request)?;
        Ok(Response::new(
            self.delivery_retry(&caller, request.into_inner()).await?,
        ))
    }
}

impl Issues {
    /// The answer kept for `request_id` holds the secret too: whoever repeats the call has lost the answer, and gets it.
    async fn webhook_create(
        &self,
        caller: &Caller,
        request: CreateWebhookRequest,
    ) -> Result<Webhook, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let once = Once::new(
            store::PREFIX,
            "CreateWebhook",
            caller,
            Some(&district),
            &request,
            &request.request_id,
            self.clock.now(),
        )?;
        let Some(asked) = &request.webhook else {
            return Err(Error::field("webhook", "must be there"));
        };
        let mut webhook = webhook::Webhook {
            id: self.clock.id(),
            url: String::new(),
            display_name: String::new(),
            kinds: Default::default(),
            paused: false,
            secret: receiver::secret(self.clock.random()),
            created_at: self.clock.now(),
            revision: 1,
        };
        let mut violations = Violations::default();
        webhook.take(&mut violations, asked, &webhook::PATHS, |url| {
            self.outbox.check_url(url)
        });
        violations.into_result()?;
        once.write(&self.db, move |transaction| {
            let (district, webhook) = (district.clone(), webhook.clone());
            Box::pin(async move {
                if !store::webhook::create(transaction, &district, &webhook, MOST).await? {
                    return Err(too_many());
                }
                Ok(Webhook {
                    secret: webhook.secret.clone(),
                    ..render_webhook(&district, &webhook)
                })
            })
        })
        .await
    }

    async fn webhook_list(
        &self,
        caller: &Caller,
        request: ListWebhooksRequest,
    ) -> Result<ListWebhooksResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let arguments = ["ListWebhooks", &request.parent];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 2)?;
        let after = page.after.as_ref();
        let after = after.and_then(|key| Some((key[0].parse().ok()?, key[1].clone())));
        let mut webhooks = store::webhook::list(&self.db, &district, after, page.size + 1).await?;
        let next_page_token = page.cut(&mut webhooks, |webhook| {
            let created_at = webhook.created_at.as_microsecond();
            vec![created_at.to_string(), webhook.id.to_string()]
        });
        let webhooks = webhooks
            .iter()
            .map(|webhook| render_webhook(&district, webhook))
            .collect();
        Ok(ListWebhooksResponse {
            webhooks,
            next_page_token,
        })
    }

    async fn webhook_update(
        &self,
        caller: &Caller,
        request: UpdateWebhookRequest,
    ) -> Result<Webhook, Error> {
        let Some(asked) = request.webhook.clone() else {
            return Err(Error::field("webhook", "must be there"));
        };
        let (district, id) = webhook_id(caller, "webhook.name", &asked.name)?;
        let once = Once::new(
            store::PREFIX,
            "UpdateWebhook",
            caller,
            Some(&district),
            &request,
            &request.request_id,
            self.clock.now(),
        )?;
        if store::webhook::find(self.db.read(), &district, id)
            .await?
            .is_none()
        {
            return Err(Error::not_found(&asked.name));
        }
        let mask = request.update_mask.clone();
        let outbox = self.outbox.clone();
        let answer = once
            .write(&self.db, move |transaction| {
                let (district, asked) = (district.clone(), asked.clone());
                let (mask, outbox) = (mask.clone(), outbox.clone());
                Box::pin(async move {
                    let found = store::webhook::find(transaction, &district, id).await?;
                    let mut webhook = found.ok_or_else(|| Error::not_found(&asked.name))?;
                    let mut violations = Violations::default();
                    let paths = mask::paths(mask.as_ref(), &webhook::PATHS);
                    let paths = violations.take(paths).unwrap_or_default();
                    let etag = webhook.etag();
                    webhook.take(&mut violations, &asked, &paths, |url| outbox.check_url(url));
                    violations.into_result()?;
                    etag::check(&asked.etag, &etag)?;
                    webhook.revision += 1;
                    if !store::webhook::update(transaction, &district, &webhook).await? {
                        return Err(changed_meanwhile(&asked.name));
                    }
                    Ok(render_webhook(&district, &webhook))
                })
            })
            .await?;
        // What waited for a paused webhook is due.
        self.outbox.wake();
        Ok(answer)
    }

    async fn notice_list(
        &self,
        caller: &Caller,
        request: ListNoticesRequest,
    ) -> Result<ListNoticesResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let filter = notice_filter(caller, &district, &request)?;
        let areas = caller.areas.join("/");
        let recipient = filter.recipient.as_deref().unwrap_or_default();
        let arguments = [
            "ListNotices",
            &request.parent,
            recipient,
            &request.issue,
            &areas,
        ];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 3)?;
        let after = page
            .after
            .as_ref()
            .and_then(|key| Some((key[0].parse().ok()?, key[1].parse().ok()?, key[2].clone())));
        let mut notices =
            store::notice::list(&self.db, &district, &filter, after, page.size + 1).await?;
        let next_page_token = page.cut(&mut notices, |((created_at, sequence, id), _)| {
            vec![created_at.to_string(), sequence.to_string(), id.clone()]
        });
        Ok(ListNoticesResponse {
            notices: notices.into_iter().map(|(_, notice)| notice).collect(),
            next_page_token,
        })
    }

    async fn delivery_list(
        &self,
        caller: &Caller,
        request: ListDeliveriesRequest,
    ) -> Result<ListDeliveriesResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let filter = delivery_filter(&district, &request)?;
        let state = request.state.to_string();
        let arguments = ["ListDeliveries", &request.parent, &state, &request.webhook];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 3)?;
        let after = page
            .after
            .as_ref()
            .and_then(|key| Some((key[0].parse().ok()?, key[1].clone(), key[2].clone())));
        let mut deliveries =
            store::delivery::list(&self.db, &district, &filter, after, page.size + 1).await?;
        let next_page_token = page.cut(&mut deliveries, |delivery| {
            vec![
                delivery.created_at.as_microsecond().to_string(),
                delivery.notice.to_string(),
                delivery.webhook.to_string(),
            ]
        });
        let deliveries = deliveries
            .iter()
            .map(|delivery| render_delivery(&district, delivery))
            .collect();
        Ok(ListDeliveriesResponse {
            deliveries,
            next_page_token,
        })
    }

    async fn delivery_retry(
        &self,
        caller: &Caller,
        request: RetryDeliveryRequest,
    ) -> Result<Delivery, Error> {
        let name = request.name;
        let pattern = "districts/{}/deliveries/{}";
        let (district, [_, id]) = caller.resource::<2>(pattern, "name", &name)?;
        let ids = id.split_once('.').and_then(|(notice, webhook)| {
            Some((
                Uuid::try_parse(notice).ok()?,
                Uuid::try_parse(webhook).ok()?,
            ))
        });
        let ids = ids.ok_or_else(|| Error::not_found(&name))?;
        let now = self.clock.now();
        let answer = self.db.write(move |transaction| {
            let (district, name) = (district.clone(), name.clone());
            Box::pin(async move {
                let found = store::delivery::find(transaction, &district, ids).await?;
                let found = found.ok_or_else(|| Error::not_found(&name))?;
                let before = (found.state, found.attempts);
                if found.state != DeliveryState::Dead {
                    return Err(not_dead(found.state));
                }
                let again = found.again(now);
                if !store::delivery::update(transaction, &district, &again, before).await? {
                    return Err(changed_meanwhile(&name));
                }
                Ok(render_delivery(&district, &again))
            })
        });
        let answer = answer.await?;
        self.outbox.wake();
        Ok(answer)
    }
}

fn webhook_id(caller: &Caller, field: &str, name: &str) -> Result<(District, Uuid), Error> {
    let (district, [_, id]) = caller.resource::<2>("districts/{}/webhooks/{}", field, name)?;
    let id = Uuid::try_parse(&id).map_err(|_| Error::not_found(name))?;
    Ok((district, id))
}

fn notice_filter(
    caller: &Caller,
    district: &District,
    request: &ListNoticesRequest,
) -> Result<store::notice::Filter, Error> {
    let mut violations = Violations::default();
    text::check(
        &mut violations,
        "recipient",
        &request.recipient,
        LONGEST_SUBJECT,
    );
    let own = request.recipient == caller.subject;
    let at_a_desk = DESKS.iter().any(|role| caller.has(*role));
    let message = "only your own notices are yours to see; leave it empty for them";
    violations.require(
        at_a_desk || own || request.recipient.is_empty(),
        "recipient",
        message,
    );
    let mut issue = None;
    if !request.issue.is_empty() {
        let id = id_within(district, "districts/{}/issues/{}", "issue", &request.issue);
        issue = violations.take(id);
    }
    violations.into_result()?;
    let recipient = match request.recipient.as_str() {
        "" if at_a_desk => None,
        "" => Some(caller.subject.clone()),
        recipient => Some(recipient.to_owned()),
    };
    let is_own = recipient.as_deref() == Some(caller.subject.as_str());
    let within = (!is_own && !caller.areas.is_empty())
        .then(|| (caller.areas.clone(), caller.subject.clone()));
    Ok(store::notice::Filter {
        recipient,
        issue,
        within,
    })
}

fn delivery_filter(
    district: &District,
    request: &ListDeliveriesRequest,
) -> Result<store::delivery::Filter, Error> {
    let mut violations = Violations::default();
    let state = DeliveryState::try_from(request.state);
    violations.require(state.is_ok(), "state", "is no state of deliveries");
    let mut webhook = None;
    if !request.webhook.is_empty() {
        let pattern = "districts/{}/webhooks/{}";
        webhook = violations.take(id_within(district, pattern, "webhook", &request.webhook));
    }
    violations.into_result()?;
    Ok(store::delivery::Filter {
        state: state
            .ok()
            .filter(|state| *state != DeliveryState::Unspecified),
        webhook: webhook.map(|id| id.to_string()),
    })
}

/// The id of a name in a filter, which must be of the parent's district.
fn id_within(
    district: &District,
    pattern: &'static str,
    field: &str,
    text: &str,
) -> Result<Uuid, Error> {
    let [own, id] = name::take::<2>(pattern, field, text)?;
    if own != district.id() {
        return Err(Error::field(field, "must be of the parent's district"));
    }
    Uuid::try_parse(&id).map_err(|_| Error::field(field, "must end with a UUID"))
}

fn too_many() -> Error {
    let message = format!("the district has {MOST} webhooks, which is the most; delete one first");
    Error::new(Reason::TooMany, message).with("limit", MOST)
}

fn changed_meanwhile(name: &str) -> Error {
    let message = format!("`{name}` changed since it was read; read it again");
    Error::new(Reason::ChangedMeanwhile, message)
}

fn not_dead(state: DeliveryState) -> Error {
    let name = state.as_str_name();
    let name = name.strip_prefix("DELIVERY_STATE_").unwrap_or(name);
    let message =
        format!("the delivery is {name}; only one that was given up (DEAD) can be tried again");
    Error::new(Reason::MoveForbidden, message)
        .with("state", name)
        .with("action", "retry")
        .with("allowed", "")
}

/// Without the secret, which only the answer to its making holds.
fn render_webhook(district: &District, webhook: &webhook::Webhook) -> Webhook {
    Webhook {
        name: district.child("webhooks", webhook.id),
        url: webhook.url.clone(),
        display_name: webhook.display_name.clone(),
        kinds: webhook.kinds.iter().copied().collect(),
        paused: webhook.paused,
        secret: String::new(),
        create_time: Some(clock::to_wire(webhook.created_at)),
        etag: webhook.etag(),
    }
}

fn render_delivery(district: &District, delivery: &delivery::Delivery) -> Delivery {
    Delivery {
        name: district.child("deliveries", delivery.id()),
        notice: district.child("notices", delivery.notice),
        webhook: district.child("webhooks", delivery.webhook),
        state: delivery.state as i32,
        attempts: delivery.attempts,
        next_time: delivery.next_at.map(clock::to_wire),
        last_result: delivery.last_result.clone(),
        end_time: delivery.ended_at.map(clock::to_wire),
    }
}
