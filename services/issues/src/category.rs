//! Categories: the kinds of problem that every district begins with, and those that it made, changed or declared by an
//! import. Under a category stand its filing conditions, which say how pressing a problem is and how long each stage may
//! take.

pub mod edit;
mod starting;

use std::collections::BTreeMap;

use crate::{evidence::Rule, issue::Severity, limit::Limit};

pub use starting::STARTING;
/// What a category is about, and a stage with a limit of its own; the proto's tables.
pub use tidyward_proto::v1::{CategoryKind as Kind, Stage};

/// Categories of a district at most.
pub const MOST: usize = 1_000;
/// Id of the only condition of a category that an import declares.
pub const NORMAL: &str = "normal";

/// Metres within which an open issue may be the same problem, where the category says nothing.
pub const DUPLICATE_METRES: i32 = 50;
/// Days back to which it is looked for: 12 weeks.
pub const DUPLICATE_DAYS: i32 = 84;
/// Metres within which a new external report is a rebound.
pub const REBOUND_METRES: i32 = 15;
/// Days after a closing in which it is one; 0 is off.
pub const REBOUND_DAYS: i32 = 0;

/// The categories of a district by code.
pub type Categories = BTreeMap<String, Category>;

/// A kind of problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// 1 to 40 of a-z, 0-9 and underscore, beginning with a letter.
    pub code: String,
    pub title: Title,
    pub kind: Kind,
    /// Code of the category above.
    pub parent: Option<String>,
    /// Its own, the first first; see `conditions` for those that apply.
    pub conditions: Vec<Condition>,
    pub duplicate_metres: i32,
    pub duplicate_days: i32,
    pub rebound_metres: i32,
    /// 0 is off.
    pub rebound_days: i32,
    /// Nothing more is reported under it.
    pub retired: bool,
    /// Counts its changes; 0 where it stands as every district begins with it.
    pub version: i64,
}

/// A filing condition (立案条件).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Unique in its category.
    pub id: String,
    pub title: Title,
    pub severity: Severity,
    /// What must be so for the issue to be closed (结案条件).
    pub closing: Title,
    pub limits: Limits,
    /// What moves have to show under it; nothing asks for none.
    pub evidence: Option<Rule>,
}

/// How long each stage may take; nothing is without end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// From the report to the verification.
    pub verify: Option<Limit>,
    /// From the filing to the dispatch.
    pub dispatch: Option<Limit>,
    /// From the dispatch to the acceptance.
    pub accept: Option<Limit>,
    /// From the dispatch to the hand-in.
    pub handle: Option<Limit>,
    /// From the hand-in to the check.
    pub check: Option<Limit>,
    /// From the filing to the closing.
    pub total: Option<Limit>,
}

/// What people call it; empty where nobody wrote one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    pub zh: String,
    pub en: String,
}

impl Category {
    /// A category of the code as it is before anybody says more: that of the starting set, or a bare one.
    pub fn new(code: &str) -> Category {
        let bare = Category {
            code: code.to_owned(),
            title: Title::default(),
            kind: Kind::Event,
            parent: None,
            conditions: Vec::new(),
            duplicate_metres: DUPLICATE_METRES,
            duplicate_days: DUPLICATE_DAYS,
            rebound_metres: REBOUND_METRES,
            rebound_days: REBOUND_DAYS,
            retired: false,
            version: 0,
        };
        let row = STARTING.iter().find(|row| row.code == code);
        row.map_or(bare.clone(), |row| Category {
            title: Title {
                zh: row.zh.to_owned(),
                en: row.en.to_owned(),
            },
            rebound_days: row.rebound_days,
            ..bare
        })
    }

    /// As an import declares it: a title, and at most one condition with the two limits.
    pub fn declared(
        code: &str,
        title: Title,
        handling: Option<Limit>,
        total: Option<Limit>,
    ) -> Category {
        let limits = Limits {
            handle: handling,
            total,
            ..Limits::default()
        };
        let has_limit = handling.is_some() || total.is_some();
        Category {
            title,
            conditions: has_limit
                .then(|| Condition::normal(limits))
                .into_iter()
                .collect(),
            ..Category::new(code)
        }
    }

