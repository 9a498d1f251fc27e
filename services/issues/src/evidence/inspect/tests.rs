//! Files that are looked at: good ones, and every kind of bad one.

use ::exif::{Field, In, Rational, Tag, Value, experimental::Writer};
use image::{Rgb, RgbImage};
use jiff::{Timestamp, tz::TimeZone};
use tidyward_kit::Reason;

use super::*;

fn now() -> Timestamp {
    "2026-03-01T00:00:00Z".parse().unwrap()
}

fn look(bytes: &[u8]) -> Result<Found, Error> {
    inspect(bytes, "", &TimeZone::UTC, now())
}

fn reason(bytes: &[u8]) -> Reason {
    look(bytes).unwrap_err().reason
}

/// A photo whose pixels differ, so that no encoder makes nothing of it.
pub fn photo(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The JPEG with the EXIF block behind its first marker.
pub fn with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let length = u16::try_from(exif.len() + 8).unwrap().to_be_bytes();
    let segment = [&[0xff, 0xe1][..], &length, b"Exif\0\0", exif].concat();
    [&jpeg[..2], &segment, &jpeg[2..]].concat()
}

/// EXIF with a place, degrees north and east as whole degrees and minutes, and a time.
pub fn exif(latitude: [u32; 2], longitude: [u32; 2], sides: [&str; 2], time: &str) -> Vec<u8> {
    let angle = |[degrees, minutes]: [u32; 2]| {
        Value::Rational(
            [degrees, minutes, 0]
                .map(|num| Rational { num, denom: 1 })
                .to_vec(),
        )
    };
    let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let fields = [
        (Tag::GPSLatitude, angle(latitude)),
        (Tag::GPSLatitudeRef, text(sides[0])),
        (Tag::GPSLongitude, angle(longitude)),
        (Tag::GPSLongitudeRef, text(sides[1])),
        (Tag::DateTimeOriginal, text(time)),
    ];
    let fields = fields.map(|(tag, value)| Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    });
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut bytes = Cursor::new(Vec::new());
    writer.write(&mut bytes, false).unwrap();
    bytes.into_inner()
}

/// An MP4 of a video track that lasts so many milliseconds, or of none where it is `None`.
pub fn video(millis: Option<u32>) -> Vec<u8> {
    fn one(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap().to_be_bytes();
        [&length[..], name, body].concat()
    }
    let zeros = |count: usize| vec![0; count];
    let track = |millis: u32| {
        let header = [
            &zeros(12)[..],
            &1_000_u32.to_be_bytes(),
            &millis.to_be_bytes(),
            &zeros(4),
        ];
        let header = one(b"mdhd", &header.concat());
        let handler = one(b"hdlr", &[&zeros(8)[..], b"vide", &zeros(13)].concat());
        let tables = [b"stts", b"stsc", b"stco"]
            .map(|name| one(name, &zeros(8)))
            .concat();
        let sizes = one(b"stsz", &zeros(12));
        let samples = one(b"stbl", &[one(b"stsd", &zeros(8)), tables, sizes].concat());
        let media = one(b"mdia", &[header, handler, one(b"minf", &samples)].concat());
        one(b"trak", &[one(b"tkhd", &zeros(84)), media].concat())
    };
    let film = [&zeros(12)[..], &1_000_u32.to_be_bytes(), &zeros(84)].concat();
    let tracks = millis.map(track).unwrap_or_default();
    [
        one(b"ftyp", b"isom\0\0\0\0isom"),
        one(b"moov", &[one(b"mvhd", &film), tracks].concat()),
    ]
    .concat()
}

