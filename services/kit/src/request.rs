//! `request_id`: the same id gives the first answer again, with another body it is refused. Answers are kept seven days,
//! in the transaction of the work itself, successes only.

use futures::future::BoxFuture;
use jiff::Timestamp;
use prost::Message;
use sea_orm::DatabaseTransaction;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    caller::{Caller, District},
    db::{
        Db,
        requests::{self, Answered, RequestKey},
    },
    error::{Error, Reason},
};

const KEPT_MICROS: i64 = 7 * 24 * 3_600 * 1_000_000;

/// Where and as whom a request is answered once.
#[derive(Clone, Debug)]
pub struct Once {
    prefix: &'static str,
    key: Option<RequestKey>,
    body: Vec<u8>,
    now: i64,
}

impl Once {
    /// `prefix` names the service's table, `method` the rpc. An empty `request_id` asks for nothing.
    pub fn new<R: Message>(
        prefix: &'static str,
        method: &'static str,
        caller: &Caller,
        district: Option<&District>,
        request: &R,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Once, Error> {
        let key = match request_id {
            "" => None,
            id => {
                let id = Uuid::try_parse(id).map_err(|_| {
                    Error::field(
                        "request_id",
                        "must be a UUID, made afresh for each request, or empty",
                    )
                })?;
                Some(RequestKey {
                    district: district
                        .map_or_else(String::new, |district| district.id().to_owned()),
                    subject: caller.subject.clone(),
                    method,
                    request_id: id.to_string(),
                })
            }
        };
        let body = Sha256::digest(request.encode_to_vec()).to_vec();
        Ok(Once {
            prefix,
            key,
            body,
            now: now.as_microsecond(),
        })
    }

    /// The answer that the same request had before, for work that comes before the transaction.
    pub async fn answered<A: Message + Default>(&self, db: &Db) -> Result<Option<A>, Error> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let before = requests::find(db.read(), self.prefix, key, self.since()).await?;
        before
            .map(|(body, answer)| self.again::<A>(&body, &answer))
            .transpose()
    }

    /// Runs the job in a write transaction, or gives the answer that the same request had before.
    pub async fn write<A, F>(self, db: &Db, job: F) -> Result<A, Error>
    where
        A: Message + Default + 'static,
        F: for<'c> Fn(&'c DatabaseTransaction) -> BoxFuture<'c, Result<A, Error>>
            + Send
            + Sync
            + 'static,
    {
        let shared = std::sync::Arc::new((self, job));
        db.write(move |transaction| {
            let shared = shared.clone();
            Box::pin(async move {
                let (once, job) = &*shared;
                let Some(key) = &once.key else {
                    return job(transaction).await;
                };
                let before = requests::find(transaction, once.prefix, key, once.since()).await?;
                if let Some((body, answer)) = before {
                    return once.again::<A>(&body, &answer);
                }
                let answer = job(transaction).await?;
                keep(transaction, &[(once, answer.encode_to_vec())]).await?;
                Ok(answer)
            })
        })
        .await
    }

    /// Whether it is the same request as the other, sent twice.
    pub fn is_same_as(&self, other: &Once) -> bool {
        self.key.is_some() && self.key == other.key
    }

    fn since(&self) -> i64 {
        self.now - KEPT_MICROS
    }

    fn again<A: Message + Default>(&self, body: &[u8], answer: &[u8]) -> Result<A, Error> {
        if body != self.body {
            let message = "this request_id was used for another request; use a fresh one";
            return Err(Error::new(Reason::RequestIdReused, message));
        }
        A::decode(answer).map_err(Error::internal)
    }
}

/// For requests of one district and method that are answered in one transaction: the answer that each had before.
pub async fn answered_before<A: Message + Default>(
    transaction: &DatabaseTransaction,
    requests: &[&Once],
) -> Result<Vec<Option<Result<A, Error>>>, Error> {
    let mut answers: Vec<Option<Result<A, Error>>> = requests.iter().map(|_| None).collect();
    let with_key = requests.iter().enumerate();
    let (places, keys): (Vec<usize>, Vec<&RequestKey>) = with_key
        .filter_map(|(place, once)| Some((place, once.key.as_ref()?)))
        .unzip();
    let Some(since) = requests.iter().map(|once| once.since()).min() else {
        return Ok(answers);
    };
    let prefix = requests[0].prefix;
    let found = requests::find_all(transaction, prefix, &keys, since).await?;
    for (place, before) in places.into_iter().zip(found) {
        answers[place] = before.map(|(body, answer)| requests[place].again(&body, &answer));
    }
    Ok(answers)
}

/// Keeps the encoded answers of requests of one district, in the transaction of their work.
pub async fn keep(
    transaction: &DatabaseTransaction,
    answers: &[(&Once, Vec<u8>)],
) -> Result<(), Error> {
    let answered = answers.iter().filter_map(|(once, answer)| {
        Some(Answered {
            key: once.key.as_ref()?,
            body: &once.body,
            answer: answer.clone(),
            at: once.now,
        })
    });
    let answered: Vec<Answered<'_>> = answered.collect();
    let (Some((once, _)), Some(first)) = (answers.first(), answered.first()) else {
        return Ok(());
    };
    let since = answers.iter().map(|(once, _)| once.since()).min();
    let (district, since) = (&first.key.district, since.unwrap_or(i64::MIN));
    requests::keep(transaction, once.prefix, district, &answered, since).await
}
