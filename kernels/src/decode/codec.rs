//! Names of codecs and widths of their samples.

use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, CODEC_ID_NULL_AUDIO};
use symphonia::core::common::FourCc;

/// A codec that symphonia has no number for.
pub(super) const fn own(characters: &[u8; 4]) -> AudioCodecId {
    AudioCodecId::new(FourCc::new(*characters))
}

/// 64 bit integers, little-endian.
pub(super) const PCM_S64LE: AudioCodecId = own(b"s64l");
/// 64 bit integers, big-endian.
pub(super) const PCM_S64BE: AudioCodecId = own(b"s64b");
/// 24 bits in the lower part of 32, little-endian.
pub(super) const PCM_S24_IN_32LE: AudioCodecId = own(b"s24l");
/// 24 bits in the lower part of 32, big-endian.
pub(super) const PCM_S24_IN_32BE: AudioCodecId = own(b"s24b");
/// 32 bit floats whose full scale is 2^23, little-endian ("24.0 float").
pub(super) const PCM_F24LE: AudioCodecId = own(b"f24l");
/// 32 bit floats whose full scale is 2^15, little-endian ("16.8 float").
pub(super) const PCM_F16LE: AudioCodecId = own(b"f16l");
/// Encrypted sound.
pub(super) const ENCRYPTED: AudioCodecId = own(b"enca");
/// A codec that the container has no name for.
pub(super) const UNKNOWN: AudioCodecId = own(b"????");

/// Format tags of WAV as four hexadecimal digits, which stand for codecs that are not read.
const WAVE_TAGS: &[(&[u8; 4], &str)] = &[
    (b"0003", "float PCM of an unusual width in WAV"),
    (b"0011", "IMA ADPCM of an unusual width in WAV"),
    (b"0016", "G.723 ADPCM in WAV"),
    (b"0020", "Yamaha ADPCM in WAV"),
    (b"0022", "TrueSpeech in WAV"),
    (b"0031", "GSM 6.10 in WAV"),
    (b"0040", "G.721 ADPCM in WAV"),
    (b"0042", "G.723.1 in WAV"),
    (b"0045", "G.726 ADPCM in WAV"),
    (b"0061", "Duck DK4 ADPCM in WAV"),
    (b"0062", "Duck DK3 ADPCM in WAV"),
    (b"0064", "G.726 ADPCM in WAV"),
    (b"0092", "AC-3 in WAV"),
    (b"00ff", "AAC in WAV"),
    (b"0130", "Sipro ACELP in WAV"),
    (b"0160", "WMA in WAV"),
    (b"0161", "WMA in WAV"),
    (b"0162", "WMA Pro in WAV"),
    (b"0163", "WMA Lossless in WAV"),
    (b"0270", "ATRAC3 in WAV"),
    (b"0401", "Intel Music Coder in WAV"),
    (b"1600", "AAC in WAV"),
    (b"1602", "AAC in WAV"),
    (b"1610", "HE-AAC in WAV"),
    (b"2000", "AC-3 in WAV"),
    (b"2001", "DTS in WAV"),
    (b"4143", "AAC in WAV"),
    (b"566f", "Vorbis in WAV"),
    (b"5756", "WavPack in WAV"),
    (b"674f", "Vorbis in WAV"),
    (b"6750", "Vorbis in WAV"),
    (b"6751", "Vorbis in WAV"),
    (b"676f", "Vorbis in WAV"),
    (b"6770", "Vorbis in WAV"),
    (b"6771", "Vorbis in WAV"),
    (b"706d", "AAC in WAV"),
    (b"a106", "AAC in WAV"),
    (b"f1ac", "FLAC in WAV"),
];

/// Supported formats, for messages.
pub(super) const SUPPORTED: &str = "WAV, RF64, Wave64, AIFF, CAF, AU, FLAC, MPEG audio (MP1 to MP3), Vorbis, Opus and FLAC in Ogg, Matroska, WebM, AAC, ALAC, FLAC, Opus or PCM in M4A, MP4 and MOV, AAC in ADTS";

