//! The description of samples in WAV and Wave64: WAVEFORMATEX and its extensions.

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::common::FourCc;
use symphonia::core::errors::{Result, decode_error};

use super::super::codec::{PCM_F16LE, PCM_S64BE, PCM_S64LE};
use super::blocks::Layout;

/// What a file of WAV's family holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum WaveFormat {
    /// Blocks of equal size; their place in the file is yet to be set.
    Blocks(Layout),
    /// 24 bits in 32 without a word on which of them: the samples tell.
    LooseBits(Layout, Place),
    /// Frames of MPEG audio.
    Mpeg,
}

/// Whether the header says which of the 32 bits they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It says nothing.
    Open,
    /// It says, as 24 valid bits of 32, that they are the upper ones, which is not always true.
    Upper,
}

/// Format tags of MPEG audio: MPEG (layers I and II), and MP3.
const MPEG: [u16; 2] = [0x50, 0x55];
/// Tag of WAVE_FORMAT_EXTENSIBLE, which has the true one in its first bytes of a GUID.
const EXTENSIBLE: u16 = 0xfffe;
/// What follows the tag in those GUIDs: that of Windows, and that of Ambisonics.
const GUID_TAILS: [[u8; 14]; 2] = [
    [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71],
    [0, 0, 0x21, 0x07, 0xd3, 0x11, 0x86, 0x44, 0xc8, 0xc1, 0xca, 0, 0, 0],
];

/// Reads the body of a `fmt ` chunk.
pub(super) fn parse(fmt: &[u8], big_endian: bool) -> Result<WaveFormat> {
    let u16_at = |at: usize| {
        let bytes = fmt.get(at..).and_then(|rest| rest.first_chunk()).copied();
        bytes.map(
            |bytes| if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) },
        )
    };
    let u32_at = |at: usize| {
        let bytes = fmt.get(at..).and_then(|rest| rest.first_chunk()).copied();
        bytes.map(
            |bytes| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) },
        )
    };
    let (Some(mut tag), Some(channels), Some(rate_hz), Some(block)) =
        (u16_at(0), u16_at(2), u32_at(4), u16_at(12))
    else {
        return decode_error("the format chunk is too short");
    };
    // The oldest format chunk ends here.
    let mut bits = u16_at(14).unwrap_or(0);
    let mut valid_bits = None;
    if tag == EXTENSIBLE
        && let Some(guid) = fmt.get(24..40)
        && GUID_TAILS.iter().any(|tail| tail == &guid[2..] || big_endian)
    {
        tag = u16_at(24).unwrap_or(tag);
        bits = if bits == 0 { u16_at(18).unwrap_or(0) } else { bits };
        valid_bits = u16_at(18).filter(|valid| (1..=bits).contains(valid));
    } else if tag == EXTENSIBLE && fmt.len() < 40 {
        // Nothing is said about the kind of sample.
        tag = if bits == 64 { 3 } else { 1 };
    }
    if MPEG.contains(&tag) {
        return Ok(WaveFormat::Mpeg);
    }
    let per_channel = block.checked_div(channels).unwrap_or(0);
    let exact = per_channel > 0 && per_channel * channels == block;
    let layout = |codec: AudioCodecId, block_bytes: usize, block_frames: usize| Layout {
        codec,
        channels,
        rate_hz,
        bits: None,
        block_bytes: block_bytes.max(1) as u64,
        block_frames: block_frames.max(1) as u64,
        begin: 0,
        bytes: 0,
        promised_bytes: None,
    };
    let count = usize::from(channels.max(1));
    let block = usize::from(block);
    Ok(WaveFormat::Blocks(match tag {
        1 => {
            if bits == 0 {
                bits = if exact { per_channel.saturating_mul(8) } else { 8 };
            }
            // Cool Edit's floats whose full scale is 2^15: an extension of two bytes, 1.
            if bits == 32 && per_channel == 4 && u16_at(16) == Some(2) && u16_at(18) == Some(1) {
                return Ok(WaveFormat::Blocks(layout(PCM_F16LE, 4 * count, 1)));
            }
            let least = usize::from(bits.div_ceil(8));
            // The block may have more bytes than the bits need. Of 16 bits and less it is the block that is wrong.
            let container = match usize::from(per_channel) {
                bytes if exact && least > 2 && (least..=8).contains(&bytes) => bytes,
                _ => least,
            };
            let Some(codec) = integers(container, big_endian) else {
                return Ok(WaveFormat::Blocks(layout(foreign(tag), count, 1)));
            };
            let valid_bits = valid_bits.unwrap_or(bits);
            let layout =
                Layout { bits: Some(valid_bits.into()), ..layout(codec, container * count, 1) };
            match (container, bits, valid_bits) {
                (4, 24, _) => return Ok(WaveFormat::LooseBits(layout, Place::Open)),
                (4, 32, 24) => return Ok(WaveFormat::LooseBits(layout, Place::Upper)),
                _ => layout,
            }
        }
        3 => match (bits, big_endian) {
            (32, false) => layout(CODEC_ID_PCM_F32LE, 4 * count, 1),
            (32, true) => layout(CODEC_ID_PCM_F32BE, 4 * count, 1),
            (64, false) => layout(CODEC_ID_PCM_F64LE, 8 * count, 1),
            (64, true) => layout(CODEC_ID_PCM_F64BE, 8 * count, 1),
            _ => layout(foreign(tag), count, 1),
        },
        6 => layout(CODEC_ID_PCM_ALAW, count, 1),
        7 => layout(CODEC_ID_PCM_MULAW, count, 1),
        2 if block >= 7 * count => {
            layout(CODEC_ID_ADPCM_MS, block, (block - 6 * count) * 2 / count)
        }
        0x11 | 0x69 if block >= 4 * count && matches!(bits, 0 | 4) => {
            layout(CODEC_ID_ADPCM_IMA_WAV, block, 1 + (block - 4 * count) / (4 * count) * 8)
        }
        _ => layout(foreign(tag), count, 1),
    }))
}

/// The codec of integers in containers of `bytes` bytes.
fn integers(bytes: usize, big_endian: bool) -> Option<AudioCodecId> {
    Some(match (bytes, big_endian) {
        (1, _) => CODEC_ID_PCM_U8,
        (2, false) => CODEC_ID_PCM_S16LE,
        (2, true) => CODEC_ID_PCM_S16BE,
        (3, false) => CODEC_ID_PCM_S24LE,
        (3, true) => CODEC_ID_PCM_S24BE,
        (4, false) => CODEC_ID_PCM_S32LE,
        (4, true) => CODEC_ID_PCM_S32BE,
        (8, false) => PCM_S64LE,
        (8, true) => PCM_S64BE,
        _ => return None,
    })
}

/// The codec of a format that is not read: its tag as four hexadecimal digits.
fn foreign(tag: u16) -> AudioCodecId {
    let digit = |shift: u16| b"0123456789abcdef"[usize::from(tag >> shift & 15)];
    AudioCodecId::new(FourCc::new([digit(12), digit(8), digit(4), digit(0)]))
}
