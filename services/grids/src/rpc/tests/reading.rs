//! Districts and areas are made, and read one by one, by pages and by streams.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_district_is_made_once_and_seen_by_its_own() {
    let city = City::new().await;
    let again = city
        .grids
        .create_district(by(&platform(), district_request("city")))
        .await
        .unwrap_err();
    assert_eq!(reason(&again), ErrorReason::AlreadyExists);
    assert_eq!(
        again.message(),
        "district `city` exists already; use it or choose another id"
    );

    let mut request = district_request("e2");
    request.request_id = "0190f5fe-7c00-7000-8000-000000000001".to_owned();
    let first = city
        .grids
        .create_district(by(&platform(), request.clone()))
        .await
        .unwrap()
        .into_inner();
    let repeated = city
        .grids
        .create_district(by(&platform(), request.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, repeated);
    request.district_id = "e3".to_owned();
    let reused = city
        .grids
        .create_district(by(&platform(), request))
        .await
        .unwrap_err();
    assert_eq!(reason(&reused), ErrorReason::RequestIdReused);

    let list = |caller: Caller, page_size, page_token| {
        let grids = city.grids.clone();
        async move {
            let request = ListDistrictsRequest {
                page_size,
                page_token,
            };
            let page = grids
                .list_districts(by(&caller, request))
                .await
                .unwrap()
                .into_inner();
            let names: Vec<String> = page.districts.into_iter().map(|one| one.name).collect();
            (names, page.next_page_token)
        }
    };
    let (names, token) = list(platform(), 1, String::new()).await;
    assert_eq!(names, ["districts/city"]);
    assert_eq!(
        list(platform(), 1, token).await,
        (vec!["districts/e2".to_owned()], String::new())
    );
    assert_eq!(
        list(admin_of("e2"), 0, String::new()).await.0,
        ["districts/e2"]
    );
    assert!(
        list(admin_of("nowhere"), 0, String::new())
            .await
            .0
            .is_empty()
    );

    let get = GetDistrictRequest {
        name: "districts/city".to_owned(),
    };
    let own = city
        .grids
        .get_district(by(&city.caller, get.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (own.time_zone.as_str(), own.start_date.as_str()),
        ("America/Chicago", "2000-01-01")
    );
    assert_eq!(
        (own.currency.as_str(), own.display_name.as_str()),
        ("CNY", "city")
    );
    let others = city
        .grids
        .get_district(by(&admin_of("e2"), get))
        .await
        .unwrap_err();
    let none = GetDistrictRequest {
        name: "districts/nowhere".to_owned(),
    };
    let nowhere = city
        .grids
        .get_district(by(&admin_of("nowhere"), none))
        .await
        .unwrap_err();
    assert_eq!(reason(&others), ErrorReason::NotFound);
    assert_eq!(
        others
            .message()
            .replace("districts/city", "districts/nowhere"),
        nowhere.message()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_with_a_district_is_told_at_once() {
    let city = City::new().await;
    let request = CreateDistrictRequest {
        district_id: "No".to_owned(),
        district: None,
        request_id: "not a uuid".to_owned(),
    };
    let refused = city
        .grids
        .create_district(by(&platform(), request))
        .await
        .unwrap_err();
    let told: Vec<String> = fields(&refused).into_iter().map(|field| field.0).collect();
    assert_eq!(
        told,
        [
            "district_id",
            "district.time_zone",
            "district.start_date",
            "request_id"
        ]
    );
    let elsewhere = Caller {
        district: Some("city".to_owned()),
        ..platform()
    };
    let refused = city
        .grids
        .create_district(by(&elsewhere, district_request("e2")))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), ErrorReason::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn areas_come_by_code_with_what_is_known_of_them() {
    let city = city_with_a_tree().await;
    let all = city.areas(TODAY).await;
    let names: Vec<String> = all.iter().map(|area| area.name.clone()).collect();
    assert_eq!(
        codes(&names),
        ["w1", "w1-10", "w1-2", "w2", "w2-1"],
        "in byte order"
    );
    let grid = city.area("w1-2", TODAY).await.unwrap();
    assert_eq!((grid.level, grid.kind), (3, 2));
    assert_eq!(
        (grid.parent.as_str(), grid.display_name.as_str()),
        ("districts/city/areas/w1", "w1-2")
    );
    assert_eq!(
        (grid.peer_group.as_str(), grid.population, grid.households),
        ("old town", Some(200), None)
    );
    assert_eq!(
        (grid.exists_from.as_str(), grid.valid_from.as_str()),
        ("2000-01-01", "2000-01-01")
    );
    // A hundredth of a degree each way at 41.905 degrees north: 829.7 m by 1,110.7 m.
    assert!(
        (grid.area_m2.unwrap() - 921_600).abs() < 1_000,
        "{:?}",
        grid.area_m2
    );
    let boundary: Value = serde_json::from_str(&grid.boundary).unwrap();
    assert_eq!(boundary["coordinates"][0][0], json!([-87.7, 41.9]));
    let ward = city.area("w1", TODAY).await.unwrap();
    assert_eq!(
        (
            ward.level,
            ward.parent.as_str(),
            ward.boundary.as_str(),
            ward.area_m2
        ),
        (2, "", "", None)
    );
    let missing = city.area("w9", TODAY).await.unwrap_err();
    assert_eq!(reason(&missing), ErrorReason::NotFound);
    assert!(
        missing
            .message()
            .starts_with("`districts/city/areas/w9` does not exist or is not yours to see")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn areas_are_listed_by_pages_and_levels() {
    let city = city_with_a_tree().await;
    let list = |level, page_token: String| {
        let grids = city.grids.clone();
        let caller = city.caller.clone();
        async move {
            let request = ListAreasRequest {
                parent: "districts/city".to_owned(),
                at_time: at(TODAY),
                level,
                page_size: 2,
                page_token,
            };
            let page = grids.list_areas(by(&caller, request)).await?.into_inner();
            assert!(page.areas.iter().all(|area| area.boundary.is_empty()));
            let names: Vec<String> = page.areas.into_iter().map(|area| area.name).collect();
            Ok::<_, Status>((codes(&names).join(" "), page.next_page_token))
        }
    };
    let (first, token) = list(0, String::new()).await.unwrap();
    let (second, last) = list(0, token.clone()).await.unwrap();
    assert_eq!((first.as_str(), second.as_str()), ("w1 w1-10", "w1-2 w2"));
    assert_eq!(
        list(0, last).await.unwrap(),
        ("w2-1".to_owned(), String::new())
    );
    assert_eq!(list(2, String::new()).await.unwrap().0, "w1 w2");
    let other = list(3, token).await.unwrap_err();
    assert_eq!(reason(&other), ErrorReason::PageTokenInvalid);
    assert_eq!(
        fields(&list(9, String::new()).await.unwrap_err())[0].0,
        "level"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_a_district_that_does_not_exist_finds_nothing() {
    let city = City::new().await;
    let nobody = admin_of("nowhere");
    let parent = || "districts/nowhere".to_owned();
    let list = ListAreasRequest {
        parent: parent(),
        ..ListAreasRequest::default()
    };
    let stream = StreamAreasRequest {
        parent: parent(),
        at_time: None,
    };
    let locate = LocatePointsRequest {
        parent: parent(),
        ..LocatePointsRequest::default()
    };
    let upload = CreateUploadRequest {
        parent: parent(),
        ..CreateUploadRequest::default()
    };
    let import = CreateImportRequest {
        parent: parent(),
        ..CreateImportRequest::default()
    };
    let area = GetAreaRequest {
        name: "districts/nowhere/areas/a".to_owned(),
        ..GetAreaRequest::default()
    };
    let refused = [
        city.grids.list_areas(by(&nobody, list)).await.unwrap_err(),
        city.grids
            .stream_areas(by(&nobody, stream))
            .await
            .unwrap_err(),
        city.grids
            .locate_points(by(&nobody, locate))
            .await
            .unwrap_err(),
        city.grids
            .create_upload(by(&nobody, upload))
            .await
            .unwrap_err(),
        city.grids
            .create_import(by(&nobody, import))
            .await
            .unwrap_err(),
        city.grids.get_area(by(&nobody, area)).await.unwrap_err(),
    ];
    for status in &refused {
        assert_eq!(reason(status), ErrorReason::NotFound, "{status}");
        assert!(
            status
                .message()
                .contains("does not exist or is not yours to see"),
            "{status}"
        );
    }
}
