//! Sizes in MP4 headers, made to agree with the file.
//!
//! A broken download leaves sizes beyond the file's end. symphonia refuses most of these, though the samples
//! are there. So the sizes are checked first, and the reader gets corrected ones; the samples themselves are
//! never changed.

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

/// A source of which some bytes read differently.
pub(super) struct Repaired {
    inner: Box<dyn MediaSource>,
    position: u64,
    /// Offset in the file and what to read there.
    patches: Vec<(u64, [u8; 4])>,
}

/// Shows true sizes in `source`, a file of `length` bytes; with a warning if samples are missing.
pub(super) fn repaired(
    mut source: Box<dyn MediaSource>,
    length: u64,
) -> io::Result<(Repaired, Option<String>)> {
    let mut patches = Vec::new();
    let warning = find_cut_box(source.as_mut(), length, &mut patches);
    let position = source.seek(SeekFrom::Start(0))?;
    Ok((Repaired { inner: source, position, patches }, warning))
}

/// Walks the boxes of an MP4 file up to one that goes beyond the file's end.
fn find_cut_box(
    source: &mut dyn MediaSource,
    length: u64,
    patches: &mut Vec<(u64, [u8; 4])>,
) -> Option<String> {
    let mut at = 0;
    if box_at(source, 0)?.1 != *b"ftyp" {
        return None;
    }
    loop {
        // 0 means up to the end, 1 that a 64 bit size follows.
        let size = u32::from_be_bytes(box_at(source, at)?.0);
        if size < 8 {
            return None;
        }
        let available = length - at;
        if u64::from(size) > available {
            patches.push((at, u32::try_from(available).ok()?.to_be_bytes()));
            return Some(truncated(size, available));
        }
        at += u64::from(size);
    }
}

fn truncated(promised: u32, found: u64) -> String {
    format!(
        "the file is truncated: its header promises {promised} bytes of samples, but {found} were found; \
         the samples that are there are decoded"
    )
}

/// Size and name of the box at `at`.
fn box_at(source: &mut dyn MediaSource, at: u64) -> Option<([u8; 4], [u8; 4])> {
    source.seek(SeekFrom::Start(at)).ok()?;
    let (mut size, mut name) = ([0; 4], [0; 4]);
    source.read_exact(&mut size).ok()?;
    source.read_exact(&mut name).ok()?;
    Some((size, name))
}

impl Read for Repaired {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        for (offset, bytes) in &self.patches {
            for (at, byte) in (*offset..).zip(bytes) {
                let within = at.checked_sub(self.position).and_then(|n| usize::try_from(n).ok());
                if let Some(slot) = within.and_then(|n| buffer[..count].get_mut(n)) {
                    *slot = *byte;
                }
            }
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Repaired {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.inner.seek(to)?;
        Ok(self.position)
    }
}

impl MediaSource for Repaired {
    fn is_seekable(&self) -> bool {
        self.inner.is_seekable()
    }

    fn byte_len(&self) -> Option<u64> {
        self.inner.byte_len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn shown(file: &[u8]) -> (Vec<u8>, bool) {
        let source = Box::new(Cursor::new(file.to_vec()));
        let (mut source, warning) = repaired(source, file.len() as u64).unwrap();
        // Small reads: patches may lie across their borders.
        let (mut all, mut buffer) = (Vec::new(), [0; 3]);
        loop {
            match source.read(&mut buffer).unwrap() {
                0 => return (all, warning.is_some()),
                count => all.extend(&buffer[..count]),
            }
        }
    }

    #[test]
    fn a_box_beyond_the_file_is_cut_with_a_warning() {
        let (mp4, warned) = shown(b"\0\0\0\x0cftypM4A \0\0\0\x77mdat\x01\x02\x03");
        assert_eq!(mp4, b"\0\0\0\x0cftypM4A \0\0\0\x0bmdat\x01\x02\x03");
        assert!(warned);
        let whole = b"\0\0\0\x0cftypM4A \0\0\0\0mdat\x01\x02\x03";
        assert_eq!(shown(whole), (whole.to_vec(), false));
    }
}
