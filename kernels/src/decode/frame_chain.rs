//! Telling MPEG audio and ADTS, which have no signature, by chains of frame headers.
//!
//! A header is only some bits, and pictures, programs and tables hold many that look like one. So the headers
//! of a chain have to agree, the frames have to be plausible, and layers 1 and 2, about whose frames little
//! can be checked, need longer chains.

use super::flac_header::{FrameHeader, NO_FORMAT, crc16};
use super::mpeg_header::{HEADER_BYTES, MpegHeader};

/// Frames in a row that make a stream of layer 3 or ADTS.
const CHAIN: usize = 4;
/// The same for layers 1 and 2.
const LONG_CHAIN: usize = 16;
/// Bytes whose checksums are counted in search of a FLAC frame.
const MAX_CHECKED_BYTES: usize = 1 << 25;
/// Longest frame of the free format.
const MAX_FREE_FORMAT_BYTES: usize = 8192;

/// A stream of frames that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    /// MPEG audio from this byte on.
    Mpeg(usize),
    /// ADTS from this byte on.
    Adts(usize),
    /// FLAC frames without the headers of a file, from this byte on.
    Flac(usize),
    /// MPEG audio whose headers do not tell the lengths of the frames.
    FreeFormat,
}

/// A frame header of either kind.
#[derive(Clone, Copy)]
enum Header {
    Mpeg(MpegHeader),
    /// Fixed bits and length in bytes.
    Adts([u8; 3], usize),
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Header> {
        if bytes.first() != Some(&0xff) {
            return None;
        }
        if let Some(length) = adts_frame_bytes(bytes) {
            // Profile, rate and channels; the private bit is free.
            return Some(Header::Adts([bytes[1] & 0xfe, bytes[2] & 0xfd, bytes[3] & 0xc0], length));
        }
        MpegHeader::parse(bytes).filter(|header| header.is_plausible(bytes)).map(Header::Mpeg)
    }

    fn bytes(&self) -> usize {
        match self {
            Header::Mpeg(header) => header.bytes,
            Header::Adts(_, bytes) => *bytes,
        }
    }

    fn is_like(&self, other: &Header) -> bool {
        match (self, other) {
            (Header::Mpeg(one), Header::Mpeg(two)) => one.is_like(two),
            (Header::Adts(one, _), Header::Adts(two, _)) => one == two,
            _ => false,
        }
    }
}

/// Length in bytes of the ADTS frame at the start of `bytes`, header included.
pub(super) fn adts_frame_bytes(bytes: &[u8]) -> Option<usize> {
    let header = bytes.get(..7).filter(|header| header[0] == 0xff && header[1] & 0xf6 == 0xf0)?;
    let length = usize::from(header[3] & 3) << 11
        | usize::from(header[4]) << 3
        | usize::from(header[5] >> 5);
    let least = if header[1] & 1 == 0 { 9 } else { 7 };
    (length > least && header[2] >> 2 & 15 < 13).then_some(length)
}

/// The first stream in `bytes`, which are all up to the end of the audio if `to_the_end`.
pub(super) fn find(bytes: &[u8], to_the_end: bool) -> Option<Chain> {
    let start = bytes.iter().position(|byte| *byte != 0)?;
    if is_free_format(&bytes[start..]) {
        return Some(Chain::FreeFormat);
    }
    if chain(&bytes[start..], true, to_the_end).is_none()
        && FrameHeader::parse(&bytes[start..], NO_FORMAT).is_some()
    {
        return Some(Chain::Flac(start));
    }
    let mut at = start;
    loop {
        at += bytes[at..].iter().position(|byte| *byte == 0xff)?;
        if let Some(kind) = chain(&bytes[at..], at == start, to_the_end)
            && (at == 0 || begins_alike(&bytes[at..]))
        {
            let found = kind(at);
            // The frame of an encoder's tag may stand apart from the others.
            let is_apart = matches!(found, Chain::Mpeg(1..)) && is_encoder_tag(bytes);
            return Some(if is_apart { Chain::Mpeg(0) } else { found });
        }
        at += 1;
    }
}

