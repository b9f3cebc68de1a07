//! Choosing the track of a file, and the decoder for it.

use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track, TrackType};

use super::codecs::codecs;
use super::containers::Container;
use super::error::{DecodeError, reason};
use super::{codec, limits};

/// The track to decode, its parameters, and what is to be told where there are more.
pub(super) fn choose(
    name: &str,
    container: Container,
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
            container: container.described(),
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
    let codec = codec::name(params.codec);
    if codec::is_encrypted(params.codec) {
        return Err(DecodeError::Encrypted { name: name.to_string(), what: codec });
    }
    if let Some(rate_hz) = params.sample_rate {
        limits::check_rate(name, rate_hz)?;
    }
    if let Some(channels) = &params.channels {
        limits::check_channels(name, channels.count())?;
    }
    let name = name.to_string();
    let registry = codecs();
    if registry.get_audio_decoder(params.codec).is_none() {
        return Err(DecodeError::Codec { name, codec });
    }
    registry.make_audio_decoder(params, &AudioDecoderOptions::default().gapless(false)).map_err(
        |error| match error {
            Error::Unsupported(profile) => {
                DecodeError::Codec { name, codec: format!("{codec} ({profile})") }
            }
            error => DecodeError::Damaged { name, codec, reason: reason(&error) },
        },
    )
}
