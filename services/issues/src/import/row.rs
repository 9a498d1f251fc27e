//! One row of the file: an issue with its moves, or what is wrong with it.

use csv::ByteRecord;
use jiff::Timestamp;
use tidyward_kit::{
    Reason,
    position::{self, Degrees},
    table::TableKind,
};

use super::{
    batch::Candidate,
    layout::{Bad, Layout},
    read::Reader,
};
use crate::{
    category::Category,
    event::{self, Fate},
    issue::{self, Issue, LONGEST_ADDRESS, LONGEST_DESCRIPTION, Origin, Place, Source},
    mapping::Status,
    store::write::NewIssue,
};

/// The longest identity, in characters.
const LONGEST_IDENTITY: usize = 200;

/// What a row came to.
#[derive(Debug)]
pub struct Row {
    /// It says that it is a duplicate of another issue.
    pub duplicate: bool,
    pub without_position: bool,
    pub result: Result<Candidate, Bad>,
}

impl Layout {
    pub fn read(&self, reader: &Reader, record: &ByteRecord, line: u64) -> Row {
        let status = self.status(reader, record);
        let place = self.place(reader, record);
        Row {
            duplicate: matches!(status, Ok(Some(status)) if status.duplicate),
            without_position: matches!(place, Ok(None)),
            result: self.candidate(reader, record, line, status, place),
        }
    }

    fn candidate(
        &self,
        reader: &Reader,
        record: &ByteRecord,
        line: u64,
        status: Result<Option<Status>, Bad>,
        place: Result<Option<Place>, Bad>,
    ) -> Result<Candidate, Bad> {
        if record.len() != self.headers.len() {
            let message = format!(
                "the row has {} fields and the header {}; look for a stray comma or quote",
                record.len(),
                self.headers.len()
            );
            return Err(Bad {
                column: String::new(),
                reason: Reason::ValueInvalid,
                message,
            });
        }
        let identity = self.identity(record)?;
        let category = self.category(reader, record)?;
        let reported = self.time(reader, record, self.reported)?;
        let fate = self.fate(reader, record, status?, reported)?;
        let place = place?;
        let digest = self.digest(record);
        let course = event::course(reported, fate, category, &reader.timing);
        let source = &reader.mapping.source;
        let issue = Issue {
            id: issue::imported_id(&reader.district, source, identity),
            category: category.code.clone(),
            source: self.source(reader, record)?,
            place,
            grid: None,
            description: self.words(record, self.description, LONGEST_DESCRIPTION)?,
            address: self.words(record, self.address, LONGEST_ADDRESS)?,
            state: course.state,
            outcome: course.outcome,
            reported_at: reported,
            recorded_at: reader.now,
            actor: reader.actor.clone(),
            ancestors: Vec::new(),
            // Whoever reported it is not in the file, so nobody's duty is known.
            own_report: false,
            reporter: None,
            progress: course.progress(reader.now),
            origin: Some(Origin {
                source: source.clone(),
                identity: identity.to_owned(),
                digest,
            }),
        };
        let new = NewIssue {
            issue,
            moves: course.moves,
        };
        Ok(Candidate {
            line,
            identity: identity.to_owned(),
            digest,
            new,
        })
    }

