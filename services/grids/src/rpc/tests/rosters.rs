//! Rosters as offices keep them, imported whole: a GB18030 file and a workbook, row by row what is wrong with them.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use tidyward_proto::v1::{Duty, ImportProblemKind, duty_service_server::DutyService};

use super::{
    duties::{DISTRICT, Street, area, street},
    *,
};

const EXAMPLE: &str = include_str!("../../../../../deploy/examples/roster.toml");
const HEADER: &str = "工号,姓名,责任单位,职务,网格编码,点位,片名,事项,是否负责人,上岗日期,离岗日期";

impl Street {
    async fn import_roster(&self, bytes: &[u8], mapping: &str) -> Import {
        let upload = self.city.upload(bytes).await;
        let request = CreateImportRequest {
            parent: DISTRICT.to_owned(),
            upload,
            mapping: mapping.to_owned(),
            request_id: String::new(),
        };
        let begun = self
            .duties
            .create_import(by(&self.city.caller, request))
            .await;
        let request = WatchImportRequest {
            name: begun.unwrap().into_inner().name,
        };
        let watch = self
            .duties
            .watch_import(by(&self.city.caller, request))
            .await;
        let told: Vec<_> = watch.unwrap().into_inner().collect().await;
        told.last().unwrap().clone().unwrap()
    }

    /// Lines, columns and reasons of what was wrong.
    async fn told(&self, import: &Import) -> Vec<(i64, String, ErrorReason)> {
        let problems = self.city.problems(import).await.into_iter();
        problems
            .map(|one| (one.line, one.column.clone(), one.reason()))
            .collect()
    }
}

fn counts(import: &Import) -> [i64; 5] {
    assert_eq!(
        (import.state(), import.error.as_str()),
        (ImportState::Done, "")
    );
    [
        import.rows_read,
        import.rows_added,
        import.rows_unchanged,
        import.rows_conflicting,
        import.rows_rejected,
    ]
}

fn gb18030(rows: &[&str]) -> Vec<u8> {
    let text = format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"));
    encoding_rs::GB18030.encode(&text).0.into_owned()
}

