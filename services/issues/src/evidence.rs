//! Evidence: photos, videos and recordings. What may come in, what it says of itself, and what moves need of it.

pub mod exif;
pub mod inspect;
pub mod media;

use tidyward_kit::{Error, Reason, Violations, clock, position, upload::Quota};
pub use tidyward_proto::v1::{
    Evidence, EvidenceKind as Kind, EvidenceMedia as Media, EvidenceRule as Rule,
    EvidenceUse as Use,
};

use crate::issue::{Issue, Place};

/// Uses of one report, move or post.
pub const MOST_USES: usize = 9;
/// The widest tolerance, in metres.
const WIDEST_TOLERANCE: i32 = 10_000;

/// What a file of a kind may have; the proto and the README say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub media: Media,
    pub bytes: i64,
    /// Width times height; nothing where it has none.
    pub pixels: Option<u64>,
    pub seconds: Option<i64>,
}

/// One row for each kind of file.
pub const LIMITS: [Limits; 3] = [
    Limits {
        media: Media::Photo,
        bytes: 20 << 20,
        pixels: Some(50_000_000),
        seconds: None,
    },
    Limits {
        media: Media::Video,
        bytes: LARGEST,
        pixels: None,
        seconds: Some(120),
    },
    Limits {
        media: Media::Audio,
        bytes: 20 << 20,
        pixels: None,
        seconds: Some(600),
    },
];
/// The largest file of any kind, in bytes.
pub const LARGEST: i64 = 200 << 20;
/// What one caller may have on its way at a time: residents upload, too.
pub const QUOTA: Quota = Quota {
    uploads: 100,
    bytes: 2 * LARGEST,
};

impl Limits {
    /// Refuses more bytes than a file of the kind may have.
    pub fn check_bytes(&self, found: i64) -> Result<(), Error> {
        within("bytes", self.bytes, found)
    }

    pub fn check_pixels(&self, found: u64) -> Result<(), Error> {
        self.pixels
            .map_or(Ok(()), |most| within("pixels", most, found))
    }

    pub fn check_millis(&self, found: i64) -> Result<(), Error> {
        let most = self.seconds.map(|seconds| seconds * 1_000);
        most.map_or(Ok(()), |most| within("milliseconds", most, found))
    }
}

fn within<N: PartialOrd + std::fmt::Display>(what: &str, limit: N, found: N) -> Result<(), Error> {
    if found <= limit {
        return Ok(());
    }
    let message = format!("the file has {found} {what}, the limit is {limit}; send a smaller one");
    Err(Error::new(Reason::EvidenceTooLarge, message)
        .with("what", what)
        .with("limit", limit)
        .with("found", found))
}

/// The file is not what is taken, or damaged.
pub fn unreadable(words: &str) -> Error {
    let message = format!(
        "{words}; send {}",
        media::taken().collect::<Vec<_>>().join(", ")
    );
    Error::new(Reason::EvidenceUnreadable, message)
}

/// Evidence as a move shows it, with where it was taken as the best of its claims says.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub used: Use,
    pub is_photo: bool,
    /// By its EXIF, or where that says nothing by the client.
    pub place: Option<Place>,
    /// Code of the grid in which that lies, where it matters.
    pub grid: Option<String>,
}

impl Shown {
    pub fn new(used: Use, is_photo: bool) -> Shown {
        let claimed = used.exif_position.as_ref().or(used.position.as_ref());
        let place = claimed.map(|claimed| Place {
            latitude: claimed.latitude,
            longitude: claimed.longitude,
            accuracy: claimed.accuracy_metres,
            fuzzy: claimed.fuzzy,
        });
        Shown {
            used,
            is_photo,
            place,
            grid: None,
        }
    }

    pub fn is_photo_of(&self, kind: Kind) -> bool {
        self.is_photo && self.used.kind() == kind
    }
}

