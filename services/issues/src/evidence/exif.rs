//! What a photo's EXIF claims of where and when it was taken. Anybody can write EXIF, so nothing in it is believed, and
//! nothing in it makes a photo fail.

use std::{io::Cursor, panic};

use exif::{DateTime, Exif, Field, In, Reader, Tag, Value};
use jiff::{Timestamp, civil, tz};
use tidyward_kit::position;

use crate::issue::Place;

/// The first year of a claim that may be true: no phone took photos before.
const FIRST_YEAR: u16 = 1990;

/// What it claims.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    pub place: Option<Place>,
    pub shot_at: Option<Timestamp>,
    /// Why it was ignored, wholly or in part.
    pub note: &'static str,
}

/// Reads the claims of a photo. A time without a zone is of `zone`; one behind `now` by the photo's arrival is ignored.
pub fn read(photo: &[u8], zone: &tz::TimeZone, now: Timestamp) -> Claims {
    let read = panic::catch_unwind(|| Reader::new().read_from_container(&mut Cursor::new(photo)));
    match read {
        Ok(Ok(exif)) => claims(&exif, zone, now),
        Ok(Err(exif::Error::NotFound(_))) => Claims::default(),
        Ok(Err(_)) | Err(_) => Claims {
            note: "its EXIF cannot be read",
            ..Claims::default()
        },
    }
}

fn claims(exif: &Exif, zone: &tz::TimeZone, now: Timestamp) -> Claims {
    let mut claims = Claims::default();
    if field(exif, Tag::GPSLatitude).is_some() || field(exif, Tag::GPSLongitude).is_some() {
        claims.place = place(exif);
        if claims.place.is_none() {
            claims.note = "the position in its EXIF is none";
        }
    }
    if let Some(told) = field(exif, Tag::DateTimeOriginal) {
        let offset = field(exif, Tag::OffsetTimeOriginal);
        claims.shot_at = time(told, offset, zone).filter(|at| *at <= now);
        if claims.shot_at.is_none() {
            claims.note = "the time in its EXIF is none or lies ahead";
        }
    }
    claims
}

fn field(exif: &Exif, tag: Tag) -> Option<&Field> {
    exif.get_field(tag, In::PRIMARY)
}

fn place(exif: &Exif) -> Option<Place> {
    let latitude = degrees(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b"NS")?;
    let longitude = degrees(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b"EW")?;
    position::wrong(latitude, longitude)
        .is_empty()
        .then_some(Place {
            latitude,
            longitude,
            accuracy: 0.0,
            fuzzy: false,
        })
}

/// Degrees, minutes and seconds, negative on the second side.
fn degrees(exif: &Exif, tag: Tag, side: Tag, sides: &[u8; 2]) -> Option<f64> {
    let Value::Rational(parts) = &field(exif, tag)?.value else {
        return None;
    };
    let [degrees, minutes, seconds] = parts.as_slice() else {
        return None;
    };
    let size = degrees.to_f64() + minutes.to_f64() / 60.0 + seconds.to_f64() / 3_600.0;
    let side = *text(field(exif, side)?)?.first()?;
    let signed = if side == sides[0] {
        size
    } else if side == sides[1] {
        -size
    } else {
        return None;
    };
    // A denominator of zero.
    signed.is_finite().then_some(signed)
}

fn time(told: &Field, offset: Option<&Field>, zone: &tz::TimeZone) -> Option<Timestamp> {
    let mut told = DateTime::from_ascii(text(told)?).ok()?;
    if told.year < FIRST_YEAR {
        return None;
    }
    if let Some(offset) = offset.and_then(text) {
        // One that cannot be read leaves the district's zone.
        let _ = told.parse_offset(offset);
    }
    let part = |part: u8| i8::try_from(part).ok();
    let (month, day) = (part(told.month)?, part(told.day)?);
    let (hour, minute, second) = (part(told.hour)?, part(told.minute)?, part(told.second)?);
    let year = i16::try_from(told.year).ok()?;
    let wall = civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    let zone = match told.offset {
        Some(minutes) => {
            tz::TimeZone::fixed(tz::Offset::from_seconds(i32::from(minutes) * 60).ok()?)
        }
        None => zone.clone(),
    };
    Some(wall.to_zoned(zone).ok()?.timestamp())
}

fn text(field: &Field) -> Option<&[u8]> {
    match &field.value {
        Value::Ascii(texts) => texts.first().map(Vec::as_slice),
        _ => None,
    }
}
