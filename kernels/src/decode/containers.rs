//! Which container a file is, by its first bytes.
//!
//! A signature counts at byte 0 or after ID3v2 tags, nowhere else: compressed audio may well hold the bytes
//! `RIFF`. MPEG audio and ADTS have no signature; there a chain of frame headers counts.

use std::io::{self, Read, Seek, SeekFrom};

/// A container that is read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    /// RIFF WAVE, RIFX, RF64, BW64.
    Wav,
    /// Sony's Wave64.
    Wave64,
    /// AIFF and AIFF-C.
    Aiff,
    /// Apple's Core Audio Format.
    Caf,
    /// The sound format of Sun and NeXT.
    Au,
    /// Native FLAC.
    Flac,
    /// Ogg.
    Ogg,
    /// Matroska and WebM.
    Matroska,
    /// ISO base media and QuickTime: MP4, M4A, MOV.
    Mp4,
    /// MPEG-1 and MPEG-2 audio without a container.
    Mpeg,
    /// AAC with ADTS headers.
    Adts,
}

/// Contents of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// A container that is read here, from this byte on.
    Readable(Container, u64),
    /// Sound in a format that is not read here, by its name.
    Foreign(&'static str),
    /// No sound, by what it is.
    NotAudio(&'static str),
    /// Nothing known.
    Unknown,
}

use Container::{Adts, Aiff, Au, Caf, Flac, Matroska, Mp4, Mpeg, Ogg, Wav, Wave64};
use Contents::{Foreign, NotAudio, Unknown};

/// First bytes: at offset 0, then at a second offset (empty where one is enough), and what they mean.
type Signature = (&'static [u8], usize, &'static [u8], Meaning);

#[derive(Clone, Copy)]
enum Meaning {
    Read(Container),
    Sound(&'static str),
    Other(&'static str),
}

use Meaning::{Other, Read as R, Sound};

/// In this order: the first that fits counts.
const SIGNATURES: &[Signature] = &[
    (b"RIFF", 8, b"WAVE", R(Wav)),
    (b"RIFX", 8, b"WAVE", R(Wav)),
    (b"RF64", 8, b"WAVE", R(Wav)),
    (b"BW64", 8, b"WAVE", R(Wav)),
    (b"riff\x2e\x91\xcf\x11", 24, b"wave", R(Wave64)),
    (b"FORM", 8, b"AIFF", R(Aiff)),
    (b"FORM", 8, b"AIFC", R(Aiff)),
    (b"caff", 0, b"", R(Caf)),
    (b".snd", 0, b"", R(Au)),
    (b"fLaC", 0, b"", R(Flac)),
    (b"OggS", 0, b"", R(Ogg)),
    (b"", 4, b"ftyp", R(Mp4)),
    (b"", 4, b"moov", R(Mp4)),
    (b"", 4, b"wide", R(Mp4)),
    (b"", 4, b"mdat", R(Mp4)),
    (b"", 4, b"free", R(Mp4)),
    (b"", 4, b"skip", R(Mp4)),
    (b"wvpk", 0, b"", Sound("WavPack")),
    (b"MAC ", 0, b"", Sound("Monkey's Audio")),
    (b"MACF", 0, b"", Sound("Monkey's Audio")),
    (b"tBaK", 0, b"", Sound("TAK")),
    (b"OFR ", 0, b"", Sound("OptimFROG")),
    (b"TTA1", 0, b"", Sound("True Audio")),
    (b"TTA2", 0, b"", Sound("True Audio")),
    (b"MPCK", 0, b"", Sound("Musepack")),
    (b"MP+", 0, b"", Sound("Musepack")),
    (b"ajkg", 0, b"", Sound("Shorten")),
    (b"LA02", 0, b"", Sound("Lossless Audio")),
    (b"LA03", 0, b"", Sound("Lossless Audio")),
    (b"LA04", 0, b"", Sound("Lossless Audio")),
    (b"DSD ", 0, b"", Sound("DSD in DSF")),
    (b"FRM8", 12, b"DSD ", Sound("DSD in DSDIFF")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0, b"", Sound("ASF, as of WMA")),
    (b"\x0b\x77", 0, b"", Sound("AC-3")),
    (b"\x77\x0b", 0, b"", Sound("AC-3")),
    (b"\x7f\xfe\x80\x01", 0, b"", Sound("DTS")),
    (b"ADIF", 0, b"", Sound("AAC in ADIF")),
    (b"\x1a\x45\xdf\xa3", 0, b"", R(Matroska)),
    (b"RIFF", 8, b"AVI ", Sound("AVI")),
    (b"RIFF", 8, b"RMID", Sound("MIDI")),
    (b"MThd", 0, b"", Sound("MIDI")),
    (b".RMF", 0, b"", Sound("RealMedia")),
    (b".ra\xfd", 0, b"", Sound("RealAudio")),
    (b"#!AMR", 0, b"", Sound("AMR")),
    (b"FLV\x01", 0, b"", Sound("FLV")),
    (b"Creative Voice File", 0, b"", Sound("VOC")),
    (b"\0\0\x01\xba", 0, b"", Sound("an MPEG program stream")),
    (b"\x47", 188, b"\x47", Sound("an MPEG transport stream")),
    (b"IMPM", 0, b"", Sound("a tracker module")),
    (b"Extended Module:", 0, b"", Sound("a tracker module")),
    (b"", 44, b"SCRM", Sound("a tracker module")),
    (b"", 1080, b"M.K.", Sound("a tracker module")),
    (b"\x89PNG\r\n\x1a\n", 0, b"", Other("a PNG picture")),
    (b"\xff\xd8\xff", 0, b"", Other("a JPEG picture")),
    (b"GIF8", 0, b"", Other("a GIF picture")),
    (b"RIFF", 8, b"WEBP", Other("a WebP picture")),
    (b"BM", 6, b"\0\0\0\0", Other("a BMP picture")),
    (b"II*\0", 0, b"", Other("a TIFF picture")),
    (b"MM\0*", 0, b"", Other("a TIFF picture")),
    (b"\0\0\x01\0", 0, b"", Other("an icon")),
    (b"%PDF-", 0, b"", Other("a PDF document")),
    (b"PK\x03\x04", 0, b"", Other("a ZIP archive")),
    (b"\x1f\x8b", 0, b"", Other("a gzip archive")),
    (b"BZh", 0, b"", Other("a bzip2 archive")),
    (b"\xfd7zXZ\0", 0, b"", Other("an XZ archive")),
    (b"7z\xbc\xaf\x27\x1c", 0, b"", Other("a 7z archive")),
    (b"Rar!\x1a\x07", 0, b"", Other("a RAR archive")),
    (b"\x7fELF", 0, b"", Other("a program")),
    (b"MZ", 0, b"", Other("a program")),
    (b"\xcf\xfa\xed\xfe", 0, b"", Other("a program")),
    (b"\xca\xfe\xba\xbe", 0, b"", Other("a program")),
    (b"SQLite format 3\0", 0, b"", Other("a database")),
];

/// Bytes that are read for signatures and to tell text.
const HEAD_BYTES: usize = 4096;
/// Bytes before the first frame of MPEG audio or ADTS that are passed over.
const MAX_JUNK_BYTES: usize = 1 << 20;
/// Frame headers in a row that make a stream, unless the file ends before.
const CHAIN: usize = 4;

/// Finds out what `source`, a file of `length` bytes, is.
pub(super) fn identify<S: Read + Seek + ?Sized>(
    source: &mut S,
    length: u64,
) -> io::Result<Contents> {
    let mut begin = 0;
    let mut head = bytes_at(source, begin, HEAD_BYTES)?;
    while let Some(size) = id3v2_bytes(&head).filter(|size| begin + size < length) {
        begin += size;
        head = bytes_at(source, begin, HEAD_BYTES)?;
    }
    if let Some(contents) = by_signature(&head, begin) {
        return Ok(contents);
    }
    let head = bytes_at(source, begin, HEAD_BYTES + MAX_JUNK_BYTES)?;
    if begin == 0 && is_text(&head) {
        return Ok(NotAudio("text"));
    }
    Ok(by_frames(&head, begin).unwrap_or(Unknown))
}

fn by_signature(head: &[u8], begin: u64) -> Option<Contents> {
    let fits = |at: usize, bytes: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(bytes));
    let (.., meaning) =
        SIGNATURES.iter().find(|(first, at, second, _)| fits(0, first) && fits(*at, second))?;
    Some(match *meaning {
        R(container) => Contents::Readable(container, begin),
        Sound(name) => Foreign(name),
        Other(name) => NotAudio(name),
    })
}

/// Length of the ID3v2 tag at the start of `head`, with its header and footer.
fn id3v2_bytes(head: &[u8]) -> Option<u64> {
    let header = head.get(..10).filter(|header| header.starts_with(b"ID3"))?;
    let size = header[6..].iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
    Some(10 + size + if header[5] & 0x10 == 0 { 0 } else { 10 })
}

/// Whether `head` is text of a single-byte encoding or UTF-8.
fn is_text(head: &[u8]) -> bool {
    let head = &head[..head.len().min(HEAD_BYTES)];
    head.iter().all(|byte| *byte >= 0x20 && *byte != 0x7f || matches!(byte, b'\t'..=b'\r'))
}

/// The first chain of frame headers in `head`.
fn by_frames(head: &[u8], begin: u64) -> Option<Contents> {
    (0..head.len()).filter(|at| head[*at] == 0xff).find_map(|at| {
        let (container, _) = frame(&head[at..])?;
        is_chain(&head[at..], container).then_some(Contents::Readable(container, begin + at as u64))
    })
}

fn is_chain(bytes: &[u8], container: Container) -> bool {
    let mut at = 0;
    for _ in 0..CHAIN {
        match frame(&bytes[at..]) {
            Some((found, size)) if found == container => at += size,
            _ => return false,
        }
        if at >= bytes.len() {
            return true;
        }
    }
    true
}

/// The kind of the frame at the start of `bytes` and its length in bytes.
fn frame(bytes: &[u8]) -> Option<(Container, usize)> {
    let header = bytes.get(..7).filter(|header| header[0] == 0xff)?;
    if header[1] & 0xf6 == 0xf0 {
        let size =
            (header[3] as usize & 3) << 11 | (header[4] as usize) << 3 | header[5] as usize >> 5;
        return (size > 7 && header[2] >> 2 & 15 < 13).then_some((Adts, size));
    }
    mpeg_frame(header).map(|frame| (Mpeg, frame.bytes))
}

/// Properties of a frame of MPEG audio, by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MpegFrame {
    /// 1 to 3.
    pub layer: u8,
    /// Length with the header.
    pub bytes: usize,
    pub rate_hz: u32,
    pub channels: u16,
    /// Samples of each channel.
    pub samples: u16,
}

/// The MPEG audio frame at the start of `header` (ISO/IEC 11172-3 and 13818-3, and MPEG 2.5).
pub(super) fn mpeg_frame(header: &[u8]) -> Option<MpegFrame> {
    let header = header.get(..4).filter(|header| header[0] == 0xff)?;
    let (version, layer) = (header[1] >> 3 & 3, header[1] >> 1 & 3);
    let (rate_index, hz_index) = (usize::from(header[2] >> 4), usize::from(header[2] >> 2 & 3));
    if header[1] & 0xe0 != 0xe0 || version == 1 || layer == 0 || hz_index == 3 {
        return None;
    }
    const KBIT: [[usize; 14]; 5] = [
        [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    let first = version == 3;
    let table = match (first, layer) {
        (true, 3) => 0,
        (true, 2) => 1,
        (true, _) => 2,
        (false, 3) => 3,
        (false, _) => 4,
    };
    let kbit = *KBIT[table].get(rate_index.checked_sub(1)?)?;
    let hz = [44_100, 48_000, 32_000][hz_index] / [4, 1, 2, 1][usize::from(version)];
    let padding = usize::from(header[2] >> 1 & 1);
    let (bytes, samples) = match layer {
        3 => ((12_000 * kbit / hz + padding) * 4, 384),
        1 if !first => (72_000 * kbit / hz + padding, 576),
        _ => (144_000 * kbit / hz + padding, 1152),
    };
    let channels = if header[3] >> 6 == 3 { 1 } else { 2 };
    Some(MpegFrame { layer: 4 - layer, bytes, rate_hz: hz as u32, channels, samples })
}

/// Up to `most` bytes from `at` on.
fn bytes_at<S: Read + Seek + ?Sized>(source: &mut S, at: u64, most: usize) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    source.take(most as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn contents(bytes: &[u8]) -> Contents {
        identify(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
    }

    #[test]
    fn a_signature_counts_at_the_start_and_after_id3v2_tags_only() {
        let wav = b"RIFF\0\0\0\0WAVEfmt ";
        assert_eq!(contents(wav), Contents::Readable(Wav, 0));
        let tag = [&b"ID3\x03\0\0\0\0\0\x05"[..], &[0; 5]].concat();
        assert_eq!(contents(&[&tag[..], wav].concat()), Contents::Readable(Wav, 15));
        assert_eq!(contents(&[&tag[..], &tag, wav].concat()), Contents::Readable(Wav, 30));
        assert_eq!(contents(&[&b"\0\0\0"[..], wav].concat()), Unknown);
        assert_eq!(contents(&[&b"wvpk\x10\0\0\0"[..], wav].concat()), Foreign("WavPack"));
    }

    #[test]
    fn frames_count_in_a_chain_and_not_alone() {
        // 128 kbit/s at 44.1 kHz: 417 bytes.
        let frame = [&[0xff, 0xfb, 0x90, 0x64][..], &[0; 413]].concat();
        assert_eq!(contents(&frame.repeat(5)), Contents::Readable(Mpeg, 0));
        let junk = [&[0; 100], &frame.repeat(5)[..]].concat();
        assert_eq!(contents(&junk), Contents::Readable(Mpeg, 100));
        assert_eq!(contents(&[&frame[..], &[0; 5000]].concat()), Unknown);
        // 100 bytes.
        let frame = [&[0xff, 0xf1, 0x50, 0x80, 0x0c, 0x9f, 0xfc][..], &[0; 93]].concat();
        assert_eq!(contents(&frame.repeat(5)), Contents::Readable(Adts, 0));
    }

    #[test]
    fn text_and_pictures_are_not_audio() {
        assert_eq!(contents("Nothing to hear, größer.\n".as_bytes()), NotAudio("text"));
        assert_eq!(contents(b"\x89PNG\r\n\x1a\n\0\0\0"), NotAudio("a PNG picture"));
    }
}