/// Where the first FLAC frame is in `bytes` that another one follows, or the end of the file if the bytes go
/// `to_the_end`.
///
/// The checksum of its header and that of the frame have to be right, and the headers have to agree.
pub(super) fn find_flac(bytes: &[u8], to_the_end: bool) -> Option<usize> {
    let mut checked = 0;
    let mut at = 0;
    while checked < MAX_CHECKED_BYTES {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        let rest = &bytes[at..];
        if let Some(header) = FrameHeader::parse(rest, NO_FORMAT) {
            let most = rest.len().min(header.most_bytes());
            if flac_frame_ends(&rest[..most], rest, &header, to_the_end) {
                return Some(at);
            }
            checked += most;
        }
        at += 1;
    }
    None
}

/// Whether the frame with `header` ends within `frame`, which is the first part of `bytes`.
fn flac_frame_ends(frame: &[u8], bytes: &[u8], header: &FrameHeader, to_the_end: bool) -> bool {
    let mut crc = 0;
    for (at, byte) in frame.iter().enumerate() {
        if crc == 0 && at >= header.bytes + 2 {
            let next = FrameHeader::parse(&bytes[at..], NO_FORMAT);
            if next.is_some_and(|next| next.follows(header)) {
                return true;
            }
        }
        crc = crc16(crc, *byte);
    }
    crc == 0 && to_the_end && frame.len() == bytes.len()
}

/// Whether the first two frames also agree in channel mode and flags, as ffmpeg wants it after other bytes: the
/// frame of a tag may differ, and is then passed over.
fn begins_alike(bytes: &[u8]) -> bool {
    const SAME: u32 = 0xfffe_0ccf;
    let word = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?) & SAME);
    let Some(Header::Mpeg(header)) = Header::parse(bytes) else { return true };
    word(header.bytes).is_none_or(|next| word(0) == Some(next))
}

/// Whether `bytes` begin with a frame that holds an encoder's tag.
fn is_encoder_tag(bytes: &[u8]) -> bool {
    MpegHeader::parse(bytes).filter(|header| header.layer == 3).is_some_and(|header| {
        let at = HEADER_BYTES + header.side_info_bytes();
        matches!(bytes.get(at..at + 4), Some(b"Xing" | b"Info"))
    })
}

/// The kind of the chain at the start of `bytes`. `is_first`: nothing but zeros lies before it.
fn chain(bytes: &[u8], is_first: bool, to_the_end: bool) -> Option<fn(usize) -> Chain> {
    let first = Header::parse(bytes)?;
    let (kind, needed): (fn(usize) -> Chain, _) = match first {
        Header::Mpeg(header) if header.layer == 1 && !is_first => return None,
        Header::Mpeg(header) if header.layer == 3 => (Chain::Mpeg, CHAIN),
        Header::Mpeg(_) => (Chain::Mpeg, LONG_CHAIN),
        Header::Adts(..) => (Chain::Adts, CHAIN),
    };
    let mut at = 0;
    for frames in 0..needed {
        match Header::parse(&bytes[at..]).filter(|header| header.is_like(&first)) {
            Some(header) if header.bytes() <= bytes.len() - at => at += header.bytes(),
            // The last frame is cut.
            Some(_) => return (to_the_end && is_first && frames > 0).then_some(kind),
            None => {
                // A short file: its frames are all there is.
                let is_whole = to_the_end && bytes.len() - at < 4;
                let least = if is_first { 1 } else { 3 };
                return (is_whole && frames >= least).then_some(kind);
            }
        }
    }
    Some(kind)
}

