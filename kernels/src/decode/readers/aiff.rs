//! The reader of AIFF and AIFF-C.
//!
//! As for ffmpeg, the chunk of samples says how many there are; the size of the outer chunk and the number of
//! frames in `COMM`, which some programs leave as they were, are not used.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::common::FourCc;
use symphonia::core::errors::{Result, decode_error};
use symphonia::core::formats::well_known::FORMAT_ID_AIFF;
use symphonia::core::formats::{FormatInfo, FormatReader};
use symphonia::core::io::MediaSource;

use super::super::codec::UNKNOWN;
use super::blocks::{BlockReader, Layout, bytes_at};
use super::chunks::{Chunks, MOST_CHUNKS};

const INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_AIFF, short_name: "aiff", long_name: "AIFF and AIFF-C" };

/// Names of chunks that are common in AIFF files.
const KNOWN: &[&[u8; 4]] = &[
    b"COMM", b"SSND", b"FVER", b"MARK", b"INST", b"COMT", b"NAME", b"AUTH", b"(c) ", b"ANNO",
    b"APPL", b"MIDI", b"AESD", b"SAXL", b"CHAN", b"FLLR", b"ID3 ", b"bext", b"basc", b"trns",
    b"cate", b"LGWV", b"ResU", b"afsp",
];

/// Opens `source`, an AIFF file of `length` bytes.
pub(super) fn open(mut source: Box<dyn MediaSource>, length: u64) -> Result<Box<dyn FormatReader>> {
    let mut chunks = Chunks { source: source.as_mut(), length, big_endian: true, known: KNOWN };
    let form_end = chunks.at(0)?.map_or(0, |form| form.body + form.size);
    let (mut common, mut samples) = (None, None);
    let mut next = chunks.at(12)?;
    for _ in 0..MOST_CHUNKS {
        let Some(chunk) = next else { break };
        // Of several chunks the last one counts, as for ffmpeg; what follows the outer chunk only where needed.
        if chunk.body > form_end && common.is_some() && samples.is_some() {
            break;
        }
        let mut end = chunk.body + chunk.size;
        match &chunk.id {
            b"COMM" => common = Some(chunk),
            b"SSND" => {
                samples = Some(chunk);
                if chunks.promised(chunk)?.is_none() {
                    end = length;
                }
            }
            _ => {}
        }
        if end >= length {
            break;
        }
        next = chunks.after(chunk.body, end)?;
    }
    if common.is_none() {
        common = chunks.search(b"COMM")?;
    }
    if samples.is_none() {
        samples = chunks.search(b"SSND")?;
    }
    let Some(common) = common else { return decode_error("no COMM chunk") };
    let Some(samples) = samples else { return decode_error("no SSND chunk") };
    let common = chunks.body(common, 22)?;
    let promised = chunks.promised(samples)?;
    let mut layout = layout(&common)?;
    // An offset to the first sample comes first, and the size of blocks on a disk, which has no use.
    let offset = bytes_at(source.as_mut(), samples.body, 4)?;
    let offset = offset.first_chunk().map_or(0, |bytes| u64::from(u32::from_be_bytes(*bytes)));
    let begin = samples.body + 8 + offset;
    layout.place(begin, promised.map(|size| size.saturating_sub(8 + offset)), length);
    let track = layout.track();
    Ok(Box::new(BlockReader::new(source, INFO, layout, track)?))
}

