//! The bytes that digests and signatures cover: little-endian integers, and texts behind their length. Reading is
//! strict: what was not written by `Writer` in the same order is refused, and nothing may stand behind the end.

use std::fmt;

/// Puts values one behind the other.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    pub fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn i64(&mut self, value: i64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    /// A number of things that are in memory, as a `u32`.
    pub fn count(&mut self, count: usize) {
        // Uploads, messages and facts are all bounded far below 4 GiB.
        self.u32(u32::try_from(count).unwrap_or(u32::MAX));
    }

    /// Bytes as they are, without their length.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Bytes behind their length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.raw(bytes);
    }

    /// Text as UTF-8 behind its length in bytes.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What was being read.
    pub what: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} cannot be read: the bytes end early or are not what they should be",
            self.what
        )
    }
}

impl std::error::Error for Malformed {}

/// Takes values off the front.
#[derive(Debug)]
pub struct Reader<'b> {
    rest: &'b [u8],
    what: &'static str,
}

impl<'b> Reader<'b> {
    pub fn new(what: &'static str, bytes: &'b [u8]) -> Reader<'b> {
        Reader { rest: bytes, what }
    }

    pub fn wrong(&self) -> Malformed {
        Malformed { what: self.what }
    }

    pub fn raw(&mut self, length: usize) -> Result<&'b [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(self.wrong())?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(self.wrong())?;
        self.rest = rest;
        Ok(*taken)
    }

    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn i64(&mut self) -> Result<i64, Malformed> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub fn digest(&mut self) -> Result<[u8; 32], Malformed> {
        self.array()
    }

    /// A number of things of at least so many bytes each. More than the rest can hold is refused before any room is made.
    pub fn count(&mut self, least_bytes: usize) -> Result<usize, Malformed> {
        let count = self.u32()? as usize;
        let needed = count.checked_mul(least_bytes).ok_or(self.wrong())?;
        if needed > self.rest.len() {
            Err(self.wrong())
        } else {
            Ok(count)
        }
    }

    pub fn bytes(&mut self) -> Result<&'b [u8], Malformed> {
        let length = self.count(1)?;
        self.raw(length)
    }

    pub fn text(&mut self) -> Result<String, Malformed> {
        let wrong = self.wrong();
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| wrong)
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.wrong())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_to_its_end_and_not_past_it() {
        let mut writer = Writer::default();
        writer.u8(7);
        writer.u32(70_000);
        writer.i64(i64::MIN);
        writer.text("网格");
        let bytes = writer.finish();
        let mut reader = Reader::new("a test", &bytes);
        assert_eq!(
            (reader.u8(), reader.u32(), reader.i64()),
            (Ok(7), Ok(70_000), Ok(i64::MIN))
        );
        assert_eq!(reader.text().as_deref(), Ok("网格"));
        assert!(reader.u8().is_err());
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn a_length_that_the_bytes_cannot_hold_is_refused_without_making_room() {
        let bytes = [255, 255, 255, 255, 1];
        assert!(Reader::new("a test", &bytes).bytes().is_err());
        assert!(Reader::new("a test", &bytes).count(8).is_err());
    }
}
