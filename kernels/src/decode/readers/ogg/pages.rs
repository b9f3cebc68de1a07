//! Pages: found by their signature and checksum, also after damage.

use std::io::{self, Read};
use std::sync::LazyLock;

/// Bytes of a page before its segment table.
const HEADER_BYTES: usize = 27;
/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 1 << 16;

/// One page.
pub(super) struct Page {
    /// Whether the checksum is right.
    pub is_intact: bool,
    /// Whether it was so only after one byte was changed.
    pub is_mended: bool,
    flags: u8,
    /// Position of the last packet that ends here, if one does.
    pub granule: Option<u64>,
    /// Whether the position is a negative one other than -1, which means none.
    pub has_negative_granule: bool,
    pub serial: u32,
    pub sequence: u32,
    pub checksum: u32,
    lacing: Vec<u8>,
    body: Vec<u8>,
}

impl Page {
    /// Whether it begins within a packet.
    pub fn is_continued(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether it is the first of a stream.
    pub fn is_first(&self) -> bool {
        self.flags & 2 != 0
    }

    /// Whether it is the last of a stream.
    pub fn is_last(&self) -> bool {
        self.flags & 4 != 0
    }

    /// The packets and parts of packets on the page, and whether each ends here.
    pub fn parts(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let (mut at, mut from) = (0, 0);
        let count = self.lacing.len();
        self.lacing.iter().enumerate().filter_map(move |(index, size)| {
            at += usize::from(*size);
            if *size == 255 && index + 1 < count {
                return None;
            }
            let part = &self.body[from..at];
            from = at;
            Some((part, *size < 255))
        })
    }

    /// The first packet, where it ends on the page.
    pub fn first_packet(&self) -> Option<&[u8]> {
        self.parts().next().filter(|(_, ends)| *ends).map(|(packet, _)| packet)
    }
}

/// The pages of a source.
pub(super) struct Pages<Source> {
    source: Source,
    buffer: Vec<u8>,
    at: usize,
    /// Whether the file ends within a page.
    pub is_cut: bool,
}

impl<Source: Read> Pages<Source> {
    pub fn new(source: Source) -> Self {
        Pages { source, buffer: Vec::new(), at: 0, is_cut: false }
    }

    pub fn into_inner(self) -> Source {
        self.source
    }