/// Whether frames of layer 3 in the free format begin here: headers at equal distances.
fn is_free_format(bytes: &[u8]) -> bool {
    let header = |at: usize| {
        let rest = bytes.get(at..)?;
        MpegHeader::parse_any(rest).filter(|header| header.bytes == 0 && header.is_plausible(rest))
    };
    let Some(first) = header(0).filter(|first| first.layer == 3) else { return false };
    let fits = |at: usize| header(at).is_some_and(|header| header.is_like(&first));
    (48..MAX_FREE_FORMAT_BYTES).any(|distance| {
        // Frames may be a byte of padding longer.
        let mut at = 0;
        fits(distance)
            && (0..CHAIN).all(|_| match (distance..=distance + 1).find(|step| fits(at + step)) {
                Some(step) => {
                    at += step;
                    true
                }
                None => false,
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8]) -> Option<Chain> {
        find(bytes, true)
    }

    fn mpeg(at: usize) -> Option<Chain> {
        Some(Chain::Mpeg(at))
    }

    /// 128 kbit/s at 44.1 kHz: 417 bytes.
    fn frame() -> Vec<u8> {
        [&[0xff, 0xfb, 0x90, 0x64][..], &[0; 413]].concat()
    }

    #[test]
    fn frames_count_in_a_chain_and_not_alone() {
        let frame = frame();
        assert_eq!(found(&frame.repeat(5)), mpeg(0));
        assert_eq!(found(&[&[9; 100], &frame.repeat(5)[..]].concat()), mpeg(100));
        assert_eq!(found(&[&[9; 100], &frame.repeat(2)[..]].concat()), None);
        assert_eq!(found(&[&frame[..], &[0; 5000]].concat()), None);
        // 100 bytes.
        let frame = [&[0xff, 0xf1, 0x50, 0x80, 0x0c, 0x9f, 0xfc][..], &[0; 93]].concat();
        assert_eq!(found(&frame.repeat(5)), Some(Chain::Adts(0)));
    }

    #[test]
    fn a_short_file_is_all_frames_or_none() {
        let frame = frame();
        for frames in 1..4 {
            assert_eq!(found(&frame.repeat(frames)), mpeg(0), "{frames}");
            assert_eq!(found(&[&[0; 10], &frame.repeat(frames)[..]].concat()), mpeg(10));
        }
        assert_eq!(found(&frame.repeat(3)[..1000]), mpeg(0));
        assert_eq!(found(&frame[..400]), None);
        assert_eq!(found(&[&frame.repeat(2)[..], &[1; 900]].concat()), None);
    }

    #[test]
    fn frames_that_cannot_be_decoded_are_none() {
        // More spectral values than there are.
        let mut layer3 = frame();
        layer3[8..36].fill(0xff);
        assert_eq!(found(&layer3.repeat(20)), None);
        // A table of 32 byte rows that begin like layer 1.
        let row = [&[0xff, 0xff, 0x14, 0x00][..], &[0xff; 28]].concat();
        assert_eq!(found(&row.repeat(200)), None);
        let row = [&[0xff, 0xff, 0x14, 0x00][..], &[0; 28]].concat();
        assert_eq!(found(&[&[1; 8], &row.repeat(200)[..]].concat()), None);
    }

    #[test]
    fn flac_frames_are_found_in_the_middle_of_a_stream() {
        let flac = std::fs::read(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../fixtures/audio/formats/flac_16.flac"
        ));
        let flac = flac.unwrap();
        let frames: Vec<usize> = (0..flac.len())
            .filter(|at| {
                FrameHeader::parse(&flac[*at..], NO_FORMAT)
                    .is_some_and(|header| header.samples == 4608)
            })
            .collect();
        assert!(frames.len() > 5, "{frames:?}");
        for cut in [1, 60, frames[2] - 1, frames[2], frames[2] + 1] {
            let first = frames.iter().find(|at| **at >= cut).unwrap();
            assert_eq!(find_flac(&flac[cut..], true), Some(first - cut), "{cut}");
        }
        // A frame that is cut off, one that is damaged, the last one.
        assert_eq!(find_flac(&flac[frames[2]..frames[3] - 1], false), None);
        assert_eq!(find_flac(&flac[frames[2]..frames[3]], true), Some(0));
        assert_eq!(find_flac(&flac[frames[2]..frames[3]], false), None);
        let mut damaged = flac[frames[2]..].to_vec();
        damaged[1000] ^= 1;
        assert_eq!(find_flac(&damaged, true), Some(frames[3] - frames[2]));
        assert_eq!(find_flac(&[0xff; 5000], true), None);
    }

    #[test]
    fn the_free_format_is_named() {
        let free = [&[0xff, 0xfb, 0x00, 0x64][..], &[0; 1300]].concat();
        let expected = Some(Chain::FreeFormat);
        assert_eq!(found(&free.repeat(8)), expected);
        assert_ne!(found(&[&free[..], &[1; 9000]].concat()), expected);
    }

    #[test]
    fn the_frame_of_a_tag_counts_at_the_start_and_is_passed_over_after_other_bytes() {
        let mut tag = frame();
        tag[36..40].copy_from_slice(b"Info");
        let frames = frame().repeat(5);
        assert_eq!(found(&[&tag[..], &[9; 300], &frames].concat()), mpeg(0));
        // Joint stereo before stereo.
        tag[3] = 0x04;
        assert_eq!(found(&[&tag[..], &frames].concat()), mpeg(0));
        assert_eq!(found(&[&[0; 9], &tag[..], &frames].concat()), mpeg(9 + 417));
    }
}
