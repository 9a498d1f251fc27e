//! Districts edit their categories and filing conditions.

use prost_types::FieldMask;
use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    Category, CategoryKind, CreateCategoryRequest, FilingCondition, GetCategoryRequest, Issue,
    ListCategoriesRequest, LocalizedText, Severity, UpdateCategoryRequest,
};
use tonic::Status;

use super::{
    house::{Client, House},
    reason,
    reports::{litter, report},
    wrong,
};

pub fn create(code: &str, category: Category) -> CreateCategoryRequest {
    CreateCategoryRequest {
        parent: "districts/chicago".to_owned(),
        category_id: code.to_owned(),
        category: Some(category),
        request_id: String::new(),
    }
}

pub fn update(code: &str, paths: &[&str], category: Category) -> UpdateCategoryRequest {
    UpdateCategoryRequest {
        category: Some(Category {
            name: format!("districts/chicago/categories/{code}"),
            ..category
        }),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        request_id: String::new(),
    }
}

pub fn condition(id: &str, handle: &str) -> FilingCondition {
    FilingCondition {
        id: id.to_owned(),
        handle_limit: handle.to_owned(),
        ..FilingCondition::default()
    }
}

pub async fn get(client: &mut Client, code: &str) -> Result<Category, Status> {
    let name = format!("districts/chicago/categories/{code}");
    let answer = client.get_category(GetCategoryRequest { name }).await;
    answer.map(|answer| answer.into_inner())
}

