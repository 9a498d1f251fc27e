//! A leader asks for rates.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    AreaLevel, CloseLedgerRequest, QueryRatesRequest, QueryRatesResponse, RateFigure, RateGroup,
    RateRow,
};

use super::{
    caller,
    house::{Client, House},
    imports::{MAPPING, file},
    reason, wrong_fields,
};

/// Issues of the third quarter of 2013, one of the year before, and one that lies in no grid.
const ROWS: [&str; 6] = [
    "1,2013-07-01,2013-07-05,Bins,41.9,-87.6",
    "2,2013-07-01,2013-07-20,Bins,41.9,-87.6",
    "3,2013-08-01,,litter,41.8,-87.6",
    "4,2013-09-25,2013-10-02,Bins,41.8,-87.6",
    "5,2013-07-01,,Bins,43.0,-87.6",
    "6,2012-07-10,2012-07-11,Bins,41.8,-87.6",
];

fn quarter() -> QueryRatesRequest {
    QueryRatesRequest {
        parent: "districts/chicago".to_owned(),
        first_day: "2013-07-01".to_owned(),
        last_day: "2013-09-30".to_owned(),
        measures: ["close_rate", "handled_on_time_rate", "reported"]
            .map(str::to_owned)
            .to_vec(),
        ..QueryRatesRequest::default()
    }
}

async fn ask(client: &mut Client, request: QueryRatesRequest) -> QueryRatesResponse {
    client.query_rates(request).await.unwrap().into_inner()
}

fn leader(house: &House, areas: &[&str]) -> Client {
    house.client_of(caller("leader", Role::Leader, areas))
}

/// Key, and in the days asked for: closed of due, handled on time of due, reported.
fn told(rows: &[RateRow]) -> Vec<(&str, [i64; 5])> {
    let row = |row: &'_ RateRow| {
        let value = |at: usize| row.values[at].value.unwrap();
        let of = |at: usize| (value(at).numerator, value(at).denominator.unwrap());
        let ((closed, due), (on_time, base)) = (of(0), of(1));
        [closed, due, on_time, base, value(2).numerator]
    };
    rows.iter()
        .map(|one| (one.key.as_str(), row(one)))
        .collect()
}

fn figure(numerator: i64, denominator: i64, rate: Option<i64>) -> RateFigure {
    RateFigure {
        numerator,
        denominator: Some(denominator),
        rate,
    }
}

#[tokio::test]
async fn a_quarter_is_told_beside_the_days_before_and_the_year_before() {
    let house = House::open().await;
    house.import(MAPPING, &file(&ROWS)).await;
    let request = QueryRatesRequest {
        compare: true,
        ..quarter()
    };
    let answer = ask(&mut leader(&house, &[]), request).await;
    let measures: Vec<(&str, &str, &str)> = answer
        .measures
        .iter()
        .map(|one| {
            (
                one.name.as_str(),
                one.numerator.as_str(),
                one.denominator.as_str(),
            )
        })
        .collect();
    assert_eq!(measures[0], ("close_rate", "closed", "due - due_suspended"));
    assert_eq!(measures[2], ("reported", "reported", ""));
    assert_eq!(answer.measures[0].title.as_ref().unwrap().zh, "结案率");
    assert_eq!(answer.rows.len(), 1);
    let [close, on_time, reported] = answer.rows[0].values.as_slice() else {
        panic!("one value for each measure");
    };
    assert_eq!(close.value, Some(figure(2, 3, Some(6_667))));
    assert_eq!(
        close.before,
        Some(figure(0, 0, None)),
        "absent where the base is zero"
    );
    assert_eq!(close.year_before, Some(figure(1, 1, Some(10_000))));
    assert_eq!(on_time.value, Some(figure(1, 3, Some(3_333))));
    let counts = [reported.value, reported.before, reported.year_before];
    assert_eq!(counts.map(|count| count.unwrap().numerator), [5, 0, 1]);
    assert_eq!(reported.value.unwrap().denominator, None);

    // Nobody named a measure: every rate, and nothing beside it.
    let request = QueryRatesRequest {
        measures: Vec::new(),
        ..quarter()
    };
    let answer = ask(&mut leader(&house, &[]), request).await;
    assert_eq!(answer.measures.len(), 14);
    assert!(
        answer.rows[0]
            .values
            .iter()
            .all(|value| value.before.is_none())
    );
}

