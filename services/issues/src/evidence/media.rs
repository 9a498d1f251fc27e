//! Which types of file are taken: each as its bytes show it, never as its name or its sender says.

use tidyward_kit::{Error, Reason};

use super::{LIMITS, Limits, Media, unreadable};

/// A type of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type {
    pub media: Media,
    /// As it is told, for example `image/jpeg`.
    pub name: &'static str,
    /// Other names under which clients know it, that of the sniffer among them.
    aliases: &'static [&'static str],
}

#[rustfmt::skip]
const TYPES: [Type; 11] = [
    Type { media: Media::Photo, name: "image/jpeg",      aliases: &["image/jpg"] },
    Type { media: Media::Photo, name: "image/png",       aliases: &[] },
    Type { media: Media::Photo, name: "image/webp",      aliases: &[] },
    Type { media: Media::Video, name: "video/mp4",       aliases: &[] },
    Type { media: Media::Video, name: "video/quicktime", aliases: &[] },
    Type { media: Media::Audio, name: "audio/mpeg",      aliases: &["audio/mp3"] },
    Type { media: Media::Audio, name: "audio/mp4",       aliases: &["audio/m4a", "audio/x-m4a"] },
    Type { media: Media::Audio, name: "audio/wav",       aliases: &["audio/x-wav", "audio/wave"] },
    Type { media: Media::Audio, name: "audio/flac",      aliases: &["audio/x-flac"] },
    Type { media: Media::Audio, name: "audio/ogg",       aliases: &[] },
    Type { media: Media::Audio, name: "audio/opus",      aliases: &[] },
];

impl Type {
    /// What the bytes are.
    pub fn sniff(bytes: &[u8]) -> Result<Type, Error> {
        let found = infer::get(bytes).map(|found| found.mime_type());
        let found = found.and_then(|name| TYPES.into_iter().find(|row| row.is(name)));
        found.ok_or_else(|| unreadable("the file is none that is taken"))
    }

    /// Refuses a claim that the bytes belie. An empty one claims nothing.
    pub fn check_claim(&self, claimed: &str) -> Result<(), Error> {
        // Parameters, as in `image/jpeg; charset=binary`, say nothing of the type.
        let told = claimed.split(';').next().unwrap_or_default().trim();
        if told.is_empty() || self.is(&told.to_ascii_lowercase()) {
            return Ok(());
        }
        let message = format!(
            "the bytes are {}, not what content_type says; say that, or send the right file",
            self.name
        );
        Err(Error::new(Reason::EvidenceTypeDiffers, message)
            .with("claimed", told)
            .with("found", self.name))
    }

    pub fn limits(&self) -> Limits {
        let row = LIMITS.iter().find(|row| row.media == self.media);
        *row.unwrap_or(&LIMITS[0])
    }

    fn is(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// The names of all types.
pub fn taken() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|row| row.name)
}
