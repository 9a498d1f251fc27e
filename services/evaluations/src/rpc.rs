//! The generated traits: parse, one call, render.

mod activations;
mod books;
mod compare;
mod facts;
mod keys;
mod metrics;
mod moves;
mod policy;
mod push;
pub mod reviews;
pub mod rules;
mod scores;
mod versions;
mod watch;

use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    name,
    period::Period,
    text,
};

use crate::{rule::VersionId, store::revision::Key};

/// `districts/{}/reviews/{}`. What is no period is the name of no review.
fn review(caller: &Caller, field: &str, text: &str) -> Result<(District, Period), Error> {
    let (district, [_, period]) = caller.resource::<2>("districts/{}/reviews/{}", field, text)?;
    let period = period.parse().map_err(|()| Error::not_found(text))?;
    Ok((district, period))
}

/// `districts/{}/reviews/{}/revisions/{}`.
fn revision(caller: &Caller, field: &str, text: &str) -> Result<Key, Error> {
    let pattern = "districts/{}/reviews/{}/revisions/{}";
    let (district, [_, period, number]) = caller.resource::<3>(pattern, field, text)?;
    revision_key(district, &period, &number).ok_or_else(|| Error::not_found(text))
}

/// `districts/{}/reviews/{}/revisions/{}/scores/{}`.
fn score(caller: &Caller, field: &str, text: &str) -> Result<(Key, String), Error> {
    let pattern = "districts/{}/reviews/{}/revisions/{}/scores/{}";
    let (district, [_, period, number, code]) = caller.resource::<4>(pattern, field, text)?;
    let key = revision_key(district, &period, &number).ok_or_else(|| Error::not_found(text))?;
    Ok((key, code))
}

fn revision_key(district: District, period: &str, number: &str) -> Option<Key> {
    let number: i64 = number.parse().ok()?;
    Some(Key {
        district,
        period: period.parse().ok()?,
        number,
    })
}

/// `districts/{}/rules/{}/versions/{}`.
fn version(caller: &Caller, field: &str, text: &str) -> Result<(District, VersionId), Error> {
    let pattern = "districts/{}/rules/{}/versions/{}";
    let (district, [_, rule, version]) = caller.resource::<3>(pattern, field, text)?;
    let id = VersionId::parse(&rule, &version).ok_or_else(|| Error::not_found(text))?;
    Ok((district, id))
}

/// `districts/{}/ruleKeys/{}`.
fn key(caller: &Caller, field: &str, text: &str) -> Result<(District, String), Error> {
    let (district, [_, key]) = caller.resource::<2>("districts/{}/ruleKeys/{}", field, text)?;
    Ok((district, key))
}

/// Notes what is wrong with a text of one line that must be there.
fn line(violations: &mut Violations, field: &str, value: &str, most: usize) {
    text::check(violations, field, value, most);
    violations.require(!value.trim().is_empty(), field, "must not be empty");
    let one = !value.contains(['\n', '\t']);
    violations.require(one, field, "must be one line without tabs");
}

/// The code in `districts/{}/areas/{}` of the district.
fn area(district: &District, field: &str, text: &str) -> Result<String, Error> {
    let [own, code] = name::take::<2>("districts/{}/areas/{}", field, text)?;
    if own == district.id() {
        Ok(code)
    } else {
        Err(Error::field(
            field,
            "must be an area of the parent's district",
        ))
    }
}

#[cfg(test)]
mod tests;
