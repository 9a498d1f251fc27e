//! The rule, a row of facts and the sheet that it fills. Nothing here allocates for a row.

use crate::{Issue, Issues, Points};

/// The value that stands for "no data".
pub(crate) const ABSENT: i64 = i64::MIN;

/// The stars of a row that has none.
const NO_STARS: u8 = 255;

/// The issue of a note that points at none.
const NO_ISSUE: u32 = u32::MAX;

/// A district's rule. The lists are the manifest's, in its order; a test keeps them equal.
pub trait Rule: Sized {
    const PARAMETERS: &'static [&'static str];
    const INPUTS: &'static [&'static str];
    const CRITERIA: &'static [&'static str];
    const MESSAGES: &'static [&'static str];
    /// Only for a rule whose manifest says `issue_table = true`.
    const ISSUE_TABLE: bool = false;
    const CATEGORIES: &'static [&'static str] = &[];

    /// Takes the parameters once for all rows, or says that they make no sense together.
    fn new(parameters: &[Points]) -> Result<Self, Failure>;

    /// Fills the sheet for one row. What is not filled is absent.
    fn score(&self, row: Row<'_>, sheet: &mut Sheet<'_>);
}

/// Why a rule scores nothing at all; it fails the whole review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The parameters make no sense together.
    BadParameters,
    /// The rule cannot score what it was given.
    Unsupported,
}

/// The facts of one area.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    inputs: &'a [i64],
    rows: usize,
    row: usize,
    issues: &'a Issues<'a>,
}

impl<'a> Row<'a> {
    /// The fact with this index in `INPUTS`, none where it is absent.
    #[inline(always)]
    pub fn get(&self, input: usize) -> Option<i64> {
        let value = self.inputs.get(input * self.rows + self.row).copied();
        value.filter(|value| *value != ABSENT)
    }

    /// The rounds that the facts count, in the order of their reports; none without `ISSUE_TABLE`.
    pub fn issues(&self) -> impl Iterator<Item = Issue> + use<'a> {
        self.issues.of_row(self.row)
    }
}

/// What one area gets.
#[derive(Debug)]
pub struct Sheet<'a> {
    output: &'a mut Output,
    rows: usize,
    row: usize,
}

impl Sheet<'_> {
    /// Gives points for the criterion with this index in `CRITERIA`; none is absent.
    #[inline(always)]
    pub fn item(&mut self, criterion: usize, points: Option<Points>) {
        if let (Some(points), Some(item)) = (
            points,
            self.output.items.get_mut(criterion * self.rows + self.row),
        ) {
            *item = points.units();
        }
    }

    /// Gives stars, which count where the manifest has no bands.
    pub fn stars(&mut self, stars: u8) {
        if let Some(given) = self.output.stars.get_mut(self.row) {
            *given = stars;
        }
    }

    /// Says with one of `MESSAGES` and its number why the row lost points. A row has at most 16 notes.
    pub fn note(&mut self, criterion: usize, message: usize, value: Points) {
        self.note_on(criterion, message, value, NO_ISSUE);
    }

    /// The same, and points at one of the row's own rounds.
    pub fn note_issue(&mut self, criterion: usize, message: usize, value: Points, issue: &Issue) {
        self.note_on(criterion, message, value, issue.index);
    }

    fn note_on(&mut self, criterion: usize, message: usize, value: Points, issue: u32) {
        // Row, criterion and message count lists that are far shorter than 2^32.
        self.output.note_row.push(self.row as u32);
        self.output.note_criterion.push(criterion as u32);
        self.output.note_message.push(message as u32);
        self.output.note_value.push(value.units());
        self.output.note_issue.push(issue);
    }
}

/// What a rule gives for all rows, column-major as the contract has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub items: Vec<i64>,
    pub stars: Vec<u8>,
    pub note_row: Vec<u32>,
    pub note_criterion: Vec<u32>,
    pub note_message: Vec<u32>,
    pub note_value: Vec<i64>,
    pub note_issue: Vec<u32>,
}

/// Runs a rule over all rows of the inputs, which are column-major.
pub fn score<R: Rule>(
    parameters: &[i64],
    rows: usize,
    inputs: &[i64],
    issues: &Issues<'_>,
) -> Result<Output, Failure> {
    let lacks_table = R::ISSUE_TABLE && issues.starts.len() != rows + 1;
    if lacks_table
        || inputs.len() != rows * R::INPUTS.len()
        || parameters.len() != R::PARAMETERS.len()
    {
        return Err(Failure::Unsupported);
    }
    let parameters: Vec<Points> = parameters.iter().copied().map(Points::from_units).collect();
    let rule = R::new(&parameters)?;
    let mut output = Output {
        items: absent(rows * R::CRITERIA.len()),
        stars: vec![NO_STARS; rows],
        ..Output::default()
    };
    for row in 0..rows {
        rule.score(
            Row {
                inputs,
                rows,
                row,
                issues,
            },
            &mut Sheet {
                output: &mut output,
                rows,
                row,
            },
        );
    }
    Ok(output)
}

/// So many absent items. Copying what is there already is one instruction of WebAssembly, and filling is a loop.
fn absent(count: usize) -> Vec<i64> {
    let mut items = Vec::with_capacity(count);
    items.extend((count > 0).then_some(ABSENT));
    while items.len() < count {
        items.extend_from_within(..items.len().min(count - items.len()));
    }
    items
}
