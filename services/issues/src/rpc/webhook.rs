//! Webhooks: what admins make, change and delete.

use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District},
    clock, etag, mask,
    page::Page,
    request::Once,
    webhook as receiver,
};
use tidyward_proto::v1::{
    CreateWebhookRequest, DeleteWebhookRequest, DeleteWebhookResponse, GetWebhookRequest,
    ListWebhooksRequest, ListWebhooksResponse, UpdateWebhookRequest, Webhook,
};
use uuid::Uuid;

use super::notice::changed_meanwhile;
use crate::{
    Issues, store,
    webhook::{self, MOST},
};

impl Issues {
    /// The answer kept for `request_id` holds the secret too: whoever repeats the call has lost the answer, and gets it.
    pub(super) async fn webhook_create(
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
                    ..render(&district, &webhook)
                })
            })
        })
        .await
    }

    pub(super) async fn webhook_list(
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
            .map(|webhook| render(&district, webhook))
            .collect();
        Ok(ListWebhooksResponse {
            webhooks,
            next_page_token,
        })
    }

    pub(super) async fn webhook_update(
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
                    Ok(render(&district, &webhook))
                })
            })
            .await?;
        // What waited for a paused webhook is due.
        self.outbox.wake();
        Ok(answer)
    }

    pub(super) async fn webhook_get(
        &self,
        caller: &Caller,
        request: GetWebhookRequest,
    ) -> Result<Webhook, Error> {
        let (district, id) = webhook_id(caller, "name", &request.name)?;
        let found = store::webhook::find(self.db.read(), &district, id).await?;
        let found = found.ok_or_else(|| Error::not_found(&request.name))?;
        Ok(render(&district, &found))
    }

    pub(super) async fn webhook_delete(
        &self,
        caller: &Caller,
        request: DeleteWebhookRequest,
    ) -> Result<DeleteWebhookResponse, Error> {
        let (district, id) = webhook_id(caller, "name", &request.name)?;
        let deleted = self.db.write(move |transaction| {
            let district = district.clone();
            Box::pin(async move { store::webhook::delete(transaction, &district, id).await })
        });
        if !deleted.await? {
            return Err(Error::not_found(&request.name));
        }
        Ok(DeleteWebhookResponse {})
    }
}

fn webhook_id(caller: &Caller, field: &str, name: &str) -> Result<(District, Uuid), Error> {
    let (district, [_, id]) = caller.resource::<2>("districts/{}/webhooks/{}", field, name)?;
    let id = Uuid::try_parse(&id).map_err(|_| Error::not_found(name))?;
    Ok((district, id))
}

fn too_many() -> Error {
    let message = format!("the district has {MOST} webhooks, which is the most; delete one first");
    Error::new(Reason::TooMany, message).with("limit", MOST)
}

/// Without the secret, which only the answer to its making holds.
fn render(district: &District, webhook: &webhook::Webhook) -> Webhook {
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
