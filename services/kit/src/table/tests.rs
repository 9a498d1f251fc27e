//! Files as office programs save them, read to the letter; and files that want to do harm, refused.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;

fn format(section: &str) -> TableFormat {
    let section: FileSection = toml_of(section);
    let mut wrong = Vec::new();
    let format = section.check(&mut wrong);
    assert_eq!(wrong, [""; 0]);
    format
}

/// `key=value` pairs, as a mapping's section would have them.
fn toml_of(section: &str) -> FileSection {
    let mut map = serde_json::Map::new();
    for pair in section.split_whitespace() {
        let (key, value) = pair.split_once('=').unwrap();
        let number = value.parse::<u64>().ok().filter(|_| key == "header_row");
        let value = number.map_or(serde_json::Value::from(value), Into::into);
        map.insert(key.to_owned(), value);
    }
    serde_json::from_value(map.into()).unwrap()
}

fn read(bytes: Vec<u8>, section: &str) -> (Vec<String>, Vec<(u64, Vec<String>)>) {
    let table = Table::open(bytes, &format(section)).unwrap();
    let headers = table.headers.clone();
    let rows = table.map(|row| row.map(|row| (row.line, row.cells)).unwrap());
    (headers, rows.collect())
}

fn words(bytes: Vec<u8>, section: &str) -> String {
    let error = match Table::open(bytes, &format(section)) {
        Ok(table) => table.filter_map(Result::err).next().unwrap(),
        Err(error) => error,
    };
    assert_eq!(error.reason, Reason::FileUnreadable);
    error.message
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::best());
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap()
}

const STREET: &str = "工号,姓名,职务\r\nw-01,王芳,街长\r\n\r\n,,\r\nw-02,\"李,娜\",网格员\r\n";

fn check_street((headers, rows): (Vec<String>, Vec<(u64, Vec<String>)>)) {
    assert_eq!(headers, ["工号", "姓名", "职务"]);
    let cells: Vec<&[String]> = rows.iter().map(|row| row.1.as_slice()).collect();
    assert_eq!(
        cells,
        [["w-01", "王芳", "街长"], ["w-02", "李,娜", "网格员"]]
    );
    assert_eq!((rows[0].0, rows[1].0), (2, 5));
}

#[test]
fn rows_are_told_by_the_line_on_which_they_begin() {
    for end in ["\n", "\r\n"] {
        for last in ["", end] {
            let lines = ["id,words", "", "1,\"two", "lines\"", "2,b", ",", "", "3,c"];
            let text = lines.join(end) + last;
            let rows = read(text.into_bytes(), "").1;
            let lines: Vec<u64> = rows.iter().map(|row| row.0).collect();
            assert_eq!(lines, [3, 5, 8]);
            assert_eq!(rows[0].1[1], "two\nlines");
        }
    }
}

#[test]
fn the_same_text_in_every_encoding_is_the_same_table() {
    let utf8 = STREET.as_bytes().to_vec();
    let marked = [b"\xef\xbb\xbf".as_slice(), &utf8].concat();
    let gb = encoding_rs::GB18030.encode(STREET).0.into_owned();
    let utf16: Vec<u8> = STREET.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked_be: Vec<u8> = "\u{feff}"
        .chars()
        .chain(STREET.chars())
        .collect::<String>()
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    check_street(read(utf8, ""));
    check_street(read(marked.clone(), ""));
    check_street(read(marked, "encoding=gb18030"));
    check_street(read(gb.clone(), "encoding=gb18030"));
    check_street(read(gb.clone(), "encoding=GBK"));
    check_street(read(gzip(&gb), "encoding=gb2312"));
    check_street(read(utf16, "encoding=utf-16le"));
    check_street(read(marked_be, "encoding=utf-16"));
}

#[test]
fn bytes_of_another_encoding_are_an_error_with_their_line() {
    let gb = encoding_rs::GB18030
        .encode("id,name\n1,a\n2,王\n")
        .0
        .into_owned();
    let told = words(gb, "");
    assert!(
        told.contains("line 3 holds bytes that are not UTF-8; declare"),
        "{told}"
    );
    let mut cut = "id\n王".as_bytes().to_vec();
    cut.pop();
    assert!(words(cut, "").contains("line 2 holds bytes"));
}

#[test]
fn a_header_may_stand_lower_and_be_cut_otherwise() {
    let text = "名单;;\n编制;2026\nid;name\n1;a\n";
    let (headers, rows) = read(text.into(), "delimiter=; header_row=3");
    assert_eq!(headers, ["id", "name"]);
    assert_eq!(rows, [(4, vec!["1".to_owned(), "a".to_owned()])]);
    assert!(words(text.into(), "header_row=9").contains("line 9 must name them"));
    assert!(words(Vec::new(), "").contains("line 1 must name them"));
}

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("说明").unwrap();
    let sheet = book.add_worksheet().set_name("名单").unwrap();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    for (column, name) in (0..).zip(["工号", "编码", "上岗", "在岗", "分", "备注"]) {
        sheet.write(1, column, name).unwrap();
    }
    sheet.write(2, 0, "w-01").unwrap();
    sheet.write(2, 1, 110_101_001_001_i64).unwrap();
    let first = ExcelDateTime::parse_from_str("2026-02-17").unwrap();
    sheet.write_with_format(2, 2, &first, &day).unwrap();
    sheet.write(2, 3, true).unwrap();
    sheet.write(2, 4, 9.5).unwrap();
    sheet.write(4, 0, "w-02").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_sheet_gives_what_a_person_reads_in_it() {
    let expected = vec![
        (
            3,
            ["w-01", "110101001001", "2026-02-17", "TRUE", "9.5", ""]
                .map(str::to_owned)
                .to_vec(),
        ),
        (5, ["w-02", "", "", "", "", ""].map(str::to_owned).to_vec()),
    ];
    for bytes in [workbook(), gzip(&workbook())] {
        let (headers, rows) = read(bytes, "format=xlsx sheet=名单 header_row=2");
        assert_eq!(headers[..2], ["工号", "编码"]);
        assert_eq!(rows, expected);
    }
    assert!(
        words(workbook(), "format=xlsx").contains("must name them"),
        "the first sheet is empty"
    );
    let told = words(workbook(), "format=xlsx sheet=x");
    assert!(
        told.contains("no sheet `x`; it has `说明`, `名单`"),
        "{told}"
    );
}

