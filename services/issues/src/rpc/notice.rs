//! Notices on the wire, and the one service of notices, webhooks and deliveries.

use tidyward_kit::{
    Error, Reason, Violations,
    caller::{self, Caller, District, Role},
    name,
    page::Page,
    text,
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
use crate::{Issues, store};

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
        Ok(Response::new(
            self.webhook_get(&caller, request.into_inner()).await?,
        ))
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
        Ok(Response::new(
            self.webhook_delete(&caller, request.into_inner()).await?,
        ))
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

/// The id of a name in a filter, which must be of the parent's district.
pub(super) fn id_within(
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

pub(super) fn changed_meanwhile(name: &str) -> Error {
    let message = format!("`{name}` changed since it was read; read it again");
    Error::new(Reason::ChangedMeanwhile, message)
}
