//! One table in each of its forms.

use super::*;

fn table() -> Table {
    let mut table = Table::new(vec![
        text("area", "Area"),
        number("place", "Place"),
        number("score", "Score"),
        unseen("peer_group"),
    ]);
    table.rows = vec![
        vec![
            Cell::text("海棠社区"),
            Cell::Integer(1),
            Cell::decimal("98.50").toned(Tone::Good),
            Cell::text("a, \"b\""),
        ],
        vec![
            Cell::text("Weir"),
            Cell::Integer(12).worded("12th"),
            Cell::absent(),
            Cell::Nothing,
        ],
    ];
    table.when_empty = "nothing there".to_owned();
    table
}

fn rendered(format: Format, colours: bool, table: &Table) -> String {
    render::render(
        &Output {
            format,
            colours,
            width: None,
        },
        table,
    )
}

#[test]
fn people_get_aligned_columns() {
    assert_eq!(
        rendered(Format::Table, false, &table()),
        concat!(
            " Area       Place    Score\n",
            "───────────────────────────\n",
            " 海棠社区       1    98.50\n",
            " Weir        12th   absent\n",
        )
    );
}

#[test]
fn colours_only_where_there_are_any() {
    let plain = rendered(Format::Table, false, &table());
    assert!(!plain.contains('\u{1b}'));
    let colourful = rendered(Format::Table, true, &table());
    assert!(colourful.contains('\u{1b}'), "{colourful}");
}

#[test]
fn programs_get_json_with_keys_in_order() {
    let text = rendered(Format::Json, true, &table());
    assert_eq!(
        text,
        concat!(
            "[\n",
            "  {\"area\": \"海棠社区\", \"place\": 1, \"score\": \"98.50\", \"peer_group\": \"a, \\\"b\\\"\"},\n",
            "  {\"area\": \"Weir\", \"place\": 12, \"score\": null, \"peer_group\": null}\n",
            "]\n",
        )
    );
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read[1]["place"], 12);
}

#[test]
fn programs_get_csv_with_a_head() {
    assert_eq!(
        rendered(Format::Csv, false, &table()),
        "area,place,score,peer_group\n海棠社区,1,98.50,\"a, \"\"b\"\"\"\nWeir,12,,\n"
    );
}

#[test]
fn without_rows_people_get_words_and_programs_an_empty_list() {
    let mut empty = table();
    empty.rows.clear();
    assert_eq!(rendered(Format::Table, false, &empty), "nothing there\n");
    assert_eq!(rendered(Format::Json, false, &empty), "[]\n");
    assert_eq!(
        rendered(Format::Csv, false, &empty),
        "area,place,score,peer_group\n"
    );
}

#[test]
fn a_record_shows_what_is_there() {
    let output = Output {
        format: Format::Table,
        colours: false,
        width: None,
    };
    assert_eq!(
        render::record(&output, &table()),
        "Area   海棠社区\nPlace  1\nScore  98.50\n"
    );
}

#[test]
fn text_that_begins_like_a_formula_is_none_in_csv_and_numbers_stay() {
    let mut table = Table::new(vec![text("text", "Text"), number("number", "Number")]);
    table.rows = [
        ("=1+1", "-1.5"),
        ("+86", "2"),
        ("-1", "3"),
        ("@SUM(A1)", "4"),
        ("'quoted'", "5"),
        ("plain = 1", "6"),
    ]
    .map(|(words, digits)| vec![Cell::text(words), Cell::decimal(digits)])
    .to_vec();
    assert_eq!(
        rendered(Format::Csv, false, &table),
        "text,number\n'=1+1,-1.5\n'+86,2\n'-1,3\n'@SUM(A1),4\n''quoted',5\nplain = 1,6\n"
    );
    assert!(rendered(Format::Json, false, &table).contains("\"=1+1\""));
}

#[test]
fn a_files_name_tells_its_format() {
    let of = |name: &str| Format::of(std::path::Path::new(name));
    assert_eq!(of("a/issues.XLSX"), Some(Format::Xlsx));
    assert_eq!(of("issues.csv"), Some(Format::Csv));
    assert_eq!(of("issues.json"), Some(Format::Json));
    assert_eq!((of("issues"), of("issues.txt")), (None, None));
}

#[test]
fn the_same_table_makes_the_same_workbook() {
    let output = Output {
        format: Format::Xlsx,
        colours: false,
        width: None,
    };
    let first = output.file(&table(), 1_770_944_400).unwrap();
    assert_eq!(&first[..2], b"PK");
    assert_eq!(first, output.file(&table(), 1_770_944_400).unwrap());
}
