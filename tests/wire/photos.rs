//! Photos that tests make, good ones and bad ones, and their way over the wire.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use sha2::{Digest, Sha256};
use tidyward_proto::v1::{
    AppendUploadRequest, CreateEvidenceRequest, CreateUploadRequest, Datum, Evidence, EvidenceKind,
    EvidenceSource, EvidenceUse, EvidenceVariant, GetEvidenceRequest, Position,
    ReadEvidenceRequest, Upload,
};
use tidyward_tests::Person;
use tonic::Status;

use crate::cast::PARENT;

/// A photo whose pixels differ, so that no encoder makes nothing of it.
pub fn photo(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x ^ y) as u8]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG that differs with its width.
pub fn jpeg(width: u32) -> Vec<u8> {
    photo(width, 480, ImageFormat::Jpeg)
}

/// The JPEG with the block of EXIF behind its first marker.
pub fn with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    let length = u16::try_from(exif.len() + 8).unwrap().to_be_bytes();
    let segment = [&[0xff, 0xe1][..], &length, b"Exif\0\0", exif].concat();
    [&jpeg[..2], &segment, &jpeg[2..]].concat()
}

/// A PNG of some bytes that says that it has a billion pixels.
pub fn bomb() -> Vec<u8> {
    let mut bytes = photo(1, 1, ImageFormat::Png);
    bytes[16..20].copy_from_slice(&40_000_u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&25_000_u32.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    bytes
}

/// The name that evidence of the bytes has.
pub fn name_of(bytes: &[u8]) -> String {
    format!("{PARENT}/evidence/{}", hex::encode(Sha256::digest(bytes)))
}

/// Begins an upload and gives its name.
pub async fn begun(who: &Person, size: usize, sha256: &str) -> Result<String, Status> {
    let request = CreateUploadRequest {
        parent: PARENT.to_owned(),
        upload: Some(Upload {
            size_bytes: size as i64,
            sha256: sha256.to_owned(),
            ..Upload::default()
        }),
        request_id: String::new(),
    };
    let made = who.evidence().create_upload(request).await?;
    Ok(made.into_inner().name)
}

pub async fn piece(
    who: &Person,
    upload: &str,
    offset: usize,
    data: &[u8],
) -> Result<Upload, Status> {
    let request = AppendUploadRequest {
        name: upload.to_owned(),
        offset: offset as i64,
        data: data.to_vec(),
    };
    Ok(who.evidence().append_upload(request).await?.into_inner())
}

/// Makes evidence of an upload.
pub async fn made(who: &Person, upload: &str, content_type: &str) -> Result<Evidence, Status> {
    let request = CreateEvidenceRequest {
        parent: PARENT.to_owned(),
        upload: upload.to_owned(),
        content_type: content_type.to_owned(),
        request_id: String::new(),
    };
    Ok(who.evidence().create_evidence(request).await?.into_inner())
}

/// The whole way of a file of one piece.
pub async fn sent(who: &Person, bytes: &[u8]) -> Result<Evidence, Status> {
    let upload = begun(who, bytes.len(), "").await?;
    piece(who, &upload, 0, bytes).await?;
    made(who, &upload, "").await
}

pub async fn got(who: &Person, name: &str) -> Result<Evidence, Status> {
    let name = name.to_owned();
    let request = GetEvidenceRequest { name };
    Ok(who.evidence().get_evidence(request).await?.into_inner())
}

pub async fn read(
    who: &Person,
    name: &str,
    variant: EvidenceVariant,
    (offset, length): (usize, i32),
) -> Result<Vec<u8>, Status> {
    let request = ReadEvidenceRequest {
        name: name.to_owned(),
        variant: variant.into(),
        offset: offset as i64,
        length,
    };
    Ok(who
        .evidence()
        .read_evidence(request)
        .await?
        .into_inner()
        .data)
}

/// A use of it; the client claims to have taken it so many degrees east, 30.005 north.
pub fn used(evidence: &Evidence, kind: EvidenceKind, longitude: Option<f64>) -> EvidenceUse {
    let position = longitude.map(|longitude| Position {
        latitude: 30.005,
        longitude,
        datum: Datum::Wgs84.into(),
        ..Position::default()
    });
    EvidenceUse {
        evidence: evidence.name.clone(),
        kind: kind.into(),
        position,
        source: EvidenceSource::Camera.into(),
        ..EvidenceUse::default()
    }
}
