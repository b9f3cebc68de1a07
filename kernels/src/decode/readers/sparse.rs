//! A large file for tests, which takes no memory.

use std::io::{Cursor, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// A file of `length` bytes: a head, then zeros that take no memory.
pub(super) struct Sparse {
    head: Cursor<Vec<u8>>,
    length: u64,
    at: u64,
}

impl Sparse {
    pub fn new(head: Vec<u8>, length: u64) -> Self {
        Sparse { head: Cursor::new(head), length, at: 0 }
    }
}

impl Read for Sparse {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min((self.length - self.at) as usize);
        buffer[..count].fill(0);
        self.head.set_position(self.at);
        let _ = self.head.read(&mut buffer[..count])?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => at as i64,
            SeekFrom::Current(by) => self.at as i64 + by,
            SeekFrom::End(by) => self.length as i64 + by,
        };
        self.at = (at as u64).min(self.length);
        Ok(self.at)
    }
}

impl MediaSource for Sparse {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}
