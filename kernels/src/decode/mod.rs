//! Decoding of an audio file to planar samples in memory.
//!
//! Containers and codecs are read by `symphonia`; this module adds what an analysis needs around it: the
//! encoder's delay and padding are cut so that a sample keeps its place, damaged files are decoded as far as possible and the damage is reported,
//! memory for the samples is taken only as they are read, whatever the header says, and the rate is converted
//! without moving events. One concern a file: `containers` tells what a file is, `readers` and `codecs` list
//! what reads it, `stream` opens it, `packets` decodes it, `collect` gathers samples for `floats` or `stem` (`conform`
//! converts blocks of another rate) or passes them on from a thread of its own (`mix_file`, `passing`), `trim`
//! knows what to cut, `damage` keeps the record, `resample` changes the rate,
//! `pcm` notes hash and levels.
//!
//! Supported: WAV, RIFX, RF64, BW64 and Wave64 (integers to 64 bit, floats, A-law, mu-law, IMA and MS ADPCM, MP3),
//! AIFF and AIFF-C, AU, CAF (PCM, A-law, mu-law, IMA ADPCM, ALAC, AAC), FLAC, MPEG audio (MP1 to MP3), Vorbis, Opus and FLAC in Ogg, these and others in Matroska and WebM, AAC
//! (HE-AAC included, up to 7.1 channels) in MP4 and ADTS; PCM, ADPCM, ALAC, FLAC, Opus and MP3 in MP4 and QuickTime, files
//! with pictures included. Other codecs give [`DecodeError::Codec`].
//!
//! # Example
//!
//! ```
//! // Two samples of 16 bit mono at 8 kHz, as a WAV file in memory.
//! let mut wav = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0".to_vec();
//! wav.extend(b"data\x04\0\0\0\x00\x40\x00\xc0");
//! let audio = tactus_kernels::decode::decode_bytes("two.wav", wav, 8000)?;
//! assert_eq!(audio.channels, [[0.5, -0.5]]);
//! assert_eq!(audio.codec, "pcm_s16le");
//! # Ok::<(), tactus_kernels::decode::DecodeError>(())
//! ```

mod again;
mod codec;
mod codecs;
mod collect;
mod conform;
mod containers;
mod damage;
mod error;
mod finite;
mod flac_header;
mod floats;
mod foreign_chain;
mod frame_chain;
mod limits;
mod mix_file;
mod mpeg_header;
mod packets;
mod part;
mod passing;
mod pcm;
mod readers;
mod resample;
mod samples;
mod stem;
mod stream;
mod tags;
mod tracks;
mod trim;

pub use error::DecodeError;
pub use mix_file::{Blocks, MixFile, Passed, StereoBlock};
pub use part::Part;
pub use pcm::Levels;
pub use stem::StemOptions;

use floats::Floats;
use packets::Stream;
use pcm::Pcm;
use stem::StemSink;

use std::fmt;
use std::fs::File;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use symphonia::core::io::MediaSource;

/// One decoded file.
#[derive(Clone, PartialEq)]
pub struct Decoded<Sample> {
    /// `[channels][frames]` at `sample_rate_hz`, in the file's channel order.
    pub channels: Vec<Vec<Sample>>,
    /// Rate of `channels` in Hz: the target rate.
    pub sample_rate_hz: u32,
    /// Sample rate of the file in Hz.
    pub source_sample_rate_hz: u32,
    /// Bits a sample of integer PCM and lossless sources; `None` for lossy and float sources.
    pub source_bits: Option<u32>,
    /// Short name of the codec, such as `pcm_s16le`, `flac` or `mp3`.
    pub codec: String,
    /// Name and version of the decoder, such as `symphonia 0.6.1`.
    pub decoder: String,
    /// Frames at the file's rate that its encoder added and that are cut: at the start, and after it.
    pub trimmed: (u64, u64),
    /// SHA-256 in hexadecimal of the first two channels, or the only one: interleaved f32, little-endian, full
    /// scale 1.0, at `sample_rate_hz`, before gain and rounding.
    pub pcm_sha256: String,
    /// Levels of the same samples.
    pub levels: Levels,
    /// Samples that a gain moved beyond full scale.
    pub clipped: u64,
    /// Warnings, such as damage in spite of which the file was decoded; empty for an intact file.
    pub warnings: Vec<String>,
}

