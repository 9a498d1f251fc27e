//! Categories that are refused, each field in words.

use tidyward_kit::{Reason, caller::Role};
use tidyward_proto::v1::{Category, FilingCondition, LocalizedText};

use super::{
    categories::{condition, create, get, update},
    house::House,
    reason, wrong, wrong_fields,
};

fn below(parent: &str) -> Category {
    Category {
        parent: parent.to_owned(),
        ..Category::default()
    }
}

fn with(condition: FilingCondition) -> Category {
    Category {
        conditions: vec![condition],
        ..Category::default()
    }
}

fn titled(count: usize) -> Category {
    let title = LocalizedText {
        zh: "字".repeat(count),
        en: String::new(),
    };
    Category {
        title: Some(title),
        ..Category::default()
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
    let none = Category::default;
    let long = "a".repeat(41);
    let twice = vec![condition("a", ""), condition("a", "")];
    let odd = FilingCondition {
        severity: 7,
        ..condition("a", "")
    };
    let wide = "must be 1 to 5000; leave it out for 50";
    let near = "must be 1 to 5000; leave it out for 15";
    let days = "must be 1 to 730; leave it out for 84";
    let after = "must be 0 to 730; leave it out for 0";
    let id = "must be 1 to 40 of a-z, 0-9 and underscore, beginning with a letter";
    #[rustfmt::skip]
    let refused: [(Category, &str, &str); 18] = [
        (Category { kind: 9, ..none() }, "kind", "is no kind; EVENT or COMPONENT"),
        (below("rats"), "parent", "is no category of the district; ListCategories gives them"),
        (Category { duplicate_metres: Some(0), ..none() }, "duplicate_metres", wide),
        (Category { duplicate_metres: Some(5_001), ..none() }, "duplicate_metres", wide),
        (Category { duplicate_days: Some(0), ..none() }, "duplicate_days", days),
        (Category { duplicate_days: Some(731), ..none() }, "duplicate_days", days),
        (Category { rebound_metres: Some(-1), ..none() }, "rebound_metres", near),
        (Category { rebound_days: Some(-1), ..none() }, "rebound_days", after),
        (Category { rebound_days: Some(731), ..none() }, "rebound_days", after),
        (titled(101), "title.zh", "at most 100 characters; shorten it"),
        (Category { conditions: vec![condition("a", ""); 21], ..none() }, "conditions", "at most 20; join some into one"),
        (with(condition("", "")), "conditions[0].id", id),
        (with(condition("9a", "")), "conditions[0].id", id),
        (with(condition(&long, "")), "conditions[0].id", id),
        (Category { conditions: twice, ..none() }, "conditions[1].id", "is there twice; give each condition its own"),
        (with(condition("a", "0 URGENT_DAYS")), "conditions[0].handle_limit", "`0 URGENT_DAYS` must be above 0 and at most ten years"),
        (with(condition("a", "soon")), "conditions[0].handle_limit", "`soon` is no limit; write one like `14 URGENT_DAYS`"),
        (with(odd), "conditions[0].severity", "is no severity; NORMAL or URGENT"),
    ];
    for (category, field, words) in refused {
        let answer = admin.create_category(create("kerb", category)).await;
        let expected = (format!("category.{field}"), words.to_owned());
        assert_eq!(wrong(&answer.unwrap_err()), [expected]);
    }
    let status = get(&mut admin, "kerb").await.unwrap_err();
    assert_eq!(reason(&status), Reason::NotFound);
    for code in ["", "Kerb", "9kerb", "urgent", &"k".repeat(41)] {
        let answer = admin.create_category(create(code, none())).await;
        assert_eq!(
            wrong_fields(&answer.unwrap_err()),
            ["category_id"],
            "`{code}`"
        );
    }
}

#[tokio::test]
async fn at_their_very_limits_all_fields_of_a_category_are_good() {
    let house = House::open().await;
    let conditions = (0..20).map(|index| condition(&format!("c{index}"), "0.0001 URGENT_HOURS"));
    let most = Category {
        duplicate_metres: Some(5_000),
        duplicate_days: Some(730),
        rebound_metres: Some(1),
        rebound_days: Some(730),
        conditions: conditions.collect(),
        ..titled(100)
    };
    let made = house
        .admin()
        .create_category(create(&"k".repeat(40), most))
        .await
        .unwrap();
    assert_eq!(made.into_inner().conditions.len(), 20);
}

#[tokio::test]
async fn a_category_never_lies_below_itself() {
    let house = House::open().await;
    let mut admin = house.admin();
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
            wrong(&status.unwrap_err()),
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
}

#[tokio::test]
async fn a_mask_names_something_that_can_be_changed() {
    let house = House::open().await;
    let mut admin = house.admin();
    for paths in [&[][..], &["name"], &["title", "handling_limit"]] {
        let status = admin
            .update_category(update("snow", paths, Category::default()))
            .await;
        let told = wrong(&status.unwrap_err());
        assert_eq!((told.len(), told[0].0.as_str()), (1, "update_mask"));
        assert!(told[0].1.contains("title, kind, parent"), "{}", told[0].1);
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_category_is_told_at_once() {
    let house = House::open().await;
    let asked = Category {
        kind: 9,
        rebound_days: Some(-1),
        conditions: vec![condition("A", "x")],
        ..below("rats")
    };
    let paths = ["kind", "rebound_days", "conditions", "parent"];
    let status = house
        .admin()
        .update_category(update("snow", &paths, asked))
        .await
        .unwrap_err();
    assert_eq!(
        wrong_fields(&status),
        [
            "category.kind",
            "category.parent",
            "category.conditions[0].id",
            "category.conditions[0].handle_limit",
            "category.rebound_days",
        ]
    );
}
