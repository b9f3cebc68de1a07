//! EBML (RFC 8794): elements with an identifier, a size, and data.

/// Header of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// With the marker of its length.
    pub id: u32,
    /// Bytes of data; `None` where it is not known.
    pub size: Option<u64>,
    /// Bytes of the header.
    pub bytes: usize,
}

/// Longest header.
pub(super) const MAX_HEADER_BYTES: usize = 12;

impl Header {
    /// Reads the header at the start of `bytes`.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let length = bytes.first()?.leading_zeros() as usize + 1;
        let id = bytes.get(..length).filter(|id| id.len() <= 4)?;
        let id = id.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
        let (size, size_length) = number(&bytes[length..])?;
        let unknown = (1 << (7 * size_length)) - 1;
        let size = (size != unknown).then_some(size);
        Some(Header { id, size, bytes: length + size_length })
    }
}

/// A number of variable length, and its bytes.
pub(super) fn number(bytes: &[u8]) -> Option<(u64, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    let rest = bytes.get(1..length)?;
    let first = u64::from(first) & ((1 << (8 - length.min(8))) - 1);
    Some((rest.iter().fold(first, |value, byte| value << 8 | u64::from(*byte)), length))
}

/// The elements within `data`, up to the first that is damaged.
pub(super) fn children(data: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let header = Header::read(rest)?;
        let after = rest.get(header.bytes..)?;
        let size =
            header.size.map_or(after.len(), |size| usize::try_from(size).unwrap_or(usize::MAX));
        let body = after.get(..size)?;
        rest = &after[size..];
        Some((header.id, body))
    })
}

/// An unsigned integer.
pub(super) fn unsigned(body: &[u8]) -> u64 {
    body.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// A signed integer.
pub(super) fn signed(body: &[u8]) -> i64 {
    let bits = 8 * body.len().min(8) as u32;
    let shift = 64 - bits.max(1);
    (unsigned(body) << shift) as i64 >> shift
}

/// A float of 32 or 64 bits.
pub(super) fn float(body: &[u8]) -> Option<f64> {
    match body.len() {
        4 => Some(f64::from(f32::from_bits(unsigned(body) as u32))),
        8 => Some(f64::from_bits(unsigned(body))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_an_identifier_and_a_size_that_may_be_unknown() {
        let read = Header::read;
        let header = |id, size, bytes| Some(Header { id, size, bytes });
        assert_eq!(read(&[0xa3, 0x85]), header(0xa3, Some(5), 2));
        assert_eq!(read(&[0x1f, 0x43, 0xb6, 0x75, 0xff]), header(0x1f43_b675, None, 5));
        assert_eq!(read(&[0x42, 0x86, 0x40, 0x01]), header(0x4286, Some(1), 4));
        assert_eq!(read(&[0xec, 1, 0, 0, 0, 0, 0, 0, 9]), header(0xec, Some(9), 9));
        assert_eq!((read(&[0x08, 0x80]), read(&[0xa3]), read(&[0, 0x80])), (None, None, None));
    }

    #[test]
    fn numbers_are_big_endian() {
        assert_eq!((unsigned(&[1, 2]), signed(&[0xff, 0xfe]), signed(&[])), (258, -2, 0));
        assert_eq!(float(&[0x47, 0x3b, 0x80, 0]), Some(48_000.0));
        let all: Vec<_> = children(&[0xa3, 0x81, 7, 0xec, 0x80, 0xa3, 0x85]).collect();
        assert_eq!(all, [(0xa3, &[7][..]), (0xec, &[])]);
    }
}
