//! Pages by key: the token names the last key that was given and is bound to the arguments and the district.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::error::{Error, Reason};

/// Asked for nothing: so many.
const DEFAULT_SIZE: i32 = 100;
/// Asked for more: so many.
const LARGEST_SIZE: i32 = 1_000;
/// Bytes of the digest of the arguments that a token carries.
pub(crate) const BOUND: usize = 12;

/// What page is wanted.
#[derive(Clone, Debug)]
pub struct Page {
    pub size: usize,
    /// Key of the last row of the page before; nothing for the first page.
    pub after: Option<Vec<String>>,
    bound: [u8; BOUND],
}

impl Page {
    /// `arguments` are all that decides the list, the district and the method among them; `keys` is how many parts the
    /// list's key has.
    pub fn parse(size: i32, token: &str, arguments: &[&str], keys: usize) -> Result<Page, Error> {
        if size < 0 {
            return Err(Error::field(
                "page_size",
                "must not be negative; 0 is the default",
            ));
        }
        let bound = bound(arguments);
        let after = match token {
            "" => None,
            token => Some(read(token, bound, keys).ok_or_else(invalid)?),
        };
        let size = if size == 0 {
            DEFAULT_SIZE
        } else {
            size.min(LARGEST_SIZE)
        };
        Ok(Page {
            size: size as usize,
            after,
            bound,
        })
    }

    /// Cuts the rows, of which one more than the page's size was asked for, and gives the token for the rest.
    pub fn cut<T>(&self, rows: &mut Vec<T>, key: impl Fn(&T) -> Vec<String>) -> String {
        if rows.len() <= self.size {
            return String::new();
        }
        rows.truncate(self.size);
        rows.last()
            .map_or_else(String::new, |last| self.token(&key(last)))
    }

    fn token(&self, key: &[String]) -> String {
        let mut bytes = self.bound.to_vec();
        for part in key {
            bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// What a token gets that no answer gave.
pub fn invalid() -> Error {
    let message = "the page token was made for other arguments; start from the first page";
    Error::new(Reason::PageTokenInvalid, message)
}

pub(crate) fn bound(arguments: &[&str]) -> [u8; BOUND] {
    let mut hash = Sha256::new();
    for argument in arguments {
        hash.update((argument.len() as u64).to_le_bytes());
        hash.update(argument.as_bytes());
    }
    let mut bound = [0; BOUND];
    bound.copy_from_slice(&hash.finalize()[..BOUND]);
    bound
}

fn read(token: &str, bound: [u8; BOUND], keys: usize) -> Option<Vec<String>> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let mut rest = bytes.strip_prefix(&bound)?;
    let mut key = Vec::new();
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (part, tail) = tail.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        key.push(String::from_utf8(part.to_vec()).ok()?);
        rest = tail;
    }
    (key.len() == keys).then_some(key)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_gives_its_key_back_and_fits_only_its_arguments(
            key in proptest::collection::vec(".{0,20}", 1..4),
            district in "[a-z]{1,9}",
            other in "[a-z]{1,9}",
        ) {
            let first = Page::parse(1, "", &[&district], key.len()).unwrap();
            let mut rows = vec![(), ()];
            let token = first.cut(&mut rows, |()| key.clone());
            prop_assert_eq!(rows.len(), 1);
            let second = Page::parse(1, &token, &[&district], key.len()).unwrap();
            prop_assert_eq!(second.after, Some(key.clone()));
            prop_assume!(district != other);
            prop_assert!(Page::parse(1, &token, &[&other], key.len()).is_err());
        }

        #[test]
        fn no_token_makes_it_panic(token in ".{0,60}") {
            let _ = Page::parse(0, &token, &["d"], 2);
        }
    }

    #[test]
    fn sizes_are_coerced_and_the_last_page_has_no_token() {
        let page = Page::parse(5_000, "", &[], 1).unwrap();
        assert_eq!(page.size, 1_000);
        assert_eq!(Page::parse(0, "", &[], 1).unwrap().size, 100);
        assert!(Page::parse(-1, "", &[], 1).is_err());
        assert_eq!(page.cut(&mut vec![1], |_| vec![]), "");
    }
}
