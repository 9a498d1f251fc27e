//! One row of a roster: a duty, or what is wrong with it.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use sha2::{Digest, Sha256};
use tidyward_kit::{Reason, Violations, import::Problem, table::Row};
use tidyward_proto::v1::ImportProblemKind;
use uuid::Uuid;

use super::Roster;
use crate::{
    area, district,
    duty::{self, Duty, Node},
    site,
    store::duty::Origin,
};

/// Where the columns of the mapping are in the file, and what rows have in common.
#[derive(Debug)]
pub struct Layout<'r> {
    roster: &'r Roster,
    /// Where each header stands first, and how many headers there are.
    places: HashMap<&'r str, usize>,
    width: usize,
    /// First day of the district's records.
    start: Date,
    today: Date,
    now: Timestamp,
    creator: &'r str,
}

/// What is wrong with a row.
#[derive(Debug)]
struct Bad {
    column: String,
    reason: Reason,
    message: String,
}

impl<'r> Layout<'r> {
    /// Gives the columns that the file lacks, where it lacks any.
    pub fn find(
        roster: &'r Roster,
        headers: &'r [String],
        (start, today, now): (Date, Date, Timestamp),
        creator: &'r str,
    ) -> Result<Layout<'r>, Vec<String>> {
        let columns = &roster.columns;
        let named = [
            Some(&columns.officer),
            columns.name.as_ref(),
            columns.unit.as_ref(),
            columns.role.as_ref(),
            columns.areas.as_ref(),
            columns.site.as_ref(),
            columns.set_name.as_ref(),
            columns.category.as_ref(),
            columns.head.as_ref(),
            columns.roster.as_ref(),
            columns.first_day.as_ref(),
            columns.last_day.as_ref(),
        ];
        let missing = named
            .into_iter()
            .flatten()
            .filter(|name| !headers.contains(name));
        let missing: Vec<String> = missing.cloned().collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let mut places = HashMap::new();
        for (place, header) in headers.iter().enumerate() {
            places.entry(header.as_str()).or_insert(place);
        }
        Ok(Layout {
            roster,
            places,
            width: headers.len(),
            start,
            today,
            now,
            creator,
        })
    }

    /// The duty of a row, with the given id.
    pub fn read(&self, row: &Row, id: Uuid) -> Result<(Duty, Origin), Problem> {
        self.duty(row, id).map_err(|bad| Problem {
            kind: ImportProblemKind::Rejected,
            line: row.line,
            column: bad.column,
            reason: bad.reason,
            message: bad.message,
        })
    }

    fn duty(&self, row: &Row, id: Uuid) -> Result<(Duty, Origin), Bad> {
        if row.cells.len() != self.width {
            let message = format!(
                "the row has {} fields and the header {}; look for a stray comma or quote",
                row.cells.len(),
                self.width
            );
            return Err(self.bad("", Reason::ValueInvalid, message));
        }
        let constants = &self.roster.constants;
        let said = |field, constant: &str| {
            let cell = self.cell(row, field);
            if cell.is_empty() { constant } else { cell }.to_owned()
        };
        let officer = self.cell(row, "officer");
        if officer.is_empty() {
            return Err(self.bad("officer", Reason::ValueMissing, "is empty and must not be"));
        }
        let first_day = self.day(row, "first_day")?.or(constants.first_day);
        let duty = Duty {
            id,
            officer: officer.to_owned(),
            display_name: self.cell(row, "display_name").to_owned(),
            unit: said("unit", &constants.unit),
            role: self.role(row)?,
            nodes: self.nodes(row)?,
            set_name: said("set_name", &constants.set_name),
            category: self.category(row),
            head: self.head(row)?,
            roster: said("roster", &constants.roster),
            first_day: first_day.unwrap_or(self.today),
            last_day: self.day(row, "last_day")?.or(constants.last_day),
            created_at: self.now,
            creator: self.creator.to_owned(),
            revision: 1,
        };
        let mut violations = Violations::default();
        duty.check(&mut violations);
        let nodes = duty.nodes.iter().enumerate();
        duty::check_nodes(duty.nodes.len(), nodes, &mut violations);
        if let Some(one) = violations.into_error().violations.into_iter().next() {
            let field = one.field.trim_start_matches("duty.").to_owned();
            return Err(self.bad(&field, Reason::ValueInvalid, one.message));
        }
        let origin = origin(&self.roster.source, &duty, first_day);
        Ok((duty, origin))
    }

    fn role(&self, row: &Row) -> Result<i32, Bad> {
        let word = self.cell(row, "role");
        let constant = self.roster.constants.role.filter(|_| word.is_empty());
        let known = self.roster.roles.get(word).copied().or(constant);
        known.ok_or_else(|| match word {
            "" => self.bad(
                "role",
                Reason::ValueMissing,
                "is empty; say in the mapping's `constants.role` what that means",
            ),
            word => {
                let message =
                    format!("`{word}` is in no list of the mapping's `[roles]`; add it to one");
                self.bad("role", Reason::ValueInvalid, message)
            }
        })
    }

    fn head(&self, row: &Row) -> Result<bool, Bad> {
        let word = self.cell(row, "head");
        match self.roster.heads.get(word) {
            Some(head) => Ok(*head),
            None if word.is_empty() => Ok(self.roster.constants.head),
            None => {
                let message = format!(
                    "`{word}` is in no list of the mapping's `[head]`; add it to `yes` or `no`"
                );
                Err(self.bad("head", Reason::ValueInvalid, message))
            }
        }
    }

    /// A word of the mapping's lists, or a code as it is.
    fn category(&self, row: &Row) -> String {
        let word = self.cell(row, "category");
        match self.roster.categories.get(word) {
            Some(code) => code.clone(),
            None if word.is_empty() => self.roster.constants.category.clone(),
            None => word.to_owned(),
        }
    }

    fn nodes(&self, row: &Row) -> Result<Vec<Node>, Bad> {
        let text = self.cell(row, "areas");
        let codes = match &self.roster.separator {
            Some(separator) => text.split(separator.as_str()).collect(),
            None => vec![text],
        };
        let mut nodes = Vec::new();
        for code in codes
            .into_iter()
            .map(str::trim)
            .filter(|code| !code.is_empty())
        {
            area::check_code(code)
                .map_err(|refusal| self.bad("areas", Reason::ValueInvalid, refusal.words))?;
            nodes.push(Node::Area(code.to_owned()));
        }
        let id = self.cell(row, "site");
        if !id.is_empty() {
            if !site::is_id(id) {
                let message = format!("`{id}` is no site's id");
                return Err(self.bad("site", Reason::ValueInvalid, message));
            }
            nodes.push(Node::Site(id.to_owned()));
        }
        if nodes.is_empty() {
            let message = "is empty; say what the duty is for";
            return Err(self.bad("areas", Reason::ValueMissing, message));
        }
        Ok(nodes)
    }

    fn day(&self, row: &Row, field: &str) -> Result<Option<Date>, Bad> {
        let text = self.cell(row, field);
        if text.is_empty() {
            return Ok(None);
        }
        let format = &self.roster.day_format;
        let read = Date::strptime(format, text).ok();
        // Only days that sort as text are kept.
        let read = read.and_then(|day| district::day(&day.to_string()));
        match read.or_else(|| district::day(text)) {
            Some(day) if day >= self.start => Ok(Some(day)),
            Some(day) => {
                let message = format!("{day} is before the district's start, {}", self.start);
                Err(self.bad(field, Reason::TimeInvalid, message))
            }
            None => {
                let message =
                    format!("`{text}` is no day of the format `{format}` from 1900 to 2200");
                Err(self.bad(field, Reason::TimeInvalid, message))
            }
        }
    }

    /// What the row has in the column of the field; empty where there is no such column.
    fn cell<'c>(&self, row: &'c Row, field: &str) -> &'c str {
        let column = self.roster.column(field);
        let place = self.places.get(column).filter(|_| !column.is_empty());
        place
            .and_then(|place| row.cells.get(*place))
            .map_or("", |cell| cell.trim())
    }

    fn bad(&self, field: &str, reason: Reason, message: impl Into<String>) -> Bad {
        let column = match field {
            "" => String::new(),
            field => self.roster.column(field).to_owned(),
        };
        Bad {
            column,
            reason,
            message: message.into(),
        }
    }
}

/// Who does what where from when makes a row itself; the rest is its content.
fn origin(source: &str, duty: &Duty, first_day: Option<Date>) -> Origin {
    let day = |day: Option<Date>| day.map_or(String::new(), |day| day.to_string());
    let mut nodes: Vec<&Node> = duty.nodes.iter().collect();
    nodes.sort();
    let nodes: Vec<String> = nodes.iter().map(|node| format!("{node:?}")).collect();
    let (role, first_day) = (duty.role.to_string(), day(first_day));
    let mut identity = vec![
        source,
        &duty.officer,
        &role,
        &duty.category,
        &duty.roster,
        &first_day,
    ];
    identity.extend(nodes.iter().map(String::as_str));
    let (head, last_day) = (duty.head.to_string(), day(duty.last_day));
    let content = [
        duty.display_name.as_str(),
        &duty.unit,
        &duty.set_name,
        &head,
        &last_day,
    ];
    Origin {
        identity: digest(&identity),
        content: digest(&content),
    }
}

fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}
