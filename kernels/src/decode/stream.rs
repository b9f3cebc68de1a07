//! Opening a file: its container, its track, the decoder for it.

use std::io::{ErrorKind, Seek, SeekFrom};

use symphonia::core::errors::Error;
use symphonia::core::io::MediaSource;

use super::collect::{Collector, Sink};
use super::containers::{self, Container, Contents};
use super::damage::Damage;
use super::error::{DecodeError, reason};
use super::packets::{Reader, Stream};
use super::readers::{self, Window};
use super::trim::Trim;
use super::{codec, tags, tracks, trim};

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
            Contents::Encrypted(what) => {
                let what = what.to_string();
                return Err(DecodeError::Encrypted { name: name.to_string(), what });
            }
            Contents::NotAudio(what) => {
                return Err(DecodeError::NotAudio { name: name.to_string(), what });
            }
            Contents::Unknown => {
                if let Some(format) = containers::raw_format(name) {
                    return Err(DecodeError::Format { name: name.to_string(), format });
                }
                return Err(DecodeError::Unknown { name: name.to_string() });
            }
        };
    let end = match container {
        Container::Mpeg { .. } | Container::Adts | Container::Flac { .. } => {
            tags::audio_end(source.as_mut(), begin, bytes).map_err(open_error)?
        }
        _ => bytes,
    };
    let source = Window::new(source, begin, end).map_err(open_error)?;
    let opened = readers::open(container, Box::new(source), bytes - begin);
    let (format, mut notes) = opened.map_err(|error| match error {
        Error::Unsupported(format) => DecodeError::Format { name: name.to_string(), format },
        error => DecodeError::Headers {
            name: name.to_string(),
            container: container.described(),
            reason: match error {
                Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    "the file ends within them".to_string()
                }
                error => reason(&error),
            },
        },
    })?;

    let (track, params, note) = tracks::choose(name, container, format.as_ref())?;
    notes.extend(note);
    let codec_name = codec::name(params.codec);
    let decoder = tracks::make_decoder(name, &params)?;
    let trim = match container {
        Container::Caf => trim::of_table(&track),
        Container::Ogg | Container::Matroska | Container::Mp4 | Container::Mpeg { .. } => {
            let start = u64::from(track.delay.unwrap_or(0));
            Trim { start, by_packet: true, ..Trim::default() }
        }
        Container::Adts => Trim { start: u64::from(track.delay.unwrap_or(0)), ..Trim::default() },
        _ => trim::find(&track, params.codec),
    };
    let mut damage = Damage::default();
    notes.into_iter().for_each(|note| damage.note(note));
    let mut reader = Reader {
        name,
        container,
        bytes,
        format,
        decoder,
        track,
        params,
        trim,
        damage,
        last_block_frames: 0,
        block_format: (0, 0),
        ahead: 0,
    };
    let mut collected = Collector::new(name, sink);
    reader.collect(&mut collected)?;
    reader.finish(collected, codec_name)
}
