//! Keys that sign rules, what rules may take, the log of all changes, and what rules used.

use ed25519_dalek::VerifyingKey;
use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District, Role},
    mask,
    page::Page,
    request::Once,
};
use tidyward_proto::v1::{
    CreateRuleKeyRequest, GetRulePolicyRequest, ListRuleChangesRequest, ListRuleChangesResponse,
    ListRuleKeysRequest, ListRuleKeysResponse, ListRuleUsageRequest, ListRuleUsageResponse,
    RetireRuleKeyRequest, RuleKey, RulePolicy, UpdateRulePolicyRequest,
};

use super::{key as key_named, line};
use crate::{
    House,
    change::{Change, ChangeKind},
    policy::{self, FIELDS, Policy},
    render,
    rule::VersionId,
    signature::{Key, MOST_KEYS, fingerprint},
    store,
};

/// Characters of a key's title.
const LONGEST_TITLE: usize = 200;

pub(super) async fn create(
    house: &House,
    caller: &Caller,
    request: CreateRuleKeyRequest,
) -> Result<RuleKey, Error> {
    let district = caller.district("parent", &request.parent)?;
    house.territory.zone(&district).await?;
    let now = house.clock.now();
    let once = Once::new(
        store::RULE,
        "CreateRuleKey",
        caller,
        Some(&district),
        &request,
        &request.request_id,
        now,
    )?;
    let asked = request.rule_key.unwrap_or_default();
    let mut violations = Violations::default();
    line(
        &mut violations,
        "rule_key.title",
        &asked.title,
        LONGEST_TITLE,
    );
    let public = public_key(&asked.public_key);
    violations.require(
        public.is_some(),
        "rule_key.public_key",
        "must be the 32 bytes of an ed25519 public key, as `tidyward rules key new` makes one",
    );
    violations.into_result()?;
    let key = Key {
        public: public.unwrap_or_default(),
        title: asked.title,
        created_at: now.as_microsecond(),
        retired_at: None,
    };
    let actor = caller.subject.clone();
    once.write(&house.db, move |transaction| {
        let (district, key, actor) = (district.clone(), key.clone(), actor.clone());
        Box::pin(async move {
            let all = store::key::list(transaction, &district).await?;
            if all.iter().any(|one| one.public == key.public) {
                let message =
                    "the key is registered already; a key that was retired stays so, make another";
                return Err(Error::new(Reason::AlreadyExists, message));
            }
            if all.len() >= MOST_KEYS {
                let message = format!("the district has {MOST_KEYS} keys, as many as it may");
                return Err(Error::new(Reason::TooMany, message).with("limit", MOST_KEYS));
            }
            store::key::insert(transaction, &district, &key).await?;
            let change = Change::new(ChangeKind::KeyCreated, key.created_at, &actor)
                .with("key", fingerprint(&key.public))
                .with("title", &key.title);
            store::change::log(transaction, &district, &change).await?;
            Ok(render::key(&district, &key))
        })
    })
    .await
}

/// A key that can sign: 32 bytes that are a point of the curve, and none of the few that anybody can sign for.
fn public_key(bytes: &[u8]) -> Option<[u8; 32]> {
    let bytes: [u8; 32] = bytes.try_into().ok()?;
    let key = VerifyingKey::from_bytes(&bytes).ok()?;
    (!key.is_weak()).then_some(bytes)
}

pub(super) async fn retire(
    house: &House,
    caller: &Caller,
    request: RetireRuleKeyRequest,
) -> Result<RuleKey, Error> {
    let (district, id) = key_named(caller, "name", &request.name)?;
    let now = house.clock.now();
    let once = Once::new(
        store::RULE,
        "RetireRuleKey",
        caller,
        Some(&district),
        &request,
        &request.request_id,
        now,
    )?;
    let (actor, name) = (caller.subject.clone(), request.name.clone());
    once.write(&house.db, move |transaction| {
        let (district, id, now) = (district.clone(), id.clone(), now.as_microsecond());
        let (actor, name) = (actor.clone(), name.clone());
        Box::pin(async move {
            let key = store::key::find(transaction, &district, &id).await?;
            let key = key.ok_or_else(|| Error::not_found(&name))?;
            if key.retired_at.is_some() {
                return Ok(render::key(&district, &key));
            }
            store::key::retire(transaction, &district, &id, now).await?;
            let change = Change::new(ChangeKind::KeyRetired, now, &actor)
                .with("key", &id)
                .with("title", &key.title);
            store::change::log(transaction, &district, &change).await?;
            let key = Key {
                retired_at: Some(now),
                ..key
            };
            Ok(render::key(&district, &key))
        })
    })
    .await
}

pub(super) async fn list(
    house: &House,
    caller: &Caller,
    request: ListRuleKeysRequest,
) -> Result<ListRuleKeysResponse, Error> {
    let district = caller.district("parent", &request.parent)?;
    let arguments = ["ListRuleKeys", &request.parent];
    let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
    let mut keys = store::key::list(house.db.read(), &district).await?;
    if let Some(after) = &page.after {
        let last = keys
            .iter()
            .position(|key| fingerprint(&key.public) == after[0]);
        keys.drain(..last.map_or(0, |last| last + 1));
    }
    let next_page_token = page.cut(&mut keys, |key| vec![fingerprint(&key.public)]);
    Ok(ListRuleKeysResponse {
        rule_keys: keys.iter().map(|key| render::key(&district, key)).collect(),
        next_page_token,
    })
}

pub(super) async fn policy(
    house: &House,
    caller: &Caller,
    request: GetRulePolicyRequest,
) -> Result<RulePolicy, Error> {
    let district = policy_named(caller, "name", &request.name)?;
    house.territory.zone(&district).await?;
    let policy = store::key::policy(house.db.read(), &district).await?;
    Ok(render::policy(&district, &policy, house.settings.fuel))
}

pub(super) async fn set_policy(
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
            let before = store::key::policy(transaction, &district).await?;
            let mut policy = before.clone();
            set(&mut policy, &asked, &paths, &mut Violations::default());
            if policy != before {
                store::key::set_policy(transaction, &district, &policy).await?;
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
    let mut usage = store::change::usage(house.db.read(), &district).await?;
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
