//! A post: words to the feed of an area, hidden until its moment. It is never changed.

use jiff::{SignedDuration, Timestamp};
use tidyward_kit::{
    Violations,
    caller::{Caller, District},
    clock, text,
};
use tidyward_proto::v1 as wire;
use uuid::Uuid;

/// What a post says of the area; the proto's table.
pub use tidyward_proto::v1::PostKind;

use crate::{sight, suspension::area_code};

/// The longest text, in characters.
pub const LONGEST: usize = 2_000;
/// How long a post may be hidden.
const LONGEST_HIDDEN: SignedDuration = SignedDuration::from_hours(366 * 24);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    pub id: Uuid,
    /// Code.
    pub area: String,
    /// Codes of the areas above it when it was written, nearest first; two at most.
    pub ancestors: Vec<String>,
    pub kind: PostKind,
    pub text: String,
    pub author: String,
    pub created_at: Timestamp,
    pub visible_from: Timestamp,
    /// Nothing while it is hidden.
    pub published_at: Option<Timestamp>,
    /// SHA-256 of what shows it, in hexadecimal.
    pub evidence: Vec<String>,
}

/// What a request says, before anybody has looked whether the area is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub area: Option<String>,
    pub kind: PostKind,
    pub visible_from: Timestamp,
}

impl Post {
    /// Whether it lies in the area of the code or below it.
    pub fn lies_in(&self, code: &str) -> bool {
        self.area == code || self.ancestors.iter().any(|above| above == code)
    }

    /// Whether the caller may see it. Hidden, it is its author's alone; then staff with areas see what lies in one of
    /// them, and staff without see the whole district.
    pub fn visible(&self, caller: &Caller) -> bool {
        if self.author == caller.subject {
            return true;
        }
        self.published_at.is_some()
            && sight::is_staff(caller)
            && (caller.areas.is_empty() || caller.areas.iter().any(|code| self.lies_in(code)))
    }

    pub fn to_wire(&self, district: &District) -> wire::Post {
        let hidden = self.visible_from > self.created_at;
        let ancestors = self.ancestors.iter();
        let shown = self.evidence.iter();
        wire::Post {
            name: district.child("posts", self.id),
            area: district.child("areas", &self.area),
            ancestors: ancestors
                .map(|code| district.child("areas", code))
                .collect(),
            kind: self.kind as i32,
            text: self.text.clone(),
            author: self.author.clone(),
            create_time: Some(clock::to_wire(self.created_at)),
            visible_from: hidden.then(|| clock::to_wire(self.visible_from)),
            publish_time: self.published_at.map(clock::to_wire),
            evidence: shown
                .map(|sha256| district.child("evidence", sha256))
                .collect(),
        }
    }
}

/// Checks what a request says of a new post; every field that is wrong is noted.
pub fn check(
    violations: &mut Violations,
    district: &District,
    told: &wire::Post,
    now: Timestamp,
) -> Asked {
    let area = area_code(violations, district, "post.area", &told.area);
    let kind = PostKind::try_from(told.kind).unwrap_or_default();
    violations.require(
        kind != PostKind::Unspecified,
        "post.kind",
        "must be WELL_DONE, NOT_DONE or NOTE",
    );
    violations.require(
        !told.text.trim().is_empty(),
        "post.text",
        "say something, in 1 to 2000 characters",
    );
    text::check(violations, "post.text", &told.text, LONGEST);
    let from = match &told.visible_from {
        None => Some(now),
        Some(from) => clock::from_wire(from),
    };
    violations.require(from.is_some(), "post.visible_from", "is no time");
    let visible_from = from.unwrap_or(now).max(now);
    violations.require(
        visible_from.duration_since(now) <= LONGEST_HIDDEN,
        "post.visible_from",
        "must be at most 366 days ahead",
    );
    Asked {
        area,
        kind,
        visible_from,
    }
}