/// Checks what a client says of its uses, beside whether the evidence is there: positions become WGS 84, and what only the
/// server may say is left out.
pub fn check_uses(violations: &mut Violations, told: &[Use], now: jiff::Timestamp) -> Vec<Use> {
    if told.len() > MOST_USES {
        let words = format!("at most {MOST_USES}; choose those that show it best");
        violations.add("evidence", words);
        return Vec::new();
    }
    let mut uses: Vec<Use> = Vec::with_capacity(told.len());
    for (index, one) in told.iter().enumerate() {
        let field = format!("evidence[{index}]");
        let kind = one.kind();
        if kind == Kind::Unspecified {
            let words = "must be NEAR, FAR, BEFORE, AFTER or CHECK";
            violations.add(format!("{field}.kind"), words);
        }
        let twice = |before: &Use| before.evidence == one.evidence && before.kind() == kind;
        if uses.iter().any(twice) {
            let words = "is there twice with that kind; name it once";
            violations.add(format!("{field}.evidence"), words);
        }
        let shot_at = one.shot_time.as_ref().map(clock::from_wire);
        if shot_at.is_some_and(|at| at.is_none_or(|at| at > now)) {
            let words = "is no time, or lies ahead; leave it out where it is not known";
            violations.add_reason(format!("{field}.shot_time"), Reason::TimeInvalid, words);
        }
        let position = one.position.as_ref().and_then(|told| {
            let place = position::check(violations, &format!("{field}.position"), told)?;
            Some(crate::territory::position(Place {
                latitude: place.latitude,
                longitude: place.longitude,
                accuracy: place.accuracy_metres,
                fuzzy: place.fuzzy,
            }))
        });
        uses.push(Use {
            evidence: one.evidence.clone(),
            kind: kind as i32,
            position,
            shot_time: one.shot_time,
            source: one.source() as i32,
            exif_position: None,
            exif_shot_time: None,
        });
    }
    uses
}

/// Checks what a filing condition asks for.
pub fn check_rule(violations: &mut Violations, field: &str, told: &Rule) {
    for (name, kinds) in [
        ("hand_in", &told.hand_in),
        ("settle", &told.settle),
        ("check", &told.check),
    ] {
        for (index, kind) in kinds.iter().enumerate() {
            let known = Kind::try_from(*kind).is_ok_and(|kind| kind != Kind::Unspecified);
            let once = !kinds[..index].contains(kind);
            violations.require(
                known && once,
                &format!("{field}.{name}[{index}]"),
                "must be NEAR, FAR, BEFORE, AFTER or CHECK, each at most once",
            );
        }
    }
    violations.require(
        (0..=WIDEST_TOLERANCE).contains(&told.tolerance_metres),
        &format!("{field}.tolerance_metres"),
        "must be 0 to 10,000 metres",
    );
}

/// Whether what is shown is what a move needs: a photo of each kind, and those of afterwards from the place itself.
pub fn check_shown(
    issue: &Issue,
    needed: &[i32],
    tolerance_metres: i32,
    shown: &[Shown],
) -> Result<(), Error> {
    let kinds = needed.iter().filter_map(|kind| Kind::try_from(*kind).ok());
    let missing: Vec<&str> = kinds
        .clone()
        .filter(|kind| !shown.iter().any(|one| one.is_photo_of(*kind)))
        .map(kind_name)
        .collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let message = format!(
            "the filing condition asks for photos of the kinds {missing}; add them as evidence"
        );
        return Err(Error::new(Reason::EvidenceMissing, message).with("missing", missing));
    }
    if !kinds.clone().any(|kind| kind == Kind::After) {
        return Ok(());
    }
    let mut after = shown.iter().filter(|one| one.is_photo_of(Kind::After));
    after.try_for_each(|photo| check_near(issue, tolerance_metres, photo))
}

fn check_near(issue: &Issue, tolerance_metres: i32, photo: &Shown) -> Result<(), Error> {
    let too_far = |words: String| {
        Error::new(Reason::EvidenceTooFar, words)
            .with("evidence", &photo.used.evidence)
            .with("tolerance_metres", tolerance_metres)
    };
    let Some(taken_at) = photo.place else {
        let words = "the AFTER photo says no place; send its position with it".to_owned();
        return Err(too_far(words));
    };
    if issue.grid.is_some() && photo.grid == issue.grid {
        return Ok(());
    }
    let Some(place) = issue.place else {
        let words = "the AFTER photo was not taken in the issue's grid; take one there".to_owned();
        return Err(too_far(words));
    };
    let metres = crate::near::metres(place, taken_at);
    if metres <= f64::from(tolerance_metres) {
        return Ok(());
    }
    let words = format!(
        "the AFTER photo was taken {metres:.0} m from the issue and not in its grid, {tolerance_metres} m is allowed; \
         take one there"
    );
    Err(too_far(words).with("distance_metres", format!("{metres:.0}")))
}

/// The SHA-256 that the hexadecimal says.
pub fn digest(sha256: &str) -> Result<[u8; 32], Error> {
    let bytes = hex::decode(sha256).map_err(Error::internal)?;
    let wrong = |_| Error::internal("evidence is not named by a SHA-256");
    bytes.try_into().map_err(wrong)
}

/// Name of a kind without the prefix of the proto.
pub fn kind_name(kind: Kind) -> &'static str {
    let name = kind.as_str_name();
    name.strip_prefix("EVIDENCE_KIND_").unwrap_or(name)
}

#[cfg(test)]
mod tests;
