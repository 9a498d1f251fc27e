//! Text of a declared encoding as UTF-8, piece by piece, each line ended by a line feed alone. A byte that the encoding
//! does not know ends the reading with its line, and so does a row longer than any table has.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding};

/// Bytes decoded at once.
const PIECE: usize = 32 * 1_024;
/// Bytes of UTF-8 that one row may have, so that a quote that is never closed does not fill the memory.
const LONGEST_ROW: usize = 16 * 1_024 * 1_024;

/// Bytes of a piece that may be added to what was decoded.
const ROOM: usize = 2;

/// A reader of UTF-8 over a reader of any encoding.
pub(super) struct Decoded {
    inner: Box<dyn Read + Send>,
    decoder: Decoder,
    raw: Vec<u8>,
    /// What of `raw` waits to be decoded.
    waiting: (usize, usize),
    inner_ended: bool,
    text: Vec<u8>,
    /// What of `text` waits to be given.
    ready: (usize, usize),
    ended: bool,
    /// A carriage return that waits for what follows it.
    returned: bool,
    /// Whether what was given so far is whole lines.
    whole_lines: bool,
    /// Line of the text that is decoded next, from 1.
    line: u64,
    taken: u64,
    left: usize,
}

impl Decoded {
    pub(super) fn new(inner: Box<dyn Read + Send>, encoding: &'static Encoding) -> Decoded {
        Decoded {
            inner,
            // A mark of byte order wins over what was declared: it is written by the program that saved the file.
            decoder: encoding.new_decoder(),
            raw: vec![0; PIECE],
            waiting: (0, 0),
            inner_ended: false,
            text: vec![0; 3 * PIECE + ROOM],
            ready: (0, 0),
            ended: false,
            returned: false,
            whole_lines: true,
            line: 1,
            taken: 0,
            left: LONGEST_ROW,
        }
    }

    /// Bytes of the file that were taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// To be called before each row.
    pub(super) fn begin_row(&mut self) {
        self.left = LONGEST_ROW;
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.waiting.0 == self.waiting.1 && !self.inner_ended {
            let count = self.inner.read(&mut self.raw)?;
            self.waiting = (0, count);
            self.inner_ended = count == 0;
            self.taken += count as u64;
        }
        let raw = &self.raw[self.waiting.0..self.waiting.1];
        let last = self.inner_ended;
        let text = &mut self.text[ROOM..];
        let (result, read, written) = self
            .decoder
            .decode_to_utf8_without_replacement(raw, text, last);
        let lines = text[..written].iter().filter(|byte| **byte == b'\n');
        self.line += lines.count() as u64;
        self.waiting.0 += read;
        self.ready = (0, self.end_lines(written));
        match result {
            DecoderResult::Malformed(..) => {
                let name = self.decoder.encoding().name();
                let words = format!(
                    "line {} holds bytes that are not {name}; declare the file's encoding in the mapping's `[file]`, or save it anew",
                    self.line
                );
                Err(io::Error::new(io::ErrorKind::InvalidData, words))
            }
            DecoderResult::InputEmpty => {
                if self.inner_ended {
                    self.end();
                }
                Ok(())
            }
            DecoderResult::OutputFull => Ok(()),
        }
    }

    /// Moves what was decoded to the front, without the carriage returns before line feeds, and says how much it is.
    fn end_lines(&mut self, written: usize) -> usize {
        let mut at = 0;
        for index in ROOM..ROOM + written {
            let byte = self.text[index];
            if self.returned && byte != b'\n' {
                self.text[at] = b'\r';
                at += 1;
            }
            self.returned = byte == b'\r';
            if !self.returned {
                self.text[at] = byte;
                at += 1;
            }
        }
        if let Some(last) = at.checked_sub(1) {
            self.whole_lines = self.text[last] == b'\n';
        }
        at
    }

    /// The last line ends as all others do, so that each row's place can be told from where it ends.
    fn end(&mut self) {
        self.ended = true;
        if !self.whole_lines || self.returned {
            self.text[self.ready.1] = b'\n';
            self.ready.1 += 1;
        }
    }
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.ready.0 == self.ready.1 {
            if self.ended {
                return Ok(0);
            }
            self.refill()?;
        }
        let text = &self.text[self.ready.0..self.ready.1];
        let count = text.len().min(buffer.len());
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            let words = "a row has more than 16 MiB; look for a quote that is not closed";
            io::Error::new(io::ErrorKind::InvalidData, words)
        })?;
        buffer[..count].copy_from_slice(&text[..count]);
        self.ready.0 += count;
        Ok(count)
    }
}
