//! Which container a file is, by its first bytes.
//!
//! A signature counts at byte 0 or after ID3v2 tags, nowhere else: compressed audio may well hold the bytes
//! `RIFF`. MPEG audio and ADTS have no signature; there a chain of frame headers counts.

use std::io::{self, Read, Seek, SeekFrom};

use super::frame_chain::{self, Chain};
use super::tags;

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
    Mpeg {
        /// More than ID3 tags lies before the first frame.
        after_junk: bool,
    },
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

use Container::{Aiff, Au, Caf, Flac, Matroska, Mp4, Ogg, Wav, Wave64};
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
    (b"FORM", 8, b"8SVX", Sound("IFF 8SVX")),
    (b"FORM", 8, b"ILBM", Other("an IFF picture")),
    (b"FORM", 8, b"PBM ", Other("an IFF picture")),
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
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0, b"", Sound("ASF (as of WMA)")),
    (b"\x0b\x77", 0, b"", Sound("AC-3")),
    (b"\x77\x0b", 0, b"", Sound("AC-3")),
    (b"\x7f\xfe\x80\x01", 0, b"", Sound("DTS")),
    (b"ADIF", 0, b"", Sound("AAC in ADIF")),
    (b"", 4, b"\xf8\x72\x6f\xba", Sound("TrueHD")),
    (b"", 4, b"\xf8\x72\x6f\xbb", Sound("MLP")),
    (b"\x64\xa3", 3, b"\0", Sound("IRCAM")),
    (b"\0", 2, b"\xa3\x64", Sound("IRCAM")),
    (b".SoX", 0, b"", Sound("the format of SoX")),
    (b"XoS.", 0, b"", Sound("the format of SoX")),
    (b"nut/multimedia container\0", 0, b"", Sound("NUT")),
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
    (b"\xfe\xed\xfa\xce", 0, b"", Other("a program")),
    (b"\xfe\xed\xfa\xcf", 0, b"", Other("a program")),
    (b"\xce\xfa\xed\xfe", 0, b"", Other("a program")),
    (b"\0asm", 0, b"", Other("a program")),
    (b"!<arch>\n", 0, b"", Other("an archive")),
    (b"", 257, b"ustar", Other("a tar archive")),
    (b"\x28\xb5\x2f\xfd", 0, b"", Other("a Zstandard archive")),
    (b"\x04\x22\x4d\x18", 0, b"", Other("an LZ4 archive")),
    (b"MSCF\0\0\0\0", 0, b"", Other("a cabinet archive")),
    (b"\0\x01\0\0\0", 0, b"", Other("a font")),
    (b"OTTO\0", 0, b"", Other("a font")),
    (b"ttcf\0", 0, b"", Other("a font")),
    (b"wOFF", 0, b"", Other("a font")),
    (b"wOF2", 0, b"", Other("a font")),
    (b"8BPS\0", 0, b"", Other("a Photoshop picture")),
    (b"gimp xcf ", 0, b"", Other("a GIMP picture")),
    (b"\0\0\0\x0cjP  ", 0, b"", Other("a JPEG 2000 picture")),
    (b"\xff\x0a", 0, b"", Other("a JPEG XL picture")),
    (b"\xff\x4f\xff\x51", 0, b"", Other("a JPEG 2000 picture")),
    (b"\xc5\xd0\xd3\xc6", 0, b"", Other("a PostScript document")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, b"", Other("an Office document")),
    (b"AT&TFORM", 0, b"", Other("a DjVu document")),
    (b"\xde\x12\x04\x95", 0, b"", Other("a message catalogue")),
];

/// Bytes that are read for signatures and to tell text.
const HEAD_BYTES: usize = 4096;
/// Bytes before the first frame of MPEG audio or ADTS that are passed over.
const MAX_JUNK_BYTES: usize = 1 << 20;
/// The same where a tag begins the file whose header does not tell its length: pictures are large.
const MAX_TAG_BYTES: usize = 32 << 20;

