//! What a district's rules may take, and whether they must be signed.

use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District, Role},
    mask,
    request::Once,
};
use tidyward_proto::v1::{GetRulePolicyRequest, RulePolicy, UpdateRulePolicyRequest};

use crate::{
    House,
    change::{Change, ChangeKind},
    policy::{self, FIELDS, Policy},
    render, store,
};

pub(super) async fn get(
    house: &House,
    caller: &Caller,
    request: GetRulePolicyRequest,
) -> Result<RulePolicy, Error> {
    let district = policy_named(caller, "name", &request.name)?;
    house.territory.zone(&district).await?;
    let policy = store::policy::find(house.db.read(), &district).await?;
    Ok(render::policy(&district, &policy, house.settings.fuel))
}

pub(super) async fn update(
    house: &House,
    caller: &Caller,
    request: UpdateRulePolicyRequest,
) -> Result<RulePolicy, Error> {
    let asked = request.rule_policy.clone().unwrap_or_default();
    let district = policy_named(caller, "rule_policy.name", &asked.name)?;
    house.territory.zone(&district).await?;
    let mut violations = Violations::default();
    let paths = violations.take(mask::paths(request.update_mask.as_ref(), &FIELDS));
    let paths = paths.unwrap_or_default();
    // Whether the limits are in range does not depend on what is set.
    set(&mut Policy::default(), &asked, &paths, &mut violations);
    violations.into_result()?;
    if let Some(limit) = paths.iter().find(|path| policy::is_limit(path))
        && !caller.has(Role::PlatformAdmin)
    {
        let message =
            format!("`{limit}` is for the platform's admin to set; leave it out of `update_mask`");
        return Err(Error::new(Reason::RoleMissing, message).with("roles", "platform_admin"));
    }
    let now = house.clock.now();
    let once = Once::new(
        store::RULE,
        "UpdateRulePolicy",
        caller,
        Some(&district),
        &request,
        &request.request_id,
        now,
    )?;
    let (actor, fuel) = (caller.subject.clone(), house.settings.fuel);
    once.write(&house.db, move |transaction| {
        let (district, asked, paths) = (district.clone(), asked.clone(), paths.clone());
        let actor = actor.clone();
        Box::pin(async move {
            let before = store::policy::find(transaction, &district).await?;
            let mut policy = before.clone();
            set(&mut policy, &asked, &paths, &mut Violations::default());
            if policy != before {
                store::policy::set(transaction, &district, &policy).await?;
                let at = now.as_microsecond();
                let mut change = Change::new(ChangeKind::PolicyChanged, at, &actor);
                change.details = policy.details();
                store::change::log(transaction, &district, &change).await?;
            }
            Ok(render::policy(&district, &policy, fuel))
        })
    })
    .await
}

fn set(policy: &mut Policy, asked: &RulePolicy, paths: &[&str], violations: &mut Violations) {
    for path in paths {
        match *path {
            "signature_required" => policy.signature_required = asked.signature_required,
            "component_bytes_limit" => {
                policy.set_limit(path, asked.component_bytes_limit, violations)
            }
            "call_fuel_limit" => policy.set_limit(path, asked.call_fuel_limit, violations),
            _ => policy.set_limit(path, asked.versions_limit, violations),
        }
    }
}

/// `districts/{}/rulePolicy`.
fn policy_named(caller: &Caller, field: &str, text: &str) -> Result<District, Error> {
    let (district, [_]) = caller.resource::<1>("districts/{}/rulePolicy", field, text)?;
    Ok(district)
}
