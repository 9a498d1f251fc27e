//! Keys whose signatures on rules are good.

use ed25519_dalek::VerifyingKey;
use tidyward_kit::{Error, Reason, Violations, caller::Caller, page::Page, request::Once};
use tidyward_proto::v1::{
    CreateRuleKeyRequest, ListRuleKeysRequest, ListRuleKeysResponse, RetireRuleKeyRequest, RuleKey,
};

use super::{key as key_named, line};
use crate::{
    House,
    change::{Change, ChangeKind},
    render,
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
