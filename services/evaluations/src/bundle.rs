//! The bundle of a scored revision: one file with all that it takes to recompute it. An ed25519 signature covers every
//! byte before it, and nothing stands behind it.
//!
//! All integers are little-endian; bytes and texts stand behind their length (`u32`).
//!
//! | what | as |
//! |---|---|
//! | magic | the 8 bytes `TIDYWARD` |
//! | format version | `u32`: 1, or 2 of a rule that asks for the issue table |
//! | district, period | texts |
//! | revision | `u32` |
//! | trial | `u8`: 0 the review's own rule, 1 another |
//! | rule, version, interface | texts |
//! | parameters | count `u32`, then id (text) and value (`i64` in 1/10,000) each, in the manifest's order |
//! | digests | 32 bytes each: component, manifest, parameters (of the parameters' bytes above, count and all), facts, in format 2 rounds, scores |
//! | engine, its configuration | texts |
//! | fuel of every call | `u64` |
//! | rows of a chunk | `u32` |
//! | fuel used by each chunk | count `u32`, then `u64` each |
//! | component | bytes, the file that was pushed |
//! | facts | bytes, canonical (see `facts`) |
//! | rounds | in format 2 alone: bytes, canonical (see `rounds`) |
//! | scores | bytes, canonical (see `scores`) |
//! | groups and lists | per row of the facts: ranked in its group `u32`, list `u8` (0 neither, 1 red, 2 black) |
//! | public key | 32 bytes |
//! | signature | 64 bytes, over everything before it |

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::{
    codec::{Malformed, Reader, Writer},
    rank::ListKind,
};

pub const MAGIC: &[u8; 8] = b"TIDYWARD";
/// The format without rounds.
const PLAIN: u32 = 1;
/// The latest, which is written where there are rounds.
pub const FORMAT: u32 = 2;
const SIGNATURE: usize = 64;

/// What a bundle holds, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    pub district: String,
    pub period: String,
    pub revision: u32,
    pub trial: bool,
    pub rule: String,
    pub version: String,
    pub interface: String,
    /// Ids and values in 1/10,000, in the manifest's order.
    pub parameters: Vec<(String, i64)>,
    pub digests: Digests,
    pub engine: String,
    pub engine_configuration: String,
    /// What every call may use.
    pub fuel: u64,
    pub chunk_rows: u32,
    /// What each chunk used.
    pub fuel_used: Vec<u64>,
    pub component: Vec<u8>,
    /// Canonical bytes.
    pub facts: Vec<u8>,
    /// Canonical bytes, only of a rule that asks for the issue table.
    pub rounds: Option<Vec<u8>>,
    /// Canonical bytes.
    pub scores: Vec<u8>,
    /// How many are ranked in the group of each row, and its list.
    pub groups: Vec<(u32, u8)>,
}

/// SHA-256 of each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digests {
    pub component: [u8; 32],
    pub manifest: [u8; 32],
    pub parameters: [u8; 32],
    pub facts: [u8; 32],
    pub rounds: Option<[u8; 32]>,
    pub scores: [u8; 32],
}

/// Why bytes are no bundle that can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untrusted {
    /// They do not begin like a bundle.
    NotABundle,
    /// A bundle of a format that this release does not know.
    OtherFormat(u32),
    /// Its public key is none.
    NoKey,
    /// Some byte is not the one that was signed.
    Signature,
    /// Signed, but not as a bundle is written.
    Malformed(Malformed),
}

/// The bytes of parameters that their digest covers.
pub fn parameter_bytes(parameters: &[(String, i64)]) -> Vec<u8> {
    let mut out = Writer::default();
    out.count(parameters.len());
    for (id, value) in parameters {
        out.text(id);
        out.i64(*value);
    }
    out.finish()
}

/// The parameters in the manifest's order.
pub fn ordered(ids: impl Iterator<Item = String>, values: &[i64]) -> Vec<(String, i64)> {
    ids.zip(values.iter().copied()).collect()
}

/// What people compare to know a key: SHA-256 of the public key, 64 hexadecimal digits.
pub fn fingerprint(key: &VerifyingKey) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}

