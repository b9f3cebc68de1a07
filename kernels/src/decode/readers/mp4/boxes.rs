//! Boxes of ISO base media files (ISO/IEC 14496-12, section 4.2).

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// Kind of a box.
pub(super) type Kind = [u8; 4];

/// A box at the top of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TopBox {
    /// Its kind.
    pub kind: Kind,
    /// First byte of the box in the file.
    pub begin: u64,
    /// First byte of its contents.
    pub body: u64,
    /// First byte behind it; no more than the length of the file.
    pub end: u64,
    /// Whether it claims more bytes than the file has.
    pub cut: bool,
}

/// Reads the header of the box at `begin` of a file of `length` bytes. `None` where no box is: at the end, or before
/// bytes that are not the header of a box.
pub(super) fn top_box<S: Read + Seek + ?Sized>(
    source: &mut S,
    begin: u64,
    length: u64,
) -> io::Result<Option<TopBox>> {
    if length.saturating_sub(begin) < 8 {
        return Ok(None);
    }
    source.seek(SeekFrom::Start(begin))?;
    let mut header = [0; 16];
    source.read_exact(&mut header[..8])?;
    let kind: Kind = [header[4], header[5], header[6], header[7]];
    let (head, size) = match u32_at(&header, 0).unwrap_or(0) {
        // The last box may leave its size open.
        0 => (8, length - begin),
        1 => match source.read_exact(&mut header[8..]) {
            Ok(()) => (16, u64_at(&header, 8).unwrap_or(0)),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        },
        size => (8, u64::from(size)),
    };
    let printable = kind.iter().all(|byte| matches!(byte, 0x20..=0x7e | 0xa9));
    if size < head || !printable {
        return Ok(None);
    }
    let end = begin.saturating_add(size);
    Ok(Some(TopBox { kind, begin, body: begin + head, end: end.min(length), cut: end > length }))
}

/// The boxes within `bytes`: kind and contents. A box that claims more bytes than there are ends the list.
pub(super) fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = (Kind, &[u8])> {
    std::iter::from_fn(move || {
        let (head, size) = match u32_at(bytes, 0)? {
            0 => (8, bytes.len()),
            1 => (16, usize::try_from(u64_at(bytes, 8)?).ok()?),
            size => (8, size as usize),
        };
        let kind = bytes.get(4..8)?.try_into().ok()?;
        let body = bytes.get(head..size)?;
        bytes = &bytes[size..];
        Some((kind, body))
    })
}

/// The contents of the first box of `kind` within `bytes`.
pub(super) fn child<'a>(bytes: &'a [u8], kind: &Kind) -> Option<&'a [u8]> {
    boxes(bytes).find(|(k, _)| k == kind).map(|(_, body)| body)
}

/// The contents of the box at the end of a path of kinds.
pub(super) fn descendant<'a>(bytes: &'a [u8], path: &[&Kind]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, kind| child(bytes, kind))
}

/// Identifiers of `uuid` boxes of Microsoft's PIFF that are older forms of `senc` and `tenc`.
const PIFF_SAMPLE_ENCRYPTION: [u8; 16] = [
    0xa2, 0x39, 0x4f, 0x52, 0x5a, 0x9b, 0x4f, 0x14, 0xa2, 0x44, 0x6c, 0x42, 0x7c, 0x64, 0x8d, 0xf4,
];
const PIFF_TRACK_ENCRYPTION: [u8; 16] = [
    0x89, 0x74, 0xdb, 0xce, 0x7b, 0xe7, 0x4c, 0x51, 0x84, 0xf9, 0x71, 0x48, 0xf9, 0x88, 0x25, 0x54,
];

/// Whether `bytes`, a table of samples, a fragment of a track or a description, hold a box that tells of encryption:
/// `sinf`, or `senc` for one sample or more, or one of those that PIFF had before them.
pub(super) fn tell_of_encryption(bytes: &[u8]) -> bool {
    let has_samples = |senc: &[u8]| {
        // Flag 1 of PIFF: the algorithm, the size of vectors and the key come before the count.
        let at = if senc.get(3).is_some_and(|flags| flags & 1 != 0) { 24 } else { 4 };
        u32_at(senc, at).is_none_or(|count| count > 0)
    };
    boxes(bytes).any(|(kind, body)| match &kind {
        b"sinf" => true,
        b"senc" => has_samples(body),
        b"uuid" if body.starts_with(&PIFF_TRACK_ENCRYPTION) => true,
        b"uuid" if body.starts_with(&PIFF_SAMPLE_ENCRYPTION) => has_samples(&body[16..]),
        _ => false,
    })
}

/// The big-endian number at `at`.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

/// The big-endian number at `at`.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// The big-endian number at `at`.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn top_boxes_end_at_bytes_that_are_none_and_at_the_end_of_the_file() {
        let bytes = b"\0\0\0\x08free\0\0\0\x01mdat\0\0\0\0\0\0\0\x12abJunk\xff\xff\xff\xff";
        let mut file = Cursor::new(&bytes[..]);
        let length = bytes.len() as u64;
        let first = top_box(&mut file, 0, length).unwrap().unwrap();
        assert_eq!((first.kind, first.body, first.end), (*b"free", 8, 8));
        let second = top_box(&mut file, 8, length).unwrap().unwrap();
        assert_eq!((second.kind, second.body, second.end), (*b"mdat", 24, 26));
        assert_eq!(top_box(&mut file, 26, length).unwrap(), None);
    }

    #[test]
    fn a_box_of_size_0_or_of_too_many_bytes_reaches_to_the_end() {
        for (size, cut) in [(0, false), (99, true)] {
            let bytes = [0, 0, 0, size, b'm', b'd', b'a', b't', 1, 2, 3];
            let found = top_box(&mut Cursor::new(&bytes[..]), 0, 11).unwrap().unwrap();
            assert_eq!((found.end, found.cut), (11, cut));
        }
    }
}
