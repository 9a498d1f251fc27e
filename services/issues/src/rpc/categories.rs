//! Categories and their filing conditions.

use tidyward_kit::{
    Error, Reason, Violations,
    caller::{Caller, District},
    etag, mask,
    page::Page,
    request::Once,
};
use tidyward_proto::v1::{
    Category, CreateCategoryRequest, GetCategoryRequest, ListCategoriesRequest,
    ListCategoriesResponse, UpdateCategoryRequest,
};

use super::render;
use crate::{
    Issues,
    category::{self, edit},
    store,
};

const PATTERN: &str = "districts/{}/categories/{}";

impl Issues {
    pub(super) async fn category_list(
        &self,
        caller: &Caller,
        request: ListCategoriesRequest,
    ) -> Result<ListCategoriesResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let arguments = ["ListCategories", &request.parent];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 1)?;
        let after = page.after.as_ref().map(|key| key[0].as_str());
        let categories = store::category::of_district(self.db.read(), &district).await?;
        let rest = categories
            .values()
            .filter(|category| after.is_none_or(|after| category.code.as_str() > after));
        let mut rest: Vec<_> = rest.take(page.size + 1).collect();
        let next_page_token = page.cut(&mut rest, |category| vec![category.code.clone()]);
        Ok(ListCategoriesResponse {
            categories: rest
                .into_iter()
                .map(|category| render::category(&district, &categories, category))
                .collect(),
            next_page_token,
        })
    }

    pub(super) async fn category_get(
        &self,
        caller: &Caller,
        request: GetCategoryRequest,
    ) -> Result<Category, Error> {
        let (district, code) = self.category_named(caller, "name", &request.name).await?;
        let categories = store::category::of_district(self.db.read(), &district).await?;
        let category = categories.get(&code);
        let category = category.ok_or_else(|| Error::not_found(&request.name))?;
        Ok(render::category(&district, &categories, category))
    }

    pub(super) async fn category_create(
        &self,
        caller: &Caller,
        request: CreateCategoryRequest,
    ) -> Result<Category, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let once = Once::new(
            store::PREFIX,
            "CreateCategory",
            caller,
            Some(&district),
            &request,
            &request.request_id,
            self.clock.now(),
        )?;
        once.write(&self.db, move |transaction| {
            let (district, request) = (district.clone(), request.clone());
            Box::pin(async move {
                store::category::lock(transaction, &district).await?;
                let mut categories = store::category::of_district(transaction, &district).await?;
                let code = request.category_id.as_str();
                if categories.contains_key(code) {
                    let name = district.child("categories", code);
                    let words =
                        format!("`{name}` is there already; change it, or choose another code");
                    return Err(Error::new(Reason::AlreadyExists, words));
                }
                let mut violations = Violations::default();
                edit::check_code(&mut violations, code);
                let told = request.category.unwrap_or_default();
                let before = category::Category::new(code);
                let next = edit::apply(&categories, &before, &told, &|_| true, &mut violations);
                violations.into_result()?;
                if categories.len() >= category::MOST {
                    let words =
                        "the district has as many categories as it may; retire and reuse some";
                    return Err(Error::new(Reason::TooMany, words).with("limit", category::MOST));
                }
                let next = store::category::put(transaction, &district, &next).await?;
                categories.insert(next.code.clone(), next.clone());
                Ok(render::category(&district, &categories, &next))
            })
        })
        .await
    }

    pub(super) async fn category_update(
        &self,
        caller: &Caller,
        request: UpdateCategoryRequest,
    ) -> Result<Category, Error> {
        let told = request.category.clone().unwrap_or_default();
        let (district, code) = self
            .category_named(caller, "category.name", &told.name)
            .await?;
        let once = Once::new(
            store::PREFIX,
            "UpdateCategory",
            caller,
            Some(&district),
            &request,
            &request.request_id,
            self.clock.now(),
        )?;
        once.write(&self.db, move |transaction| {
            let (district, code) = (district.clone(), code.clone());
            let (told, asked) = (told.clone(), request.update_mask.clone());
            Box::pin(async move {
                store::category::lock(transaction, &district).await?;
                let mut categories = store::category::of_district(transaction, &district).await?;
                let before = categories.get(&code);
                let before = before.ok_or_else(|| Error::not_found(&told.name))?;
                let mut violations = Violations::default();
                let paths = violations.take(mask::paths(asked.as_ref(), &edit::FIELDS));
                let paths = paths.unwrap_or_default();
                let named = |field: &str| paths.contains(&field);
                let next = edit::apply(&categories, before, &told, &named, &mut violations);
                violations.into_result()?;
                etag::check(&told.etag, &before.etag())?;
                let next = store::category::put(transaction, &district, &next).await?;
                categories.insert(code, next.clone());
                Ok(render::category(&district, &categories, &next))
            })
        })
        .await
    }

    /// The district and code of a category's name, where the district is there.
    async fn category_named(
        &self,
        caller: &Caller,
        field: &str,
        name: &str,
    ) -> Result<(District, String), Error> {
        let (district, [_, code]) = caller.resource::<2>(PATTERN, field, name)?;
        self.territory.calendar(&district).await?;
        Ok((district, code))
    }
}
