//! Bearer tokens: JWTs signed with this installation's ed25519 key.
//!
//! Checking a signature costs as much as the rest of a small call, and a caller sends the same token with each. So what a
//! good token said is kept for as long as it lasts. The key never changes, hence neither does whether a token is good;
//! only its time passes, and that is looked at with each call.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};

use crate::{
    caller::{Caller, Role},
    clock::Clock,
    error::{Error, Reason},
};

/// Issuer and audience of every token of ours.
const PARTY: &str = "tidyward";
/// How far two machines' clocks may be apart, in seconds.
const LEEWAY_SECONDS: u64 = 10;
/// Good tokens that are kept at most; behind that they are all forgotten, and each is checked once more.
const MOST_KEPT: usize = 10_000;

#[derive(Debug, Deserialize, Serialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    district: Option<String>,
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    areas: Vec<String>,
}

/// Makes and reads tokens.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    sign: EncodingKey,
    verify: DecodingKey,
    validation: Validation,
    good: Mutex<HashMap<String, Good>>,
}

/// A token that was checked.
struct Good {
    caller: Arc<Caller>,
    /// Seconds.
    from: i64,
    until: i64,
}

impl Tokens {
    pub fn new(key: &SigningKey) -> Result<Tokens, Error> {
        let der = key
            .to_pkcs8_der()
            .map_err(|error| Error::internal(error.to_string()))?;
        let public = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        validation.set_audience(&[PARTY]);
        validation.set_issuer(&[PARTY]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_SECONDS;
        Ok(Tokens(Arc::new(Inner {
            sign: EncodingKey::from_ed_der(der.as_bytes()),
            verify: DecodingKey::from_ed_components(&public).map_err(Error::internal)?,
            validation,
            good: Mutex::default(),
        })))
    }

    /// A token for the caller, good from `now` on for so long.
    pub fn make(
        &self,
        caller: &Caller,
        now: Timestamp,
        good_for: Duration,
    ) -> Result<String, Error> {
        let seconds = i64::try_from(good_for.as_secs()).unwrap_or(i64::MAX);
        let claims = Claims {
            iss: PARTY.to_owned(),
            aud: PARTY.to_owned(),
            sub: caller.subject.clone(),
            iat: now.as_second(),
            nbf: now.as_second(),
            exp: now.as_second().saturating_add(seconds),
            district: caller.district.clone(),
            roles: caller
                .roles
                .iter()
                .map(|role| role.name().to_owned())
                .collect(),
            areas: caller.areas.clone(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.0.sign)
            .map_err(Error::internal)
    }

    /// The caller that a token stands for. Expiry is by the machine's clock.
    pub fn read(&self, token: &str) -> Result<Arc<Caller>, Error> {
        let now = Clock::system().now().as_second();
        let known = |good: &Good| {
            (good.from..good.until)
                .contains(&now)
                .then(|| good.caller.clone())
        };
        if let Some(caller) = self.good().get(token).and_then(known) {
            return Ok(caller);
        }
        let good = self.check(token)?;
        let caller = good.caller.clone();
        let mut kept = self.good();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(token.to_owned(), good);
        Ok(caller)
    }

    fn check(&self, token: &str) -> Result<Good, Error> {
        let data = jsonwebtoken::decode::<Claims>(token, &self.0.verify, &self.0.validation)
            .map_err(|error| refusal(error.kind()))?;
        let claims = data.claims;
        let roles: Result<Vec<Role>, Error> =
            claims.roles.iter().map(|role| role.parse()).collect();
        let roles = roles.map_err(|_| refusal(&ErrorKind::InvalidToken))?;
        if claims.district.is_none() && !roles.contains(&Role::PlatformAdmin) {
            return Err(refusal(&ErrorKind::InvalidToken));
        }
        Ok(Good {
            caller: Arc::new(Caller {
                subject: claims.sub,
                district: claims.district,
                roles,
                areas: claims.areas,
            }),
            from: claims.nbf,
            until: claims.exp,
        })
    }

    fn good(&self) -> std::sync::MutexGuard<'_, HashMap<String, Good>> {
        self.0.good.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(kind: &ErrorKind) -> Error {
    match kind {
        ErrorKind::ExpiredSignature => Error::new(
            Reason::TokenExpired,
            "the token has expired; get another, for example with `tidyward token`",
        ),
        _ => Error::new(
            Reason::TokenInvalid,
            "the token is not one of this server's; get one, for example with `tidyward token`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn tokens(secret: u8) -> Tokens {
        Tokens::new(&SigningKey::from_bytes(&[secret; 32])).unwrap()
    }

    fn caller() -> Caller {
        Caller {
            subject: "li".to_owned(),
            district: Some("jinhua".to_owned()),
            roles: vec![Role::Admin],
            areas: Vec::new(),
        }
    }

    #[test]
    fn a_token_gives_its_caller_back() {
        let hour = Duration::from_secs(3_600);
        let token = tokens(1)
            .make(&caller(), Clock::system().now(), hour)
            .unwrap();
        let read = tokens(1).read(&token).unwrap();
        assert_eq!(read.subject, "li");
        assert_eq!(read.district.as_deref(), Some("jinhua"));
        assert_eq!(read.roles, [Role::Admin]);
    }

    #[test]
    fn what_a_token_said_is_kept_while_it_lasts_and_for_no_other() {
        let (tokens, now) = (tokens(1), Clock::system().now());
        let hour = Duration::from_secs(3_600);
        let good = tokens.make(&caller(), now, hour).unwrap();
        for _ in 0..2 {
            assert_eq!(tokens.read(&good).unwrap().subject, "li");
        }
        let (head, signature) = good.rsplit_once('.').unwrap();
        let other = if signature.starts_with('A') { "B" } else { "A" };
        let forged = format!("{head}.{other}{}", &signature[1..]);
        let refused = tokens.read(&forged).unwrap_err();
        assert_eq!(refused.reason, Reason::TokenInvalid);
        let expired = tokens.make(&caller(), now - 2 * hour, hour).unwrap();
        for _ in 0..2 {
            let refused = tokens.read(&expired).unwrap_err();
            assert_eq!(refused.reason, Reason::TokenExpired);
        }
        assert_eq!(tokens.good().len(), 1);
        // Behind its time what is kept says nothing any more.
        let mut of_another = caller();
        of_another.subject = "wang".to_owned();
        let kept = Good {
            caller: of_another.into(),
            from: 0,
            until: now.as_second(),
        };
        tokens.good().insert(good.clone(), kept);
        assert_eq!(tokens.read(&good).unwrap().subject, "li");
    }

    #[test]
    fn forged_expired_early_and_homeless_tokens_are_refused() {
        let now = Clock::system().now();
        let hour = Duration::from_secs(3_600);
        let check = |token: &str, reason: Reason| {
            assert_eq!(tokens(1).read(token).unwrap_err().reason, reason);
        };
        check(
            &tokens(2).make(&caller(), now, hour).unwrap(),
            Reason::TokenInvalid,
        );
        let past = now - 2 * hour;
        check(
            &tokens(1).make(&caller(), past, hour).unwrap(),
            Reason::TokenExpired,
        );
        check(
            &tokens(1).make(&caller(), now + hour, hour).unwrap(),
            Reason::TokenInvalid,
        );
        let homeless = Caller {
            district: None,
            ..caller()
        };
        check(
            &tokens(1).make(&homeless, now, hour).unwrap(),
            Reason::TokenInvalid,
        );
        check("not.a.token", Reason::TokenInvalid);
        check("eyJhbGciOiJub25lIn0.e30.", Reason::TokenInvalid);
    }
}
