//! Sizes in WAV, AIFF and MP4 headers, made to agree with the file.
//!
//! A recorder that lost power leaves sizes of 0, a pipe leaves 0xFFFFFFFF, a broken download leaves sizes
//! beyond the file's end. symphonia refuses most of these, though the samples are there. So the sizes are
//! checked first, and the reader gets corrected ones; the samples themselves are never changed.

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
    let warning = find_patches(source.as_mut(), length, &mut patches);
    let position = source.seek(SeekFrom::Start(0))?;
    Ok((Repaired { inner: source, position, patches }, warning))
}

/// Walks the chunks up to the samples. Whatever is not WAV, AIFF or MP4 gets no patches.
fn find_patches(
    source: &mut dyn MediaSource,
    length: u64,
    patches: &mut Vec<(u64, [u8; 4])>,
) -> Option<String> {
    let (form, form_size, kind) = chunk_at(source, 0)?;
    let (little_endian, samples) = match (&form, &kind) {
        (b"RIFF", b"WAVE") => (true, b"data"),
        (b"FORM", b"AIFF" | b"AIFC") => (false, b"SSND"),
        _ if &form_size == b"ftyp" => return find_cut_box(source, length, patches),
        _ => return None,
    };
    let number = |bytes: [u8; 4]| match little_endian {
        true => u32::from_le_bytes(bytes),
        false => u32::from_be_bytes(bytes),
    };
    let bytes = |number: u32| match little_endian {
        true => number.to_le_bytes(),
        false => number.to_be_bytes(),
    };
    let form_end = u64::from(number(form_size)) + 8;
    let mut at = 12;
    loop {
        // Each round goes at least 8 bytes on, and ends at the end of the file.
        let (id, size, _) = chunk_at(source, at)?;
        let size = number(size);
        let body = at + 8;
        if &id != samples {
            at = body + u64::from(size) + u64::from(size % 2);
            continue;
        }
        let available = length - body;
        // Zero bytes of samples are believed when the outer size agrees.
        let never_written = size == 0 && form_end <= body && available > 0;
        if u64::from(size) > available || never_written {
            patches.push((at + 4, bytes(u32::try_from(available).ok()?)));
            patches.push((4, bytes(u32::try_from(length - 8).ok()?)));
        } else if form_end < body + u64::from(size) {
            patches.push((4, bytes(u32::try_from(length - 8).ok()?)));
        }
        return (u64::from(size) > available && size != u32::MAX)
            .then(|| truncated(size, available));
    }
}

/// Walks the boxes of an MP4 file up to one that goes beyond the file's end.
fn find_cut_box(
    source: &mut dyn MediaSource,
    length: u64,
    patches: &mut Vec<(u64, [u8; 4])>,
) -> Option<String> {
    let mut at = 0;
    loop {
        // The size comes first here. 0 means up to the end, 1 that a 64 bit size follows.
        let (size, _, _) = chunk_at(source, at)?;
        let size = u32::from_be_bytes(size);
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

/// Name and size of the chunk at `at`, and the four bytes after them (zeros if the file ends there).
fn chunk_at(source: &mut dyn MediaSource, at: u64) -> Option<([u8; 4], [u8; 4], [u8; 4])> {
    source.seek(SeekFrom::Start(at)).ok()?;
    let (mut name, mut size, mut kind) = ([0; 4], [0; 4], [0; 4]);
    source.read_exact(&mut name).ok()?;
    source.read_exact(&mut size).ok()?;
    if source.read_exact(&mut kind).is_err() {
        kind = [0; 4];
    }
    Some((name, size, kind))
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
    fn sizes_that_agree_are_left_alone() {
        let file = b"RIFF\x10\0\0\0WAVEdata\x04\0\0\0\x01\x02\x03\x04";
        assert_eq!(shown(file), (file.to_vec(), false));
        let other = b"fLaC and whatever follows it";
        assert_eq!(shown(other), (other.to_vec(), false));
    }

    #[test]
    fn sizes_beyond_the_file_are_cut_with_a_warning() {
        let (wav, warned) = shown(b"RIFF\x90\0\0\0WAVEdata\x84\0\0\0\x01\x02\x03\x04");
        assert_eq!(wav, b"RIFF\x10\0\0\0WAVEdata\x04\0\0\0\x01\x02\x03\x04");
        assert!(warned);
        let (aiff, warned) = shown(b"FORM\0\0\0\x90AIFFSSND\0\0\0\x84\x01\x02\x03\x04");
        assert_eq!(aiff, b"FORM\0\0\0\x10AIFFSSND\0\0\0\x04\x01\x02\x03\x04");
        assert!(warned);
    }

    #[test]
    fn a_box_beyond_the_file_is_cut_with_a_warning() {
        let (mp4, warned) = shown(b"\0\0\0\x0cftypM4A \0\0\0\x77mdat\x01\x02\x03");
        assert_eq!(mp4, b"\0\0\0\x0cftypM4A \0\0\0\x0bmdat\x01\x02\x03");
        assert!(warned);
        let whole = b"\0\0\0\x0cftypM4A \0\0\0\0mdat\x01\x02\x03";
        assert_eq!(shown(whole), (whole.to_vec(), false));
    }

    #[test]
    fn sizes_never_written_are_filled_in_without_a_warning() {
        let expected = b"RIFF\x10\0\0\0WAVEdata\x04\0\0\0\x01\x02\x03\x04".to_vec();
        let zeros = b"RIFF\0\0\0\0WAVEdata\0\0\0\0\x01\x02\x03\x04";
        assert_eq!(shown(zeros), (expected.clone(), false));
        let pipe = b"RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff\x01\x02\x03\x04";
        assert_eq!(shown(pipe), (expected, false));
    }
}