#[tokio::test]
async fn groups_are_areas_categories_sources_and_times() {
    let house = House::open().await;
    house.import(MAPPING, &file(&ROWS)).await;
    let client = &mut leader(&house, &[]);
    let by = |group: RateGroup| QueryRatesRequest {
        group_by: group as i32,
        ..quarter()
    };
    let grids = ask(client, by(RateGroup::Area)).await;
    let names: Vec<&str> = grids
        .rows
        .iter()
        .map(|row| row.display_name.as_str())
        .collect();
    assert_eq!(names, ["", "NORTH", "SOUTH"]);
    let (outside, north) = ([0, 1, 0, 1, 1], [2, 2, 1, 2, 2]);
    assert_eq!(
        told(&grids.rows),
        [("", outside), ("north", north), ("south", [0, 0, 0, 0, 2])]
    );
    let request = QueryRatesRequest {
        level: AreaLevel::Subdistrict as i32,
        area: "districts/chicago/areas/town".to_owned(),
        ..by(RateGroup::Area)
    };
    let towns = ask(client, request).await;
    assert_eq!(
        told(&towns.rows),
        [("town", [2, 2, 1, 2, 4])],
        "what lies in no grid is in no area"
    );

    let categories = ask(client, by(RateGroup::Category)).await;
    assert_eq!(
        told(&categories.rows),
        [("bins", [2, 3, 1, 3, 4]), ("litter", [0, 0, 0, 0, 1])]
    );
    assert_eq!(categories.rows[1].display_name, "暴露垃圾");
    let request = QueryRatesRequest {
        category: "litter".to_owned(),
        ..quarter()
    };
    assert_eq!(
        told(&ask(client, request).await.rows),
        [("", [0, 0, 0, 0, 1])]
    );
    let sources = ask(client, by(RateGroup::Source)).await;
    assert_eq!(told(&sources.rows), [("HOTLINE", [2, 3, 1, 3, 5])]);
    let officers = ask(client, by(RateGroup::Officer)).await;
    assert_eq!(
        told(&officers.rows),
        [("", [2, 3, 1, 3, 5])],
        "imported rows name no officer"
    );

    let months = ask(client, by(RateGroup::Month)).await;
    assert_eq!(
        told(&months.rows),
        [
            ("2013-07", [2, 3, 1, 3, 3]),
            ("2013-08", [0, 0, 0, 0, 1]),
            ("2013-09", [0, 0, 0, 0, 1]),
        ]
    );
    assert_eq!(ask(client, by(RateGroup::Day)).await.rows.len(), 92);
    assert_eq!(
        ask(client, by(RateGroup::Week)).await.rows[0].key,
        "2013-07-01"
    );
}

#[tokio::test]
async fn a_leader_of_an_area_sees_its_rates_and_no_others() {
    let house = House::open().await;
    house.import(MAPPING, &file(&ROWS)).await;
    let client = &mut leader(&house, &["north"]);
    assert_eq!(
        told(&ask(client, quarter()).await.rows),
        [("", [2, 2, 1, 2, 2])]
    );
    let of = |area: &str| QueryRatesRequest {
        area: format!("districts/chicago/areas/{area}"),
        ..quarter()
    };
    assert_eq!(told(&ask(client, of("north")).await.rows)[0].1[4], 2);
    let mut words = Vec::new();
    for hidden in ["south", "town", "gone"] {
        let status = client.query_rates(of(hidden)).await.unwrap_err();
        assert_eq!(reason(&status), Reason::NotFound, "{hidden}");
        words.push(status.message().replace(hidden, "it"));
    }
    assert!(words.windows(2).all(|pair| pair[0] == pair[1]), "{words:?}");
    // Whoever works in an area works in all below it.
    let client = &mut leader(&house, &["town"]);
    assert_eq!(told(&ask(client, of("south")).await.rows)[0].1[4], 2);
}

#[tokio::test]
async fn a_closed_quarter_has_the_figures_of_its_facts() {
    let house = House::open().await;
    house.tell("2013-10-01T12:00:00Z");
    house.import(MAPPING, &file(&ROWS[..3])).await;
    let close = CloseLedgerRequest {
        parent: "districts/chicago".to_owned(),
        period: "2013-q3".to_owned(),
    };
    house.service().close_ledger(close).await.unwrap();
    house.tell("2013-10-05T12:00:00Z");
    house.import(MAPPING, &file(&ROWS[3..])).await;
    let client = &mut leader(&house, &[]);
    // What was recorded after the closing counts in the quarter of its recording, as in the review.
    assert_eq!(
        told(&ask(client, quarter()).await.rows),
        [("", [2, 2, 1, 2, 3])]
    );
    // Other days were not closed, so there it counts when it happened.
    let request = QueryRatesRequest {
        last_day: "2013-10-01".to_owned(),
        ..quarter()
    };
    assert_eq!(
        told(&ask(client, request).await.rows),
        [("", [2, 3, 1, 3, 5])]
    );
}

#[tokio::test]
async fn every_field_that_is_wrong_is_told_at_once() {
    let house = House::open().await;
    let client = &mut leader(&house, &[]);
    let mut check = async |request: QueryRatesRequest, fields: &[&str]| {
        let status = client.query_rates(request).await.unwrap_err();
        assert_eq!(wrong_fields(&status), fields);
    };
    let wrong = QueryRatesRequest {
        first_day: "1.7.2013".to_owned(),
        last_day: String::new(),
        area: "town".to_owned(),
        group_by: 99,
        level: 99,
        measures: ["close_rate", "nothing", "close_rate"]
            .map(str::to_owned)
            .to_vec(),
        ..quarter()
    };
    let fields = [
        "first_day",
        "last_day",
        "level",
        "group_by",
        "area",
        "measures[1]",
        "measures[2]",
    ];
    check(wrong, &fields).await;
    let last = |last: &str| QueryRatesRequest {
        last_day: last.to_owned(),
        ..quarter()
    };
    check(last("2013-06-30"), &["last_day"]).await;
    // 1,100 days after the first, and one more.
    check(last("2016-07-06"), &["last_day"]).await;
    let category = QueryRatesRequest {
        category: "nothing".to_owned(),
        ..quarter()
    };
    check(category, &["category"]).await;
    let many = QueryRatesRequest {
        measures: vec!["due".to_owned(); 50],
        ..quarter()
    };
    check(many, &["measures"]).await;
    assert_eq!(ask(client, last("2016-07-05")).await.rows.len(), 1);
    let elsewhere = QueryRatesRequest {
        area: "districts/boston/areas/town".to_owned(),
        ..quarter()
    };
    let status = client.query_rates(elsewhere).await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
}
