//! Deliveries: what is on its way to webhooks, and the dead letters.

use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District},
    clock,
    page::Page,
};
use tidyward_proto::v1::{
    Delivery, ListDeliveriesRequest, ListDeliveriesResponse, RetryDeliveryRequest,
};
use uuid::Uuid;

use super::notice::{changed_meanwhile, id_within};
use crate::{
    Issues,
    delivery::{self, DeliveryState},
    store,
};

impl Issues {
    pub(super) async fn delivery_list(
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
            .map(|delivery| render(&district, delivery))
            .collect();
        Ok(ListDeliveriesResponse {
            deliveries,
            next_page_token,
        })
    }

    pub(super) async fn delivery_retry(
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
                Ok(render(&district, &again))
            })
        });
        let answer = answer.await?;
        self.outbox.wake();
        Ok(answer)
    }
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

fn render(district: &District, delivery: &delivery::Delivery) -> Delivery {
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
