//! What is written down of a district's rules: the log of every change, and what they used.

use tidyward_kit::{Error, caller::Caller, page::Page};
use tidyward_proto::v1::{
    ListRuleChangesRequest, ListRuleChangesResponse, ListRuleUsageRequest, ListRuleUsageResponse,
};

use crate::{House, render, rule::VersionId, store};

pub(super) async fn changes(
    house: &House,
    caller: &Caller,
    request: ListRuleChangesRequest,
) -> Result<ListRuleChangesResponse, Error> {
    let district = caller.district("parent", &request.parent)?;
    let arguments = ["ListRuleChanges", &request.parent];
    let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
    let after = page.after.as_ref().and_then(|key| key[0].parse().ok());
    let mut changes = store::change::list(
        house.db.read(),
        &district,
        after.unwrap_or(0),
        page.size + 1,
    )
    .await?;
    let next_page_token = page.cut(&mut changes, |change| vec![change.number.to_string()]);
    Ok(ListRuleChangesResponse {
        rule_changes: changes
            .iter()
            .map(|change| render::change(&district, change))
            .collect(),
        next_page_token,
    })
}

pub(super) async fn usage(
    house: &House,
    caller: &Caller,
    request: ListRuleUsageRequest,
) -> Result<ListRuleUsageResponse, Error> {
    let district = caller.district("parent", &request.parent)?;
    let arguments = ["ListRuleUsage", &request.parent];
    let page = Page::parse(request.page_size, &request.page_token, &arguments, 3)?;
    let mut usage = store::usage::list(house.db.read(), &district).await?;
    usage.sort_by(|one, other| (&one.month, &one.id).cmp(&(&other.month, &other.id)));
    if let Some(after) = &page.after
        && let Some(id) = VersionId::parse(&after[1], &after[2])
    {
        usage.retain(|one| (&one.month, &one.id) > (&after[0], &id));
    }
    let next_page_token = page.cut(&mut usage, |one| {
        let id = &one.id;
        vec![one.month.clone(), id.rule.clone(), id.version.to_string()]
    });
    Ok(ListRuleUsageResponse {
        rule_usage: usage
            .iter()
            .map(|one| render::usage(&district, one))
            .collect(),
        next_page_token,
    })
}
