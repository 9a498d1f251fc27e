//! Tokens with which a watch goes on: the store, what was watched, and the number of the last thing that was told.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{
    error::{Error, Reason},
    page,
};

/// What a token is bound to. One that was made for another gives no place here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    store: Uuid,
    arguments: [u8; page::BOUND],
}

impl Bound {
    /// `store` is the id that the watched store has had since its beginning; `arguments` are all that decides what is
    /// told, the district among them.
    pub fn new(store: Uuid, arguments: &[&str]) -> Bound {
        Bound {
            store,
            arguments: page::bound(arguments),
        }
    }

    /// The token of the place behind the number.
    pub fn token(&self, number: i64) -> String {
        let parts: [&[u8]; 3] = [
            self.store.as_bytes(),
            &self.arguments,
            &number.to_be_bytes(),
        ];
        URL_SAFE_NO_PAD.encode(parts.concat())
    }

    /// The number of a token. One of another store or of other arguments is refused, as is one ahead of `last`, the
    /// number of the last thing that happened.
    pub fn number(&self, token: &str, last: i64) -> Result<i64, Error> {
        let number = self.read(token).ok_or_else(|| {
            unknown("the token is of another district, store, area or filter, or is no token")
        })?;
        if number > last {
            return Err(unknown("the token is ahead of all that happened here"));
        }
        Ok(number)
    }

    fn read(&self, token: &str) -> Option<i64> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let rest = bytes.strip_prefix(self.store.as_bytes())?;
        let number = rest.strip_prefix(&self.arguments)?;
        let number = i64::from_be_bytes(number.try_into().ok()?);
        (number >= 0).then_some(number)
    }
}

fn unknown(why: &str) -> Error {
    let message =
        format!("{why}; begin anew without one, after reading what is there by the lists");
    Error::new(Reason::WatchTokenUnknown, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_gives_its_number_back_and_fits_only_its_store_and_arguments(
            (store, other) in any::<(u128, u128)>(),
            (area, elsewhere) in ("[a-z]{0,9}", "[a-z]{0,9}"),
            number in 0..i64::MAX,
        ) {
            let bound = Bound::new(Uuid::from_u128(store), &["d", &area]);
            let token = bound.token(number);
            prop_assert_eq!(bound.number(&token, number).unwrap(), number);
            let refused = |bound: Bound, last| bound.number(&token, last).unwrap_err().reason;
            prop_assert_eq!(refused(bound, number - 1), Reason::WatchTokenUnknown);
            prop_assume!(store != other && area != elsewhere);
            for bound in [
                Bound::new(Uuid::from_u128(other), &["d", &area]),
                Bound::new(Uuid::from_u128(store), &["d", &elsewhere]),
                Bound::new(Uuid::from_u128(store), &["e", &area]),
            ] {
                prop_assert_eq!(refused(bound, i64::MAX), Reason::WatchTokenUnknown);
            }
        }

        #[test]
        fn no_text_makes_it_panic(token in ".{0,60}") {
            let bound = Bound::new(Uuid::nil(), &["d"]);
            prop_assert!(bound.number(&token, i64::MAX).is_err());
        }
    }

    #[test]
    fn a_negative_number_is_no_place() {
        let bound = Bound::new(Uuid::nil(), &[]);
        assert!(bound.number(&bound.token(-1), i64::MAX).is_err());
    }
}