    fn identity<'r>(&self, record: &'r ByteRecord) -> Result<&'r str, Bad> {
        let identity = self.required(record, self.identity)?;
        if identity.chars().count() > LONGEST_IDENTITY || identity.contains(char::is_control) {
            let message = "must be at most 200 characters, none of them control characters";
            return Err(self.bad(self.identity, Reason::ValueInvalid, message));
        }
        Ok(identity)
    }

    fn category<'r>(&self, reader: &'r Reader, record: &ByteRecord) -> Result<&'r Category, Bad> {
        let value = self.cell(record, self.category)?;
        let code = reader
            .mapping
            .category_values
            .get(value)
            .map_or(value, String::as_str);
        reader.categories.get(code).ok_or_else(|| {
            let message = format!("`{value}` is in no `values` of the mapping's categories and is no category of the district; add it to one");
            self.bad(self.category, Reason::CategoryUnknown, message)
        })
    }

    fn status(&self, reader: &Reader, record: &ByteRecord) -> Result<Option<Status>, Bad> {
        let Some(index) = self.status else {
            return Ok(None);
        };
        let value = self.cell(record, index)?;
        let status = reader.mapping.statuses.get(value).copied();
        status.map(Some).ok_or_else(|| match value {
            "" => self.bad(
                index,
                Reason::ValueMissing,
                "is empty; say in the mapping's `[status]` what that means",
            ),
            value => {
                let message = format!(
                    "`{value}` is in none of the lists of the mapping's `[status]`; add it to one"
                );
                self.bad(index, Reason::ValueInvalid, message)
            }
        })
    }

    /// The status decides where there is one, and else whether there is a time of closing.
    fn fate(
        &self,
        reader: &Reader,
        record: &ByteRecord,
        status: Option<Status>,
        reported: Timestamp,
    ) -> Result<Fate, Bad> {
        let is_duplicate = status.is_some_and(|status| status.duplicate);
        let open = |is_duplicate| {
            if is_duplicate {
                Fate::Duplicate
            } else {
                Fate::Open
            }
        };
        let Some(index) = self
            .closed
            .filter(|_| status.is_none_or(|status| status.closed))
        else {
            return Ok(open(is_duplicate));
        };
        if status.is_none() && self.cell(record, index)?.is_empty() {
            return Ok(Fate::Open);
        }
        let closed = self.time(reader, record, index)?;
        if closed < reported {
            let message = "lies before the time of the report; correct one of them";
            return Err(self.bad(index, Reason::TimeInvalid, message));
        }
        Ok(if is_duplicate {
            Fate::Duplicate
        } else {
            Fate::Closed(closed)
        })
    }

    fn time(&self, reader: &Reader, record: &ByteRecord, index: usize) -> Result<Timestamp, Bad> {
        let value = self.required(record, index)?;
        let format = &reader.mapping.time;
        let zone = &reader.calendar.zone;
        let read = match &reader.mapping.file.kind {
            TableKind::Csv { .. } => format.read(value, zone),
            TableKind::Xlsx { .. } => format.read_of_workbook(value, zone),
        };
        let instant = read.ok_or_else(|| {
            let message = format!(
                "`{value}` is no time of the format `{}` between 1900 and 2200",
                format.pattern()
            );
            self.bad(index, Reason::TimeInvalid, message)
        })?;
        if instant < reader.calendar.start {
            let message = format!(
                "`{value}` lies before the district's start; nothing may be dated before it"
            );
            return Err(self.bad(index, Reason::TimeInvalid, message));
        }
        Ok(instant)
    }

    fn place(&self, reader: &Reader, record: &ByteRecord) -> Result<Option<Place>, Bad> {
        let (Some(latitude), Some(longitude)) = (self.latitude, self.longitude) else {
            return Ok(None);
        };
        let texts = (self.cell(record, latitude)?, self.cell(record, longitude)?);
        if texts == ("", "") {
            return Ok(None);
        }
        let number = |text: &str, index| {
            text.parse::<f64>().map_err(|_| {
                let message = match text {
                    "" => "is empty; a position has both latitude and longitude, or neither"
                        .to_owned(),
                    text => format!("`{text}` is no number of degrees"),
                };
                self.bad(index, Reason::PositionInvalid, message)
            })
        };
        let (north, east) = (number(texts.0, latitude)?, number(texts.1, longitude)?);
        let bad = |column, words: &str| {
            let message = format!("the position ({}, {}): {words}", texts.0, texts.1);
            self.bad(column, Reason::PositionInvalid, message)
        };
        if let Some((part, words)) = position::wrong(north, east).first() {
            let column = if *part == "longitude" {
                longitude
            } else {
                latitude
            };
            return Err(bad(column, words));
        }
        let degrees = Degrees {
            latitude: north,
            longitude: east,
        };
        let converted = position::to_wgs84(reader.mapping.datum, degrees);
        let converted = converted.map_err(|words| bad(latitude, words))?;
        Ok(Some(Place {
            latitude: converted.place.latitude,
            longitude: converted.place.longitude,
            accuracy: 0.0,
            fuzzy: false,
        }))
    }

    fn source(&self, reader: &Reader, record: &ByteRecord) -> Result<Source, Bad> {
        let mapping = &reader.mapping;
        let fallback = mapping.issue_source;
        let Some(index) = self.issue_source else {
            return Ok(fallback.unwrap_or(Source::Unspecified));
        };
        let value = self.cell(record, index)?;
        mapping
            .issue_sources
            .get(value)
            .copied()
            .or(fallback)
            .ok_or_else(|| {
                let message = format!(
                    "`{value}` is in no list of the mapping's `[issue_sources]`; add it to one"
                );
                self.bad(index, Reason::ValueInvalid, message)
            })
    }

    fn words(&self, record: &ByteRecord, index: Option<usize>, most: usize) -> Result<String, Bad> {
        let Some(index) = index else {
            return Ok(String::new());
        };
        let value = self.cell(record, index)?;
        if value.chars().count() > most {
            let message = format!("is longer than {most} characters; shorten it");
            return Err(self.bad(index, Reason::ValueInvalid, message));
        }
        Ok(value
            .chars()
            .map(|c| if c.is_control() && c != '\n' { ' ' } else { c })
            .collect())
    }
}
