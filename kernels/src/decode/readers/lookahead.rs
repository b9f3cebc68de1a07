//! A stream of bytes in which a reader can look ahead as far as it likes.

use std::io::{self, Read};

use symphonia::core::io::MediaSourceStream;

/// Bytes that are read at a time.
const READ_BYTES: usize = 1 << 15;

/// A source with the bytes that were read ahead.
pub(in super::super) struct Lookahead<'s> {
    source: MediaSourceStream<'s>,
    bytes: Vec<u8>,
    at: usize,
}

impl<'s> Lookahead<'s> {
    /// Reads from the position of `source`.
    pub fn new(source: MediaSourceStream<'s>) -> Self {
        Lookahead { source, bytes: Vec::new(), at: 0 }
    }

    /// The next `count` bytes, which stay; fewer at the end.
    pub fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.bytes.len() - self.at < count && self.at >= READ_BYTES {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        while self.bytes.len() - self.at < count {
            let filled = self.bytes.len();
            self.bytes.resize(filled + READ_BYTES, 0);
            let read = self.source.read(&mut self.bytes[filled..]);
            self.bytes.truncate(filled + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
        }
        let rest = &self.bytes[self.at..];
        Ok(&rest[..count.min(rest.len())])
    }

    /// Passes over `count` bytes, or all up to the end.
    pub fn skip(&mut self, mut count: usize) -> io::Result<()> {
        while count > 0 {
            let step = self.peek(count.min(READ_BYTES))?.len();
            if step == 0 {
                break;
            }
            self.at += step;
            count -= step;
        }
        Ok(())
    }

    /// The source, at an undefined position.
    pub fn into_inner(self) -> MediaSourceStream<'s> {
        self.source
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn bytes_stay_until_they_are_passed_over() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n / 7) as u8).collect();
        let source = Box::new(Cursor::new(bytes.clone()));
        let mut input = Lookahead::new(MediaSourceStream::new(source, Default::default()));
        assert_eq!(input.peek(3).unwrap(), &bytes[..3]);
        assert_eq!(input.peek(100_000).unwrap(), &bytes[..100_000]);
        input.skip(70_000).unwrap();
        assert_eq!(input.peek(90_000).unwrap(), &bytes[70_000..160_000]);
        input.skip(129_999).unwrap();
        assert_eq!(input.peek(9).unwrap(), &bytes[199_999..]);
        input.skip(5).unwrap();
        assert!(input.peek(1).unwrap().is_empty());
    }
}