/// A WAV of silence, 8,000 bytes a second.
pub fn recording(seconds: u32) -> Vec<u8> {
    let data = seconds * 8_000;
    let numbers = |numbers: &[u32]| {
        numbers
            .iter()
            .flat_map(|n| n.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let format = [
        &numbers(&[16])[..],
        &[1, 0, 1, 0],
        &numbers(&[8_000, 8_000]),
        &[1, 0, 8, 0],
    ];
    [
        &b"RIFF"[..],
        &numbers(&[36 + data]),
        b"WAVEfmt ",
        &format.concat(),
        b"data",
        &numbers(&[data]),
        &vec![128; data as usize],
    ]
    .concat()
}

#[test]
fn a_photo_tells_its_type_and_size_and_gets_a_small_one() {
    for (format, name) in [
        (ImageFormat::Jpeg, "image/jpeg"),
        (ImageFormat::Png, "image/png"),
        (ImageFormat::WebP, "image/webp"),
    ] {
        let found = look(&photo(640, 480, format)).unwrap();
        assert_eq!((found.media, found.content_type), (Media::Photo, name));
        assert_eq!((found.width, found.height), (640, 480));
        let small = image::load_from_memory(&found.thumbnail).unwrap();
        assert_eq!((small.width(), small.height()), (320, 240));
        assert_eq!(found.claims, Claims::default());
    }
    let found = look(&photo(40, 30, ImageFormat::Png)).unwrap();
    let small = image::load_from_memory_with_format(&found.thumbnail, ImageFormat::Jpeg).unwrap();
    assert_eq!(
        (small.width(), small.height()),
        (40, 30),
        "it is not enlarged"
    );
}

#[test]
fn videos_and_recordings_tell_how_long_they_last() {
    let found = look(&video(Some(119_500))).unwrap();
    assert_eq!(
        (found.media, found.content_type),
        (Media::Video, "video/mp4")
    );
    assert_eq!(found.duration_millis, 119_500);
    let found = look(&recording(2)).unwrap();
    assert_eq!(
        (found.media, found.content_type),
        (Media::Audio, "audio/wav")
    );
    assert_eq!(found.duration_millis, 2_000);
}

/// A PNG that says that it is so large and holds nothing.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = photo(1, 1, ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    bytes
}

#[test]
fn what_is_no_photo_video_or_recording_is_refused() {
    let jpeg = photo(640, 480, ImageFormat::Jpeg);
    let png = photo(640, 480, ImageFormat::Png);
    let film = video(Some(1_000));
    let cases: &[(&str, &[u8])] = &[
        ("nothing", b""),
        ("text", b"no photo"),
        ("a page", b"<html><body></body></html>"),
        ("a program", b"\x7fELF\x02\x01\x01\0\0\0\0\0"),
        ("the head of a JPEG", &jpeg[..20]),
        ("the head of a PNG", &png[..100]),
        ("half a PNG", &png[..png.len() / 2]),
        ("a film without a track", &video(None)),
        ("a film of no time", &video(Some(0))),
        ("half a film", &film[..film.len() / 2]),
        ("a recording of no time", &recording(0)),
    ];
    for (name, bytes) in cases {
        let error = look(bytes).expect_err(name);
        assert_eq!(error.reason, Reason::EvidenceUnreadable, "{name}");
        assert!(error.message.contains("image/jpeg"), "{}", error.message);
    }
}

#[test]
fn limits_come_before_decoding() {
    assert_eq!(reason(&bomb(50_001, 1_000)), Reason::EvidenceTooLarge);
    assert_eq!(reason(&bomb(u32::MAX >> 1, 1)), Reason::EvidenceTooLarge);
    // Within the limits, but there is nothing in it.
    assert_eq!(reason(&bomb(5_000, 5_000)), Reason::EvidenceUnreadable);
    assert_eq!(reason(&video(Some(120_001))), Reason::EvidenceTooLarge);
    assert_eq!(reason(&recording(601)), Reason::EvidenceTooLarge);
    let mut long = photo(8, 8, ImageFormat::Jpeg);
    long.resize((20 << 20) + 1, 0);
    assert_eq!(reason(&long), Reason::EvidenceTooLarge);
}

#[test]
fn a_claim_of_another_type_is_refused_in_whatever_words_the_right_one_may_be_told() {
    let bytes = photo(8, 8, ImageFormat::Png);
    let claim = |claimed: &str| inspect(&bytes, claimed, &TimeZone::UTC, now());
    for right in ["", "image/png", "IMAGE/PNG", "image/png; charset=binary"] {
        assert!(claim(right).is_ok(), "{right}");
    }
    let error = claim("image/jpeg").unwrap_err();
    assert_eq!(error.reason, Reason::EvidenceTypeDiffers);
    assert_eq!(error.metadata["claimed"], "image/jpeg");
    assert_eq!(error.metadata["found"], "image/png");
    let told = inspect(&recording(1), "audio/x-wav", &TimeZone::UTC, now());
    assert!(told.is_ok());
}

#[test]
fn exif_is_a_claim_and_a_bad_one_is_noted_and_fails_nothing() {
    let jpeg = photo(64, 48, ImageFormat::Jpeg);
    let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
    let read = |exif: &[u8]| {
        let found = inspect(&with_exif(&jpeg, exif), "", &shanghai, now());
        found.unwrap().claims
    };
    let told = read(&exif(
        [31, 12],
        [121, 30],
        ["N", "E"],
        "2026:02:03 08:00:00",
    ));
    let place = told.place.unwrap();
    assert_eq!((place.latitude, place.longitude), (31.2, 121.5));
    // Without a zone of its own it is the district's.
    assert_eq!(told.shot_at, Some("2026-02-03T00:00:00Z".parse().unwrap()));
    assert_eq!(told.note, "");
    let south = read(&exif([33, 0], [70, 30], ["S", "W"], "2026:02:03 08:00:00"));
    assert_eq!(
        south.place.map(|place| (place.latitude, place.longitude)),
        Some((-33.0, -70.5))
    );

    let bad: &[(&str, Vec<u8>)] = &[
        ("no EXIF at all", b"hostile".to_vec()),
        (
            "an offset beyond its end",
            b"MM\0\x2a\xff\xff\xff\xff".to_vec(),
        ),
        (
            "a count beyond its end",
            b"MM\0\x2a\0\0\0\x08\xff\xff".to_vec(),
        ),
        (
            "off the globe",
            exif([91, 0], [181, 0], ["N", "E"], "2026:02:03 08:00:00"),
        ),
        (
            "nowhere",
            exif([0, 0], [0, 0], ["N", "E"], "2026:02:03 08:00:00"),
        ),
        (
            "on no side",
            exif([31, 0], [121, 0], ["X", "E"], "2026:02:03 08:00:00"),
        ),
        (
            "huge",
            exif(
                [u32::MAX, u32::MAX],
                [1, 0],
                ["N", "E"],
                "2026:02:03 08:00:00",
            ),
        ),
    ];
    for (name, exif) in bad {
        let claims = read(exif);
        assert!(
            claims.place.is_none() && !claims.note.is_empty(),
            "{name}: {claims:?}"
        );
    }
    for time in [
        "2027:01:01 00:00:00",
        "0000:00:00 00:00:00",
        "yesterday",
        "1970:01:01 00:00:00",
    ] {
        let claims = read(&exif([31, 0], [121, 0], ["N", "E"], time));
        assert!(claims.shot_at.is_none() && claims.place.is_some(), "{time}");
        assert!(!claims.note.is_empty(), "{time}");
    }
}
