//! The description of a track's samples (`stsd`): codec, rate, channels, layout of PCM.
//!
//! Formats: ISO/IEC 14496-12 (`AudioSampleEntry`), Apple's QuickTime File Format (sound sample descriptions of
//! versions 0 to 2, `wave`), ISO/IEC 14496-1 (`esds`), ISO/IEC 23003-5 (`ipcm`, `fpcm`).

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};
use symphonia::core::common::FourCc;

use super::super::super::codec::ENCRYPTED;
use super::boxes::{Kind, boxes, child, tell_of_encryption, u16_at, u32_at, u64_at};
use super::sample_table::Packing;

/// The description of a sound track.
#[derive(Clone, Debug)]
pub(super) struct SampleEntry {
    /// The codec and its parameters.
    pub params: AudioCodecParameters,
    /// How single frames are packed: PCM and ADPCM.
    pub packing: Option<Packing>,
    /// Frames that a decoder of Opus drops at the start.
    pub pre_skip: u64,
}

/// The fields that all descriptions have.
struct Fields {
    kind: Kind,
    version: u16,
    channels: u32,
    bits: u32,
    rate_hz: u32,
    /// Frames and bytes of a packet, for all channels; of versions 1 and 2.
    packet: Option<(u32, u32)>,
    /// Flags of linear PCM; of version 2.
    flags: u32,
}

/// Rates above this do not fit the 16 bits of a description; the time scale has them.
const MOST_RATE_HZ: u32 = 65_535;

/// Reads the first entry of `stsd`; `scale` is the time scale of the track.
pub(super) fn read(stsd: &[u8], scale: u32) -> Option<SampleEntry> {
    let entries_version = *stsd.first()?;
    let (kind, entry) = boxes(stsd.get(8..)?).next()?;
    let (mut fields, children) = fields(kind, entry, entries_version == 1)?;
    if let Some(rate_hz) = child(children, b"srat").and_then(|srat| u32_at(srat, 4)) {
        fields.rate_hz = rate_hz;
    }
    if fields.rate_hz == 0 || scale > MOST_RATE_HZ && scale & 0xffff == fields.rate_hz {
        fields.rate_hz = scale;
    }
    let wave = child(children, b"wave").unwrap_or_default();
    let find = |kind: &Kind| child(children, kind).or_else(|| child(wave, kind));

    let mut params = AudioCodecParameters::new();
    let mut packing = None;
    let mut pre_skip = 0;
    if is_encrypted(stsd, entries_version == 1) {
        params.for_codec(ENCRYPTED);
    } else if let Some((codec, width)) = pcm(&fields, wave, child(children, b"pcmC")) {
        params.for_codec(codec);
        let bytes = u64::from(width) * u64::from(fields.channels);
        packing = Some(Packing { bytes, frames: 1 }).filter(|_| bytes > 0);
    } else {
        match &kind {
            b"mp4a" => elementary_stream(&mut params, &fields, find(b"esds").unwrap_or_default()),
            b"alac" => {
                let cookie = find(b"alac").and_then(|cookie| cookie.get(4..28));
                params.for_codec(CODEC_ID_ALAC);
                if let Some(cookie) = cookie {
                    params.with_extra_data(cookie.into());
                    fields.channels = u32::from(cookie[9]);
                    fields.rate_hz = u32_at(cookie, 20).unwrap_or(fields.rate_hz);
                }
            }
            b"fLaC" => {
                params.for_codec(CODEC_ID_FLAC);
                if let Some(info) = find(b"dfLa").and_then(stream_info) {
                    params.with_extra_data(info.into());
                    let packed = u64_at(info, 10).unwrap_or(0);
                    fields.rate_hz = (packed >> 44) as u32;
                    fields.channels = (packed >> 41 & 7) as u32 + 1;
                    params.with_bits_per_sample((packed >> 36 & 31) as u32 + 1);
                }
            }
            b"Opus" => {
                params.for_codec(CODEC_ID_OPUS);
                if let Some(head) = find(b"dOps").and_then(opus_head) {
                    pre_skip = u64::from(u16::from_le_bytes([head[10], head[11]]));
                    fields.channels = u32::from(head[9]);
                    params.with_extra_data(head.into());
                }
                fields.rate_hz = 48_000;
            }
            b".mp3" | b"ms\0\x55" => {
                params.for_codec(CODEC_ID_MP3);
            }
            b".mp2" | b"ms\0\x50" => {
                params.for_codec(CODEC_ID_MP2);
            }
            b".mp1" => {
                params.for_codec(CODEC_ID_MP1);
            }
            b"ima4" => {
                packing = adpcm(&mut params, CODEC_ID_ADPCM_IMA_QT, 64, 34 * fields.channels);
            }
            b"ms\0\x02" | b"ms\0\x11" => {
                let ima = kind[3] == 0x11;
                let codec = if ima { CODEC_ID_ADPCM_IMA_WAV } else { CODEC_ID_ADPCM_MS };
                let (frames, bytes) = fields.packet.unwrap_or_default();
                packing = adpcm(&mut params, codec, frames, bytes);
            }
            b"ac-3" | b"sac3" => {
                params.for_codec(CODEC_ID_AC3);
            }
            b"ec-3" => {
                params.for_codec(CODEC_ID_EAC3);
            }
            b"ac-4" => {
                params.for_codec(CODEC_ID_AC4);
            }
            b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" | b"dtsx" => {
                params.for_codec(CODEC_ID_DCA);
            }
            b"mlpa" => {
                params.for_codec(CODEC_ID_TRUEHD);
            }
            other => {
                params.for_codec(four_letters(other));
            }
        }
    }
    params.with_sample_rate(fields.rate_hz);
    if fields.channels > 0 {
        params.with_channels(Channels::Discrete(u16::try_from(fields.channels).ok()?));
    }
    Some(SampleEntry { params, packing, pre_skip })
}

