//! What goes to standard output or into a file: one table of data, for people with aligned columns, for programs as JSON or
//! CSV with keys that stay, for offices as a workbook.
//!
//! Text comes from residents and officers, and a spreadsheet program runs text that begins like a formula. In CSV such text
//! gets an apostrophe before it, as these programs have it, and so does text that begins with an apostrophe itself: who
//! reads the file takes one away and has the text as it was. Numbers stay as they are. JSON and workbooks need none of it.

mod render;
mod workbook;

#[cfg(test)]
mod tests;

use std::{io::Write, path::Path};

use clap::ValueEnum;

use super::failure::Failure;

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Json,
    Csv,
    /// A workbook; it needs a file.
    Xlsx,
}

/// How text looks on a terminal that has colours. Without them it means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// No data, which is never zero.
    Nothing,
    Text(String),
    Integer(i64),
    /// An exact decimal, for JSON a string so that no reader makes a float of it.
    Decimal(String),
    Switch(bool),
    Toned(Box<Cell>, Tone),
    /// Words for people in place of the value that programs get.
    Worded(Box<Cell>, String),
}

/// One column. `key` is what programs know it by.
#[derive(Clone, Debug)]
pub struct Column {
    pub key: String,
    /// Its head for people. Empty: the column is for programs alone.
    pub title: String,
    pub numbers: bool,
}

/// Rows under columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// What to say to people instead of a table without rows.
    pub when_empty: String,
}

/// A column of text.
pub fn text(key: &str, title: &str) -> Column {
    Column {
        key: key.to_owned(),
        title: title.to_owned(),
        numbers: false,
    }
}

/// A column of numbers, aligned at their ends.
pub fn number(key: &str, title: &str) -> Column {
    Column {
        numbers: true,
        ..text(key, title)
    }
}

/// A column that people do not see.
pub fn unseen(key: &str) -> Column {
    text(key, "")
}

/// Several tables as one JSON object: under each name an array of objects.
pub fn object(parts: &[(&str, &Table)]) -> String {
    let part = |(name, table): &(&str, &Table)| {
        let rows = render::json(table);
        format!("\"{name}\": {}", rows.trim_end())
    };
    let parts: Vec<String> = parts.iter().map(part).collect();
    format!("{{{}}}\n", parts.join(",\n"))
}

impl Table {
    pub fn new(columns: Vec<Column>) -> Table {
        Table {
            columns,
            ..Table::default()
        }
    }
}

impl Cell {
    /// Text; nothing where it is empty.
    pub fn text(text: impl Into<String>) -> Cell {
        let text = text.into();
        if text.is_empty() {
            Cell::Nothing
        } else {
            Cell::Text(text)
        }
    }

    pub fn decimal(text: impl Into<String>) -> Cell {
        match Cell::text(text) {
            Cell::Text(text) => Cell::Decimal(text),
            other => other,
        }
    }

    pub fn integer(value: Option<i64>) -> Cell {
        value.map_or(Cell::Nothing, Cell::Integer)
    }

    /// No data, said to people in a word.
    pub fn absent() -> Cell {
        Cell::Nothing.worded("absent").toned(Tone::Faint)
    }

    #[must_use]
    pub fn worded(self, words: impl Into<String>) -> Cell {
        Cell::Worded(Box::new(self), words.into())
    }

    #[must_use]
    pub fn toned(self, tone: Tone) -> Cell {
        Cell::Toned(Box::new(self), tone)
    }
}

/// Where and how to print.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub format: Format,
    /// Whether there are colours.
    pub colours: bool,
    /// Columns of the terminal; nothing where there is none, and then a table is as wide as it has to be.
    pub width: Option<u16>,
}

impl Format {
    /// The format that a file's name asks for by its ending.
    pub fn of(path: &Path) -> Option<Format> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "json" => Some(Format::Json),
            "csv" => Some(Format::Csv),
            "xlsx" => Some(Format::Xlsx),
            _ => None,
        }
    }
}

impl Output {
    pub fn new(format: Format, terminal: bool) -> Output {
        let colours = terminal && std::env::var_os("NO_COLOR").is_none();
        let width = terminal
            .then(|| comfy_table::Table::new().width())
            .flatten();
        Output {
            format,
            colours,
            width,
        }
    }

    /// Prints the table as the format says.
    pub fn print(&self, table: &Table) {
        put(render::render(self, table));
    }

    /// Prints one row: for people key by key, for programs like any table.
    pub fn print_record(&self, table: &Table) {
        put(match self.format {
            Format::Table => render::record(self, table),
            _ => render::render(self, table),
        });
    }

    /// The table as the bytes of a file. `now` is when a workbook says it was made, in seconds since 1970.
    pub fn file(&self, table: &Table, now: i64) -> Result<Vec<u8>, Failure> {
        if self.format != Format::Xlsx {
            return Ok(render::render(self, table).into_bytes());
        }
        if table.rows.len() > workbook::MOST_ROWS {
            let message = format!("{} rows are more than a sheet can hold", table.rows.len());
            return Err(Failure::new(message).next("say --format csv, or ask for fewer"));
        }
        workbook::workbook(table, now)
            .map_err(|error| Failure::new(format!("the workbook cannot be made: {error}")))
    }

    /// The text in its tone, where there are colours.
    pub fn toned(&self, text: &str, tone: Tone) -> String {
        let code = match tone {
            Tone::Plain => return text.to_owned(),
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "31",
        };
        if self.colours {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Columns that a paragraph may take.
    pub fn columns(&self) -> usize {
        self.width.map_or(100, |width| usize::from(width).min(100))
    }

    pub fn for_people(&self) -> bool {
        self.format == Format::Table
    }
}

/// Into a file, written beside its place and renamed, so that no half file is ever there.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)
    });
    written
        .map(drop)
        .map_err(|error| Failure::new(format!("`{}` cannot be written: {error}", path.display())))
}

/// To standard output. A reader that went away is no failure: `| head` has what it wanted.
pub fn put(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let _gone = out
        .write_all(text.as_ref().as_bytes())
        .and_then(|()| out.flush());
}

/// To standard error.
pub fn say(text: impl AsRef<str>) {
    let _gone = std::io::stderr().lock().write_all(text.as_ref().as_bytes());
}
