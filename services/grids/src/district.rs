//! A district: the tenant to which all else belongs. Its time zone and start are fixed for ever.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tidyward_kit::{
    error::{Error, Violations},
    text,
};

/// What is known of a district.
#[derive(Clone, Debug)]
pub struct DistrictProfile {
    pub id: String,
    pub display_name: String,
    pub zone: TimeZone,
    /// First day of its records; nothing is dated before it.
    pub start_date: Date,
    /// ISO 4217.
    pub currency: String,
    pub created_at: Timestamp,
    /// Counts the changes of its areas, so that what was made of them can be told from what is newer.
    pub generation: i64,
    /// The same of its duties.
    pub duty_edition: i64,
}

/// A district as somebody asks for it, not yet checked.
#[derive(Clone, Copy, Debug)]
pub struct DistrictDraft<'a> {
    pub id: &'a str,
    pub display_name: &'a str,
    pub time_zone: &'a str,
    pub start_date: &'a str,
    pub currency: &'a str,
}

impl DistrictProfile {
    /// Checks every field of a draft at once.
    pub fn parse(draft: DistrictDraft<'_>, now: Timestamp) -> Result<DistrictProfile, Error> {
        let mut violations = Violations::default();
        violations.require(
            is_district_id(draft.id),
            "district_id",
            "must be 2 to 40 of a-z, 0-9 and hyphen, beginning with a letter",
        );
        text::check(
            &mut violations,
            "district.display_name",
            draft.display_name,
            200,
        );
        let zone = zone(draft.time_zone);
        violations.require(
            zone.is_some(),
            "district.time_zone",
            "must be the IANA name of a time zone, for example `Asia/Shanghai`",
        );
        let start_date = day(draft.start_date);
        violations.require(
            start_date.is_some(),
            "district.start_date",
            "must be a day from 1900 to 2200 like `2026-01-31`",
        );
        let currency = if draft.currency.is_empty() {
            "CNY"
        } else {
            draft.currency
        };
        violations.require(
            currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase()),
            "district.currency",
            "must be three capital letters of ISO 4217, for example `CNY`",
        );
        let (Some(zone), Some(start_date), true) = (zone, start_date, violations.is_empty()) else {
            return Err(violations.into_error());
        };
        let display_name = if draft.display_name.is_empty() {
            draft.id
        } else {
            draft.display_name
        };
        Ok(DistrictProfile {
            id: draft.id.to_owned(),
            display_name: display_name.to_owned(),
            zone,
            start_date,
            currency: currency.to_owned(),
            created_at: now,
            generation: 0,
            duty_edition: 0,
        })
    }

    /// The day of the district's calendar on which the instant falls.
    pub fn day_of(&self, instant: Timestamp) -> Date {
        instant.to_zoned(self.zone.clone()).date()
    }

    /// IANA name of the time zone.
    pub fn time_zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

/// A time zone that has an IANA name.
pub fn zone(name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok()?;
    zone.iana_name().is_some().then_some(zone)
}

/// A day written `YYYY-MM-DD`, from 1900 to 2200. Such texts sort as the days do.
pub fn day(text: &str) -> Option<Date> {
    let day: Date = text.parse().ok()?;
    let plain = text.len() == 10 && day.to_string() == text;
    (plain && (1900..=2200).contains(&day.year())).then_some(day)
}

fn is_district_id(text: &str) -> bool {
    (2..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: DistrictDraft<'_> = DistrictDraft {
        id: "chicago",
        display_name: "",
        time_zone: "America/Chicago",
        start_date: "2000-01-01",
        currency: "",
    };

    #[test]
    fn a_draft_becomes_a_district_with_its_defaults() {
        let district = DistrictProfile::parse(GOOD, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(district.display_name, "chicago");
        assert_eq!(district.currency, "CNY");
        assert_eq!(district.time_zone(), "America/Chicago");
        let instant = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(
            district.day_of(instant("2013-07-01T04:59:59Z")).to_string(),
            "2013-06-30"
        );
        assert_eq!(
            district.day_of(instant("2013-07-01T05:00:00Z")).to_string(),
            "2013-07-01"
        );
    }

    #[test]
    fn everything_wrong_with_a_draft_is_told_at_once() {
        let draft = DistrictDraft {
            id: "Chicago",
            display_name: &"x".repeat(201),
            time_zone: "Mars/Olympus",
            start_date: "1899-12-31",
            currency: "yuan",
        };
        let error = DistrictProfile::parse(draft, Timestamp::UNIX_EPOCH).unwrap_err();
        let fields: Vec<&str> = error
            .violations
            .iter()
            .map(|one| one.field.as_str())
            .collect();
        assert_eq!(
            fields,
            [
                "district_id",
                "district.display_name",
                "district.time_zone",
                "district.start_date",
                "district.currency"
            ]
        );
    }

    #[test]
    fn what_is_no_id_or_no_day_is_refused() {
        for id in ["", "a", "1a", "-a", "a_b", "a/b", "ä-b", &"a".repeat(41)] {
            assert!(!is_district_id(id), "{id}");
        }
        assert!(is_district_id("ab") && is_district_id("a-1") && is_district_id(&"a".repeat(40)));
        for text in [
            "",
            "2026-02-29",
            "2026-1-1",
            "20260101",
            "2026-01-01T00:00:00",
            "2201-01-01",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
