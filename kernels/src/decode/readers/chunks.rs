//! Chunks of the IFF family: four characters, a size of 32 bits, a body padded to an even length.

use symphonia::core::errors::Result;
use symphonia::core::io::MediaSource;

use super::blocks::bytes_at;

/// Chunks that are walked at most: no file of music has nearly as many.
pub(super) const MOST_CHUNKS: usize = 10_000;

/// Sizes from here on are those of a pipe, which does not know the size: 2^31 or 2^32, less some header.
const UNKNOWN_SIZES: [std::ops::RangeInclusive<u64>; 2] =
    [0x7fff_0000..=0x8000_0000, 0xffff_0000..=0xffff_ffff];

/// Bytes in which a lost chunk is searched.
const SEARCH_BYTES: usize = 1 << 20;

/// The chunks of a file.
pub(super) struct Chunks<'a> {
    pub source: &'a mut dyn MediaSource,
    /// Length of the file.
    pub length: u64,
    pub big_endian: bool,
    /// Names that are common in such files.
    pub known: &'static [&'static [u8; 4]],
}

/// The head of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub id: [u8; 4],
    pub size: u64,
    /// Position of what follows the head.
    pub body: u64,
}

impl Chunks<'_> {
    /// The chunk at `at`, if the file goes that far.
    pub fn at(&mut self, at: u64) -> Result<Option<Chunk>> {
        let head = bytes_at(self.source, at, 8)?;
        let (Some(id), Some(size), 8) = (head.first_chunk(), head.last_chunk(), head.len()) else {
            return Ok(None);
        };
        let size = match self.big_endian {
            true => u32::from_be_bytes(*size),
            false => u32::from_le_bytes(*size),
        };
        Ok(Some(Chunk { id: *id, size: u64::from(size), body: at + 8 }))
    }

    /// The chunk after a body from `body` to `end`. An odd body is padded, but for some programs. `None` if what
    /// follows is no chunk.
    pub fn after(&mut self, body: u64, end: u64) -> Result<Option<Chunk>> {
        let padded = self.at(end + end.saturating_sub(body) % 2)?;
        let unpadded = self.at(end)?;
        let is_known = |chunk: &Chunk| self.known.contains(&&chunk.id);
        let next = match (padded, unpadded) {
            (Some(padded), _) if is_known(&padded) => Some(padded),
            (_, Some(unpadded)) if is_known(&unpadded) => Some(unpadded),
            (padded, unpadded) => padded.or(unpadded),
        };
        Ok(next.filter(|chunk| chunk.id.iter().all(|byte| (0x20..0x7f).contains(byte))))
    }

    /// Up to `most` bytes of the body of `chunk`.
    pub fn body(&mut self, chunk: Chunk, most: usize) -> Result<Vec<u8>> {
        let size = usize::try_from(chunk.size).unwrap_or(usize::MAX);
        Ok(bytes_at(self.source, chunk.body, most.min(size))?)
    }

    /// The size of the chunk of samples `chunk`; `None` if it is not known.
    pub fn promised(&mut self, chunk: Chunk) -> Result<Option<u64>> {
        let available = self.length.saturating_sub(chunk.body);
        if chunk.size > available && UNKNOWN_SIZES.iter().any(|sizes| sizes.contains(&chunk.size)) {
            return Ok(None);
        }
        // Of more than 4 GiB the header has the rest after division by 4 GiB: no chunks follow there.
        if available > u64::from(u32::MAX) {
            return Ok(self.are_chunks_after(chunk)?.then_some(chunk.size));
        }
        if chunk.size > 0 || available == 0 {
            return Ok(Some(chunk.size));
        }
        // A size of 0 was never written, unless another chunk follows.
        let next = self.at(chunk.body)?;
        let is_known = next.is_some_and(|next| self.known.contains(&&next.id));
        Ok(is_known.then_some(0))
    }

    /// Whether a chunk that is common follows `chunk`, or a row of others up to the end of the file: samples may look
    /// like the name of one.
    fn are_chunks_after(&mut self, chunk: Chunk) -> Result<bool> {
        let mut last = chunk;
        for _ in 0..MOST_CHUNKS {
            let end = last.body + last.size;
            let Some(next) = self.after(last.body, end)? else { return Ok(false) };
            if self.known.contains(&&next.id) {
                return Ok(true);
            }
            // The last may be padded, and the pad byte be missing.
            match (next.body + next.size).abs_diff(self.length) {
                0 | 1 => return Ok(true),
                _ if next.body + next.size > self.length => return Ok(false),
                _ => last = next,
            }
        }
        Ok(false)
    }

    /// Searches a chunk that a wrong size of another one hides.
    pub fn search(&mut self, id: &[u8; 4]) -> Result<Option<Chunk>> {
        let head = bytes_at(self.source, 12, SEARCH_BYTES)?;
        match head.windows(4).position(|bytes| bytes == id) {
            Some(at) => self.at(12 + at as u64),
            None => Ok(None),
        }
    }
}
