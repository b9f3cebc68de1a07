//! The reader of CAF, Apple's Core Audio Format.
//!
//! Constant bit rates are blocks; others have a table of packets, which also says how many frames at the start
//! and at the end the encoder added.

use symphonia::core::audio::{Channels, layouts};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::common::FourCc;
use symphonia::core::errors::{Result, decode_error};
use symphonia::core::formats::well_known::FORMAT_ID_CAF;
use symphonia::core::formats::{FormatInfo, FormatReader, Track};
use symphonia::core::io::MediaSource;

use super::super::codec::{PCM_S64BE, PCM_S64LE, UNKNOWN};
use super::blocks::{BlockReader, Layout, PacketSize, bytes_at};
use super::chunks::MOST_CHUNKS;

const INFO: FormatInfo =
    FormatInfo { format: FORMAT_ID_CAF, short_name: "caf", long_name: "Core Audio Format" };

/// Bytes of a table of packets at most: ten hours and more.
const TABLE_BYTES: usize = 64 << 20;
/// Bytes of a codec's configuration at most.
const COOKIE_BYTES: usize = 1 << 16;

/// Description of the samples.
struct Description {
    rate_hz: u32,
    format: [u8; 4],
    flags: u32,
    packet_bytes: u32,
    packet_frames: u32,
    channels: u16,
    bits: u32,
}

/// Opens `source`, a CAF file of `length` bytes.
pub(super) fn open(mut source: Box<dyn MediaSource>, length: u64) -> Result<Box<dyn FormatReader>> {
    let (mut description, mut samples, mut table, mut cookie) = (None, None, None, Vec::new());
    let mut at = 8;
    for _ in 0..MOST_CHUNKS {
        let head = bytes_at(source.as_mut(), at, 12)?;
        let (Some(id), Some(size), 12) = (head.first_chunk(), head.last_chunk(), head.len()) else {
            break;
        };
        let (body, size) = (at + 12, i64::from_be_bytes(*size));
        // -1 stands for the rest of the file.
        let size = u64::try_from(size).ok();
        let up_to =
            |most: usize| size.map_or(most, |size| most.min(usize::try_from(size).unwrap_or(most)));
        match id {
            b"desc" => {
                description = parse_description(&bytes_at(source.as_mut(), body, up_to(32))?)
            }
            b"data" => samples = Some((body + 4, size.map(|size| size.saturating_sub(4)))),
            b"pakt" => table = Some(bytes_at(source.as_mut(), body, up_to(TABLE_BYTES))?),
            b"kuki" => cookie = bytes_at(source.as_mut(), body, up_to(COOKIE_BYTES))?,
            _ => {}
        }
        match size.and_then(|size| body.checked_add(size)).filter(|next| *next < length) {
            Some(next) => at = next,
            None => break,
        }
    }
    let Some(description) = description else {
        return decode_error("no description of the samples");
    };
    let Some((begin, promised)) = samples else { return decode_error("no chunk of samples") };
    let mut layout = layout(&description);
    layout.place(begin, promised, length);
    let mut track = layout.track();
    set_codec(&mut track, &layout, &description, &cookie);
    let by_table = description.packet_bytes == 0 || description.packet_frames == 0;
    if by_table {
        track.num_frames = None;
    }
    let mut sizes = None;
    if let Some(table) = table {
        let mut table = Table { bytes: &table, at: 0 };
        let packets = table.i64().unwrap_or(0);
        let (valid, priming) = (table.i64(), table.i32());
        let remainder = table.i32();
        if let (Some(valid @ 1..), Some(priming @ 0..), Some(remainder @ 0..)) =
            (valid, priming, remainder)
        {
            track.delay = u32::try_from(priming).ok();
            // Without frames to drop at the end the count is not needed. ffmpeg counts a short last packet as a
            // full one, which is no reason for a warning.
            let is_cut = promised.is_some_and(|promised| promised > layout.bytes);
            track.num_frames =
                if remainder > 0 || is_cut { u64::try_from(valid).ok() } else { None };
        }
        if by_table {
            sizes = Some(table.packets(packets, &description));
        }
    }
    if by_table && sizes.is_none() {
        return decode_error("packets of unequal size without their table");
    }
    let reader = BlockReader::new(source, INFO, layout, track)?;
    Ok(Box::new(match sizes {
        Some(sizes) => reader.with_packets(sizes),
        None => reader,
    }))
}

fn parse_description(bytes: &[u8]) -> Option<Description> {
    let word = |at: usize| {
        bytes.get(at..).and_then(|rest| rest.first_chunk()).map(|word| u32::from_be_bytes(*word))
    };
    let rate = f64::from_be_bytes(*bytes.first_chunk()?);
    Some(Description {
        rate_hz: rate.round() as u32,
        format: *bytes.get(8..)?.first_chunk()?,
        flags: word(12)?,
        packet_bytes: word(16)?,
        packet_frames: word(20)?,
        channels: u16::try_from(word(24)?).unwrap_or(u16::MAX),
        bits: word(28)?,
    })
}