/// Finds out what `source`, a file of `length` bytes, is.
pub(super) fn identify<S: Read + Seek + ?Sized>(
    source: &mut S,
    length: u64,
) -> io::Result<Contents> {
    let mut begin = 0;
    let mut head = bytes_at(source, begin, HEAD_BYTES)?;
    while let Some(size) = tags::id3v2_bytes(&head).filter(|size| begin + size < length) {
        begin += size;
        head = bytes_at(source, begin, HEAD_BYTES)?;
    }
    if let Some(contents) = by_signature(&head, begin) {
        return Ok(contents);
    }
    if begin == 0 && is_text(&head) {
        return Ok(NotAudio("text"));
    }
    let end = tags::audio_end(source, begin, length)?;
    let most = if head.starts_with(b"ID3") { MAX_TAG_BYTES } else { MAX_JUNK_BYTES };
    let most = (end - begin).min((HEAD_BYTES + most) as u64);
    let head = bytes_at(source, begin, most as usize)?;
    Ok(match frame_chain::find(&head, begin + most == end) {
        Some(Chain::Mpeg(at)) => {
            Contents::Readable(Container::Mpeg { after_junk: at > 0 }, begin + at as u64)
        }
        Some(Chain::Adts(at)) => Contents::Readable(Container::Adts, begin + at as u64),
        Some(Chain::Flac(at)) => Contents::Readable(Flac, begin + at as u64),
        Some(Chain::FreeFormat) => Foreign("MPEG audio of free format"),
        None => {
            // FLAC without its beginning, which may be cut within a large picture.
            let most = (end - begin).min(MAX_TAG_BYTES as u64);
            let head = bytes_at(source, begin, most as usize)?;
            match frame_chain::find_flac(&head, begin + most == end) {
                Some(at) => Contents::Readable(Flac, begin + at as u64),
                None => Unknown,
            }
        }
    })
}

/// The format of a file without a signature by the ending of its name, for formats that have no header.
pub(super) fn raw_format(name: &str) -> Option<&'static str> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    Some(match ending.as_str() {
        "g722" => "raw G.722",
        "g729" => "raw G.729",
        "gsm" => "raw GSM",
        "sln" => "raw samples of Asterisk",
        _ => return None,
    })
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

/// Whether `head` is text of a single-byte encoding, UTF-8, or UTF-16 with its mark.
fn is_text(head: &[u8]) -> bool {
    let is_text = |byte: u8| byte >= 0x20 && byte != 0x7f || matches!(byte, b'\t'..=b'\r' | 0x1b);
    let unit = match head {
        [0xff, 0xfe, ..] => |pair: [u8; 2]| u16::from_le_bytes(pair),
        [0xfe, 0xff, ..] => |pair: [u8; 2]| u16::from_be_bytes(pair),
        _ => return head.iter().all(|byte| is_text(*byte)),
    };
    let (pairs, _) = head[2..].as_chunks::<2>();
    let is_letter = |pair: &[u8; 2]| {
        let unit = unit(*pair);
        unit < 0xfffe && u8::try_from(unit).map_or(true, is_text)
    };
    // Most text has some character of ASCII.
    pairs.iter().all(is_letter) && pairs.iter().any(|pair| unit(*pair) < 0x80)
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
        assert_eq!(contents(b"\x64\xa3\x01\x00\0\0\0\0"), Foreign("IRCAM"));
        assert_eq!(contents(b"\x80\x77\xff\xd8\xf8\x72\x6f\xba"), Foreign("TrueHD"));
        assert_eq!(contents(&[&b"wvpk\x10\0\0\0"[..], wav].concat()), Foreign("WavPack"));
    }

    #[test]
    fn the_ending_of_the_name_counts_for_formats_without_a_header() {
        assert_eq!(raw_format("/a.b/prompt.G722"), Some("raw G.722"));
        assert_eq!(raw_format("/a.gsm/prompt.bin"), None);
        assert_eq!(raw_format("gsm"), None);
    }

    #[test]
    fn text_and_pictures_are_not_audio() {
        assert_eq!(contents("Nothing to hear, größer.\n".as_bytes()), NotAudio("text"));
        let utf16: Vec<u8> =
            "\u{feff}Nothing, größer.\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(contents(&utf16), NotAudio("text"));
        assert_eq!(contents(b"FORM\0\0\0\0ILBMBMHD"), NotAudio("an IFF picture"));
        assert_eq!(contents(b"\x89PNG\r\n\x1a\n\0\0\0"), NotAudio("a PNG picture"));
    }
}
