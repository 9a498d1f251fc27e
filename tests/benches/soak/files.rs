//! Who brings files: photos with reports, and small tables of another system's issues.

use std::{io::Write, sync::Arc, time::Duration};

use rand::{Rng, RngCore};
use tidyward_kit::peer::Peer;
use tidyward_proto::v1::{
    AppendUploadRequest, CreateEvidenceRequest, CreateImportRequest, CreateUploadRequest, Evidence,
    EvidenceKind, EvidenceSource, EvidenceUse, EvidenceVariant, GetEvidenceRequest,
    GetImportRequest, Import, ImportState, ReadEvidenceRequest, Upload,
    evidence_service_client::EvidenceServiceClient, issue_service_client::IssueServiceClient,
};
use tonic::Status;

use crate::{
    asking::{World, report},
    scene::{MAPPING, PARENT, ROWS, file},
};

/// Bytes of a piece of an upload.
const PIECE: usize = 4_096;
/// Rows of a file that is imported.
const ROWS_OF_FILE: u32 = 300;

/// Uploads photos, some of them only in part, reads them, and reports with them.
pub async fn shows(world: Arc<World>, number: usize) {
    let peer = world.caller("shows", number);
    while world.goes_on() {
        // What was refused was counted where it was.
        let _counted = one_photo(&world, &peer).await;
        world.rest(Duration::from_millis(500)).await;
    }
}

async fn one_photo(world: &World, peer: &Peer) -> Result<(), Status> {
    let mut client = EvidenceServiceClient::new(peer.clone());
    let tally = &world.tally;
    let photo = photo();
    let upload = tally.count("create upload", client.create_upload(upload(&photo)).await)?;
    let upload = upload.into_inner().name;
    for (offset, data) in pieces(&photo) {
        if rand::rng().random_bool(0.05) {
            return Ok(());
        }
        let append = append(&upload, offset, data);
        tally.count("append upload", client.append_upload(append).await)?;
    }
    let create = CreateEvidenceRequest {
        parent: PARENT.to_owned(),
        upload,
        ..CreateEvidenceRequest::default()
    };
    let evidence = tally.count("create evidence", client.create_evidence(create).await)?;
    let evidence = evidence.into_inner();
    let name = evidence.name.clone();
    let found = client.get_evidence(GetEvidenceRequest { name }).await;
    tally.count("get evidence", found)?;
    for variant in [EvidenceVariant::Original, EvidenceVariant::Thumbnail] {
        let request = ReadEvidenceRequest {
            name: evidence.name.clone(),
            variant: variant.into(),
            ..ReadEvidenceRequest::default()
        };
        let read = tally.count("read evidence", client.read_evidence(request).await)?;
        if variant == EvidenceVariant::Original && read.get_ref().data != photo {
            tally.wrong_answer(format!("{} has other bytes", evidence.name));
        }
    }
    let mut asked = report();
    asked.evidence = vec![used(&evidence)];
    let mut issues = IssueServiceClient::new(peer.clone());
    let issue = tally.count("report with photo", issues.report_issue(asked).await)?;
    world.was_told(issue.get_ref());
    Ok(())
}

fn used(evidence: &Evidence) -> EvidenceUse {
    EvidenceUse {
        evidence: evidence.name.clone(),
        kind: EvidenceKind::Near.into(),
        source: EvidenceSource::Camera.into(),
        ..EvidenceUse::default()
    }
}

pub fn upload(bytes: &[u8]) -> CreateUploadRequest {
    CreateUploadRequest {
        parent: PARENT.to_owned(),
        upload: Some(Upload {
            size_bytes: bytes.len() as i64,
            ..Upload::default()
        }),
        request_id: String::new(),
    }
}

fn pieces(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let pieces = bytes.chunks(PIECE).enumerate();
    pieces.map(|(index, data)| (index * PIECE, data))
}

pub fn append(upload: &str, offset: usize, data: &[u8]) -> AppendUploadRequest {
    AppendUploadRequest {
        name: upload.to_owned(),
        offset: offset as i64,
        data: data.to_vec(),
    }
}

/// A photo of noise, unlike every other one, as a PNG.
pub fn photo() -> Vec<u8> {
    const SIDE: usize = 64;
    let mut rows = Vec::with_capacity(SIDE * (1 + SIDE * 3));
    for _ in 0..SIDE {
        // No filter.
        rows.push(0);
        let from = rows.len();
        rows.resize(from + SIDE * 3, 0);
        rand::rng().fill_bytes(&mut rows[from..]);
    }
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&rows).expect("memory");
    let packed = packed.finish().expect("memory");
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let side = (SIDE as u32).to_be_bytes();
    // Eight bits each of red, green and blue; packed, filtered and ordered in the only or the usual way.
    let header = [&side[..], &side[..], &[8, 2, 0, 0, 0]].concat();
    for (kind, data) in [
        (b"IHDR", &header),
        (b"IDAT", &packed),
        (b"IEND", &Vec::new()),
    ] {
        let body = [&kind[..], data].concat();
        let mut sum = flate2::Crc::new();
        sum.update(&body);
        png.extend((data.len() as u32).to_be_bytes());
        png.extend(&body);
        png.extend(sum.sum().to_be_bytes());
    }
    png
}

/// Imports a small file every few seconds. Most of its rows are there already.
pub async fn imports(world: Arc<World>) {
    let peer = world.caller("imports", 0);
    while world.goes_on() {
        let _counted = one_file(&world, &peer).await;
        world.rest(Duration::from_secs(4)).await;
    }
}

async fn one_file(world: &World, peer: &Peer) -> Result<(), Status> {
    let mut client = IssueServiceClient::new(peer.clone());
    let tally = &world.tally;
    let first = rand::rng().random_range(0..ROWS);
    let file = file(first, ROWS_OF_FILE);
    let upload = tally.count("create upload", client.create_upload(upload(&file)).await)?;
    let upload = upload.into_inner().name;
    for (offset, data) in pieces(&file) {
        let append = append(&upload, offset, data);
        tally.count("append upload", client.append_upload(append).await)?;
    }
    let create = CreateImportRequest {
        parent: PARENT.to_owned(),
        upload,
        mapping: MAPPING.to_owned(),
        request_id: String::new(),
    };
    let import = tally.count("create import", client.create_import(create).await)?;
    let name = import.into_inner().name;
    let ended = loop {
        let get = GetImportRequest { name: name.clone() };
        let found = world.until_answered("get import", || {
            let (mut client, get) = (client.clone(), get.clone());
            async move { client.get_import(get).await }
        });
        match found.await {
            None => return Ok(()),
            Some(import) if import.state() == ImportState::Running => {}
            Some(import) => break import,
        }
        world.pause(Duration::from_millis(100)).await;
    };
    tally.note("import", outcome(&ended));
    Ok(())
}

fn outcome(import: &Import) -> &'static str {
    match import.state() {
        ImportState::Done => "Ok",
        _ => "failed, to be tried again",
    }
}
