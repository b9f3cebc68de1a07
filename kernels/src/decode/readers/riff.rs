//! The reader of WAV and its relatives: RIFX (big-endian), RF64 and BW64 (64 bit sizes), and Sony's Wave64.
//!
//! The sizes in headers are often wrong: never written by a recorder that lost power, unknown to a pipe, short
//! of a pad byte, or beyond the end of a file that was cut. The chunks are walked with that in mind, and the
//! sizes of the outer chunk and of the `fact` chunk are not used at all.

use symphonia::core::errors::{Result, decode_error};
use symphonia::core::formats::well_known::FORMAT_ID_WAVE;
use symphonia::core::formats::{FormatInfo, FormatReader};
use symphonia::core::io::MediaSource;

use super::blocks::{BlockReader, bytes_at};
use super::chunks::{Chunks, MOST_CHUNKS};
use super::wave_format::{self, WaveFormat};
use super::{loose_bits, mpeg_in_wave};

const INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_WAVE, short_name: "wave", long_name: "WAV, RF64, Wave64" };

/// Bytes of a format chunk that are looked at.
const FORMAT_BYTES: usize = 64;

/// Names of chunks that are common in WAV files.
const KNOWN: &[&[u8; 4]] = &[
    b"fmt ", b"data", b"fact", b"LIST", b"list", b"JUNK", b"junk", b"PAD ", b"FLLR", b"bext",
    b"cue ", b"smpl", b"inst", b"plst", b"PEAK", b"id3 ", b"ID3 ", b"iXML", b"_PMX", b"DISP",
    b"acid", b"ds64", b"chna", b"axml",
];

/// What the chunks say.
#[derive(Debug, Default)]
struct Found {
    /// Body of the format chunk.
    format: Option<Vec<u8>>,
    /// Position of the samples, and their size if it is known.
    samples: Option<(u64, Option<u64>)>,
}

/// Opens `source`, a WAV, RIFX, RF64 or BW64 file of `length` bytes.
pub(super) fn open(mut source: Box<dyn MediaSource>, length: u64) -> Result<Box<dyn FormatReader>> {
    let big_endian = bytes_at(source.as_mut(), 0, 4)? == b"RIFX";
    let mut chunks = Chunks { source: source.as_mut(), length, big_endian, known: KNOWN };
    let mut found = walk(&mut chunks)?;
    if found.format.is_none()
        && let Some(chunk) = chunks.search(b"fmt ")?
    {
        found.format = Some(chunks.body(chunk, FORMAT_BYTES)?);
    }
    if found.samples.is_none()
        && let Some(chunk) = chunks.search(b"data")?
    {
        found.samples = Some((chunk.body, chunks.promised(chunk)?));
    }
    finish(source, length, big_endian, found)
}

/// Walks the chunks from the first one on.
fn walk(chunks: &mut Chunks<'_>) -> Result<Found> {
    let mut found = Found::default();
    let mut long_size = None;
    let mut next = chunks.at(12)?;
    for _ in 0..MOST_CHUNKS {
        let Some(chunk) = next else { break };
        let mut end = chunk.body + chunk.size;
        match &chunk.id {
            b"fmt " if found.format.is_none() => {
                found.format = Some(chunks.body(chunk, FORMAT_BYTES)?);
            }
            b"ds64" => {
                let sizes = chunks.body(chunk, 16)?;
                let size = sizes.get(8..).and_then(|size| size.first_chunk());
                long_size = size.map(|size| u64::from_le_bytes(*size)).filter(|size| *size > 0);
            }
            b"data" => {
                // Where there are several, the last one counts, as for ffmpeg.
                let promised = match long_size {
                    Some(size) => Some(size),
                    None => chunks.promised(chunk)?,
                };
                found.samples = Some((chunk.body, promised));
                let Some(size) = promised else { break };
                end = chunk.body.saturating_add(size);
            }
            _ => {}
        }
        if end >= chunks.length {
            break;
        }
        next = chunks.after(chunk.body, end)?;
    }
    Ok(found)
}

/// What follows the four characters in the GUIDs of Wave64.
const WAVE64_TAIL: [u8; 12] = [0xf3, 0xac, 0xd3, 0x11, 0x8c, 0xd1, 0, 0xc0, 0x4f, 0x8e, 0xdb, 0x8a];

