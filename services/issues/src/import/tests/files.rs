//! Whole files: their lines, encodings and formats, what cannot be read, and a real city's.

use super::*;

#[test]
fn lines_are_counted_through_quoted_breaks_and_text_that_is_not_utf8_is_told() {
    let mut bytes =
        format!("\u{feff}{HEADER}1,2013-07-01,,open,Bins,,,\"two\nlines\",\n").into_bytes();
    bytes.extend_from_slice(b"2,2013-07-01,,open,Bins,,,\xff,\n");
    let (batches, ended) = read(&reader(MAPPING), bytes);
    assert!(ended.is_ok());
    assert_eq!(batches[0].candidates[0].new.issue.address, "two\nlines");
    let problem = &batches[0].problems[0];
    assert_eq!(
        (problem.line, problem.column.as_str(), problem.reason),
        (4, "street", Reason::ValueInvalid)
    );
}

/// What the rows of a file came to, without what names the import.
fn read_as(section: &str, bytes: Vec<u8>) -> Vec<(u64, String, NewIssue)> {
    let mapping = MAPPING.replacen("[columns]", &format!("{section}\n[columns]"), 1);
    let (mut batches, ended) = read(&reader(&mapping), bytes);
    assert!(ended.is_ok(), "{:?}", ended.err());
    let batch = batches.remove(0);
    assert_eq!(batch.problems, []);
    let candidates = batch.candidates.into_iter();
    candidates
        .map(|one| (one.line, one.identity, one.new))
        .collect()
}

#[test]
fn an_office_file_in_another_encoding_and_a_workbook_give_the_same_issues() {
    let text = format!(
        "{HEADER}一,2013-07-01,2013-07-03,done,Bins,41.8,-87.6,中山路5号,cam\n二,2013-07-02,,open,Bins,,,,\n"
    );
    let plain = read_as("", text.clone().into_bytes());
    assert_eq!((plain[0].1.as_str(), plain[1].1.as_str()), ("一", "二"));
    let gb = encoding_rs::GB18030.encode(&text).0.into_owned();
    let of_gb = read_as("[file]\nencoding = \"gb18030\"", gb.clone());
    let semicolons = text.replace(',', ";").into_bytes();
    let of_semicolons = read_as("[file]\ndelimiter = \";\"", semicolons);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let day = rust_xlsxwriter::Format::new().set_num_format("m/d/yyyy");
    for (row, line) in (0..).zip(text.lines()) {
        for (column, cell) in (0..).zip(line.split(',')) {
            match rust_xlsxwriter::ExcelDateTime::parse_from_str(cell) {
                Ok(date) if cell.len() == 10 => sheet.write_with_format(row, column, &date, &day),
                _ => sheet.write(row, column, cell),
            }
            .unwrap();
        }
    }
    let book = book.save_to_buffer().unwrap();
    let of_book = read_as("[file]\nformat = \"xlsx\"", book);
    for other in [of_gb, of_semicolons, of_book] {
        for (one, other) in plain.iter().zip(&other) {
            assert_eq!((one.0, &one.1), (other.0, &other.1));
            // Digests too: the same words are the same row, whatever file they came in.
            assert_eq!(format!("{:?}", one.2), format!("{:?}", other.2));
        }
        assert_eq!(other.len(), 2);
    }
    let (_, ended) = read(
        &reader(&MAPPING.replacen("[columns]", "[file]\nencoding = \"utf-16le\"\n[columns]", 1)),
        gb,
    );
    assert_eq!(ended.unwrap_err().error.reason, Reason::FileUnreadable);
}

#[test]
fn a_file_without_the_columns_or_without_anything_fails_and_names_them_all() {
    let failed = read(
        &reader(MAPPING),
        b"id,reported,kind,lat,street\n1,2,3,4,5\n".to_vec(),
    )
    .1
    .unwrap_err();
    assert_eq!(failed.error.reason, Reason::ColumnMissing);
    let columns: Vec<&str> = failed
        .problems
        .iter()
        .map(|problem| problem.column.as_str())
        .collect();
    assert_eq!(columns, ["closed", "status", "lon", "via"]);
    for column in columns {
        assert!(
            failed.error.message.contains(column),
            "{}",
            failed.error.message
        );
    }
    let failed = read(&reader(MAPPING), Vec::new()).1.unwrap_err();
    assert_eq!(failed.error.reason, Reason::FileUnreadable);
}

#[test]
fn a_gzip_that_is_cut_short_gives_what_it_held_and_then_fails() {
    let Some(path) = data("data/chicago/chicago_sanitation_311.csv.gz") else {
        return;
    };
    let mut bytes = std::fs::read(path).unwrap();
    bytes.truncate(bytes.len() / 2);
    let (batches, ended) = read(&reader(EXAMPLE), bytes);
    assert!(
        batches
            .iter()
            .map(|batch| batch.candidates.len())
            .sum::<usize>()
            > 10_000
    );
    let failed = ended.unwrap_err();
    assert_eq!(failed.error.reason, Reason::FileUnreadable);
    assert!(
        failed.error.message.contains("run the import again"),
        "{}",
        failed.error.message
    );
}

#[test]
fn a_real_citys_file_is_read_whole() {
    let Some(path) = data("data/chicago/chicago_sanitation_311.csv.gz") else {
        return;
    };
    let (batches, ended) = read(&reader(EXAMPLE), std::fs::read(path).unwrap());
    assert!(ended.is_ok());
    let sum = |count: fn(&Batch) -> i64| batches.iter().map(count).sum::<i64>();
    assert_eq!(sum(|batch| batch.read.rows), 74_401);
    assert_eq!(sum(|batch| batch.read.rejected), 0);
    assert_eq!(sum(|batch| batch.read.duplicate), 3_633);
    assert_eq!(sum(|batch| batch.read.without_position), 24);
    assert_eq!(batches.last().unwrap().read.done, 10_000);
    let shares: Vec<i64> = batches.iter().map(|batch| batch.read.done).collect();
    assert!(shares.is_sorted() && shares[0] > 0, "{shares:?}");
    assert_eq!(chicago().unwrap().len(), 74_026);
}