#[tokio::test]
async fn a_district_makes_a_burst_pipe_its_own_and_everybody_reads_it() {
    let house = House::open().await;
    let mut admin = house.admin();
    let pipe = Category {
        title: Some(LocalizedText {
            zh: "水管爆裂".to_owned(),
            en: "Burst pipe".to_owned(),
        }),
        kind: CategoryKind::Component as i32,
        parent: "sewage".to_owned(),
        conditions: vec![
            FilingCondition {
                severity: Severity::Urgent as i32,
                verify_limit: "0.5 URGENT_HOURS".to_owned(),
                total_limit: "8 URGENT_HOURS".to_owned(),
                closing: Some(LocalizedText {
                    zh: "已围挡".to_owned(),
                    en: "Fenced".to_owned(),
                }),
                ..condition("fence", "3 URGENT_HOURS")
            },
            condition("level", "5 URGENT_DAYS"),
        ],
        rebound_days: Some(14),
        ..Category::default()
    };
    let made = admin
        .create_category(create("burst_pipe", pipe.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(made.name, "districts/chicago/categories/burst_pipe");
    assert_eq!(
        (made.handling_limit.as_str(), made.etag.as_str()),
        ("3 URGENT_HOURS", "1")
    );
    assert_eq!(made.conditions[0].closing, pipe.conditions[0].closing);
    assert_eq!(
        made.conditions[1].severity(),
        Severity::Normal,
        "unsaid is normal"
    );
    assert_eq!(made.duplicate_metres, Some(50));
    assert_eq!(
        (made.rebound_metres, made.rebound_days),
        (Some(15), Some(14))
    );
    let mut resident = house.client(Some("chicago"), Role::Resident);
    assert_eq!(get(&mut resident, "burst_pipe").await.unwrap(), made);

    // What is below it and has no condition of its own takes those of the pipe.
    let below = Category {
        parent: "burst_pipe".to_owned(),
        ..Category::default()
    };
    let joint = admin.create_category(create("joint", below)).await.unwrap();
    let joint = joint.into_inner();
    assert!(joint.conditions.is_empty());
    assert_eq!(joint.handling_limit, "3 URGENT_HOURS");

    let days = Category {
        rebound_days: Some(30),
        retired: true,
        etag: made.etag.clone(),
        ..Category::default()
    };
    let changed = admin
        .update_category(update("burst_pipe", &["rebound_days"], days.clone()))
        .await
        .unwrap()
        .into_inner();
    let expected = Category {
        rebound_days: Some(30),
        etag: "2".to_owned(),
        ..made.clone()
    };
    assert_eq!(changed, expected, "only what the mask names has changed");
    let status = admin
        .update_category(update("burst_pipe", &["retired"], days))
        .await
        .unwrap_err();
    assert_eq!(
        reason(&status),
        Reason::ChangedMeanwhile,
        "the etag is stale"
    );
    assert_eq!(get(&mut admin, "burst_pipe").await.unwrap(), expected);
}

#[tokio::test]
async fn a_category_of_the_starting_set_becomes_the_districts_own_when_it_is_changed() {
    let house = House::open().await;
    let mut admin = house.admin();
    let snow = get(&mut admin, "snow").await.unwrap();
    assert_eq!((snow.etag.as_str(), snow.retired), ("0", false));
    assert_eq!(snow.title.as_ref().unwrap().zh, "积雪未清");
    assert_eq!(
        get(&mut admin, "dumping").await.unwrap().rebound_days,
        Some(30)
    );
    let retired = Category {
        retired: true,
        ..Category::default()
    };
    let request = update("snow", &["retired"], retired);
    let changed = admin.update_category(request).await.unwrap().into_inner();
    assert!(changed.retired && changed.title == snow.title);
    let request = ListCategoriesRequest {
        parent: "districts/chicago".to_owned(),
        ..ListCategoriesRequest::default()
    };
    let all = admin.list_categories(request).await.unwrap().into_inner();
    assert_eq!(all.categories.len(), 19, "the retired one is listed");
    let status = admin
        .report_issue(report(Issue {
            category: "snow".to_owned(),
            ..litter(41.9)
        }))
        .await
        .unwrap_err();
    let words = "is retired; choose another that ListCategories gives";
    assert_eq!(
        wrong(&status),
        [("issue.category".to_owned(), words.to_owned())]
    );
}

#[tokio::test]
async fn a_repeated_request_makes_and_changes_a_category_once() {
    let house = House::open().await;
    let mut admin = house.admin();
    let request = CreateCategoryRequest {
        request_id: "5f2d9c1e-7a9b-4a53-9f2d-0a5b6c7d8e9f".to_owned(),
        ..create("kerb", Category::default())
    };
    let first = admin.create_category(request.clone()).await.unwrap();
    let again = admin.create_category(request.clone()).await.unwrap();
    assert_eq!(first.into_inner(), again.into_inner());
    let other = CreateCategoryRequest {
        category_id: "curb".to_owned(),
        ..request
    };
    let status = admin.create_category(other).await.unwrap_err();
    assert_eq!(reason(&status), Reason::RequestIdReused);
    let request = UpdateCategoryRequest {
        request_id: "5f2d9c1e-7a9b-4a53-9f2d-0a5b6c7d8e9f".to_owned(),
        ..update("kerb", &["kind"], Category::default())
    };
    for _ in 0..2 {
        let changed = admin.update_category(request.clone()).await.unwrap();
        assert_eq!(changed.into_inner().etag, "2");
    }
}

#[tokio::test]
async fn categories_are_listed_by_code_in_pages() {
    let house = House::open().await;
    let mut resident = house.client(Some("chicago"), Role::Resident);
    let request = ListCategoriesRequest {
        parent: "districts/chicago".to_owned(),
        page_size: 10,
        page_token: String::new(),
    };
    let first = resident
        .list_categories(request.clone())
        .await
        .unwrap()
        .into_inner();
    let request = ListCategoriesRequest {
        page_token: first.next_page_token,
        ..request
    };
    let second = resident
        .list_categories(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((first.categories.len(), second.categories.len()), (10, 9));
    assert_eq!(second.next_page_token, "");
    assert_eq!(
        first.categories[0].name,
        "districts/chicago/categories/construction_site"
    );
    let both = [first.categories, second.categories].concat();
    assert!(both.is_sorted_by(|one, next| one.name < next.name));
}
