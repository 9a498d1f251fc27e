//! Looking at a file before it is evidence: what it is, whether it keeps to the limits, whether it can be read, what it
//! looks like small. Limits come before decoding, so that a small file cannot ask for much memory.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, codecs::jpeg::JpegEncoder,
    metadata::Orientation,
};
use jiff::{Timestamp, tz::TimeZone};
use lofty::{
    config::ParseOptions,
    file::{AudioFile, TaggedFile},
    probe::Probe,
};
use mp4parse::{MediaContext, TrackType};
use tidyward_kit::{Error, Reason};

use super::{
    Limits, Media,
    exif::{self, Claims},
    media::Type,
    unreadable,
};

/// The longest side of a thumbnail, in pixels.
const THUMBNAIL: u32 = 320;
/// Of a JPEG, of 100.
const QUALITY: u8 = 80;
/// Bytes that a decoded photo may take: 50 megapixels of four bytes, and something for the decoder.
const MOST_MEMORY: u64 = 256 << 20;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub media: Media,
    pub content_type: &'static str,
    pub width: u32,
    pub height: u32,
    pub duration_millis: i64,
    /// A JPEG; empty where there is none.
    pub thumbnail: Vec<u8>,
    pub claims: Claims,
}

/// Looks at the bytes. `claimed` is the type that the sender takes them for. It takes long: never on a thread of calls.
pub fn inspect(
    bytes: &[u8],
    claimed: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Found, Error> {
    let found = Type::sniff(bytes)?;
    found.check_claim(claimed)?;
    let limits = found.limits();
    limits.check_bytes(i64::try_from(bytes.len()).unwrap_or(i64::MAX))?;
    let mut seen = Found {
        media: found.media,
        content_type: found.name,
        width: 0,
        height: 0,
        duration_millis: 0,
        thumbnail: Vec::new(),
        claims: Claims::default(),
    };
    match found.media {
        Media::Photo => {
            let format = ImageFormat::from_mime_type(found.name);
            let format = format.ok_or_else(|| unreadable("the photo cannot be read"))?;
            photo(bytes, format, &limits, &mut seen)?;
            seen.claims = exif::read(bytes, zone, now);
        }
        Media::Video => seen.duration_millis = video_millis(bytes)?,
        Media::Audio | Media::Unspecified => seen.duration_millis = audio_millis(bytes)?,
    }
    limits.check_millis(seen.duration_millis)?;
    Ok(seen)
}

fn photo(
    bytes: &[u8],
    format: ImageFormat,
    limits: &Limits,
    seen: &mut Found,
) -> Result<(), Error> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut memory = image::Limits::default();
    memory.max_alloc = Some(MOST_MEMORY);
    reader.limits(memory);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    limits.check_pixels(u64::from(width) * u64::from(height))?;
    if decoder.total_bytes() > MOST_MEMORY {
        return Err(needs_memory());
    }
    (seen.width, seen.height) = (width, height);
    let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let whole = DynamicImage::from_decoder(decoder).map_err(broken)?;
    let mut small = if width.max(height) > THUMBNAIL {
        whole.thumbnail(THUMBNAIL, THUMBNAIL)
    } else {
        whole
    };
    small.apply_orientation(turned);
    let encoder = JpegEncoder::new_with_quality(&mut seen.thumbnail, QUALITY);
    small
        .to_rgb8()
        .write_with_encoder(encoder)
        .map_err(Error::internal)
}

fn broken(error: ImageError) -> Error {
    match error {
        ImageError::Limits(_) => needs_memory(),
        _ => unreadable("the photo is damaged"),
    }
}

fn needs_memory() -> Error {
    let most = MOST_MEMORY >> 20;
    let message = format!("the photo decodes to more than {most} MiB; send a smaller one");
    Error::new(Reason::EvidenceTooLarge, message)
        .with("what", "decoded mebibytes")
        .with("limit", most)
}

/// As the file's tracks say, the longest of them. One that says nothing is refused: nobody could limit it.
fn video_millis(bytes: &[u8]) -> Result<i64, Error> {
    let broken = || unreadable("the video is damaged or says no duration");
    let film = mp4parse::read_mp4(&mut Cursor::new(bytes)).map_err(|_| broken())?;
    let is_video = film
        .tracks
        .iter()
        .any(|track| track.track_type == TrackType::Video);
    let longest = track_millis(&film).into_iter().max();
    longest
        .filter(|millis| is_video && *millis > 0)
        .ok_or_else(broken)
}

fn track_millis(film: &MediaContext) -> Vec<i64> {
    let millis = |units: u64, scale: u64| {
        let millis = (u128::from(units) * 1_000).checked_div(u128::from(scale))?;
        i64::try_from(millis).ok()
    };
    let of_tracks = film
        .tracks
        .iter()
        .filter_map(|track| millis(track.duration.as_ref()?.0, track.timescale.as_ref()?.0));
    // Of a film in fragments the tracks say nothing.
    let of_fragments = film.mvex.as_ref().and_then(|fragments| {
        millis(
            fragments.fragment_duration.as_ref()?.0,
            film.timescale.as_ref()?.0,
        )
    });
    of_tracks.chain(of_fragments).collect()
}

fn audio_millis(bytes: &[u8]) -> Result<i64, Error> {
    let broken = || unreadable("the recording is damaged or says no duration");
    let options = ParseOptions::new().read_tags(false);
    let probe = Probe::new(Cursor::new(bytes)).options(options);
    let probe = probe.guess_file_type().map_err(|_| broken())?;
    let file: TaggedFile = probe.read().map_err(|_| broken())?;
    let millis = file.properties().duration().as_millis();
    i64::try_from(millis)
        .ok()
        .filter(|millis| *millis > 0)
        .ok_or_else(broken)
}

#[cfg(test)]
pub mod tests;