#[test]
fn what_is_no_workbook_or_one_by_mistake_says_what_to_do() {
    assert!(words(b"id,name\n".to_vec(), "format=xlsx").contains("save it as .xlsx"));
    assert!(words(workbook(), "").contains("set `format = \"xlsx\"`"));
    assert!(words(b"PK\x03\x04rubbish".to_vec(), "format=xlsx").contains("damaged or protected"));
    let mut cut = workbook();
    cut.truncate(cut.len() / 2);
    assert!(words(cut, "format=xlsx").contains("damaged or protected"));
}

#[test]
fn a_number_that_a_workbook_cannot_keep_is_refused() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "编码").unwrap();
    sheet.write(1, 1, 1.101_010_010_01e19).unwrap();
    let told = words(book.save_to_buffer().unwrap(), "format=xlsx");
    assert!(
        told.contains("cell B2 holds a number of more than 15 digits"),
        "{told}"
    );
}

/// A zip with one part of so many zeros, which says that it unpacks to `declared` bytes.
fn bomb(size: usize, declared: Option<u32>) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..size >> 20 {
        zip.write_all(&zeros).unwrap();
    }
    let mut bytes = zip.finish().unwrap().into_inner();
    if let Some(declared) = declared {
        let at = |sign: &[u8]| bytes.windows(4).position(|four| four == sign).unwrap();
        let places = [at(b"PK\x03\x04") + 22, at(b"PK\x01\x02") + 24];
        for place in places {
            bytes[place..place + 4].copy_from_slice(&declared.to_le_bytes());
        }
    }
    bytes
}

#[test]
fn a_zip_bomb_is_refused_whatever_it_declares() {
    let honest = bomb(130 << 20, None);
    assert!(honest.len() < 1 << 20, "{}", honest.len());
    assert!(words(honest, "format=xlsx").contains("unpacks to more than is taken"));
    let told = words(bomb(130 << 20, Some(1_000)), "format=xlsx");
    assert!(
        told.contains("unpacks to more") || told.contains("damaged"),
        "{told}"
    );
}

#[test]
fn tables_are_bounded() {
    let wide = vec!["x"; MOST_COLUMNS + 1].join(",");
    assert!(words(wide.into_bytes(), "").contains("more than 1000 columns"));
    let long = format!("id\n{}\n", "王".repeat(LONGEST_CELL + 1));
    assert!(words(long.into_bytes(), "").contains("line 2 has a cell of more than 32767"));
    let open = format!("id\n\"{}", "x\n".repeat(12 << 20));
    assert!(words(open.into_bytes(), "").contains("a quote that is not closed"));
    let mut book = Workbook::new();
    book.add_worksheet().write(0, 1_000, "x").unwrap();
    assert!(words(book.save_to_buffer().unwrap(), "format=xlsx").contains("cell ALM1 lies beyond"));
}

#[test]
fn every_key_of_the_section_that_is_wrong_is_told() {
    let wrong = |section: &str| {
        let mut wrong = Vec::new();
        toml_of(section).check(&mut wrong);
        wrong.join("; ")
    };
    let told = wrong("format=csv encoding=klingon delimiter=ab sheet=x header_row=0");
    for key in [
        "`file.header_row` must be",
        "`file.sheet`",
        "`klingon` is none",
        "`file.delimiter` must",
    ] {
        assert!(told.contains(key), "{told}");
    }
    assert!(wrong("format=pdf").contains("`pdf` is none; `csv` or `xlsx`"));
    assert!(wrong("format=xlsx encoding=gbk").contains("are of CSV files"));
    assert!(
        wrong("encoding=hz-gb-2312").contains("is none"),
        "an encoding that hides text"
    );
}

proptest! {
    #[test]
    fn whatever_is_written_in_an_encoding_is_read_back(
        cells in proptest::collection::vec(proptest::collection::vec("[a-z王李娜网格员，,\"\n]{1,8}", 3), 1..20),
        encoding in proptest::sample::select(vec!["utf-8", "gb18030", "utf-16le"]),
    ) {
        let mut file = csv::Writer::from_writer(Vec::new());
        file.write_record(["a", "b", "c"]).unwrap();
        for row in &cells {
            file.write_record(row).unwrap();
        }
        let text = String::from_utf8(file.into_inner().unwrap()).unwrap();
        let bytes = match encoding {
            "gb18030" => encoding_rs::GB18030.encode(&text).0.into_owned(),
            "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => text.into_bytes(),
        };
        let (_, rows) = read(bytes, &format!("encoding={encoding}"));
        let kept: Vec<&Vec<String>> = cells.iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).collect();
        let given: Vec<&Vec<String>> = rows.iter().map(|row| &row.1).collect();
        prop_assert_eq!(given, kept);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), workbook: bool) {
        let format = format(if workbook { "format=xlsx" } else { "encoding=gb18030" });
        if let Ok(table) = Table::open(bytes, &format) {
            let _all: Vec<_> = table.collect();
        }
    }
}