/// Short name of a codec, as ffmpeg spells it; for one that is not listed what the container calls it.
pub(super) fn name(codec: AudioCodecId) -> String {
    let known = match codec {
        CODEC_ID_PCM_U8 => "pcm_u8",
        CODEC_ID_PCM_S8 => "pcm_s8",
        CODEC_ID_PCM_S16LE => "pcm_s16le",
        CODEC_ID_PCM_S16BE => "pcm_s16be",
        CODEC_ID_PCM_S24LE => "pcm_s24le",
        CODEC_ID_PCM_S24BE => "pcm_s24be",
        CODEC_ID_PCM_S32LE => "pcm_s32le",
        CODEC_ID_PCM_S32BE => "pcm_s32be",
        CODEC_ID_PCM_F32LE => "pcm_f32le",
        CODEC_ID_PCM_F32BE => "pcm_f32be",
        CODEC_ID_PCM_F64LE => "pcm_f64le",
        CODEC_ID_PCM_F64BE => "pcm_f64be",
        PCM_S64LE => "pcm_s64le",
        PCM_S64BE => "pcm_s64be",
        PCM_S24_IN_32LE => "pcm_s24le",
        PCM_S24_IN_32BE => "pcm_s24be",
        PCM_F24LE => "pcm_f24le",
        PCM_F16LE => "pcm_f16le",
        UNKNOWN => NO_NAME,
        ENCRYPTED => "encrypted sound",
        CODEC_ID_PCM_ALAW => "pcm_alaw",
        CODEC_ID_PCM_MULAW => "pcm_mulaw",
        CODEC_ID_ADPCM_MS => "adpcm_ms",
        CODEC_ID_ADPCM_IMA_WAV => "adpcm_ima_wav",
        CODEC_ID_ADPCM_IMA_QT => "adpcm_ima_qt",
        CODEC_ID_FLAC => "flac",
        CODEC_ID_ALAC => "alac",
        CODEC_ID_MP1 => "mp1",
        CODEC_ID_MP2 => "mp2",
        CODEC_ID_MP3 => "mp3",
        CODEC_ID_AAC => "aac",
        CODEC_ID_VORBIS => "vorbis",
        CODEC_ID_OPUS => "opus",
        CODEC_ID_SPEEX => "speex",
        CODEC_ID_AC3 => "ac3",
        CODEC_ID_EAC3 => "eac3",
        CODEC_ID_AC4 => "ac4",
        CODEC_ID_DCA => "dts",
        CODEC_ID_WMA => "wma",
        CODEC_ID_WAVPACK => "wavpack",
        CODEC_ID_MONKEYS_AUDIO => "ape",
        CODEC_ID_MUSEPACK => "musepack",
        CODEC_ID_TTA => "tta",
        CODEC_ID_TRUEHD => "truehd",
        CODEC_ID_NULL_AUDIO => NO_NAME,
        _ => return foreign_name(codec),
    };
    known.to_string()
}

/// Whether the codec stands for sound that no decoder without a key can read.
pub(super) fn is_encrypted(codec: AudioCodecId) -> bool {
    [ENCRYPTED, own(b"drms"), own(b"aavd")].contains(&codec)
}

/// Stands for the name of a codec that has none.
const NO_NAME: &str = "a codec without a known name";

/// What the container calls a codec: four characters or a format tag.
fn foreign_name(codec: AudioCodecId) -> String {
    if let Some((_, name)) = WAVE_TAGS.iter().find(|(tag, _)| own(tag) == codec) {
        return (*name).to_string();
    }
    // symphonia shows nothing of a codec but its number: four characters with the uppermost bit set.
    let text = codec.to_string();
    let number = u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap_or(0);
    let characters = (number & 0x7fff_ffff).to_be_bytes();
    if number >> 31 == 0 || !characters.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        return NO_NAME.to_string();
    }
    let words = match &characters {
        b"samr" => "AMR",
        b"sawb" => "AMR-WB",
        b"sawp" => "AMR-WB+",
        b"aavd" => "protected sound of Audible",
        b"drms" => "protected AAC of the iTunes Store",
        b"vorb" => "Vorbis in MP4",
        b"sqcp" | b"Qclp" => "QCELP",
        b"agsm" => "GSM",
        b"mha1" | b"mhm1" => "MPEG-H",
        b"iamf" => "IAMF",
        b"spex" => "Speex",
        b"lpcJ" | b"28_8" | b"cook" | b"sipr" | b"ralf" | b"atrc" => "RealAudio",
        _ => "",
    };
    let characters = String::from_utf8_lossy(&characters);
    if !words.is_empty() {
        return format!("'{characters}', {words}");
    }
    match characters.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        true => format!("WAV format 0x{characters}"),
        false => format!("'{characters}'"),
    }
}

/// Bits a sample of integer PCM and lossless codecs; `None` for lossy and float ones.
pub(super) fn source_bits(params: &AudioCodecParameters) -> Option<u32> {
    let width = match params.codec {
        CODEC_ID_PCM_U8 | CODEC_ID_PCM_S8 => 8,
        CODEC_ID_PCM_S16LE | CODEC_ID_PCM_S16BE => 16,
        CODEC_ID_PCM_S24LE | CODEC_ID_PCM_S24BE => 24,
        CODEC_ID_PCM_S32LE | CODEC_ID_PCM_S32BE => 32,
        PCM_S24_IN_32LE | PCM_S24_IN_32BE => 24,
        PCM_S64LE | PCM_S64BE => 64,
        CODEC_ID_FLAC => return params.bits_per_sample,
        // The sixth byte of ALACSpecificConfig.
        CODEC_ID_ALAC => {
            let config = params.extra_data.as_deref().filter(|config| config.len() >= 24);
            return config.map(|config| u32::from(config[5])).filter(|bits| *bits <= 32);
        }
        _ => return None,
    };
    Some(params.bits_per_coded_sample.or(params.bits_per_sample).unwrap_or(width))
}