/// All channels of a file as f32, full scale 1.0.
pub type DecodedAudio = Decoded<f32>;

/// The first two channels of a file rounded to 16 bits, or one: of a file that has no more, or the mean of
/// both, truncated toward zero, of one that is long.
pub type DecodedStem = Decoded<i16>;

impl<Sample> fmt::Debug for Decoded<Sample> {
    /// Shape instead of samples: a failed assertion should not print a song.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodedAudio")
            .field("shape", &[self.channels.len(), self.channels.first().map_or(0, Vec::len)])
            .field("sample_rate_hz", &self.sample_rate_hz)
            .field("source_sample_rate_hz", &self.source_sample_rate_hz)
            .field("source_bits", &self.source_bits)
            .field("codec", &self.codec)
            .field("trimmed", &self.trimmed)
            .field("levels", &self.levels)
            .field("warnings", &self.warnings)
            .finish()
    }
}

/// Decodes the file at `path` to `target_rate_hz`.
///
/// The first audio track is taken. Samples are untouched when the rates agree. Where a damaged packet is
/// skipped, silence takes its place, so that what follows keeps its time.
///
/// # Errors
///
/// See [`DecodeError`]; each names the file.
pub fn decode(path: &Path, target_rate_hz: u32) -> Result<DecodedAudio, DecodeError> {
    let (name, source) = open(path)?;
    decode_floats(name, source, target_rate_hz, usize::MAX, Part::WHOLE)
}

/// As [`decode`], without the channels after the first two, and of these a part: the samples are those of the whole
/// file. What follows the part is not decoded.
///
/// # Errors
///
/// As [`decode`]; [`DecodeError::PartBehindEnd`].
pub fn decode_mix(
    path: &Path,
    target_rate_hz: u32,
    part: Part,
) -> Result<DecodedAudio, DecodeError> {
    let (name, source) = open(path)?;
    decode_floats(name, source, target_rate_hz, 2, part)
}

/// Decodes a part of the file at `path` to 16 bits at `target_rate_hz`: two channels, or one where the file has no
/// more or the part is long.
///
/// # Errors
///
/// As [`decode_mix`].
pub fn decode_stem(
    path: &Path,
    target_rate_hz: u32,
    options: StemOptions,
    part: Part,
) -> Result<DecodedStem, DecodeError> {
    let (name, source) = open(path)?;
    decode_16_bit(name, source, target_rate_hz, options, part)
}

/// Decodes a file that is in memory; `name` stands for it in messages.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_bytes(
    name: &str,
    bytes: Vec<u8>,
    target_rate_hz: u32,
) -> Result<DecodedAudio, DecodeError> {
    let source = Box::new(Cursor::new(bytes));
    decode_floats(name.to_string(), source, target_rate_hz, usize::MAX, Part::WHOLE)
}

/// Decodes a stem that is in memory; `name` stands for it in messages.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_stem_bytes(
    name: &str,
    bytes: Vec<u8>,
    target_rate_hz: u32,
    options: StemOptions,
) -> Result<DecodedStem, DecodeError> {
    let source = Box::new(Cursor::new(bytes));
    decode_16_bit(name.to_string(), source, target_rate_hz, options, Part::WHOLE)
}