fn layout(description: &Description) -> Layout {
    let Description { channels, flags, bits, packet_bytes, packet_frames, .. } = *description;
    let (is_float, is_little_endian) = (flags & 1 != 0, flags & 2 != 0);
    // Samples may be in larger containers than their bits need.
    let container = packet_bytes / u32::from(channels.max(1));
    let codec = match &description.format {
        b"lpcm" => match (is_float, container, is_little_endian) {
            (false, 1, _) => CODEC_ID_PCM_S8,
            (false, 2, true) => CODEC_ID_PCM_S16LE,
            (false, 2, false) => CODEC_ID_PCM_S16BE,
            (false, 3, true) => CODEC_ID_PCM_S24LE,
            (false, 3, false) => CODEC_ID_PCM_S24BE,
            (false, 4, true) => CODEC_ID_PCM_S32LE,
            (false, 4, false) => CODEC_ID_PCM_S32BE,
            (false, 8, true) => PCM_S64LE,
            (false, 8, false) => PCM_S64BE,
            (true, 4, true) => CODEC_ID_PCM_F32LE,
            (true, 4, false) => CODEC_ID_PCM_F32BE,
            (true, 8, true) => CODEC_ID_PCM_F64LE,
            (true, 8, false) => CODEC_ID_PCM_F64BE,
            _ => UNKNOWN,
        },
        b"alaw" => CODEC_ID_PCM_ALAW,
        b"ulaw" => CODEC_ID_PCM_MULAW,
        b"ima4" => CODEC_ID_ADPCM_IMA_QT,
        b"alac" => CODEC_ID_ALAC,
        b"aac " => CODEC_ID_AAC,
        b".mp1" => CODEC_ID_MP1,
        b".mp2" => CODEC_ID_MP2,
        b".mp3" => CODEC_ID_MP3,
        // Opus and FLAC, whose configuration has another form here, are not read.
        other => FourCc::try_new(*other).map_or(UNKNOWN, AudioCodecId::new),
    };
    let is_integer = &description.format == b"lpcm" && !is_float;
    Layout {
        codec,
        channels,
        rate_hz: description.rate_hz,
        bits: Some(bits)
            .filter(|bits| is_integer && (1..=container.saturating_mul(8)).contains(bits)),
        block_bytes: u64::from(packet_bytes.clamp(1, 1 << 20)),
        block_frames: u64::from(packet_frames.clamp(1, 1 << 16)),
        begin: 0,
        bytes: 0,
        promised_bytes: None,
    }
}

/// Adds what the decoders of compressed audio need.
fn set_codec(track: &mut Track, layout: &Layout, description: &Description, cookie: &[u8]) {
    let extra_data = match layout.codec {
        CODEC_ID_ALAC => alac_configuration(cookie),
        CODEC_ID_AAC => aac_configuration(cookie),
        _ => return,
    };
    let mut params = AudioCodecParameters::new();
    params.for_codec(layout.codec).with_sample_rate(description.rate_hz);
    params.channels = Some(match layout.channels {
        1 => layouts::CHANNEL_LAYOUT_MONO,
        2 => layouts::CHANNEL_LAYOUT_STEREO,
        more => Channels::Discrete(more),
    });
    params.extra_data = extra_data.map(Into::into);
    track.codec_params = Some(CodecParameters::Audio(params));
}

/// The configuration of ALAC: the cookie, or, as older programs wrote it, what is in its `alac` atom.
fn alac_configuration(cookie: &[u8]) -> Option<&[u8]> {
    match cookie.get(4..8) {
        Some(b"frma") => cookie.get(24..),
        _ => Some(cookie),
    }
}

/// The configuration of AAC: the last of three nested descriptors.
fn aac_configuration(cookie: &[u8]) -> Option<&[u8]> {
    let mut bytes = cookie;
    loop {
        let (&tag, mut rest) = bytes.split_first()?;
        // A size of seven bits a byte.
        let mut size = 0;
        loop {
            let (&byte, after) = rest.split_first()?;
            (rest, size) = (after, size << 7 | usize::from(byte & 0x7f));
            if byte & 0x80 == 0 || size > COOKIE_BYTES {
                break;
            }
        }
        match tag {
            3 => {
                let flags = *rest.get(2)?;
                let bits = [(0x80, 2), (0x20, 2)].iter().filter(|(bit, _)| flags & bit != 0);
                bytes = rest.get(3 + bits.map(|(_, bytes)| bytes).sum::<usize>()..)?;
            }
            4 => bytes = rest.get(13..)?,
            5 => return rest.get(..size),
            _ => return None,
        }
    }
}

/// A table of packets that is being read.
struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Table<'_> {
    fn i64(&mut self) -> Option<i64> {
        let bytes = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += 8;
        Some(i64::from_be_bytes(*bytes))
    }

    fn i32(&mut self) -> Option<i32> {
        let bytes = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += 4;
        Some(i32::from_be_bytes(*bytes))
    }

    /// A number of seven bits a byte.
    fn number(&mut self) -> Option<u32> {
        let mut number = 0_u32;
        for _ in 0..5 {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            number = number << 7 | u32::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// The sizes of `count` packets, or of fewer where the table ends before.
    fn packets(&mut self, count: i64, description: &Description) -> Vec<PacketSize> {
        let mut packets = Vec::new();
        for _ in 0..count {
            let mut or_read =
                |constant: u32| if constant == 0 { self.number() } else { Some(constant) };
            let (Some(bytes), Some(frames)) =
                (or_read(description.packet_bytes), or_read(description.packet_frames))
            else {
                break;
            };
            packets.push(PacketSize { bytes, frames });
        }
        packets
    }
}
