//! The reader of each container.

mod adts;
mod aiff;
mod au;
mod blocks;
mod caf;
mod chunks;
mod flac;
mod lookahead;
mod loose_bits;
mod matroska;
mod mp4;
mod mpeg;
mod mpeg_in_wave;
mod ogg;
mod riff;
#[cfg(test)]
mod sparse;
mod wave_format;

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::errors::Result;
use symphonia::core::formats::FormatReader;
use symphonia::core::io::{MediaSource, MediaSourceStream};

use super::containers::Container;
use adts::AdtsReader;
use flac::FlacReader;
use mpeg::MpegReader;

/// Reads the headers of `source`, which begins with the container; also what is to be told of them.
/// `rest_bytes` is the length of the file from there on.
pub(super) fn open(
    container: Container,
    source: Box<dyn MediaSource>,
    rest_bytes: u64,
) -> Result<(Box<dyn FormatReader>, Vec<String>)> {
    let length = source.byte_len().unwrap_or(0);
    let streamed = |source| MediaSourceStream::new(source, Default::default());
    let reader: Box<dyn FormatReader> = match container {
        Container::Mp4 => {
            let mut reader = mp4::Mp4Reader::new(source, length)?;
            let notes = reader.take_notes();
            return Ok((Box::new(reader), notes));
        }
        Container::Ogg => {
            let mut reader = ogg::OggReader::try_new(streamed(source))?;
            let notes = reader.take_notes();
            return Ok((Box::new(reader), notes));
        }
        Container::Wav => riff::open(source, length)?,
        Container::Wave64 => riff::open_wave64(source, length)?,
        Container::Aiff => aiff::open(source, length)?,
        Container::Caf => caf::open(source, length)?,
        Container::Au => au::open(source, length)?,
        Container::Matroska => {
            Box::new(matroska::MatroskaReader::try_new(streamed(source), length)?)
        }
        Container::Flac { after_junk } => {
            let mut reader = FlacReader::try_new(streamed(source), after_junk)?;
            let notes = reader.take_notes();
            return Ok((Box::new(reader), notes));
        }
        Container::Mpeg { after_junk } => {
            Box::new(MpegReader::try_new(streamed(source), after_junk, rest_bytes)?)
        }
        Container::Adts => Box::new(AdtsReader::try_new(streamed(source))?),
    };
    Ok((reader, Vec::new()))
}

/// The bytes of a source from one position to another.
pub(super) struct Window {
    inner: Box<dyn MediaSource>,
    begin: u64,
    length: u64,
    position: u64,
}

impl Window {
    /// The bytes from `begin` (inclusive) to `end` (exclusive), positioned at their start.
    pub fn new(mut inner: Box<dyn MediaSource>, begin: u64, end: u64) -> io::Result<Self> {
        inner.seek(SeekFrom::Start(begin))?;
        Ok(Window { inner, begin, length: end.saturating_sub(begin), position: 0 })
    }
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.position);
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = self.inner.read(&mut buffer[..most])?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        let invalid = || io::Error::from(io::ErrorKind::InvalidInput);
        let position = position.ok_or_else(invalid)?;
        self.inner.seek(SeekFrom::Start(self.begin.checked_add(position).ok_or_else(invalid)?))?;
        self.position = position;
        Ok(position)
    }
}

impl MediaSource for Window {
    fn is_seekable(&self) -> bool {
        self.inner.is_seekable()
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn a_window_reads_and_seeks_within_its_bytes() {
        let mut window = Window::new(Box::new(Cursor::new(b"0123456789".to_vec())), 2, 7).unwrap();
        let mut text = String::new();
        window.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), window.byte_len()), ("23456", Some(5)));
        for (to, expected) in [
            (SeekFrom::Start(1), "3456"),
            (SeekFrom::End(-2), "56"),
            (SeekFrom::Current(-3), "456"),
        ] {
            text.clear();
            window.seek(to).unwrap();
            window.read_to_string(&mut text).unwrap();
            assert_eq!(text, expected);
        }
        assert!(window.seek(SeekFrom::End(-6)).is_err());
    }
}