impl Bundle {
    /// The file.
    pub fn seal(&self, key: &SigningKey) -> Vec<u8> {
        let mut out = Writer::default();
        out.raw(MAGIC);
        out.u32(if self.rounds.is_some() { FORMAT } else { PLAIN });
        out.text(&self.district);
        out.text(&self.period);
        out.u32(self.revision);
        out.u8(u8::from(self.trial));
        out.text(&self.rule);
        out.text(&self.version);
        out.text(&self.interface);
        out.raw(&parameter_bytes(&self.parameters));
        let digests = &self.digests;
        for digest in [
            Some(digests.component),
            Some(digests.manifest),
            Some(digests.parameters),
            Some(digests.facts),
            digests.rounds,
            Some(digests.scores),
        ] {
            digest.iter().for_each(|digest| out.raw(digest));
        }
        out.text(&self.engine);
        out.text(&self.engine_configuration);
        out.u64(self.fuel);
        out.u32(self.chunk_rows);
        out.count(self.fuel_used.len());
        for fuel in &self.fuel_used {
            out.u64(*fuel);
        }
        out.bytes(&self.component);
        out.bytes(&self.facts);
        self.rounds.iter().for_each(|rounds| out.bytes(rounds));
        out.bytes(&self.scores);
        out.count(self.groups.len());
        for (ranked, list) in &self.groups {
            out.u32(*ranked);
            out.u8(*list);
        }
        out.raw(key.verifying_key().as_bytes());
        let mut bytes = out.finish();
        let signature = key.sign(&bytes);
        bytes.extend_from_slice(&signature.to_bytes());
        bytes
    }

    /// Reads a file whose every byte is signed, and gives the key that signed it.
    pub fn open(bytes: &[u8]) -> Result<(Bundle, VerifyingKey), Untrusted> {
        if !bytes.starts_with(MAGIC) {
            return Err(Untrusted::NotABundle);
        }
        let signed = bytes
            .len()
            .checked_sub(SIGNATURE)
            .ok_or(Untrusted::Signature)?;
        let (signed, signature) = bytes.split_at(signed);
        let key = signed.last_chunk::<32>().ok_or(Untrusted::Signature)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| Untrusted::NoKey)?;
        let signature = Signature::from_slice(signature).map_err(|_| Untrusted::Signature)?;
        key.verify_strict(signed, &signature)
            .map_err(|_| Untrusted::Signature)?;
        let format = signed.get(8..).and_then(|rest| rest.first_chunk::<4>());
        let has_rounds = match format.map(|bytes| u32::from_le_bytes(*bytes)) {
            Some(PLAIN) => false,
            Some(FORMAT) => true,
            Some(other) => return Err(Untrusted::OtherFormat(other)),
            None => return Err(Untrusted::NotABundle),
        };
        let bundle = read(&signed[12..], has_rounds).map_err(Untrusted::Malformed)?;
        Ok((bundle, key))
    }
}

fn read(bytes: &[u8], has_rounds: bool) -> Result<Bundle, Malformed> {
    let mut reader = Reader::new("the bundle", bytes);
    let bundle = Bundle {
        district: reader.text()?,
        period: reader.text()?,
        revision: reader.u32()?,
        trial: flag(&mut reader)?,
        rule: reader.text()?,
        version: reader.text()?,
        interface: reader.text()?,
        parameters: many(&mut reader, 12, |reader| {
            Ok((reader.text()?, reader.i64()?))
        })?,
        digests: Digests {
            component: reader.digest()?,
            manifest: reader.digest()?,
            parameters: reader.digest()?,
            facts: reader.digest()?,
            rounds: has_rounds.then(|| reader.digest()).transpose()?,
            scores: reader.digest()?,
        },
        engine: reader.text()?,
        engine_configuration: reader.text()?,
        fuel: reader.u64()?,
        chunk_rows: reader.u32()?,
        fuel_used: many(&mut reader, 8, Reader::u64)?,
        component: reader.bytes()?.to_vec(),
        facts: reader.bytes()?.to_vec(),
        rounds: has_rounds
            .then(|| reader.bytes().map(<[u8]>::to_vec))
            .transpose()?,
        scores: reader.bytes()?.to_vec(),
        groups: many(&mut reader, 5, |reader| Ok((reader.u32()?, reader.u8()?)))?,
    };
    let _key = reader.digest()?;
    reader.end()?;
    Ok(bundle)
}

fn flag(reader: &mut Reader) -> Result<bool, Malformed> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(reader.wrong()),
    }
}

fn many<'b, T>(
    reader: &mut Reader<'b>,
    least_bytes: usize,
    one: impl Fn(&mut Reader<'b>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let count = reader.count(least_bytes)?;
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        all.push(one(reader)?);
    }
    Ok(all)
}

/// The number of a list in a bundle.
pub fn list_number(list: ListKind) -> u8 {
    list as u8
}
