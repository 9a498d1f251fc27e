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
    cell: Cell,
    issues: &'a Issues<'a>,
}

impl<'a> Row<'a> {
    /// The fact with this index in `INPUTS`, none where it is absent.
    #[inline(always)]
    pub fn get(&self, input: usize) -> Option<i64> {
        let value = *self.cell.of(self.inputs, input)?;
        (value != ABSENT).then_some(value)
    }

    /// The rounds that the facts count, in the order of their reports; none without `ISSUE_TABLE`.
    pub fn issues(&self) -> impl Iterator<Item = Issue> + use<'a> {
        self.issues.of_row(self.cell.row)
    }
}

/// What one area gets.
#[derive(Debug)]
pub struct Sheet<'a> {
    items: &'a mut [i64],
    stars: &'a mut u8,
    notes: &'a mut Notes,
    cell: Cell,
}

impl Sheet<'_> {
    /// Gives points for the criterion with this index in `CRITERIA`; none is absent.
    #[inline(always)]
    pub fn item(&mut self, criterion: usize, points: Option<Points>) {
        if let (Some(points), Some(item)) = (points, self.cell.of_mut(self.items, criterion)) {
            *item = points.units();
        }
    }

    /// Gives stars, which count where the manifest has no bands.
    pub fn stars(&mut self, stars: u8) {
        *self.stars = stars;
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
        self.notes.row.push(self.cell.row as u32);
        self.notes.criterion.push(criterion as u32);
        self.notes.message.push(message as u32);
        self.notes.value.push(value.units());
        self.notes.issue.push(issue);
    }
}

/// What is said of all rows so far.
#[derive(Debug, Default)]
struct Notes {
    row: Vec<u32>,
    criterion: Vec<u32>,
    message: Vec<u32>,
    value: Vec<i64>,
    issue: Vec<u32>,
}

/// A row's place in so many columns of so many rows each.
#[derive(Clone, Copy, Debug)]
struct Cell {
    columns: usize,
    rows: usize,
    row: usize,
}

impl Cell {
    #[inline(always)]
    fn of(self, values: &[i64], column: usize) -> Option<&i64> {
        let at = self.at(values.len(), column)?;
        #[cfg(not(target_arch = "wasm32"))]
        return values.get(at);
        #[cfg(target_arch = "wasm32")]
        #[expect(unsafe_code, reason = "a built rule does it a dozen times a row")]
        // SAFETY: `at` gives no place that is not there.
        return Some(unsafe { values.get_unchecked(at) });
    }

    #[inline(always)]
    fn of_mut(self, values: &mut [i64], column: usize) -> Option<&mut i64> {
        let at = self.at(values.len(), column)?;
        #[cfg(not(target_arch = "wasm32"))]
        return values.get_mut(at);
        #[cfg(target_arch = "wasm32")]
        #[expect(unsafe_code, reason = "a built rule does it a few times a row")]
        // SAFETY: `at` gives no place that is not there.
        return Some(unsafe { values.get_unchecked_mut(at) });
    }

    /// The place among the values of all columns, of which there are `count`: [`score`] makes as many as columns and rows
    /// come to, and begins no row that is not there. So it is the column's number that has to be looked at, which is a
    /// constant of the rule's, and the comparison goes away.
    #[inline(always)]
    fn at(self, count: usize, column: usize) -> Option<usize> {
        debug_assert!(self.row < self.rows && count == self.columns * self.rows);
        (column < self.columns).then_some(column * self.rows + self.row)
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
    let lacks_table = R::ISSUE_TABLE && issues.starts.len().checked_sub(1) != Some(rows);
    // Checked, for what follows relies on there being as many as rows and columns come to.
    let fits = rows.checked_mul(R::INPUTS.len()) == Some(inputs.len());
    let places = rows.checked_mul(R::CRITERIA.len());
    let (Some(places), true) = (places, fits && !lacks_table) else {
        return Err(Failure::Unsupported);
    };
    if parameters.len() != R::PARAMETERS.len() {
        return Err(Failure::Unsupported);
    }
    let parameters: Vec<Points> = parameters.iter().copied().map(Points::from_units).collect();
    let rule = R::new(&parameters)?;
    let mut items = absent(places);
    let mut stars = vec![NO_STARS; rows];
    let mut notes = Notes::default();
    for (row, stars) in stars.iter_mut().enumerate() {
        let cell = |columns: usize| Cell { columns, rows, row };
        let facts = Row {
            inputs,
            cell: cell(R::INPUTS.len()),
            issues,
        };
        let mut sheet = Sheet {
            items: &mut items,
            stars,
            notes: &mut notes,
            cell: cell(R::CRITERIA.len()),
        };
        rule.score(facts, &mut sheet);
    }
    Ok(Output {
        items,
        stars,
        note_row: notes.row,
        note_criterion: notes.criterion,
        note_message: notes.message,
        note_value: notes.value,
        note_issue: notes.issue,
    })
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
