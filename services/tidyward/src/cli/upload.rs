//! A file on its way to a service: in pieces of 512 KiB, several in flight.

use std::path::Path;

use futures::{StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use tidyward_kit::{peer::Peer, upload::LARGEST_PIECE};
use tidyward_proto::v1::{
    AppendUploadRequest, CreateImportRequest, CreateUploadRequest, Import, ImportProblem,
    ListImportProblemsRequest, ListImportProblemsResponse, Upload, WatchImportRequest,
    duty_service_client::DutyServiceClient, evaluation_service_client::EvaluationServiceClient,
    evidence_service_client::EvidenceServiceClient, grid_service_client::GridServiceClient,
    issue_service_client::IssueServiceClient, rule_service_client::RuleServiceClient,
};
use tonic::{Response, Status, Streaming};

use super::{client::Client, failure::Failure, progress::Progress};

/// Pieces on their way at once.
const IN_FLIGHT: usize = 4;

/// The service that a file goes to. Each has these methods for its own files.
#[derive(Clone)]
pub enum Door {
    Areas(GridServiceClient<Peer>),
    Duties(DutyServiceClient<Peer>),
    Issues(IssueServiceClient<Peer>),
    Metrics(EvaluationServiceClient<Peer>),
    Rules(RuleServiceClient<Peer>),
    Evidence(EvidenceServiceClient<Peer>),
}

/// One call, whatever the service.
macro_rules! each {
    ($door:expr, $client:ident => $call:expr) => {
        match $door {
            Door::Areas($client) => $call,
            Door::Duties($client) => $call,
            Door::Issues($client) => $call,
            Door::Metrics($client) => $call,
            Door::Rules($client) => $call,
            Door::Evidence($client) => $call,
        }
    };
}

/// The same for imports, which rules and evidence do not have.
macro_rules! each_import {
    ($door:expr, $client:ident => $call:expr) => {
        match $door {
            Door::Areas($client) => $call,
            Door::Duties($client) => $call,
            Door::Issues($client) => $call,
            Door::Metrics($client) => $call,
            Door::Rules(_) | Door::Evidence(_) => {
                Err(Status::unimplemented("rules and evidence are not imported"))
            }
        }
    };
}

impl Door {
    async fn create_upload(&mut self, request: CreateUploadRequest) -> Result<Upload, Status> {
        each!(self, client => client.create_upload(request).await).map(Response::into_inner)
    }

    async fn append(&mut self, request: AppendUploadRequest) -> Result<Upload, Status> {
        each!(self, client => client.append_upload(request).await).map(Response::into_inner)
    }

    pub async fn create_import(&mut self, request: CreateImportRequest) -> Result<Import, Status> {
        each_import!(self, client => client.create_import(request).await.map(Response::into_inner))
    }

    pub async fn watch_import(&mut self, name: &str) -> Result<Streaming<Import>, Status> {
        let request = WatchImportRequest {
            name: name.to_owned(),
        };
        each_import!(self, client => client.watch_import(request).await.map(Response::into_inner))
    }

    /// The problems of an import in the order of the file, so many at most.
    pub async fn problems(
        &mut self,
        import: &str,
        most: usize,
    ) -> Result<Vec<ImportProblem>, Status> {
        let mut problems = Vec::new();
        let mut page_token = String::new();
        while problems.len() < most {
            let page_size = i32::try_from((most - problems.len()).min(1_000)).unwrap_or(1_000);
            let request = ListImportProblemsRequest {
                parent: import.to_owned(),
                page_size,
                page_token,
            };
            let page: ListImportProblemsResponse = each_import!(self, client => client.list_import_problems(request).await.map(Response::into_inner))?;
            problems.extend(page.problems);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        Ok(problems)
    }
}

/// Reads a file of this machine.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::new(format!("`{}` cannot be read: {error}", path.display())))
}

/// Reads a file of this machine that is text.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?)
        .map_err(|_| Failure::new(format!("`{}` is no text in UTF-8", path.display())))
}

/// Sends the bytes and gives the upload's name.
pub async fn send(
    client: &Client,
    door: &mut Door,
    file_name: &str,
    bytes: Vec<u8>,
) -> Result<String, Failure> {
    let request = CreateUploadRequest {
        parent: client.parent(),
        upload: Some(Upload {
            size_bytes: bytes.len() as i64,
            sha256: hex::encode(Sha256::digest(&bytes)),
            file_name: file_name.to_owned(),
            ..Upload::default()
        }),
        request_id: client.request_id(),
    };
    let name = door.create_upload(request).await?.name;
    let progress = Progress::start("sending the file");
    let whole = bytes.len();
    let named = name.as_str();
    let pieces = bytes
        .chunks(LARGEST_PIECE)
        .enumerate()
        .map(|(index, piece)| {
            let request = AppendUploadRequest {
                name: named.to_owned(),
                offset: (index * LARGEST_PIECE) as i64,
                data: piece.to_vec(),
            };
            let mut door = door.clone();
            async move { door.append(request).await }
        });
    let mut sent = futures::stream::iter(pieces).buffer_unordered(IN_FLIGHT);
    let mut done = 0;
    while sent.try_next().await?.is_some() {
        done += LARGEST_PIECE;
        progress.at(done.min(whole) as f64 * 100.0 / whole as f64, String::new());
    }
    drop(sent);
    Ok(name)
}
