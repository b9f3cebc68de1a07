//! Which container a file is, by its first bytes.
//!
//! A signature counts at byte 0 or after ID3v2 tags, nowhere else: compressed audio may well hold the bytes
//! `RIFF`. MPEG audio and ADTS have no signature; there a chain of frame headers counts.

use std::io::{self, Read, Seek, SeekFrom};

use super::frame_chain::{self, Chain};
use super::{foreign_chain, tags};

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
    Flac {
        /// Bytes that are none lie before the first frame.
        after_junk: bool,
    },
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

impl Container {
    /// The container in words.
    pub fn described(self) -> &'static str {
        match self {
            Container::Wav => "a WAV file",
            Container::Wave64 => "a Wave64 file",
            Container::Aiff => "an AIFF file",
            Container::Caf => "a CAF file",
            Container::Au => "an AU file",
            Container::Flac { .. } => "a FLAC file",
            Container::Ogg => "an Ogg file",
            Container::Matroska => "a Matroska or WebM file",
            Container::Mp4 => "an MP4 or QuickTime file",
            Container::Mpeg { .. } => "MPEG audio",
            Container::Adts => "AAC with ADTS headers",
        }
    }
}

/// Contents of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// A container that is read here, from this byte on.
    Readable(Container, u64),
    /// Sound in a format that is not read here, by its name.
    Foreign(&'static str),
    /// Sound that is encrypted, by its name.
    Encrypted(&'static str),
    /// No sound, by what it is.
    NotAudio(&'static str),
    /// Nothing known.
    Unknown,
}

use Container::{Aiff, Au, Caf, Flac, Matroska, Mp4, Ogg, Wav, Wave64};
use Contents::{Encrypted, Foreign, NotAudio, Unknown};

/// First bytes: at offset 0, then at a second offset (empty where one is enough), and what they mean.
type Signature = (&'static [u8], usize, &'static [u8], Meaning);

#[derive(Clone, Copy)]
enum Meaning {
    Read(Container),
    Sound(&'static str),
    Protected(&'static str),
    Other(&'static str),
}

use Meaning::{Other, Protected, Read as R, Sound};

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
    (b"fLaC", 0, b"", R(Flac { after_junk: false })),
    (b"OggS", 0, b"", R(Ogg)),
    (b"", 4, b"ftyp", R(Mp4)),
    (b"", 4, b"moov", R(Mp4)),
    (b"", 4, b"wide", R(Mp4)),
    (b"", 4, b"mdat", R(Mp4)),
    (b"", 4, b"free", R(Mp4)),
    (b"", 4, b"skip", R(Mp4)),
    (b"", 4, b"pnot", R(Mp4)),
    (b"", 4, b"styp", R(Mp4)),
    (b"", 4, b"sidx", R(Mp4)),
    (b"", 4, b"moof", R(Mp4)),
    (b"", 4, b"uuid", R(Mp4)),
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
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", 0, b"", Sound(ASF)),
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
    (b"#!iLBC", 0, b"", Sound("iLBC")),
    (b"NIST_1A\n", 0, b"", Sound("NIST SPHERE")),
    (b"RIFF", 8, b"QLCM", Sound("QCELP")),
    (b"RIFF", 8, b"XWMA", Sound("XWMA")),
    (b"DTSHDHDR", 0, b"", Sound("DTS-HD")),
    (b"\x1f\xff\xe8\x00", 0, b"", Sound("DTS")),
    (b"\xff\x1f\x00\xe8", 0, b"", Sound("DTS")),
    (b"\xfe\x7f\x01\x80", 0, b"", Sound("DTS")),
    (b"\x72\xf8\x1f\x4e", 0, b"", Sound("sound for S/PDIF")),
    (b"", 2, b"\xf8\x72\x4e\x1f", Sound("sound for S/PDIF")),
    (b"\xf8\x72\x4e\x1f", 0, b"", Sound("sound for S/PDIF")),
    (b"ea3\x03", 0, b"", Sound("ATRAC in OMA")),
    (b"EA3\x01", 0, b"", Sound("ATRAC in OMA")),
    (b"2BIT", 0, b"", Sound("AVR")),
    (b"PVF1\n", 0, b"", Sound("PVF")),
    (b"VAGp", 0, b"", Sound("VAG")),
    (b"RSTM", 0, b"", Sound("BRSTM")),
    (b"FSTM", 0, b"", Sound("BFSTM")),
    (b"CSTM", 0, b"", Sound("BCSTM")),
    (b"MMMD", 0, b"", Sound("SMAF")),
    (b"TWIN", 8, b"\0\0", Sound("VQF")),
    (b"\xc0\xde\xc2", 0, b"", Sound("Codec 2")),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01", 0, b"", Sound("MXF")),
    (b"", 4, b"\x57\x90\x75\x36", Protected("protected sound of Audible")),
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

/// Microsoft's container of WMA.
const ASF: &str = "ASF (as of WMA)";
/// Objects in the header of ASF that tell of encryption: of Windows Media DRM and of PlayReady.
const ASF_ENCRYPTIONS: [[u8; 16]; 2] = [
    [0xfb, 0xb3, 0x11, 0x22, 0x23, 0xbd, 0xd2, 0x11, 0xb4, 0xb7, 0, 0xa0, 0xc9, 0x55, 0xfc, 0x6e],
    [
        0x14, 0xe6, 0x8a, 0x29, 0x22, 0x26, 0x17, 0x4c, 0xb9, 0x35, 0xda, 0xe0, 0x7e, 0xe9, 0x28,
        0x9c,
    ],
];
/// Objects of the header of ASF that are looked at.
const MOST_ASF_OBJECTS: u32 = 256;

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
        return match contents {
            Foreign(ASF) if is_encrypted_asf(source, begin, length)? => {
                Ok(Encrypted("encrypted sound in ASF"))
            }
            contents => Ok(contents),
        };
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
        Some(Chain::Flac(at)) => Contents::Readable(Flac { after_junk: at > 0 }, begin + at as u64),
        Some(Chain::FreeFormat) => Foreign("MPEG audio of free format"),
        None => {
            let known = foreign_chain::find(&head, begin + most == end);
            // FLAC without its beginning, which may be cut within a large picture.
            let most = (end - begin).min(MAX_TAG_BYTES as u64);
            let head = bytes_at(source, begin, most as usize)?;
            match (known, frame_chain::find_flac(&head, begin + most == end)) {
                (Some(name), _) => Foreign(name),
                (None, Some(at)) => {
                    Contents::Readable(Flac { after_junk: true }, begin + at as u64)
                }
                (None, None) => Unknown,
            }
        }
    })
}

/// Whether the header at `begin` of an ASF file of `length` bytes has an object that tells of encryption.
fn is_encrypted_asf<S: Read + Seek + ?Sized>(
    source: &mut S,
    begin: u64,
    length: u64,
) -> io::Result<bool> {
    let size = |head: &[u8]| head.get(16..24).and_then(|size| size.first_chunk().copied());
    let header = bytes_at(source, begin, 24)?;
    // A position beyond the file can be one that the operating system does not seek to.
    let end = begin.saturating_add(size(&header).map_or(0, u64::from_le_bytes)).min(length);
    let mut at = begin + 30;
    for _ in 0..MOST_ASF_OBJECTS {
        let object = bytes_at(source, at, 24)?;
        if ASF_ENCRYPTIONS.iter().any(|id| object.starts_with(id)) {
            return Ok(true);
        }
        at = at.saturating_add(size(&object).map_or(0, u64::from_le_bytes).max(24));
        if object.len() < 24 || at >= end {
            break;
        }
    }
    Ok(false)
}

/// The format of a file without a signature by the ending of its name, for formats that have no header.
pub(super) fn raw_format(name: &str) -> Option<&'static str> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    Some(match ending.as_str() {
        "aptx" => "aptX",
        "aptxhd" => "aptX HD",
        "sbc" | "msbc" => "SBC",
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
        Protected(name) => Encrypted(name),
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

    /// Refuses positions that no file can have, as an operating system does.
    struct OnDisk(Cursor<Vec<u8>>);

    impl Read for OnDisk {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Seek for OnDisk {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            match to {
                SeekFrom::Start(at) if at > i64::MAX as u64 => {
                    Err(io::ErrorKind::InvalidInput.into())
                }
                to => self.0.seek(to),
            }
        }
    }

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
    fn encrypted_sound_is_told_by_the_header_of_asf_and_the_sign_of_audible() {
        let object = |id: &[u8; 16]| [&id[..], &30_u64.to_le_bytes(), &[0; 6]].concat();
        let asf = |last: &[u8; 16]| {
            let id = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c";
            let header = [&id[..], &120_u64.to_le_bytes(), &[3, 0, 0, 0, 1, 2]].concat();
            [header, object(&[1; 16]), object(&[2; 16]), object(last), vec![0; 500]].concat()
        };
        assert_eq!(contents(&asf(&[3; 16])), Foreign(ASF));
        for id in &ASF_ENCRYPTIONS {
            assert_eq!(contents(&asf(id)), Encrypted("encrypted sound in ASF"));
        }
        let damaged = [&asf(&[3; 16])[..16], &[0xff; 200]].concat();
        assert_eq!(identify(&mut OnDisk(Cursor::new(damaged)), 216).unwrap(), Foreign(ASF));
        let audible = contents(b"\x00\x10\x00\x00\x57\x90\x75\x36\0\0\0\0");
        assert_eq!(audible, Encrypted("protected sound of Audible"));
    }

    #[test]
    fn sphere_is_told_in_spite_of_its_header_of_text() {
        assert_eq!(contents(b"NIST_1A\n   1024\nchannel_count -i 1\n"), Foreign("NIST SPHERE"));
    }

    #[test]
    fn the_ending_of_the_name_counts_for_formats_without_a_header() {
        assert_eq!(raw_format("/a.b/prompt.G722"), Some("raw G.722"));
        assert_eq!(raw_format("/a.gsm/prompt.bin"), None);
        assert_eq!(raw_format("gsm"), None);
        assert_eq!(raw_format("a.aptx"), Some("aptX"));
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
