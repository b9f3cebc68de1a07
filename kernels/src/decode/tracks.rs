//! Choosing the track of a file, and the decoder for it.

use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track, TrackType};

use super::codecs::codecs;
use super::error::DecodeError;
use super::{codec, limits};

/// The track to decode, its parameters, and how many audio tracks there are.
pub(super) fn choose(
    name: &str,
    format: &dyn FormatReader,
) -> Result<(Track, AudioCodecParameters, usize), DecodeError> {
    let params = |track: &Track| track.codec_params.as_ref().and_then(|p| p.audio()).cloned();
    let audio: Vec<&Track> = format
        .tracks()
        .iter()
        .filter(|track| track.track_type() == Some(TrackType::Audio))
        .collect();
    let registry = codecs();
    let decodable = audio.iter().find(|track| {
        params(track).is_some_and(|params| registry.get_audio_decoder(params.codec).is_some())
    });
    let chosen =
        decodable.or(audio.first()).and_then(|track| Some(((*track).clone(), params(track)?)));
    match chosen {
        Some((track, params)) => Ok((track, params, audio.len())),
        None => Err(DecodeError::NoAudioTrack {
            name: name.to_string(),
            container: format.format_info().short_name.to_string(),
        }),
    }
}

/// Makes the decoder, after a check of the headers' rate and channels.
pub(super) fn make_decoder(
    name: &str,
    params: &AudioCodecParameters,
) -> Result<Box<dyn AudioDecoder>, DecodeError> {
    if let Some(rate_hz) = params.sample_rate {
        limits::check_rate(name, rate_hz)?;
    }
    if let Some(channels) = &params.channels {
        limits::check_channels(name, channels.count())?;
    }
    let codec_name = codec::name(params.codec);
    let unsupported = |reason: String| DecodeError::Codec {
        name: name.to_string(),
        codec: codec_name.to_string(),
        reason,
    };
    codecs().make_audio_decoder(params, &AudioDecoderOptions::default().gapless(false)).map_err(
        |error| match error {
            Error::Unsupported(_) => unsupported(error.to_string()),
            error => DecodeError::Damaged {
                name: name.to_string(),
                codec: codec_name.to_string(),
                reason: error.to_string(),
            },
        },
    )
}