/// Whether one of the entries of `stsd` describes encrypted samples. The first of several may be for some seconds in
/// clear.
fn is_encrypted(stsd: &[u8], iso: bool) -> bool {
    boxes(stsd.get(8..).unwrap_or_default()).any(|(kind, entry)| {
        let children = fields(kind, entry, iso).map_or(&[][..], |(_, children)| children);
        kind == *b"enca"
            || tell_of_encryption(children)
            || child(children, b"wave").is_some_and(tell_of_encryption)
    })
}

/// A codec that is known by the four letters of its description alone.
fn four_letters(kind: &Kind) -> AudioCodecId {
    AudioCodecId::new(FourCc::new(
        kind.map(|byte| if byte.is_ascii_graphic() { byte } else { b'_' }),
    ))
}

/// The fields of an entry and the boxes behind them. `iso` tells that version 1 is that of ISO, without more fields.
fn fields(kind: Kind, entry: &[u8], iso: bool) -> Option<(Fields, &[u8])> {
    let version = u16_at(entry, 8)?;
    let mut fields = Fields {
        kind,
        version,
        channels: u32::from(u16_at(entry, 16)?),
        bits: u32::from(u16_at(entry, 18)?),
        rate_hz: u32::from(u16_at(entry, 24)?),
        packet: None,
        flags: 0,
    };
    let mut head = 28;
    if version == 1 && !iso {
        fields.packet =
            Some((u32_at(entry, 28)?, u32_at(entry, 36)?)).filter(|p| p.0 > 0 && p.1 > 0);
        head = 44;
    } else if version == 2 {
        let rate_hz = f64::from_bits(u64_at(entry, 32)?);
        fields.rate_hz = if (1.0..4e9).contains(&rate_hz) { rate_hz.round() as u32 } else { 0 };
        fields.channels = u32_at(entry, 40)?;
        fields.bits = u32_at(entry, 48)?;
        fields.flags = u32_at(entry, 52)?;
        fields.packet =
            Some((u32_at(entry, 60)?, u32_at(entry, 56)?)).filter(|p| p.0 > 0 && p.1 > 0);
        head = 64;
    }
    Some((fields, entry.get(head..).unwrap_or_default()))
}