    /// Changes with every change.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }

    /// From dispatch to hand-in, by its first condition.
    pub fn handling(&self) -> Option<Limit> {
        self.conditions.first()?.limits.handle
    }

    /// From filing to closing, by its first condition.
    pub fn total(&self) -> Option<Limit> {
        self.conditions.first()?.limits.total
    }

    /// The category after an import declared it again: title and the limits of the condition `normal` are the import's,
    /// all else stays as the district made it. Without limits in the import the conditions stay too.
    #[must_use]
    pub fn declared_again(&self, declared: &Category) -> Category {
        let mut next = Category {
            title: declared.title.clone(),
            ..self.clone()
        };
        for told in &declared.conditions {
            match next.conditions.iter_mut().find(|one| one.id == told.id) {
                Some(own) => {
                    own.limits.handle = told.limits.handle;
                    own.limits.total = told.limits.total;
                }
                None => next.conditions.insert(0, told.clone()),
            }
        }
        next
    }
}

impl Condition {
    /// The only condition of a category that an import declares.
    pub fn normal(limits: Limits) -> Condition {
        Condition {
            id: NORMAL.to_owned(),
            title: Title::default(),
            severity: Severity::Normal,
            closing: Title::default(),
            limits,
            evidence: None,
        }
    }

    /// The limit of a stage; nothing where it has none.
    pub fn limit(&self, stage: Stage) -> Option<Limit> {
        self.limits.of(stage)
    }
}

impl Limits {
    pub fn of(&self, stage: Stage) -> Option<Limit> {
        match stage {
            Stage::Unspecified => None,
            Stage::Verify => self.verify,
            Stage::Dispatch => self.dispatch,
            Stage::Accept => self.accept,
            Stage::Handle => self.handle,
            Stage::Check => self.check,
            Stage::Total => self.total,
        }
    }
}

/// The categories of a district by code: the starting set, and over it what the district has of its own.
pub fn of_district(own: Vec<Category>) -> Categories {
    let starting = STARTING.iter().map(|row| Category::new(row.code));
    starting
        .chain(own)
        .map(|category| (category.code.clone(), category))
        .collect()
}

/// Codes of a category and all above it, nearest first. A code that is not there stands alone.
pub fn chain(categories: &Categories, code: &str) -> Vec<String> {
    let mut chain = vec![code.to_owned()];
    let mut next = categories.get(code);
    while let Some(parent) = next.and_then(|category| category.parent.as_ref()) {
        // A cycle cannot be written; a chain that held one would end here all the same.
        if chain.contains(parent) {
            break;
        }
        chain.push(parent.clone());
        next = categories.get(parent);
    }
    chain
}

/// The filing conditions that apply to a category: its own, or those of the nearest one above that has some.
pub fn conditions<'a>(categories: &'a Categories, code: &str) -> &'a [Condition] {
    let chain = chain(categories, code);
    let mut above = chain.iter().filter_map(|code| categories.get(code));
    above
        .find(|category| !category.conditions.is_empty())
        .map_or(&[], |category| &category.conditions)
}

/// The condition of the id, or where it is empty the first; nothing where the category has none such.
pub fn condition<'a>(categories: &'a Categories, code: &str, id: &str) -> Option<&'a Condition> {
    let mut conditions = conditions(categories, code).iter();
    match id {
        "" => conditions.next(),
        id => conditions.find(|condition| condition.id == id),
    }
}

/// The same categories, each with the conditions that apply to it.
pub fn resolved(categories: &Categories) -> Categories {
    let with_conditions = |(code, category): (&String, &Category)| {
        let conditions = conditions(categories, code).to_vec();
        let category = Category {
            conditions,
            ..category.clone()
        };
        (code.clone(), category)
    };
    categories.iter().map(with_conditions).collect()
}

#[cfg(test)]
mod tests;
