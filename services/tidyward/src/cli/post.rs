//! `tidyward post`: words to the feeds of areas, and what these say.

use clap::{Args, Subcommand};
use tidyward_proto::v1::{CreatePostRequest, ListPostsRequest, Post, PostKind};

use super::{
    client::Client,
    context::Context,
    district::last,
    evidence,
    failure::Failure,
    output::{Cell, Table, text, unseen},
    pages::{self, Listed},
    words::{choose, instant, parse_instant, word_of},
};

#[derive(Debug, Subcommand)]
pub enum PostCommand {
    /// Write to the feed of an area
    Create(CreateArguments),
    /// List what was published, the latest first
    List(ListArguments),
}

#[derive(Args, Clone, Debug)]
pub struct CreateArguments {
    /// The area: a subdistrict, a community or a grid
    #[arg(long, value_name = "CODE")]
    pub area: String,
    /// What it says
    #[arg(long, value_name = "TEXT")]
    pub text: String,
    /// It is well done
    #[arg(long, conflicts_with = "bad")]
    pub good: bool,
    /// It is not done, or not well [default: neither, something to know]
    #[arg(long)]
    pub bad: bool,
    /// What shows it, a file or the name of evidence; may be given several times
    #[arg(long, value_name = "FILE_OR_NAME")]
    pub evidence: Vec<String>,
    /// Nobody else sees it before [default: the present]
    #[arg(long, value_name = "TIME", default_value_t)]
    pub visible_from: String,
}

#[derive(Args, Clone, Debug)]
pub struct ListArguments {
    /// Only what was written to the area and to those below it
    #[arg(long, value_name = "CODE", default_value_t)]
    pub area: String,
    /// Only those of the kind: well_done, not_done or note
    #[arg(long, value_name = "KIND", default_value_t)]
    pub kind: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
}

pub async fn command(context: &Context, command: PostCommand) -> Result<(), Failure> {
    let client = context.client().await?;
    match command {
        PostCommand::Create(arguments) => {
            let made = create(&client, arguments).await?;
            context.print_record(&table(&[made]))
        }
        PostCommand::List(arguments) => {
            let listed = list(&client, &arguments).await?;
            context.print(&table(&listed.rows))?;
            listed.say_more();
            Ok(())
        }
    }
}

async fn create(client: &Client, arguments: CreateArguments) -> Result<Post, Failure> {
    let kind = match (arguments.good, arguments.bad) {
        (true, _) => PostKind::WellDone,
        (_, true) => PostKind::NotDone,
        _ => PostKind::Note,
    };
    let visible_from = parse_instant("--visible-from", &arguments.visible_from)?;
    let request = CreatePostRequest {
        parent: client.parent(),
        post: Some(Post {
            area: client.named("areas", &arguments.area),
            kind: kind as i32,
            text: arguments.text,
            visible_from,
            evidence: evidence::shown(client, &arguments.evidence).await?,
            ..Post::default()
        }),
        request_id: client.request_id(),
    };
    Ok(client.watches().create_post(request).await?.into_inner())
}

async fn list(client: &Client, arguments: &ListArguments) -> Result<Listed<Post>, Failure> {
    let kind = choose::<PostKind>(
        "--kind",
        &arguments.kind,
        "POST_KIND_",
        PostKind::as_str_name,
    )?;
    pages::list(arguments.limit, async |page_size, page_token| {
        let request = ListPostsRequest {
            parent: client.parent(),
            area: client.named("areas", &arguments.area),
            kind,
            page_size,
            page_token,
        };
        let page = client.watches().list_posts(request).await?.into_inner();
        Ok((page.posts, page.next_page_token))
    })
    .await
}

fn table(posts: &[Post]) -> Table {
    let mut table = Table::new(vec![
        text("post", "Post"),
        text("published", "Published"),
        text("area", "Area"),
        text("kind", "What"),
        text("author", "By"),
        text("text", "Words"),
        text("evidence", "Shown by"),
        text("visible_from", "Hidden until"),
        unseen("created"),
    ]);
    table.when_empty = "nothing was posted there".to_owned();
    let row = |post: &Post| {
        let shown: Vec<&str> = post.evidence.iter().map(|name| last(name)).collect();
        vec![
            Cell::text(last(&post.name)),
            instant(post.publish_time.as_ref()),
            Cell::text(last(&post.area)),
            Cell::text(word_of(post.kind().as_str_name(), "POST_KIND_")),
            Cell::text(&post.author),
            Cell::text(&post.text),
            Cell::text(shown.join(" ")),
            instant(post.visible_from.as_ref()),
            instant(post.create_time.as_ref()),
        ]
    };
    table.rows = posts.iter().map(row).collect();
    table
}