/// Converts samples that are in memory to `target_rate_hz`, with hash and levels as those of a file.
///
/// # Parameters
/// - `name`: stands for the samples in messages.
/// - `channels`: one or two of equal length, f32, full scale 1.0, at `sample_rate_hz`.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_samples(
    name: &str,
    channels: &[&[f32]],
    sample_rate_hz: u32,
    target_rate_hz: u32,
    part: Part,
) -> Result<DecodedAudio, DecodeError> {
    decode_source(name.to_string(), target_rate_hz, |name| {
        let mut floats = Floats::new(name, target_rate_hz, 2, part);
        let stream = samples::read(name, channels, sample_rate_hz, &mut floats)?;
        let (channels, pcm) = floats.finish()?;
        Ok(Contents { channels, clipped: 0, pcm, stream })
    })
}

/// The name of a file for messages, and its bytes.
fn open(path: &Path) -> Result<(String, Box<dyn MediaSource>), DecodeError> {
    let name = path.display().to_string();
    check_is_file(path, &name)?;
    let file = File::open(path).map_err(|error| DecodeError::Open { name: name.clone(), error })?;
    Ok((name, Box::new(file)))
}

/// Refuses what is no file, before it is opened: opening a pipe would wait for its writer.
fn check_is_file(path: &Path, name: &str) -> Result<(), DecodeError> {
    let metadata = std::fs::metadata(path)
        .map_err(|error| DecodeError::Open { name: name.to_string(), error })?;
    if metadata.is_file() { Ok(()) } else { Err(DecodeError::NotAFile { name: name.to_string() }) }
}

fn decode_floats(
    name: String,
    source: Box<dyn MediaSource>,
    target_rate_hz: u32,
    most_channels: usize,
    part: Part,
) -> Result<DecodedAudio, DecodeError> {
    decode_source(name, target_rate_hz, |name| {
        let mut floats = Floats::new(name, target_rate_hz, most_channels, part);
        let stream = stream::read(name, source, &mut floats)?;
        let (channels, pcm) = floats.finish()?;
        Ok(Contents { channels, clipped: 0, pcm, stream })
    })
}

fn decode_16_bit(
    name: String,
    source: Box<dyn MediaSource>,
    target_rate_hz: u32,
    options: StemOptions,
    part: Part,
) -> Result<DecodedStem, DecodeError> {
    decode_source(name, target_rate_hz, |name| {
        let mut sink = StemSink::new(name, target_rate_hz, options, part);
        let stream = stream::read(name, source, &mut sink)?;
        let (kept, pcm) = sink.finish()?;
        Ok(Contents { channels: kept.planes, clipped: kept.clipped, pcm, stream })
    })
}

/// Samples of a file, and what was found out about them.
struct Contents<Sample> {
    channels: Vec<Vec<Sample>>,
    clipped: u64,
    pcm: Pcm,
    stream: Stream,
}

/// Runs `work`, which decodes, checks and resamples.
///
/// Panics are caught here: the codecs parse bytes from anywhere, and an index out of range in one of them
/// must cost one track, not the program. Nothing that they held is used afterwards, so no broken invariant
/// can be seen. The panic's own message still goes to stderr through the process' panic hook.
fn decode_source<Sample>(
    name: String,
    target_rate_hz: u32,
    work: impl FnOnce(&str) -> Result<Contents<Sample>, DecodeError>,
) -> Result<Decoded<Sample>, DecodeError> {
    limits::check_target_rate(&name, target_rate_hz)?;
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let Contents { channels, clipped, pcm, stream } = work(&name)?;
        let (levels, pcm_sha256) = pcm.finish();
        Ok(Decoded {
            channels,
            sample_rate_hz: target_rate_hz,
            source_sample_rate_hz: stream.sample_rate_hz,
            source_bits: stream.source_bits,
            codec: stream.codec,
            decoder: stream.decoder,
            trimmed: stream.trimmed,
            pcm_sha256,
            levels,
            clipped,
            warnings: stream.warnings,
        })
    }));
    caught.unwrap_or_else(|panic| {
        let message = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message")
            .to_string();
        Err(DecodeError::Panic { name, message })
    })
}
