//! The errors of decoding.

use std::io;

use symphonia::core::errors::Error as CodecError;
use thiserror::Error;

use super::codec::SUPPORTED;

/// Reason why a file gave no audio. Every variant names the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The file could not be opened or read.
    #[error("Opening '{name}' to decode it failed: {error}; check the path and its permissions")]
    Open {
        /// The file.
        name: String,
        /// Reason of the operating system.
        #[source]
        error: io::Error,
    },
    /// The caller interrupted the decoding.
    #[error("Decoding '{name}' was interrupted")]
    Interrupted {
        /// The file.
        name: String,
    },
    /// The path is a directory, a pipe or a device.
    #[error(
        "Decoding '{name}': expected a regular file, found a directory, pipe or device; name one audio file"
    )]
    NotAFile {
        /// The path.
        name: String,
    },
    /// The file has no bytes.
    #[error(
        "Decoding '{name}': expected audio, found a file of 0 bytes; export or download it again"
    )]
    Empty {
        /// The file.
        name: String,
    },
    /// The first bytes are those of no format that is known.
    #[error(
        "Decoding '{name}': found no known format; expected one of {SUPPORTED}; \
         check that it plays elsewhere, or convert it to FLAC or WAV"
    )]
    Unknown {
        /// The file.
        name: String,
    },
    /// The container is known, and its headers could not be read.
    #[error(
        "Reading the headers of '{name}': expected those of {container}, found damage ({reason}); \
         get an intact copy of the file, or export it again"
    )]
    Headers {
        /// The file.
        name: String,
        /// The container in words, such as `a WAV file`.
        container: &'static str,
        /// Reason of the reader.
        reason: String,
    },
    /// The sound is encrypted: no decoder without the key can read it.
    #[error(
        "Decoding '{name}': expected audio, found {what}; \
         export it without protection from the program that may play it"
    )]
    Encrypted {
        /// The file.
        name: String,
        /// What is encrypted, such as `encrypted sound`.
        what: String,
    },
    /// Sound in a format that is not read.
    #[error(
        "Decoding '{name}': found {format}, which is not read; expected one of {SUPPORTED}; \
         convert it first, for example with `ffmpeg -i INPUT OUTPUT.flac`"
    )]
    Format {
        /// The file.
        name: String,
        /// Name of the format, such as `WavPack`.
        format: &'static str,
    },
    /// A file without sound: text, a picture, a program.
    #[error(
        "Decoding '{name}': expected audio, found {what}, which is not audio; name an audio file"
    )]
    NotAudio {
        /// The file.
        name: String,
        /// What it is, such as `text`.
        what: &'static str,
    },
    /// The container was read, and no audio track is in it.
    #[error(
        "Decoding '{name}': expected an audio track, found {container} without one; give a file that has sound"
    )]
    NoAudioTrack {
        /// The file.
        name: String,
        /// The container in words, such as `an MP4 or QuickTime file`.
        container: &'static str,
    },
    /// There is no decoder for the track's codec, or for the profile of it that the track uses.
    #[error(
        "Decoding '{name}': found sound in {codec}, which is not read; expected one of {SUPPORTED}; \
         convert it first, for example with `ffmpeg -i INPUT OUTPUT.flac`"
    )]
    Codec {
        /// The file.
        name: String,
        /// Name of the codec, such as `ac3` or `aac (xHE-AAC)`.
        codec: String,
    },
    /// There is more audio than an analysis takes.
    #[error(
        "Decoding '{name}': expected at most {hours} hours of audio, found more; split the file into parts"
    )]
    TooLong {
        /// The file.
        name: String,
        /// Hours that are accepted.
        hours: u64,
    },
    /// The samples do not fit into memory.
    #[error(
        "Decoding '{name}': expected memory for its samples, found none for {bytes} bytes; \
         close other programs, or split the file into parts"
    )]
    Memory {
        /// The file.
        name: String,
        /// Bytes asked for, of one channel.
        bytes: u64,
    },
    /// A header is beyond what is accepted.
    #[error(
        "Decoding '{name}': expected {what} from {min} to {max}, found {value}; \
         the header may be damaged, convert or export the file again"
    )]
    Limit {
        /// The file.
        name: String,
        /// Name of the value that is out of range, such as `sample rate in Hz`.
        what: &'static str,
        /// The value found.
        value: u64,
        /// Least value accepted.
        min: u64,
        /// Largest value accepted.
        max: u64,
    },
    /// There was a track of a known codec, but not one packet of it could be decoded.
    #[error(
        "Decoding '{name}' as {codec}: expected audio, found no packet that could be decoded ({reason}); \
         get an intact copy of the file"
    )]
    Damaged {
        /// The file.
        name: String,
        /// Short name of the codec.
        codec: String,
        /// The first error.
        reason: String,
    },
    /// The track is intact and has no samples.
    #[error("Decoding '{name}' as {codec}: expected audio, found 0 samples; export the file again")]
    NoSamples {
        /// The file.
        name: String,
        /// Short name of the codec.
        codec: String,
    },
    /// The part that is wanted begins where the file has ended.
    #[error(
        "Decoding '{name}' from {start:.3} s on: expected a longer file, found {length:.3} s; choose an earlier start"
    )]
    PartBehindEnd {
        /// The file.
        name: String,
        /// Start of the part, seconds.
        start: f64,
        /// Length of the file, seconds.
        length: f64,
    },
    /// Samples that are NaN or infinite.
    #[error(
        "Decoding '{name}': expected finite samples, found {count} NaN or infinite, the first at frame {frame} \
         of channel {channel}; export the file again from its source"
    )]
    NotFinite {
        /// The file.
        name: String,
        /// Number of such samples, over all channels.
        count: usize,
        /// Frame of the first one, at the file's own rate.
        frame: usize,
        /// Channel of the first one.
        channel: usize,
    },
    /// The resampler could not be built or run.
    #[error(
        "Resampling '{name}' from {from_hz} Hz to {to_hz} Hz failed: {reason}; convert the file to {to_hz} Hz first"
    )]
    Resample {
        /// The file.
        name: String,
        /// Rate of the file in Hz.
        from_hz: u32,
        /// Rate asked for in Hz.
        to_hz: u32,
        /// Reason of the resampler.
        reason: String,
    },
    /// A codec panicked, which is a defect in it.
    #[error(
        "Decoding '{name}': expected audio or an error, found a panic in the decoder ({message}); \
         convert the file to FLAC or WAV, and report it"
    )]
    Panic {
        /// The file.
        name: String,
        /// The panic's message.
        message: String,
    },
}

impl DecodeError {
    /// The format or codec of a file that has sound which is not read here: another program may read it.
    /// `None` for every other error, damage above all.
    pub fn unread_format(&self) -> Option<&str> {
        match self {
            DecodeError::Format { format, .. } => Some(format),
            DecodeError::Codec { codec, .. } => Some(codec),
            _ => None,
        }
    }
}

/// The words of an error of a reader or a decoder, without its kind and the name of its module.
pub(super) fn reason(error: &CodecError) -> String {
    let text = match error {
        CodecError::DecodeError(reason) | CodecError::Unsupported(reason) => (*reason).to_string(),
        error => error.to_string(),
    };
    let is_module =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    match text.split_once(": ") {
        Some((module, words)) if is_module(module) => words.to_string(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_no_kind_and_no_module() {
        let of = |text: &'static str| reason(&CodecError::DecodeError(text));
        assert_eq!(of("mpa: huffman decode overrun"), "huffman decode overrun");
        assert_eq!(of("no header (moov): the file is cut"), "no header (moov): the file is cut");
        assert_eq!(of("no frame"), "no frame");
        assert_eq!(reason(&CodecError::Unsupported("flac: wide")), "wide");
    }
}