fn of(duties: &[Duty], officer: &str) -> Duty {
    duties
        .iter()
        .find(|duty| duty.officer == officer)
        .unwrap()
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_file_goes_in_once_however_often_it_is_sent() {
    let street = street().await;
    let file = gb18030(&[
        "wang,王芳,,街长,w1-2、w1-10,,滨江片,,是,2015/01/05,",
        "li,李娜,环卫公司,责任单位,w1,,,暴露垃圾,是,2015/01/05,2015/12/31",
        ",,,,,,,,,,",
        "zhao,赵强,,,w2-1,,,,,2015/01/05,",
    ]);
    let first = street.import_roster(&file, EXAMPLE).await;
    assert_eq!(counts(&first), [3, 3, 0, 0, 0]);
    let listed = street.listed("", 100).await;
    let wang = of(&listed, "wang");
    assert_eq!(
        (wang.display_name.as_str(), wang.set_name.as_str()),
        ("王芳", "滨江片")
    );
    assert_eq!(
        (codes(&wang.nodes), wang.role, wang.head),
        (vec!["w1-2", "w1-10"], 2, true)
    );
    assert_eq!(
        (wang.first_day.as_str(), wang.last_day.as_str()),
        ("2015-01-05", "")
    );
    assert_eq!(format!("{DISTRICT}/{}", wang.creator), first.name);
    let li = of(&listed, "li");
    assert_eq!(
        (li.unit.as_str(), li.category.as_str(), li.role),
        ("环卫公司", "litter", 4)
    );
    assert_eq!(of(&listed, "zhao").role, 1, "the mapping's constant");
    assert_eq!(street.answering(&area("w1-2"), TODAY).await, ["wang"]);
    let again = street.import_roster(&file, EXAMPLE).await;
    assert_eq!(counts(&again), [3, 0, 3, 0, 0]);
    street.end(&wang.name, "2015-05-31").await.unwrap();
    let after_the_end = street.import_roster(&file, EXAMPLE).await;
    assert_eq!(
        counts(&after_the_end),
        [3, 0, 3, 0, 0],
        "an ended duty does not come back"
    );
    let zipped = street.import_roster(&gzip(&file), EXAMPLE).await;
    assert_eq!(counts(&zipped), [3, 0, 3, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_row_is_told_with_its_line_and_column_and_the_good_ones_go_in() {
    let street = street().await;
    let file = gb18030(&[
        "wang,王芳,,街长,w1-2,,,,是,2015/01/05,",
        ",无名,,街长,w1-10,,,,是,2015/01/05,",
        "a,,,市长,w1-10,,,,是,2015/01/05,",
        "b,,,街长,w9-9,,,,是,2015/01/05,",
        "c,,,街长,,no-site,,,是,2015/01/05,",
        "d,,,街长,,,,,是,2015/01/05,",
        "e,,,街长,w1-10,,,,也许,2015/01/05,",
        "f,,,街长,w1-10,,,,是,五月一日,",
        "g,,,街长,w1-10,,,,是,1999/01/05,",
        "h,,,街长,w1-10,,,,是,2015/01/05,2014/01/05",
        "i,,,责任单位,w1-10,,,,是,2015/01/05,",
        "j,,,街长,w1-10,,,卫生 一类,是,2015/01/05,",
        "k,,,街长,w1-2、w1-10,,,,是,2015/02/01,",
        "wang,王芳芳,,街长,w1-2,,,,是,2015/01/05,",
        "wang,王芳,,街长,w1-2,,,,是,2015/01/05,",
        "l,,,街长,w1-10、w1-10,,,,是,2015/01/05,",
        "m,,,街长,w1-10",
    ]);
    let ended = street.import_roster(&file, EXAMPLE).await;
    assert_eq!(counts(&ended), [17, 1, 1, 1, 14]);
    use ErrorReason::{
        AreaUnknown, HeadTaken, RowConflict, TimeInvalid, ValueInvalid, ValueMissing,
    };
    let expected = [
        (3, "工号", ValueMissing),
        (4, "职务", ValueInvalid),
        (5, "网格编码", AreaUnknown),
        (6, "点位", AreaUnknown),
        (7, "网格编码", ValueMissing),
        (8, "是否负责人", ValueInvalid),
        (9, "上岗日期", TimeInvalid),
        (10, "上岗日期", TimeInvalid),
        (11, "离岗日期", ValueInvalid),
        (12, "责任单位", ValueInvalid),
        (13, "事项", ValueInvalid),
        (14, "", HeadTaken),
        (15, "", RowConflict),
        (17, "网格编码", ValueInvalid),
        (18, "", ValueInvalid),
    ];
    let expected = expected.map(|(line, column, reason)| (line, column.to_owned(), reason));
    assert_eq!(street.told(&ended).await, expected);
    let problems = street.city.problems(&ended).await;
    let taken = problems.iter().find(|one| one.line == 14).unwrap();
    assert!(
        taken.message.contains("end that duty first"),
        "{}",
        taken.message
    );
    let conflict = problems.iter().find(|one| one.line == 15).unwrap();
    assert_eq!(conflict.kind(), ImportProblemKind::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_is_a_roster_too() {
    let street = street().await;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("名册").unwrap();
    sheet.write(0, 0, "2015年名册").unwrap();
    for (column, name) in (0..).zip(HEADER.split(',')) {
        sheet.write(1, column, name).unwrap();
    }
    for (column, text) in [
        (0, "wang"),
        (1, "王芳"),
        (3, "街长"),
        (4, "w1-2、w1-10"),
        (8, "是"),
    ] {
        sheet.write(2, column, text).unwrap();
    }
    let day = Format::new().set_num_format("yyyy/m/d");
    let first = ExcelDateTime::parse_from_str("2015-01-05").unwrap();
    sheet.write_with_format(2, 9, &first, &day).unwrap();
    let bytes = book.save_to_buffer().unwrap();
    let mapping = EXAMPLE
        .replace(
            "format = \"csv\"\n",
            "format = \"xlsx\"\nsheet = \"名册\"\n",
        )
        .replace("encoding = \"gb18030\"\n", "")
        .replace("delimiter = \",\"\n", "")
        .replace("header_row = 1\n", "header_row = 2\n");
    let ended = street.import_roster(&bytes, &mapping).await;
    assert_eq!(counts(&ended), [1, 1, 0, 0, 0]);
    let wang = of(&street.listed("", 100).await, "wang");
    assert_eq!(wang.first_day, "2015-01-05");
    // The same row from the office's text file is the same duty.
    let file = gb18030(&["wang,王芳,,街长,w1-2、w1-10,,,,是,2015/01/05,"]);
    assert_eq!(
        counts(&street.import_roster(&file, EXAMPLE).await),
        [1, 0, 1, 0, 0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_fails_and_nothing_goes_in() {
    let street = street().await;
    let file = gb18030(&["wang,王芳,,街长,w1-2,,,,是,2015/01/05,"]);
    let utf8 = EXAMPLE.replace("encoding = \"gb18030\"", "encoding = \"utf-8\"");
    let failed = street.import_roster(&file, &utf8).await;
    assert_eq!(failed.state(), ImportState::Failed);
    assert!(
        failed
            .error
            .contains("line 1 holds bytes that are not UTF-8"),
        "{}",
        failed.error
    );
    let lacking = encoding_rs::GB18030
        .encode("工号,姓名\nwang,王芳\n")
        .0
        .into_owned();
    let failed = street.import_roster(&lacking, EXAMPLE).await;
    assert!(
        failed.error.contains("the file has no column `责任单位`"),
        "{}",
        failed.error
    );
    let told = street.told(&failed).await;
    assert!(
        told.contains(&(1, "职务".to_owned(), ErrorReason::ColumnMissing)),
        "{told:?}"
    );
    assert!(street.listed("", 100).await.is_empty());
}

#[tokio::test]
async fn every_key_of_a_mapping_that_is_wrong_is_told() {
    let words = |text: &str| crate::roster::Roster::parse(text).unwrap_err().message;
    let told = words(
        "source = \"\"\n[file]\nformat = \"pdf\"\n[columns]\nofficer = \"a\"\nhead = \"b\"\nrole = \"c\"\n[constants]\nroster = \"X\"\nfirst_day = \"soon\"\n[areas]\nseparator = \"\"\n[categories]\n\"?\" = []\n[days]\nformat = \"%Y\"\n",
    );
    for key in [
        "`source` must",
        "`file.format`",
        "`columns` needs `areas` or `site`",
        "needs a table `[roles]`",
        "needs a table `[head]`",
        "`constants.roster`",
        "`constants.first_day`",
        "`areas.separator`",
        "`?` is no code",
        "`days.format`: `%Y` is no format of days",
    ] {
        assert!(told.contains(key), "{key} is not in {told}");
    }
    let wrong_role = EXAMPLE.replace("street_chief =", "mayor =");
    assert!(
        words(&wrong_role).contains("`mayor` is no role; one of cadre, street_chief, leader, unit")
    );
    let twice = EXAMPLE.replace("no = [\"否\"]", "no = [\"否\", \"是\"]");
    assert!(words(&twice).contains("`head`: `是` is there twice"));
    assert!(words("colour = 1").contains("line 1: unknown field `colour`"));
}
