//! Districts edit their categories and filing conditions.

use prost_types::FieldMask;
use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{
    Category, CategoryKind, CreateCategoryRequest, FilingCondition, GetCategoryRequest,
    ListCategoriesRequest, LocalizedText, Severity, UpdateCategoryRequest,
};
use tonic::Status;
use tonic_types::StatusExt;

use super::{
    house::{Client, House},
    reason,
    reports::{litter, report},
};

fn create(code: &str, category: Category) -> CreateCategoryRequest {
    CreateCategoryRequest {
        parent: "districts/chicago".to_owned(),
        category_id: code.to_owned(),
        category: Some(category),
        request_id: String::new(),
    }
}

fn update(code: &str, paths: &[&str], category: Category) -> UpdateCategoryRequest {
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

fn condition(id: &str, handle: &str) -> FilingCondition {
    FilingCondition {
        id: id.to_owned(),
        handle_limit: handle.to_owned(),
        ..FilingCondition::default()
    }
}

async fn get(client: &mut Client, code: &str) -> Result<Category, Status> {
    let name = format!("districts/chicago/categories/{code}");
    let answer = client.get_category(GetCategoryRequest { name }).await;
    answer.map(|answer| answer.into_inner())
}

fn told(status: &Status) -> Vec<(String, String)> {
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    violations
        .iter()
        .map(|one| (one.field.clone(), one.description.clone()))
        .collect()
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
        .report_issue(report(tidyward_proto::v1::Issue {
            category: "snow".to_owned(),
            ..litter(41.9)
        }))
        .await
        .unwrap_err();
    let words = "is retired; choose another that ListCategories gives";
    assert_eq!(
        told(&status),
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
async fn only_admins_change_categories_and_none_is_made_twice() {
    let house = House::open().await;
    for role in [Role::Operator, Role::Leader, Role::Resident, Role::Auditor] {
        let mut client = house.client(Some("chicago"), role);
        let status = client
            .create_category(create("kerb", Category::default()))
            .await;
        assert_eq!(reason(&status.unwrap_err()), Reason::RoleMissing);
        let status = client
            .update_category(update("snow", &["kind"], Category::default()))
            .await;
        assert_eq!(reason(&status.unwrap_err()), Reason::RoleMissing);
    }
    let mut admin = house.admin();
    let status = admin
        .create_category(create("snow", Category::default()))
        .await;
    assert_eq!(reason(&status.unwrap_err()), Reason::AlreadyExists);
    let status = get(&mut admin, "rats").await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
    let status = admin
        .update_category(update("rats", &["kind"], Category::default()))
        .await;
    assert_eq!(reason(&status.unwrap_err()), Reason::NotFound);
    let mut boston = house.client(Some("boston"), Role::Admin);
    let status = get(&mut boston, "snow").await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
}

#[tokio::test]
async fn each_field_of_a_category_is_held_to_its_limits() {
    let house = House::open().await;
    let mut admin = house.admin();
    let long = |count: usize| {
        Some(LocalizedText {
            zh: "字".repeat(count),
            en: String::new(),
        })
    };
    let with = |change: fn(&mut Category)| {
        let mut category = Category::default();
        change(&mut category);
        category
    };
    let metres = "must be 1 to 5000; leave it out for";
    let id = "must be 1 to 40 of a-z, 0-9 and underscore, beginning with a letter";
    let refused: Vec<(Category, &str, String)> = vec![
        (
            with(|one| one.kind = 9),
            "category.kind",
            "is no kind; EVENT or COMPONENT".to_owned(),
        ),
        (
            with(|one| one.parent = "rats".to_owned()),
            "category.parent",
            "is no category of the district; ListCategories gives them".to_owned(),
        ),
        (
            with(|one| one.duplicate_metres = Some(0)),
            "category.duplicate_metres",
            format!("{metres} 50"),
        ),
        (
            with(|one| one.duplicate_metres = Some(5_001)),
            "category.duplicate_metres",
            format!("{metres} 50"),
        ),
        (
            with(|one| one.duplicate_days = Some(0)),
            "category.duplicate_days",
            "must be 1 to 730; leave it out for 84".to_owned(),
        ),
        (
            with(|one| one.duplicate_days = Some(731)),
            "category.duplicate_days",
            "must be 1 to 730; leave it out for 84".to_owned(),
        ),
        (
            with(|one| one.rebound_metres = Some(-1)),
            "category.rebound_metres",
            format!("{metres} 15"),
        ),
        (
            with(|one| one.rebound_days = Some(-1)),
            "category.rebound_days",
            "must be 0 to 730; leave it out for 0".to_owned(),
        ),
        (
            with(|one| one.rebound_days = Some(731)),
            "category.rebound_days",
            "must be 0 to 730; leave it out for 0".to_owned(),
        ),
        (
            Category {
                title: long(101),
                ..Category::default()
            },
            "category.title.zh",
            "at most 100 characters; shorten it".to_owned(),
        ),
        (
            with(|one| one.conditions = vec![condition("a", ""); 21]),
            "category.conditions",
            "at most 20; join some into one".to_owned(),
        ),
        (
            with(|one| one.conditions = vec![condition("", "")]),
            "category.conditions[0].id",
            id.to_owned(),
        ),
        (
            with(|one| one.conditions = vec![condition("9a", "")]),
            "category.conditions[0].id",
            id.to_owned(),
        ),
        (
            with(|one| one.conditions = vec![condition(&"a".repeat(41), "")]),
            "category.conditions[0].id",
            id.to_owned(),
        ),
        (
            with(|one| one.conditions = vec![condition("a", ""), condition("a", "")]),
            "category.conditions[1].id",
            "is there twice; give each condition its own".to_owned(),
        ),
        (
            with(|one| one.conditions = vec![condition("a", "0 URGENT_DAYS")]),
            "category.conditions[0].handle_limit",
            "`0 URGENT_DAYS` must be above 0 and at most ten years".to_owned(),
        ),
        (
            with(|one| one.conditions = vec![condition("a", "soon")]),
            "category.conditions[0].handle_limit",
            "`soon` is no limit; write one like `14 URGENT_DAYS`".to_owned(),
        ),
        (
            with(|one| {
                one.conditions = vec![FilingCondition {
                    severity: 7,
                    ..condition("a", "")
                }]
            }),
            "category.conditions[0].severity",
            "is no severity; NORMAL or URGENT".to_owned(),
        ),
    ];
    for (category, field, words) in refused {
        let status = admin
            .create_category(create("kerb", category))
            .await
            .unwrap_err();
        assert_eq!(reason(&status), Reason::FieldsInvalid, "{field}");
        assert_eq!(told(&status), [(field.to_owned(), words)]);
    }
    assert_eq!(
        reason(&get(&mut admin, "kerb").await.unwrap_err()),
        Reason::NotFound
    );
    for code in ["", "Kerb", "9kerb", "urgent", &"k".repeat(41)] {
        let status = admin
            .create_category(create(code, Category::default()))
            .await
            .unwrap_err();
        assert_eq!(told(&status)[0].0, "category_id", "`{code}`");
    }
    let most = Category {
        title: long(100),
        duplicate_metres: Some(5_000),
        duplicate_days: Some(730),
        rebound_metres: Some(1),
        rebound_days: Some(730),
        conditions: (0..20)
            .map(|index| condition(&format!("c{index}"), "0.0001 URGENT_HOURS"))
            .collect(),
        ..Category::default()
    };
    let made = admin
        .create_category(create(&"k".repeat(40), most))
        .await
        .unwrap();
    assert_eq!(made.into_inner().conditions.len(), 20);
}

#[tokio::test]
async fn masks_parents_and_everything_else_that_is_wrong_are_told_together() {
    let house = House::open().await;
    let mut admin = house.admin();
    let below = |parent: &str| Category {
        parent: parent.to_owned(),
        ..Category::default()
    };
    admin
        .create_category(create("b", below("snow")))
        .await
        .unwrap();
    admin
        .create_category(create("c", below("b")))
        .await
        .unwrap();
    for parent in ["snow", "b", "c"] {
        let status = admin
            .update_category(update("snow", &["parent"], below(parent)))
            .await;
        let words = "lies below the category itself; name one that does not";
        assert_eq!(
            told(&status.unwrap_err()),
            [("category.parent".to_owned(), words.to_owned())]
        );
    }
    admin
        .update_category(update("c", &["parent"], below("")))
        .await
        .unwrap();
    admin
        .update_category(update("snow", &["parent"], below("c")))
        .await
        .unwrap();

    for paths in [&[][..], &["name"], &["title", "handling_limit"]] {
        let status = admin
            .update_category(update("snow", paths, Category::default()))
            .await;
        let told = told(&status.unwrap_err());
        assert_eq!((told.len(), told[0].0.as_str()), (1, "update_mask"));
        assert!(told[0].1.contains("title, kind, parent"), "{}", told[0].1);
    }
    let wrong = Category {
        kind: 9,
        rebound_days: Some(-1),
        conditions: vec![condition("A", "x")],
        ..below("rats")
    };
    let paths = ["kind", "rebound_days", "conditions", "parent"];
    let status = admin
        .update_category(update("snow", &paths, wrong))
        .await
        .unwrap_err();
    let fields: Vec<String> = told(&status).into_iter().map(|one| one.0).collect();
    assert_eq!(
        fields,
        [
            "category.kind",
            "category.parent",
            "category.conditions[0].id",
            "category.conditions[0].handle_limit",
            "category.rebound_days",
        ]
    );
}
