//! The text of an uploaded file, plain or gzip, never more of it than the limit.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

/// The most that a file may unpack to, in bytes, so that a small gzip cannot fill the memory.
const LARGEST_FILE: u64 = 2 * 1_024 * 1_024 * 1_024;

/// The file's text, unpacked where it is gzip. Reading past the limit on its size is an error.
pub fn plain(bytes: Vec<u8>) -> Box<dyn Read + Send> {
    let zipped = bytes.starts_with(&[0x1f, 0x8b]);
    let bytes = io::Cursor::new(bytes);
    if zipped {
        Box::new(Limited {
            inner: MultiGzDecoder::new(bytes),
            left: LARGEST_FILE,
        })
    } else {
        Box::new(bytes)
    }
}

/// Size of the plain text: a gzip says at its end what it unpacks to, which is right below 4 GiB and one member.
pub fn plain_size(bytes: &[u8]) -> u64 {
    match bytes {
        [0x1f, 0x8b, .., a, b, c, d] => u32::from_le_bytes([*a, *b, *c, *d]).into(),
        bytes => bytes.len() as u64,
    }
}

struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::FileTooLarge,
                "the file unpacks to more than 2 GiB",
            )
        })?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn zipped(bytes: &[u8]) -> Vec<u8> {
        let mut zip = GzEncoder::new(Vec::new(), Compression::best());
        zip.write_all(bytes).unwrap();
        zip.finish().unwrap()
    }

    #[test]
    fn a_file_reads_the_same_plain_and_zipped() {
        for bytes in [b"id,kind\n".to_vec(), zipped(b"id,kind\n")] {
            let mut text = String::new();
            plain(bytes).read_to_string(&mut text).unwrap();
            assert_eq!(text, "id,kind\n");
        }
    }

    #[test]
    fn what_unpacks_to_more_than_the_limit_is_an_error() {
        let inner = MultiGzDecoder::new(io::Cursor::new(zipped(&[0; 10_000])));
        let mut limited = Limited { inner, left: 9_999 };
        let error = limited.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