/// Codec and bytes of a sample of one channel, if the description is one of PCM that is read.
fn pcm(fields: &Fields, wave: &[u8], pcm_config: Option<&[u8]>) -> Option<(AudioCodecId, u32)> {
    let little =
        child(wave, b"enda").and_then(|enda| u16_at(enda, 0)).is_some_and(|enda| enda & 0xff == 1);
    let bytes = fields.bits.div_ceil(8);
    match &fields.kind {
        b"raw " | b"NONE" => match fields.bits {
            16 => integer(2, false),
            24 => integer(3, false),
            32 => integer(4, false),
            _ => Some((CODEC_ID_PCM_U8, 1)),
        },
        b"twos" => integer(if fields.bits == 0 { 2 } else { bytes }, little),
        b"sowt" => integer(if fields.bits == 0 { 2 } else { bytes }, true),
        b"in24" => integer(3, little),
        b"in32" => integer(4, little),
        b"fl32" => float(4, little),
        b"fl64" => float(8, little),
        b"lpcm" if fields.version == 2 => linear_pcm(fields),
        b"lpcm" => integer(bytes, little),
        b"ipcm" | b"fpcm" => {
            let config = pcm_config?;
            let (little, bytes) = (config.get(4)? & 1 == 1, u32::from(*config.get(5)?).div_ceil(8));
            if &fields.kind == b"ipcm" { integer(bytes, little) } else { float(bytes, little) }
        }
        b"alaw" | b"ALAW" | b"ms\0\x06" => Some((CODEC_ID_PCM_ALAW, 1)),
        b"ulaw" | b"ULAW" | b"ms\0\x07" => Some((CODEC_ID_PCM_MULAW, 1)),
        _ => None,
    }
}

/// PCM of a sound description of version 2. Samples in containers that are wider than they are count with the
/// width of the container, where they fill its upper bits.
fn linear_pcm(fields: &Fields) -> Option<(AudioCodecId, u32)> {
    const FLOAT: u32 = 1;
    const BIG_ENDIAN: u32 = 2;
    const SIGNED: u32 = 4;
    const ALIGNED_HIGH: u32 = 16;
    const NOT_INTERLEAVED: u32 = 32;
    let has = |flag: u32| fields.flags & flag != 0;
    if has(NOT_INTERLEAVED) {
        return None;
    }
    let mut bytes = fields.bits.div_ceil(8);
    if let Some((1, packet_bytes)) = fields.packet
        && fields.channels > 0
        && packet_bytes != bytes * fields.channels
    {
        let wide = packet_bytes / fields.channels;
        if packet_bytes % fields.channels != 0 || wide < bytes || !has(ALIGNED_HIGH) {
            return None;
        }
        bytes = wide;
    }
    match () {
        () if has(FLOAT) => float(bytes, !has(BIG_ENDIAN)),
        () if !has(SIGNED) && bytes == 1 => Some((CODEC_ID_PCM_U8, 1)),
        () if !has(SIGNED) => None,
        () => integer(bytes, !has(BIG_ENDIAN)),
    }
}

fn integer(bytes: u32, little: bool) -> Option<(AudioCodecId, u32)> {
    let codec = match (bytes, little) {
        (1, _) => CODEC_ID_PCM_S8,
        (2, true) => CODEC_ID_PCM_S16LE,
        (2, false) => CODEC_ID_PCM_S16BE,
        (3, true) => CODEC_ID_PCM_S24LE,
        (3, false) => CODEC_ID_PCM_S24BE,
        (4, true) => CODEC_ID_PCM_S32LE,
        (4, false) => CODEC_ID_PCM_S32BE,
        _ => return None,
    };
    Some((codec, bytes))
}

fn float(bytes: u32, little: bool) -> Option<(AudioCodecId, u32)> {
    let codec = match (bytes, little) {
        (4, true) => CODEC_ID_PCM_F32LE,
        (4, false) => CODEC_ID_PCM_F32BE,
        (8, true) => CODEC_ID_PCM_F64LE,
        (8, false) => CODEC_ID_PCM_F64BE,
        _ => return None,
    };
    Some((codec, bytes))
}

/// Sets the parameters of ADPCM in blocks of `bytes` for all channels, each of `frames`.
fn adpcm(
    params: &mut AudioCodecParameters,
    codec: AudioCodecId,
    frames: u32,
    bytes: u32,
) -> Option<Packing> {
    params.for_codec(codec);
    if frames == 0 || bytes == 0 {
        return None;
    }
    let frames = u64::from(frames);
    params.with_frames_per_block(frames).with_max_frames_per_packet(frames.max(1024));
    Some(Packing { bytes: u64::from(bytes), frames })
}

