//! Opening a file: its container, its track, the decoder for it.

use std::io::{Seek, SeekFrom};

use symphonia::core::codecs::audio::well_known::CODEC_ID_VORBIS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track, TrackType};
use symphonia::core::io::MediaSource;

use super::codecs::codecs;
use super::collect::{Collector, Sink};
use super::containers::{self, Container, Contents};
use super::damage::Damage;
use super::error::DecodeError;
use super::packets::{Reader, Stream};
use super::readers::{self, Window};
use super::{chunk_sizes, codec, limits, mp4_edits, trim};

/// Decodes the first audio track of `source` that can be decoded into `sink`, at its own rate.
pub(super) fn read(
    name: &str,
    mut source: Box<dyn MediaSource>,
    sink: &mut dyn Sink,
) -> Result<Stream, DecodeError> {
    let open_error = |error| DecodeError::Open { name: name.to_string(), error };
    let bytes = source.seek(SeekFrom::End(0)).map_err(open_error)?;
    if bytes == 0 {
        return Err(DecodeError::Empty { name: name.to_string() });
    }
    let (container, begin) =
        match containers::identify(source.as_mut(), bytes).map_err(open_error)? {
            Contents::Readable(container, begin) => (container, begin),
            Contents::Foreign(format) => {
                return Err(DecodeError::Format { name: name.to_string(), format });
            }
            Contents::NotAudio(what) => {
                return Err(DecodeError::NotAudio { name: name.to_string(), what });
            }
            Contents::Unknown => {
                let reason = "no signature of a format".to_string();
                return Err(DecodeError::Container { name: name.to_string(), reason });
            }
        };
    let mut source = Window::new(source, begin, bytes).map_err(open_error)?;
    let edits = match container {
        Container::Mp4 => mp4_edits::read(&mut source),
        _ => Vec::new(),
    };
    let (source, size_warning) =
        chunk_sizes::repaired(Box::new(source), bytes - begin).map_err(open_error)?;
    let format = readers::open(container, Box::new(source)).map_err(|error| {
        DecodeError::Container { name: name.to_string(), reason: error.to_string() }
    })?;

    let (track, params, tracks) = choose_track(name, format.as_ref())?;
    let edits = edits.into_iter().find(|edits| edits.track_id == track.id);
    if let Some(rate_hz) = params.sample_rate {
        limits::check_rate(name, rate_hz)?;
    }
    if let Some(channels) = &params.channels {
        limits::check_channels(name, channels.count())?;
    }
    let codec_name = codec::name(params.codec);
    let decoder = make_decoder(name, &params, &codec_name)?;
    let trim = match container {
        Container::Caf => trim::of_table(&track),
        _ => trim::find(&track, params.codec, edits.as_ref()),
    };
    let mut damage = Damage::default();
    size_warning.into_iter().for_each(|warning| damage.note(warning));
    if tracks > 1 {
        damage.note(format!("the file has {tracks} audio tracks; only the first is decoded"));
    }
    if let Some(ignored) = edits.map(|e| e.ignored_edits).filter(|ignored| *ignored > 0) {
        damage.note(format!("the edit list has {ignored} more edits, which are not applied"));
    }
    let mut reader = Reader {
        name,
        bytes,
        format,
        decoder,
        track,
        params,
        trim,
        damage,
        last_block_frames: 0,
        block_format: (0, 0),
    };
    let mut collected = Collector::new(name, sink);
    reader.collect(&mut collected)?;
    reader.finish(collected, codec_name)
}

/// The track to decode, its parameters, and how many audio tracks there are.
fn choose_track(
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

fn make_decoder(
    name: &str,
    params: &AudioCodecParameters,
    codec_name: &str,
) -> Result<Box<dyn AudioDecoder>, DecodeError> {
    let unsupported = |reason: String| DecodeError::Codec {
        name: name.to_string(),
        codec: codec_name.to_string(),
        reason,
    };
    let channels = params.channels.as_ref().map_or(0, |channels| channels.count());
    // symphonia-codec-vorbis 0.6.1 splits a pair of coupled channels at the wrong place unless the pair
    // comes first: with four channels and more the samples are wrong, without an error.
    if params.codec == CODEC_ID_VORBIS && channels > 3 {
        return Err(unsupported(format!("{channels} channels; at most 3 are decoded correctly")));
    }
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
