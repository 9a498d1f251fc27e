//! Putting versions in force or in shadow, and taking that back.

use tidyward_kit::{Error, Violations, caller::Caller, page::Page, period::Period, request::Once};
use tidyward_proto::v1::{
    ActivateRuleRequest, ListRuleActivationsRequest, ListRuleActivationsResponse,
    RollbackRuleRequest, RollbackRuleResponse, RuleActivation,
};

use super::{version as version_named, versions::found};
use crate::{
    House,
    activation::{self, Activation, Part},
    change::{Change, ChangeKind},
    record, render, rule, store,
};

pub(super) async fn activate(
    house: &House,
    caller: &Caller,
    request: ActivateRuleRequest,
) -> Result<RuleActivation, Error> {
    let (district, id) = version_named(caller, "name", &request.name)?;
    // A district that does not exist has a zone as little as anything else.
    house.territory.zone(&district).await?;
    let version = found(house, &district, &id).await?;
    let manifest = rule::manifest(&version)?;
    let mut violations = Violations::default();
    let from = violations.take(Period::parse("from_period", &request.from_period));
    let parameters = violations.take(rule::parameters(
        &manifest,
        "parameters",
        &request.parameters,
    ));
    let (from, parameters) = match (violations.into_result(), from, parameters) {
        (Ok(()), Some(from), Some(parameters)) => (from, parameters),
        (Err(error), ..) => return Err(error),
        _ => return Err(Error::internal("a refused activation named nothing wrong")),
    };
    let now = house.clock.now();
    let once = Once::new(
        store::RULE,
        "ActivateRule",
        caller,
        Some(&district),
        &request,
        &request.request_id,
        now,
    )?;
    let wanted = Activation {
        from,
        part: part(request.shadow),
        number: 0,
        id,
        parameters,
        created_at: now.as_microsecond(),
        actor: caller.subject.clone(),
        undone_from: None,
    };
    once.write(&house.db, move |transaction| {
        let (district, wanted) = (district.clone(), wanted.clone());
        Box::pin(async move {
            changes(transaction, &district, from).await?;
            if let Some(before) =
                store::rule::revocation(transaction, &district, &wanted.id).await?
            {
                return Err(rule::revoked(&before));
            }
            let before = store::activation::list(transaction, &district).await?;
            let number = before.last().map_or(0, |last| last.number) + 1;
            let activation = Activation { number, ..wanted };
            store::activation::insert(transaction, &district, &activation).await?;
            let kind = match activation.part {
                Part::InForce => ChangeKind::Activated,
                Part::Shadow => ChangeKind::Shadowed,
            };
            let mut change = Change::new(kind, activation.created_at, &activation.actor)
                .of(&activation.id)
                .from(from);
            for (id, value) in &activation.parameters {
                change = change.with(format!("parameters.{id}"), value);
            }
            store::change::log(transaction, &district, &change).await?;
            Ok(render::activation(&district, &activation))
        })
    })
    .await
}

pub(super) async fn rollback(
    house: &House,
    caller: &Caller,
    request: RollbackRuleRequest,
) -> Result<RollbackRuleResponse, Error> {
    let district = caller.district("parent", &request.parent)?;
    house.territory.zone(&district).await?;
    let from = Period::parse("from_period", &request.from_period)?;
    let (now, part) = (house.clock.now(), part(request.shadow));
    let once = Once::new(
        store::RULE,
        "RollbackRule",
        caller,
        Some(&district),
        &request,
        &request.request_id,
        now,
    )?;
    let actor = caller.subject.clone();
    once.write(&house.db, move |transaction| {
        let (district, actor, now) = (district.clone(), actor.clone(), now.as_microsecond());
        Box::pin(async move {
            changes(transaction, &district, from).await?;
            let all = store::activation::list(transaction, &district).await?;
            let (mut undone, before) = activation::rollback(&all, part, from)?;
            if let Some(before) = &before
                && let Some(revoked) =
                    store::rule::revocation(transaction, &district, &before.id).await?
            {
                return Err(rule::revoked(&revoked));
            }
            store::activation::undo(transaction, &district, undone.number, from, now, &actor)
                .await?;
            let kind = match part {
                Part::InForce => ChangeKind::RolledBack,
                Part::Shadow => ChangeKind::ShadowRolledBack,
            };
            let mut change = Change::new(kind, now, &actor)
                .of(&undone.id)
                .from(from)
                .with("activation", undone.number);
            if let Some(before) = &before {
                change = change.with("in_force", render::version_name(&district, &before.id));
            }
            store::change::log(transaction, &district, &change).await?;
            undone.undone_from = Some(from);
            Ok(RollbackRuleResponse {
                undone: Some(render::activation(&district, &undone)),
                in_force: before.map(|before| render::activation(&district, &before)),
            })
        })
    })
    .await
}

/// Counts a change of what is in force, and refuses it where the period is frozen.
async fn changes(
    transaction: &impl store::Connection,
    district: &tidyward_kit::caller::District,
    from: Period,
) -> Result<(), Error> {
    let from = from.to_string();
    store::count_change(transaction, district, store::RULES).await?;
    store::count_change(transaction, district, &from).await?;
    if store::review::is_frozen(transaction, district, &from).await? {
        return Err(record::frozen(&from));
    }
    Ok(())
}

fn part(shadow: bool) -> Part {
    if shadow { Part::Shadow } else { Part::InForce }
}

pub(super) async fn list(
    house: &House,
    caller: &Caller,
    request: ListRuleActivationsRequest,
) -> Result<ListRuleActivationsResponse, Error> {
    let district = caller.district("parent", &request.parent)?;
    let arguments = ["ListRuleActivations", &request.parent];
    let page = Page::parse(request.page_size, &request.page_token, &arguments, 2)?;
    let mut all = store::activation::list(house.db.read(), &district).await?;
    all.sort_by_key(|one| (one.from.first_day(), one.from, one.number));
    if let Some(key) = &page.after {
        let last = all
            .iter()
            .position(|one| one.from.to_string() == key[0] && one.number.to_string() == key[1]);
        all.drain(..last.map_or(0, |last| last + 1));
    }
    let next_page_token = page.cut(&mut all, |one| {
        vec![one.from.to_string(), one.number.to_string()]
    });
    let rule_activations = all
        .iter()
        .map(|one| render::activation(&district, one))
        .collect();
    Ok(ListRuleActivationsResponse {
        rule_activations,
        next_page_token,
    })
}
