//! What can go wrong in decoding.

use std::fmt;
use std::io;

use super::codec::SUPPORTED;

/// Why a file gave no audio. Every variant names the file.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecodeError {
    /// The file could not be opened or read.
    Open {
        /// The file.
        name: String,
        /// What the operating system said.
        error: io::Error,
    },
    /// The path is a directory, a pipe or a device.
    NotAFile {
        /// The path.
        name: String,
    },
    /// The file has no bytes.
    Empty {
        /// The file.
        name: String,
    },
    /// The container is unknown, or its headers could not be read.
    Container {
        /// The file.
        name: String,
        /// What the reader said.
        reason: String,
    },
    /// The container was read, and no audio track is in it.
    NoAudioTrack {
        /// The file.
        name: String,
        /// Container, such as `isomp4`.
        container: String,
    },
    /// There is no decoder for the track's codec, or for the profile of it that the track uses.
    Codec {
        /// The file.
        name: String,
        /// Short name of the codec, such as `opus`.
        codec: String,
        /// What the decoder said.
        reason: String,
    },
    /// A header or the length of the audio is beyond what is accepted.
    Limit {
        /// The file.
        name: String,
        /// What is out of range, such as `sample rate in Hz`.
        what: &'static str,
        /// The value found.
        value: u64,
        /// Least value accepted.
        min: u64,
        /// Largest value accepted.
        max: u64,
    },
    /// There was a track of a known codec, but not one packet of it could be decoded.
    Damaged {
        /// The file.
        name: String,
        /// Short name of the codec.
        codec: String,
        /// The first thing that went wrong.
        reason: String,
    },
    /// The track is sound and has no samples.
    NoSamples {
        /// The file.
        name: String,
        /// Short name of the codec.
        codec: String,
    },
    /// Samples that are NaN or infinite.
    NotFinite {
        /// The file.
        name: String,
        /// How many there are, over all channels.
        count: usize,
        /// Frame of the first one, at the file's own rate.
        frame: usize,
        /// Channel of the first one.
        channel: usize,
    },
    /// The resampler could not be built or run.
    Resample {
        /// The file.
        name: String,
        /// Rate of the file in Hz.
        from_hz: u32,
        /// Rate asked for in Hz.
        to_hz: u32,
        /// What the resampler said.
        reason: String,
    },
    /// A codec panicked: a defect there, met with input that it did not expect.
    Panic {
        /// The file.
        name: String,
        /// The panic's message.
        message: String,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { name, error } => {
                write!(
                    f,
                    "Opening '{name}' to decode it failed: {error}; check the path and its permissions"
                )
            }
            Self::NotAFile { name } => write!(
                f,
                "Decoding '{name}': expected a regular file, came a directory, pipe or device; name one audio file"
            ),
            Self::Empty { name } => write!(
                f,
                "Decoding '{name}': expected audio, came a file of 0 bytes; export or download it again"
            ),
            Self::Container { name, reason } => write!(
                f,
                "Reading the headers of '{name}': expected one of {SUPPORTED}, came something else or damage ({reason}); \
                 check that it plays elsewhere, or convert it to FLAC or WAV"
            ),
            Self::NoAudioTrack { name, container } => write!(
                f,
                "Decoding '{name}': expected an audio track, came {container} without one; give a file that has sound"
            ),
            Self::Codec { name, codec, reason } => write!(
                f,
                "Decoding '{name}': expected one of {SUPPORTED}, came codec {codec} ({reason}); \
                 convert it first, for example with `ffmpeg -i INPUT OUTPUT.flac`"
            ),
            Self::Limit { name, what, value, min, max } => write!(
                f,
                "Decoding '{name}': expected {what} from {min} to {max}, came {value}; \
                 the header may be damaged, convert or export the file again"
            ),
            Self::Damaged { name, codec, reason } => write!(
                f,
                "Decoding '{name}' as {codec}: expected audio, came no packet that could be decoded ({reason}); \
                 get a sound copy of the file"
            ),
            Self::NoSamples { name, codec } => write!(
                f,
                "Decoding '{name}' as {codec}: expected audio, came 0 samples; export the file again"
            ),
            Self::NotFinite { name, count, frame, channel } => write!(
                f,
                "Decoding '{name}': expected finite samples, came {count} NaN or infinite, the first at frame {frame} \
                 of channel {channel}; export the file again from its source"
            ),
            Self::Resample { name, from_hz, to_hz, reason } => write!(
                f,
                "Resampling '{name}' from {from_hz} Hz to {to_hz} Hz failed: {reason}; convert the file to {to_hz} Hz first"
            ),
            Self::Panic { name, message } => write!(
                f,
                "Decoding '{name}': expected audio or an error, came a panic in the decoder ({message}); \
                 convert the file to FLAC or WAV, and report it"
            ),
        }
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Open { error, .. } => Some(error),
            _ => None,
        }
    }
}
