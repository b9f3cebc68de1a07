//! Choosing the track of a file, and the decoder for it.

use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track, TrackType};

use super::codecs::codecs;
use super::error::DecodeError;
use super::{codec, limits};

/// The track to decode, its parameters, and what is to be told where there are more.
pub(super) fn choose(
    name: &str,
    format: &dyn FormatReader,
) -> Result<(Track, AudioCodecParameters, Option<String>), DecodeError> {
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
        Some((track, params)) => {
            let note = (audio.len() > 1).then(|| more_tracks(&track, &audio));
            Ok((track, params, note))
        }
        None => Err(DecodeError::NoAudioTrack {
            name: name.to_string(),
            container: format.format_info().short_name.to_string(),
        }),
    }
}

/// Says which of the `audio` tracks is decoded: `chosen`, the first that can be.
fn more_tracks(chosen: &Track, audio: &[&Track]) -> String {
    let first = audio[0];
    let count = audio.len();
    if first.id == chosen.id {
        return format!("the file has {count} audio tracks; only the first is decoded");
    }
    let params = first.codec_params.as_ref().and_then(|params| params.audio());
    let codec = params.map_or("damaged".to_string(), |params| codec::name(params.codec));
    format!(
        "the file has {count} audio tracks; the first, {codec}, cannot be decoded here, and another one is decoded"
    )
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