/// Opens `source`, a Wave64 file of `length` bytes.
pub(super) fn open_wave64(
    mut source: Box<dyn MediaSource>,
    length: u64,
) -> Result<Box<dyn FormatReader>> {
    let mut found = Found::default();
    // Each chunk has a GUID of 16 bytes, and a size that counts itself and the GUID.
    let mut at = 40;
    for _ in 0..MOST_CHUNKS {
        let head = bytes_at(source.as_mut(), at, 24)?;
        let (Some(id), Some(size), 24) = (head.first_chunk::<16>(), head.last_chunk(), head.len())
        else {
            break;
        };
        let (body, size) = (at + 24, u64::from_le_bytes(*size).saturating_sub(24));
        let is = |name: &[u8; 4]| id[..4] == name[..] && id[4..] == WAVE64_TAIL;
        if is(b"fmt ") && found.format.is_none() {
            let most = usize::try_from(size).unwrap_or(usize::MAX).min(FORMAT_BYTES);
            found.format = Some(bytes_at(source.as_mut(), body, most)?);
        } else if is(b"data") {
            found.samples =
                Some((body, Some(size).filter(|size| (1..u64::MAX / 2).contains(size))));
        }
        let next = body.checked_add(size).and_then(|next| next.checked_next_multiple_of(8));
        match next.filter(|next| *next < length) {
            Some(next) => at = next,
            None => break,
        }
    }
    finish(source, length, false, found)
}

/// Makes the reader of what was found.
fn finish(
    mut source: Box<dyn MediaSource>,
    length: u64,
    big_endian: bool,
    found: Found,
) -> Result<Box<dyn FormatReader>> {
    let Some(format) = found.format else {
        return decode_error("no format chunk");
    };
    let Some((begin, promised)) = found.samples else {
        return decode_error("no chunk of samples");
    };
    let (mut layout, place) = match wave_format::parse(&format, big_endian)? {
        WaveFormat::Blocks(layout) => (layout, None),
        WaveFormat::LooseBits(layout, place) => (layout, Some(place)),
        WaveFormat::Mpeg => {
            let end = promised.map_or(length, |size| begin.saturating_add(size).min(length));
            return mpeg_in_wave::open(source, begin, end, INFO);
        }
    };
    layout.place(begin, promised, length);
    if let Some(place) = place {
        loose_bits::settle(source.as_mut(), &mut layout, place)?;
    }
    let track = layout.track();
    Ok(Box::new(BlockReader::new(source, INFO, layout, track)?))
}

#[cfg(test)]
mod tests {
    use super::super::sparse::Sparse;
    use super::*;

    /// Frames of a WAV file of stereo of 16 bits whose chunk of samples claims `claimed` bytes and has `bytes`, with
    /// `tail` behind them.
    fn frames(id: &[u8; 4], claimed: u32, bytes: u64) -> Option<u64> {
        let mut head =
            [&id[..], &claimed.to_le_bytes(), b"WAVEfmt \x10\0\0\0\x01\0\x02\0"].concat();
        head.extend(
            [&44_100_u32.to_le_bytes()[..], &176_400_u32.to_le_bytes(), &[4, 0, 16, 0]].concat(),
        );
        head.extend([&b"data"[..], &claimed.to_le_bytes()].concat());
        let length = head.len() as u64 + bytes;
        let source = Sparse::new(head, length);
        let mut reader = open(Box::new(source), length).unwrap();
        // Without a promise the frames are those that are there: read the first ones.
        assert!(reader.next_packet().unwrap().is_some());
        reader.tracks()[0].num_frames
    }

    #[test]
    fn sizes_above_4_gib_that_do_not_fit_the_header_do_not_cut_the_file() {
        const GIB: u64 = 1 << 30;
        // 5 GiB: the rest after division by 4 GiB is in the header. It is no promise.
        assert_eq!(frames(b"RIFF", GIB as u32, 5 * GIB), None);
        assert_eq!(frames(b"RIFF", 0, 4 * GIB), None);
        assert_eq!(frames(b"RIFF", u32::MAX, 5 * GIB), None);
        // It fits.
        assert_eq!(frames(b"RIFF", GIB as u32, GIB), Some(GIB / 4));
    }

    #[test]
    fn samples_that_look_like_the_name_of_a_chunk_are_samples() {
        const GIB: u64 = 1 << 30;
        // At the end that the header has, 44 + 10 bytes, come these.
        let promised = |tail: &[u8], length: u64| {
            let head = [&[0; 54][..], tail].concat();
            let mut source = Sparse::new(head, length);
            let mut chunks =
                Chunks { source: &mut source, length, big_endian: false, known: KNOWN };
            let data = super::super::chunks::Chunk { id: *b"data", size: 10, body: 44 };
            chunks.promised(data).unwrap()
        };
        assert_eq!(promised(b"abcd\x01\x02\0\0", 5 * GIB), None);
        assert_eq!(promised(b"LIST\x01\x02\0\0", 5 * GIB), Some(10));
        assert_eq!(promised(b"abcd\x04\0\0\0....efgh\x01\0\0\x80", 5 * GIB), None);
        // A chunk of 4 GiB less 9 bytes that ends the file.
        assert_eq!(promised(b"abcd\xf7\xff\xff\xff", 4 * GIB + 53), Some(10));
    }
}
