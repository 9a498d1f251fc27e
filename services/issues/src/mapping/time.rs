//! Times as a file writes them.

use jiff::{Timestamp, civil::date, fmt::strtime, tz::TimeZone};

/// How times are written, and in which zone.
#[derive(Clone, Debug)]
pub struct TimeFormat {
    format: String,
    /// Nothing is the district's.
    zone: Option<TimeZone>,
    /// Each time carries its own offset from UTC, or is a number of seconds.
    absolute: bool,
}

impl TimeFormat {
    /// Refuses in words what gives no day.
    pub fn new(format: &str, zone: Option<TimeZone>) -> Result<TimeFormat, String> {
        let sample = date(2013, 7, 1)
            .at(13, 5, 9, 0)
            .to_zoned(TimeZone::UTC)
            .map_err(|error| error.to_string())?;
        let written = strtime::format(format, &sample)
            .map_err(|error| format!("`{format}` cannot be used: {error}"))?;
        let read = strtime::parse(format, &written);
        let is_day =
            |tm: strtime::BrokenDownTime| tm.to_date().is_ok() || tm.to_timestamp().is_ok();
        if !read.is_ok_and(is_day) {
            return Err(format!(
                "`{format}` gives no day; write it like `%Y-%m-%d` or `%Y-%m-%d %H:%M:%S`"
            ));
        }
        let absolute = ["%z", "%:z", "%s"].iter().any(|part| format.contains(part));
        Ok(TimeFormat {
            format: format.to_owned(),
            zone,
            absolute,
        })
    }

    /// The instant that the text stands for. A day alone is its first instant; a wall time that daylight saving skips
    /// moves forward, one that it repeats is the first. Nothing where the text cannot be read.
    pub fn read(&self, text: &str, district: &TimeZone) -> Option<Timestamp> {
        let read = strtime::parse(&self.format, text).ok()?;
        let instant = if self.absolute {
            read.to_timestamp().ok()?
        } else {
            let zone = self.zone.as_ref().unwrap_or(district);
            match read.hour() {
                Some(_) => zone
                    .to_ambiguous_timestamp(read.to_datetime().ok()?)
                    .compatible()
                    .ok()?,
                None => {
                    let day = read.to_date().ok()?.to_zoned(zone.clone()).ok()?;
                    day.start_of_day().ok()?.timestamp()
                }
            }
        };
        // The years that periods know; and no finer than the ledger keeps.
        let year = instant.to_zoned(TimeZone::UTC).year();
        let whole = Timestamp::from_microsecond(instant.as_microsecond()).ok()?;
        (1900..=2200).contains(&year).then_some(whole)
    }

    /// As `read`; or a day or wall time as tables give those of a workbook, whatever the format.
    pub fn read_of_workbook(&self, text: &str, district: &TimeZone) -> Option<Timestamp> {
        let given = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"].map(|format| TimeFormat {
            format: format.to_owned(),
            zone: self.zone.clone(),
            absolute: false,
        });
        let read = self.read(text, district);
        read.or_else(|| given.iter().find_map(|format| format.read(text, district)))
    }

    pub fn pattern(&self) -> &str {
        &self.format
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: &str, text: &str, expected: Option<&str>) {
        let chicago = TimeZone::get("America/Chicago").unwrap();
        let read = TimeFormat::new(format, None).unwrap().read(text, &chicago);
        assert_eq!(
            read.map(|instant| instant.to_string()).as_deref(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn days_and_times_are_read_in_the_zone() {
        check("%Y-%m-%d", "2013-07-01", Some("2013-07-01T05:00:00Z"));
        check("%m/%d/%Y", "12/31/2013", Some("2013-12-31T06:00:00Z"));
        check(
            "%Y-%m-%d %H:%M:%S",
            "2013-03-10 02:30:00",
            Some("2013-03-10T08:30:00Z"),
        );
        check(
            "%Y-%m-%d %H:%M",
            "2013-11-03 01:30",
            Some("2013-11-03T06:30:00Z"),
        );
        check(
            "%Y-%m-%dT%H:%M:%S%:z",
            "2013-07-01T00:00:00+08:00",
            Some("2013-06-30T16:00:00Z"),
        );
        check("%s", "1372654800", Some("2013-07-01T05:00:00Z"));
        for wrong in [
            "",
            "2013-7",
            "2013-02-30",
            "2013-07-01 00:00",
            "not a day",
            "0001-01-01",
            "9999-12-31",
        ] {
            check("%Y-%m-%d", wrong, None);
        }
    }

    #[test]
    fn a_zone_of_its_own_stands_over_the_districts() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let format = TimeFormat::new("%Y-%m-%d", Some(shanghai)).unwrap();
        let read = format.read("2013-07-01", &TimeZone::UTC).unwrap();
        assert_eq!(read.to_string(), "2013-06-30T16:00:00Z");
    }

    #[test]
    fn a_format_without_a_day_is_refused() {
        for wrong in ["", "%H:%M", "%Y", "%Q%", "day %J"] {
            assert!(TimeFormat::new(wrong, None).is_err(), "{wrong}");
        }
    }
}
