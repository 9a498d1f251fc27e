//! Photos that nobody took before: the least that is a PNG, of pixels that are drawn.

use std::io::Write;

use flate2::{Compression, Crc, write::ZlibEncoder};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};
use tidyward_kit::peer::Peer;
use tidyward_proto::v1::{
    AppendUploadRequest, CreateEvidenceRequest, CreateUploadRequest, Evidence, Upload,
    evidence_service_client::EvidenceServiceClient,
};
use tonic::Status;
use uuid::Uuid;

use super::scene::PARENT;

/// Pixels of each side.
const SIDE: usize = 4;

/// A photo on its way to the server, which may die at each step. Each step can be asked for again.
#[derive(Clone)]
pub struct Photo {
    pub bytes: Vec<u8>,
    request_id: String,
}

impl Photo {
    pub fn draw(random: &mut ChaCha8Rng) -> Photo {
        Photo {
            bytes: png(random),
            request_id: Uuid::from_u128(random.random()).to_string(),
        }
    }

    /// Uploads it in two pieces, the second one first, and makes evidence of it.
    pub async fn upload(self, peer: Peer) -> Result<Evidence, Status> {
        let mut client = EvidenceServiceClient::new(peer);
        let create = CreateUploadRequest {
            parent: PARENT.to_owned(),
            upload: Some(Upload {
                size_bytes: self.bytes.len() as i64,
                sha256: hex(&Sha256::digest(&self.bytes)),
                file_name: "street.png".to_owned(),
                ..Upload::default()
            }),
            request_id: self.request_id.clone(),
        };
        let upload = client.create_upload(create).await?.into_inner().name;
        let finish = CreateEvidenceRequest {
            parent: PARENT.to_owned(),
            upload: upload.clone(),
            content_type: "image/png".to_owned(),
            request_id: self.request_id,
        };
        // Where the answer was lost, the upload is gone and the evidence there.
        if let Ok(made) = client.create_evidence(finish.clone()).await {
            return Ok(made.into_inner());
        }
        let (first, second) = self.bytes.split_at(self.bytes.len() / 2);
        for (offset, data) in [(first.len(), second), (0, first)] {
            let piece = AppendUploadRequest {
                name: upload.clone(),
                offset: offset as i64,
                data: data.to_vec(),
            };
            client.append_upload(piece).await?;
        }
        let made = client.create_evidence(finish).await?;
        Ok(made.into_inner())
    }
}

/// PNG (third edition), 11: a header, the pixels' rows each behind a filter of 0, an end.
fn png(random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut rows = Vec::new();
    for _ in 0..SIDE {
        rows.push(0);
        rows.extend((0..SIDE * 3).map(|_| random.random::<u8>()));
    }
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::default());
    pixels.write_all(&rows).expect("memory");
    let pixels = pixels.finish().expect("memory");
    let side = (SIDE as u32).to_be_bytes();
    // 8 bits of red, green and blue each, and the ways of compression, filter and interlace that there are.
    let header = [&side[..], &side[..], &[8, 2, 0, 0, 0]].concat();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [
        (b"IHDR", header.as_slice()),
        (b"IDAT", pixels.as_slice()),
        (b"IEND", &[]),
    ] {
        let named = [&kind[..], data].concat();
        let mut sum = Crc::new();
        sum.update(&named);
        png.extend((data.len() as u32).to_be_bytes());
        png.extend(&named);
        png.extend(sum.sum().to_be_bytes());
    }
    png
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