/// The codec and its configuration in `esds`.
fn elementary_stream(params: &mut AudioCodecParameters, fields: &Fields, esds: &[u8]) {
    const AAC_MPEG_4: u8 = 0x40;
    let stream = decoder_config(esds.get(4..).unwrap_or_default());
    let (object, config) = stream.unwrap_or((AAC_MPEG_4, None));
    match object {
        AAC_MPEG_4 | 0x66..=0x68 => {
            params.for_codec(CODEC_ID_AAC);
            let config = config.filter(|config| config.len() >= 2).map(<[u8]>::to_vec);
            if let Some(config) = config.or_else(|| low_complexity(fields.rate_hz, fields.channels))
            {
                params.with_extra_data(config.into());
            }
        }
        // MPEG-2 and MPEG-1 audio of any layer; the first sample tells which.
        0x69 | 0x6b => {
            params.for_codec(CODEC_ID_MP3);
        }
        0xa5 => {
            params.for_codec(CODEC_ID_AC3);
        }
        0xa6 => {
            params.for_codec(CODEC_ID_EAC3);
        }
        0xa9..=0xac => {
            params.for_codec(CODEC_ID_DCA);
        }
        0xdd => {
            params.for_codec(four_letters(b"vorb"));
        }
        0xe1 => {
            params.for_codec(four_letters(b"sqcp"));
        }
        _ => {
            params.for_codec(four_letters(b"mp4a"));
        }
    }
}

/// An AudioSpecificConfig of AAC-LC.
fn low_complexity(rate_hz: u32, channels: u32) -> Option<Vec<u8>> {
    let rates = rusty_aac::config::SAMPLE_RATES;
    let rate = rates.iter().position(|rate| *rate == rate_hz)? as u8;
    let layout = match channels {
        1..=6 => channels as u8,
        8 => 7,
        _ => return None,
    };
    Some(vec![2 << 3 | rate >> 1, (rate & 1) << 7 | layout << 3])
}

/// Object type and decoder-specific information of an ES descriptor (ISO/IEC 14496-1, section 7.2.6).
fn decoder_config(bytes: &[u8]) -> Option<(u8, Option<&[u8]>)> {
    let stream = descriptor(bytes, 3)?;
    let flags = *stream.get(2)?;
    let mut at = 3;
    if flags & 0x80 != 0 {
        at += 2;
    }
    if flags & 0x40 != 0 {
        at += 1 + usize::from(*stream.get(at)?);
    }
    if flags & 0x20 != 0 {
        at += 2;
    }
    let decoder = descriptor(stream.get(at..)?, 4)?;
    Some((*decoder.first()?, decoder.get(13..).and_then(|rest| descriptor(rest, 5))))
}

/// The contents of the descriptor with `tag` at the start of `bytes`, cut to what is there.
fn descriptor(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    if bytes.first() != Some(&tag) {
        return None;
    }
    let (mut size, mut at) = (0, 1);
    loop {
        let byte = *bytes.get(at)?;
        size = size << 7 | usize::from(byte & 0x7f);
        at += 1;
        if byte & 0x80 == 0 || at > 4 {
            break;
        }
    }
    bytes.get(at..at.saturating_add(size).min(bytes.len()))
}

/// The STREAMINFO block in `dfLa`.
fn stream_info(flac: &[u8]) -> Option<&[u8]> {
    (flac.get(4)? & 0x7f == 0).then(|| flac.get(8..42)).flatten()
}

/// The `OpusHead` of Ogg from `dOps`, whose numbers are big-endian.
fn opus_head(opus: &[u8]) -> Option<Vec<u8>> {
    let fixed = opus.get(..11)?;
    let mut head = b"OpusHead\x01".to_vec();
    head.push(fixed[1]);
    head.extend([fixed[3], fixed[2]]);
    head.extend([fixed[7], fixed[6], fixed[5], fixed[4]]);
    head.extend([fixed[9], fixed[8]]);
    head.extend(&opus[10..]);
    Some(head)
}
