//! Posts to the feeds of areas.

use jiff::Timestamp;
use tidyward_kit::{
    Error, Violations,
    caller::{Caller, District},
    page::Page,
    request::Once,
};
use tidyward_proto::v1::{
    CreatePostRequest, GetPostRequest, ListPostsRequest, ListPostsResponse, Post as WirePost,
};
use uuid::Uuid;

use super::NO_AREA;
use crate::{
    Issues,
    post::{self, Post, PostKind},
    store::{self, post::Which},
    suspension::area_code,
};

impl Issues {
    pub(super) async fn post_create(
        &self,
        caller: &Caller,
        request: CreatePostRequest,
    ) -> Result<WirePost, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let now = self.clock.now();
        let once = Once::new(
            store::PREFIX,
            "CreatePost",
            caller,
            Some(&district),
            &request,
            &request.request_id,
            now,
        )?;
        if let Some(answer) = once.answered(&self.db).await? {
            return Ok(answer);
        }
        let told = request.post.unwrap_or_default();
        let made = self.post_checked(caller, &district, told, now).await?;
        once.write(&self.db, move |transaction| {
            let (district, made) = (district.clone(), made.clone());
            Box::pin(async move {
                store::post::insert(transaction, &district, &made).await?;
                Ok(made.to_wire(&district))
            })
        })
        .await
    }

    async fn post_checked(
        &self,
        caller: &Caller,
        district: &District,
        told: WirePost,
        now: Timestamp,
    ) -> Result<Post, Error> {
        let mut violations = Violations::default();
        let asked = post::check(&mut violations, district, &told, now);
        let mut codes = Vec::new();
        if let Some(code) = &asked.area {
            codes = self.area_codes(district, code).await?;
            violations.require(!codes.is_empty(), "post.area", NO_AREA);
        }
        let own = |code: &String| caller.areas.contains(code);
        violations.require(
            codes.is_empty() || caller.areas.is_empty() || codes.iter().any(own),
            "post.area",
            "lies outside your areas; name one of them or below",
        );
        let field = "post.evidence";
        let shown = self.evidence_named(caller, district, &mut violations, field, &told.evidence);
        let evidence = shown.await?;
        violations.into_result()?;
        let mut codes = codes.into_iter();
        Ok(Post {
            id: self.clock.id(),
            area: codes.next().unwrap_or_default(),
            ancestors: codes.collect(),
            kind: asked.kind,
            text: told.text,
            author: caller.subject.clone(),
            created_at: now,
            visible_from: asked.visible_from,
            published_at: (asked.visible_from <= now).then_some(now),
            evidence,
        })
    }

    pub(super) async fn post_get(
        &self,
        caller: &Caller,
        request: GetPostRequest,
    ) -> Result<WirePost, Error> {
        let pattern = "districts/{}/posts/{}";
        let (district, [_, id]) = caller.resource::<2>(pattern, "name", &request.name)?;
        let found = match Uuid::try_parse(&id) {
            Ok(id) => store::post::find(&self.db, &district, id).await?,
            Err(_) => None,
        };
        let seen = found.filter(|post| post.visible(caller));
        let seen = seen.ok_or_else(|| Error::not_found(&request.name))?;
        Ok(seen.to_wire(&district))
    }

    pub(super) async fn post_list(
        &self,
        caller: &Caller,
        request: ListPostsRequest,
    ) -> Result<ListPostsResponse, Error> {
        let district = caller.district("parent", &request.parent)?;
        self.territory.calendar(&district).await?;
        let mut violations = Violations::default();
        let area = (!request.area.is_empty())
            .then(|| area_code(&mut violations, &district, "area", &request.area));
        let kind = PostKind::try_from(request.kind);
        violations.require(kind.is_ok(), "kind", "must be WELL_DONE, NOT_DONE or NOTE");
        let shown = request.kind.to_string();
        let arguments = ["ListPosts", &request.parent, &request.area, &shown];
        let page = Page::parse(request.page_size, &request.page_token, &arguments, 1);
        let page = match page {
            Err(error) if error.violations.is_empty() && violations.is_empty() => {
                return Err(error);
            }
            page => violations.take(page),
        };
        let Some(page) = page.filter(|_| violations.is_empty()) else {
            return Err(violations.into_error());
        };
        let which = Which {
            area: area.flatten(),
            kind: kind.ok().filter(|kind| *kind != PostKind::Unspecified),
        };
        let before = page.after.as_ref().and_then(|key| key[0].parse().ok());
        let most = page.size + 1;
        let mut posts =
            store::post::list(&self.db, &district, caller, &which, before, most).await?;
        let next_page_token = page.cut(&mut posts, |(number, _)| vec![number.to_string()]);
        Ok(ListPostsResponse {
            posts: posts
                .iter()
                .map(|(_, post)| post.to_wire(&district))
                .collect(),
            next_page_token,
        })
    }
}
