//! Uploads that are not what they say, do not end, or come all at once.

use tidyward_tests::{Refusal, refusal};

use super::{
    sheet::Sheet,
    stranger::{Ended, Stranger},
};

/// Uploads that are begun at the same time.
const AT_ONCE: usize = 1_000;

/// One way to upload what is no file.
#[derive(Clone, Copy)]
pub enum Trick {
    NeverFinished,
    Hole,
    MoreThanDeclared,
    BehindTheEnd,
    OtherBytesAgain,
    Overlapping,
    Endless,
    LargerThanAnything,
    AThousand,
}

pub const TRICKS: [(&str, Trick); 9] = [
    ("an upload that is never finished", Trick::NeverFinished),
    ("an upload with a hole", Trick::Hole),
    (
        "an upload of more than was declared",
        Trick::MoreThanDeclared,
    ),
    ("a piece far behind the end", Trick::BehindTheEnd),
    ("a piece again with other bytes", Trick::OtherBytesAgain),
    ("pieces over each other", Trick::Overlapping),
    ("an upload that never ends", Trick::Endless),
    ("an upload of 2^63 - 1 bytes", Trick::LargerThanAnything),
    ("1,000 uploads at once", Trick::AThousand),
];

pub async fn played(trick: Trick, stranger: &mut Stranger) -> Ended {
    let rule = Sheet::default().rule();
    let half = rule.len() / 2;
    let (invalid, incomplete) = ("UPLOAD_PIECE_INVALID", "UPLOAD_INCOMPLETE");
    let name = match trick {
        Trick::LargerThanAnything => String::new(),
        _ => stranger.create(rule.len()).await.expect("an upload"),
    };
    match trick {
        Trick::NeverFinished => {
            stranger
                .append(&name, 0, &rule[..half])
                .await
                .expect("a piece");
            told(stranger.push(&name).await, incomplete)
        }
        Trick::Hole => {
            stranger
                .append(&name, half, &rule[half..])
                .await
                .expect("a piece");
            told(stranger.push(&name).await, incomplete)
        }
        Trick::MoreThanDeclared => {
            let longer = [&rule[..], &[0]].concat();
            told(stranger.append(&name, 0, &longer).await, invalid)
        }
        Trick::BehindTheEnd => told(stranger.append(&name, usize::MAX / 2, &rule).await, invalid),
        Trick::OtherBytesAgain => {
            stranger.append(&name, 0, &rule).await.expect("a piece");
            let other = vec![0; rule.len()];
            told(stranger.append(&name, 0, &other).await, invalid)
        }
        Trick::Overlapping => {
            stranger
                .append(&name, 0, &rule[..half])
                .await
                .expect("a piece");
            told(
                stranger.append(&name, half - 1, &rule[half..]).await,
                invalid,
            )
        }
        Trick::Endless => endless(stranger, &name, &rule).await,
        Trick::LargerThanAnything => {
            told(stranger.create(i64::MAX as usize).await, "FIELDS_INVALID")
        }
        Trick::AThousand => a_thousand(stranger, &rule).await,
    }
}

/// Whether it was refused for that reason.
fn told<T: std::fmt::Debug>(answer: Result<T, tonic::Status>, reason: &str) -> Ended {
    match answer {
        Ok(answer) => Ended::of("taken".to_owned(), false, &answer),
        Err(status) => {
            let refused: Refusal = refusal(Err::<(), _>(status));
            let expected = refused.reason == reason && !refused.message.is_empty();
            Ended::of(refused.reason.clone(), expected, &refused)
        }
    }
}

/// Goes on with pieces behind the end, each of which is refused, and what was uploaded is as it was.
async fn endless(stranger: &mut Stranger, name: &str, rule: &[u8]) -> Ended {
    stranger.append(name, 0, rule).await.expect("a piece");
    for more in 0..200 {
        let ended = told(
            stranger.append(name, rule.len() + more, rule).await,
            "UPLOAD_PIECE_INVALID",
        );
        if ended.wrong.is_some() {
            return ended;
        }
    }
    match stranger.push(name).await {
        Ok(version) => Ended::of("refused, then accepted".to_owned(), true, &version),
        Err(status) => Ended::of("refused".to_owned(), false, &status),
    }
}

/// Each is taken, or its caller is told that it has too many on their way; what was taken is what was sent.
async fn a_thousand(stranger: &Stranger, rule: &[u8]) -> Ended {
    let uploads = (0..AT_ONCE).map(|_| {
        let mut stranger = stranger.clone();
        async move { stranger.upload(rule).await }
    });
    let (mut taken, mut refusals, mut others) = (Vec::new(), 0, Vec::new());
    for ended in futures::future::join_all(uploads).await {
        match ended {
            Ok(name) => taken.push(name),
            Err(status) => match refusal(Err::<(), _>(status)) {
                busy if ["TOO_MANY", "RATE_LIMITED", "BUSY"].contains(&busy.reason.as_str()) => {
                    refusals += 1;
                }
                other => others.push(other),
            },
        }
    }
    let last = match taken.last() {
        Some(name) => stranger.clone().push(name).await.map(|_| ()),
        None => Ok(()),
    };
    let verdict = format!("{} taken, {refusals} refused", taken.len());
    Ended::of(verdict, others.is_empty() && last.is_ok(), &(others, last))
}
