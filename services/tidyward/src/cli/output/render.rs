//! A table as text, as JSON and as CSV.

use comfy_table::{
    Attribute, CellAlignment, Color, ColumnConstraint, ContentArrangement, TableComponent, presets,
};

use super::{Cell, Format, Output, Table, Tone};

pub fn render(output: &Output, table: &Table) -> String {
    match output.format {
        Format::Table if table.rows.is_empty() => format!("{}\n", table.when_empty),
        Format::Table => people(output, table),
        Format::Json => json(table),
        Format::Csv | Format::Xlsx => csv(table),
    }
}

/// The first row, one line for each column that has a value.
pub fn record(output: &Output, table: &Table) -> String {
    let Some(row) = table.rows.first() else {
        return format!("{}\n", table.when_empty);
    };
    let seen = || {
        table
            .columns
            .iter()
            .zip(row)
            .filter(|(column, _)| !column.title.is_empty())
    };
    let width = seen()
        .map(|(column, _)| column.title.chars().count())
        .max()
        .unwrap_or(0);
    let mut lines = String::new();
    for (column, cell) in seen() {
        let (text, tone) = shown(cell);
        if !text.is_empty() {
            let title = output.toned(&format!("{:<width$}", column.title), Tone::Faint);
            lines.push_str(&format!("{title}  {}\n", output.toned(&text, tone)));
        }
    }
    lines
}

fn people(output: &Output, table: &Table) -> String {
    let seen: Vec<usize> = (0..table.columns.len())
        .filter(|&index| !table.columns[index].title.is_empty())
        .collect();
    let mut drawn = comfy_table::Table::new();
    drawn
        .load_preset(presets::NOTHING)
        .set_style(TableComponent::HeaderLines, '─')
        .set_style(TableComponent::MiddleHeaderIntersections, '─')
        .set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = output.width {
        drawn
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    }
    match output.colours {
        true => drawn.enforce_styling(),
        false => drawn.force_no_tty(),
    };
    let head = |index: &usize| {
        comfy_table::Cell::new(&table.columns[*index].title).add_attribute(Attribute::Bold)
    };
    drawn.set_header(seen.iter().map(head));
    for row in &table.rows {
        drawn.add_row(seen.iter().map(|index| {
            row.get(*index)
                .map_or_else(|| comfy_table::Cell::new(""), drawn_cell)
        }));
    }
    for (place, index) in seen.iter().enumerate() {
        if let Some(column) = drawn.column_mut(place)
            && table.columns[*index].numbers
        {
            column.set_cell_alignment(CellAlignment::Right);
            // A number that is broken over two lines is another number.
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    drawn.trim_fmt() + "\n"
}

fn drawn_cell(cell: &Cell) -> comfy_table::Cell {
    let (text, tone) = shown(cell);
    let drawn = comfy_table::Cell::new(text);
    match tone {
        Tone::Plain => drawn,
        Tone::Strong => drawn.add_attribute(Attribute::Bold),
        Tone::Faint => drawn.add_attribute(Attribute::Dim),
        Tone::Good => drawn.fg(Color::DarkGreen),
        Tone::Warning => drawn.fg(Color::DarkYellow),
        Tone::Bad => drawn.fg(Color::DarkRed),
    }
}

fn shown(cell: &Cell) -> (String, Tone) {
    match cell {
        Cell::Nothing => (String::new(), Tone::Plain),
        Cell::Text(text) | Cell::Decimal(text) => (text.clone(), Tone::Plain),
        Cell::Integer(value) => (value.to_string(), Tone::Plain),
        Cell::Switch(on) => (if *on { "yes" } else { "no" }.to_owned(), Tone::Plain),
        Cell::Toned(cell, tone) => (shown(cell).0, *tone),
        Cell::Worded(_, words) => (words.clone(), Tone::Plain),
    }
}

/// An array of objects, their keys in the order of the columns.
pub fn json(table: &Table) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let row = |row: &Vec<Cell>| {
        let pairs = table.columns.iter().zip(row);
        let pairs: Vec<String> = pairs
            .map(|(column, cell)| format!("{}: {}", quoted(&column.key), json_value(cell)))
            .collect();
        format!("  {{{}}}", pairs.join(", "))
    };
    let rows: Vec<String> = table.rows.iter().map(row).collect();
    match rows.is_empty() {
        true => "[]\n".to_owned(),
        false => format!("[\n{}\n]\n", rows.join(",\n")),
    }
}

fn json_value(cell: &Cell) -> serde_json::Value {
    match cell {
        Cell::Nothing => serde_json::Value::Null,
        Cell::Text(text) | Cell::Decimal(text) => text.as_str().into(),
        Cell::Integer(value) => (*value).into(),
        Cell::Switch(on) => (*on).into(),
        Cell::Toned(cell, _) | Cell::Worded(cell, _) => json_value(cell),
    }
}

/// A head with the keys, then the rows.
fn csv(table: &Table) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = table.columns.iter().map(|column| column.key.as_str());
    // Writing to memory does not fail, and every row has as many fields as the head.
    let mut written = writer.write_record(head);
    for row in &table.rows {
        written = written.and_then(|()| writer.write_record(row.iter().map(csv_value)));
    }
    let bytes = written
        .ok()
        .and_then(|()| writer.into_inner().ok())
        .unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn csv_value(cell: &Cell) -> String {
    match cell {
        Cell::Switch(on) => on.to_string(),
        Cell::Toned(cell, _) | Cell::Worded(cell, _) => csv_value(cell),
        Cell::Text(text) => harmless(text),
        other => shown(other).0,
    }
}

/// Text that no spreadsheet program takes for a formula: an apostrophe stands before what begins like one.
fn harmless(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\'') => format!("'{text}"),
        _ => text.to_owned(),
    }
}
