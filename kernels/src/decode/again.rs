//! Files that are read several times.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use symphonia::core::io::MediaSource;

/// A reader with a position of its own of a file that others read too. The file stays readable when its name is removed.
pub(super) struct Reading {
    file: Arc<File>,
    position: u64,
}

impl Reading {
    /// At the start of the file.
    pub fn new(file: &Arc<File>) -> Self {
        Reading { file: Arc::clone(file), position: 0 }
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let count = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.position)?;
        #[cfg(windows)]
        let count = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Reading {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.file.metadata()?.len().checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl MediaSource for Reading {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        self.file.metadata().ok().map(|metadata| metadata.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_of_one_file_have_positions_of_their_own_and_outlive_its_name() {
        let path = std::env::temp_dir().join(format!("tactus_again_{}", std::process::id()));
        std::fs::write(&path, b"0123456789").unwrap();
        let file = Arc::new(File::open(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
        let (mut one, mut other) = (Reading::new(&file), Reading::new(&file));
        let mut two = [0; 2];
        one.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"01");
        other.seek(SeekFrom::End(-2)).unwrap();
        other.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"89");
        one.seek(SeekFrom::Current(1)).unwrap();
        one.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"34");
        assert_eq!(one.byte_len(), Some(10));
        assert!(one.seek(SeekFrom::Current(-9)).is_err());
    }
}