    /// Reads until there are `count` bytes, or the source ends.
    fn fill(&mut self, count: usize) -> io::Result<bool> {
        while self.buffer.len() - self.at < count {
            self.buffer.drain(..self.at);
            self.at = 0;
            let before = self.buffer.len();
            let most = CHUNK_BYTES as u64;
            if self.source.by_ref().take(most).read_to_end(&mut self.buffer)? == 0 {
                debug_assert_eq!(self.buffer.len(), before);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The next page. A page with a wrong checksum is returned if another one, or the end of the file,
    /// follows it.
    pub fn next(&mut self) -> io::Result<Option<Page>> {
        loop {
            self.is_cut = false;
            if let Some(page) = self.page_here()? {
                return Ok(Some(page));
            }
            let is_cut = self.is_cut;
            // No page, or one that reaches beyond the end of the file: perhaps its length is damaged.
            if !self.find_signature()? {
                self.is_cut = is_cut;
                return Ok(None);
            }
        }
    }

    fn page_here(&mut self) -> io::Result<Option<Page>> {
        let is_page = |bytes: &[u8]| bytes.starts_with(b"OggS\0");
        if !self.fill(HEADER_BYTES)? {
            self.is_cut = self.buffer[self.at..].starts_with(b"OggS");
            return Ok(None);
        }
        if !is_page(&self.buffer[self.at..]) {
            return Ok(None);
        }
        let segments = usize::from(self.buffer[self.at + 26]);
        let table_end = HEADER_BYTES + segments;
        self.is_cut = !self.fill(table_end)?;
        if self.is_cut {
            return Ok(None);
        }
        let lacing = self.buffer[self.at + HEADER_BYTES..self.at + table_end].to_vec();
        let size = table_end + lacing.iter().map(|size| usize::from(*size)).sum::<usize>();
        self.is_cut = !self.fill(size)?;
        if self.is_cut {
            return Ok(None);
        }
        let has_next = self.fill(size + 5)?;
        let (page, rest) = self.buffer[self.at..].split_at_mut(size);
        let mut is_intact = checksum(page) == number(&page[22..26]);
        if !is_intact && has_next && !is_page(rest) {
            return Ok(None);
        }
        let is_mended = !is_intact && page[5] & 2 != 0 && mend(page);
        is_intact |= is_mended;
        let low = u64::from(number(&page[6..10]));
        let granule = low | u64::from(number(&page[10..14])) << 32;
        let page = Page {
            is_intact,
            is_mended,
            flags: page[5],
            granule: Some(granule).filter(|granule| *granule <= i64::MAX as u64),
            has_negative_granule: (granule as i64) < -1,
            serial: number(&page[14..18]),
            sequence: number(&page[18..22]),
            checksum: number(&page[22..26]),
            lacing,
            body: page[table_end..].to_vec(),
        };
        self.at += size;
        Ok(Some(page))
    }

    /// Goes on to the next signature.
    fn find_signature(&mut self) -> io::Result<bool> {
        self.at = (self.at + 1).min(self.buffer.len());
        loop {
            let rest = &self.buffer[self.at..];
            if let Some(found) = rest.windows(4).position(|bytes| bytes == b"OggS") {
                self.at += found;
                return Ok(true);
            }
            self.at = (self.buffer.len().max(3) - 3).max(self.at);
            let left = self.buffer.len() - self.at;
            if !self.fill(left + 1)? {
                return Ok(false);
            }
        }
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte))
}

/// The checksum of a page, whose own field counts as zero.
fn checksum(page: &[u8]) -> u32 {
    static TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| {
        std::array::from_fn(|byte| {
            (0..8).fold((byte as u32) << 24, |sum, _| {
                sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
            })
        })
    });
    let table = &*TABLE;
    page.iter().enumerate().fold(0, |sum, (at, byte)| {
        let byte = if (22..26).contains(&at) { 0 } else { *byte };
        sum << 8 ^ table[usize::from((sum >> 24) as u8 ^ byte)]
    })
}

/// Changes the one byte of a short page that makes its checksum right, if there is one. The first page of a stream
/// has the sample rate and cannot be done without.
fn mend(page: &mut [u8]) -> bool {
    if page.len() > 100 {
        return false;
    }
    let stored = number(&page[22..26]);
    for at in (0..page.len()).filter(|at| !(22..26).contains(at)) {
        let damaged = page[at];
        for byte in 0..=255 {
            page[at] = byte;
            if checksum(page) == stored {
                return true;
            }
        }
        page[at] = damaged;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(sequence: u32, body: &[u8]) -> Vec<u8> {
        let mut page = b"OggS\0\0".to_vec();
        page.extend(7_u64.to_le_bytes());
        page.extend(5_u32.to_le_bytes());
        page.extend(sequence.to_le_bytes());
        page.extend([0; 4]);
        page.push((body.len() / 255 + 1) as u8);
        page.extend(vec![255; body.len() / 255]);
        page.push((body.len() % 255) as u8);
        page.extend(body);
        let sum = checksum(&page);
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        page
    }

    fn read(bytes: &[u8]) -> (Vec<(u32, bool)>, bool) {
        let mut pages = Pages::new(bytes);
        let mut found = Vec::new();
        while let Some(page) = pages.next().unwrap() {
            found.push((page.sequence, page.is_intact));
        }
        (found, pages.is_cut)
    }

    #[test]
    fn pages_are_found_again_after_damage() {
        let all = [page(0, &[1; 300]), page(1, b"OggS"), page(2, &[3; 255])].concat();
        let intact = vec![(0, true), (1, true), (2, true)];
        assert_eq!(read(&all), (intact, false));
        // A byte of the body, of the signature, of the length.
        for (at, expected) in [
            (100, vec![(0, false), (1, true), (2, true)]),
            (0, vec![(1, true), (2, true)]),
            (26, vec![(1, true), (2, true)]),
        ] {
            let mut bytes = all.clone();
            bytes[at] ^= 0x41;
            assert_eq!(read(&bytes), (expected, false), "{at}");
        }
        assert_eq!(read(&all[..all.len() - 1]).0.len(), 2);
        assert!(read(&all[..all.len() - 1]).1);
        assert!(!read(&[&all[..], b"TAG and more"].concat()).1);
    }

    #[test]
    fn a_page_with_one_wrong_byte_is_mended() {
        let intact = page(0, b"OpusHead");
        let mut damaged = intact.clone();
        damaged[30] ^= 0x18;
        assert!(mend(&mut damaged));
        assert_eq!(damaged, intact);
        damaged[30] ^= 0x18;
        damaged[31] ^= 1;
        assert!(!mend(&mut damaged));
    }

    #[test]
    fn parts_of_a_page_are_packets_or_pieces_of_them() {
        let bytes = page(0, &[9; 510]);
        let mut pages = Pages::new(&bytes[..]);
        let page = pages.next().unwrap().unwrap();
        let parts: Vec<_> = page.parts().map(|(part, ends)| (part.len(), ends)).collect();
        assert_eq!(parts, [(510, true)]);
        assert_eq!(page.first_packet().unwrap().len(), 510);
    }
}
