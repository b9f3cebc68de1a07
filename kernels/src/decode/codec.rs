//! Names of codecs and widths of their samples.

use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, CODEC_ID_NULL_AUDIO};

/// Supported formats, for messages.
pub(super) const SUPPORTED: &str =
    "WAV, AIFF, FLAC, MP3, Ogg Vorbis to 3 channels, stereo AAC-LC or ALAC in M4A, AAC-LC in ADTS";

/// Short name of a codec, as ffmpeg spells it; the identifier in hexadecimal for one that is not listed.
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
        CODEC_ID_NULL_AUDIO => "unknown",
        _ => return codec.to_string(),
    };
    known.to_string()
}

/// Bits a sample of integer PCM and lossless codecs; `None` for lossy and float ones.
pub(super) fn source_bits(params: &AudioCodecParameters) -> Option<u32> {
    let width = match params.codec {
        CODEC_ID_PCM_U8 | CODEC_ID_PCM_S8 => 8,
        CODEC_ID_PCM_S16LE | CODEC_ID_PCM_S16BE => 16,
        CODEC_ID_PCM_S24LE | CODEC_ID_PCM_S24BE => 24,
        CODEC_ID_PCM_S32LE | CODEC_ID_PCM_S32BE => 32,
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