/// The kind of samples by the body of the COMM chunk.
fn layout(common: &[u8]) -> Result<Layout> {
    let (Some(channels), Some(bits), Some(rate)) = (
        common.get(..2).and_then(|b| b.first_chunk()).map(|b| u16::from_be_bytes(*b)),
        common.get(6..).and_then(|b| b.first_chunk()).map(|b| u16::from_be_bytes(*b)),
        common.get(8..).and_then(|b| b.first_chunk()),
    ) else {
        return decode_error("the COMM chunk is too short");
    };
    let compression = common.get(18..).and_then(|b| b.first_chunk()).copied();
    let bytes = bits.div_ceil(8);
    let integers = |bytes: u16, is_big_endian: bool| match (bytes, is_big_endian) {
        (1, _) => (CODEC_ID_PCM_S8, 1),
        (2, true) => (CODEC_ID_PCM_S16BE, 2),
        (2, false) => (CODEC_ID_PCM_S16LE, 2),
        (3, true) => (CODEC_ID_PCM_S24BE, 3),
        (3, false) => (CODEC_ID_PCM_S24LE, 3),
        (4, true) => (CODEC_ID_PCM_S32BE, 4),
        (4, false) => (CODEC_ID_PCM_S32LE, 4),
        _ => (UNKNOWN, 1),
    };
    let (codec, sample_bytes): (AudioCodecId, u16) = match &compression.unwrap_or(*b"NONE") {
        b"NONE" | b"none" | b"twos" | b"lpcm" => integers(bytes, true),
        b"sowt" => integers(bytes, false),
        b"in16" => integers(2, true),
        b"in24" => integers(3, true),
        b"in32" => integers(4, true),
        b"42ni" => integers(3, false),
        b"23ni" => integers(4, false),
        b"raw " if bytes <= 1 => (CODEC_ID_PCM_U8, 1),
        b"raw " => integers(bytes, true),
        b"fl32" | b"FL32" => (CODEC_ID_PCM_F32BE, 4),
        b"fl64" | b"FL64" => (CODEC_ID_PCM_F64BE, 8),
        b"alaw" | b"ALAW" => (CODEC_ID_PCM_ALAW, 1),
        b"ulaw" | b"ULAW" => (CODEC_ID_PCM_MULAW, 1),
        b"ima4" => (CODEC_ID_ADPCM_IMA_QT, 34),
        other => (FourCc::try_new(*other).map_or(UNKNOWN, AudioCodecId::new), 1),
    };
    let is_integer = matches!(
        codec,
        CODEC_ID_PCM_S8
            | CODEC_ID_PCM_U8
            | CODEC_ID_PCM_S16BE
            | CODEC_ID_PCM_S16LE
            | CODEC_ID_PCM_S24BE
            | CODEC_ID_PCM_S24LE
            | CODEC_ID_PCM_S32BE
            | CODEC_ID_PCM_S32LE
    );
    let bits = u32::from(bits);
    let container_bits = 8 * u32::from(sample_bytes);
    Ok(Layout {
        codec,
        channels,
        rate_hz: rate_hz(*rate),
        bits: is_integer.then(|| if bits == 0 { container_bits } else { bits.min(container_bits) }),
        block_bytes: u64::from(sample_bytes) * u64::from(channels.max(1)),
        block_frames: if codec == CODEC_ID_ADPCM_IMA_QT { 64 } else { 1 },
        begin: 0,
        bytes: 0,
        promised_bytes: None,
    })
}

/// A rate of 80 bits, extended precision, in Hz, rounded; 0 if it is no number from 1 to 2^32.
fn rate_hz(bytes: [u8; 10]) -> u32 {
    let [high, low, mantissa @ ..] = bytes;
    let exponent = i32::from(u16::from_be_bytes([high, low])) - 16_383;
    let mantissa = u64::from_be_bytes(mantissa);
    match exponent {
        0..=31 => {
            let shift = 63 - exponent;
            let rounded = (mantissa >> (shift - 1)).div_ceil(2);
            u32::try_from(rounded).unwrap_or(0)
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::rate_hz;

    #[test]
    fn rates_are_extended_floats() {
        assert_eq!(rate_hz([0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]), 44_100);
        assert_eq!(rate_hz([0x40, 0x0f, 0xbb, 0x80, 0, 0, 0, 0, 0, 0]), 96_000);
        // 22 254.545 Hz of old Macintoshes.
        assert_eq!(rate_hz([0x40, 0x0d, 0xad, 0xdd, 0x17, 0x46, 0, 0, 0, 0]), 22_255);
        assert_eq!(rate_hz([0; 10]), 0);
        assert_eq!(rate_hz([0xff; 10]), 0);
    }
}
