//! The error of every fallible function of the crate.

use thiserror::Error;

use crate::decode::DecodeError;
use crate::interruption::Interrupted;

/// Reason why a kernel returned no result.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// An audio file could not be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),

    /// The caller interrupted the work.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),

    /// There are no hardware counters, or they cannot be read.
    #[error("No hardware counters: {reason}")]
    Counters {
        /// Reason, with the remedy where there is one.
        reason: String,
    },

    /// A path or name is not UTF-8.
    #[error("The {what} must be UTF-8: {source}")]
    NotUtf8 {
        /// Name of the argument.
        what: &'static str,
        /// Position of the first invalid byte.
        source: std::str::Utf8Error,
    },

    /// An array has the wrong number of values.
    #[error("The {what} must have {expected} values, but has {found}")]
    Length {
        /// Name of the array.
        what: &'static str,
        /// Number of values that the other arguments call for.
        expected: usize,
        /// Number of values of the caller's array.
        found: usize,
    },

    /// A precision of products is unknown.
    #[error("The precision must be 0 (f32) or 1 (bf16), but is {0}")]
    Precision(u32),

    /// A configuration is not a JSON object of exactly the known fields.
    #[error("The configuration of {network} must be a JSON object of its fields: {source}")]
    ConfigurationJson {
        /// Name of the network.
        network: &'static str,
        /// Reason of the JSON parser.
        source: serde_json::Error,
    },

    /// A field of a configuration is out of range.
    #[error("The configuration value {field} of {network} must be {expected}, but is {found}")]
    Configuration {
        /// Name of the network.
        network: &'static str,
        /// Name of the field, or of what follows from several fields.
        field: &'static str,
        /// Accepted values.
        expected: String,
        /// Value found.
        found: String,
    },

    /// The parameters are not in safetensors format.
    #[error("The parameters of {network} must be in safetensors format: {source}")]
    Safetensors {
        /// Name of the network.
        network: &'static str,
        /// Reason of the parser.
        source: safetensors::SafeTensorError,
    },

    /// A parameter of a network is missing, of another size or type, or unknown.
    #[error("{network} needs parameter {name} as {expected}, but it is {found}")]
    Parameter {
        /// Name of the network.
        network: &'static str,
        /// Name of the parameter.
        name: String,
        /// Type and number of values that the configuration calls for.
        expected: String,
        /// Type and number of values found.
        found: String,
    },

    /// A network was given no thread.
    #[error("A network needs at least 1 thread, but 0 were given")]
    NoThreads,

    /// The system refused to start threads.
    #[error("Could not start {threads} threads: {source}")]
    Threads {
        /// Number of threads.
        threads: usize,
        /// Reason of the thread pool.
        source: rayon::ThreadPoolBuildError,
    },

    /// The spectrogram of a track has another shape than the configuration calls for.
    #[error(
        "The spectrogram must be [{instruments}, 1 or more frames, {bands}], but has {found} values"
    )]
    SpectrogramShape {
        /// Number of stems.
        instruments: usize,
        /// Number of bands.
        bands: usize,
        /// Number of values found.
        found: usize,
    },

    /// A fold was packed for another configuration than the network's.
    #[error("The fold was packed for another configuration than the network's")]
    FoldConfiguration,

    /// A fold of this number was not added.
    #[error("The network has no fold {0}: add it first")]
    UnknownFold(usize),

    /// A handle is closed or was never open.
    #[error("Nothing is open under handle {0}")]
    UnknownHandle(u64),

    /// A mixture without samples was to be separated.
    #[error("There is no audio to separate: the mixture has 0 samples")]
    EmptyMixture,

    /// Segments of a separation overlap by another share than is possible.
    #[error("Segments overlap by 0 to {most} of their length, not by {found}")]
    Overlap {
        /// Largest share.
        most: f64,
        /// Share asked for.
        found: f64,
    },

    /// The sources of a network do not make all stems.
    #[error("Every stem needs a source of the network, but the stems of its sources are {0:?}")]
    SourceStems(Vec<usize>),

    /// A stem without samples has no spectrogram.
    #[error("A stem of {channels} channels and {samples} samples has no frame")]
    EmptyStem {
        /// Number of channels.
        channels: usize,
        /// Samples of each.
        samples: usize,
    },

    /// A stem is longer than the spectrogram asked for.
    #[error("{found} samples do not fit into {room}")]
    TooManySamples {
        /// Samples of the stem.
        found: usize,
        /// Samples asked for.
        room: usize,
    },

    /// A stem can be read as mono or stereo only.
    #[error("A stem can be read as 1 or 2 channels, not {0}")]
    StemChannels(usize),

    /// A function for the separation with a network was called for one without, or the reverse.
    #[error("This separation was opened {opened}: the function is for the other kind")]
    SeparationKind {
        /// Manner in which the separation was opened.
        opened: &'static str,
    },

    /// A separation has no segment of this number.
    #[error("The separation has no segment {0}")]
    UnknownSegment(usize),

    /// The output of a segment was joined before its input was computed.
    #[error("Segment {0} has no input: compute it before its output is joined")]
    SegmentInput(usize),

    /// The outputs of segments were joined in another order than the segments.
    #[error("Segment {found} was joined where segment {expected} is next")]
    SegmentOrder {
        /// Next segment.
        expected: usize,
        /// Segment that was joined.
        found: usize,
    },

    /// A stem cannot be taken from a separation.
    #[error("The stem is not finished, was taken before, or is not kept in this form")]
    NoStem,

    /// A stem could not be written.
    #[error("Could not write the stem {path}: {source}")]
    StemFile {
        /// The file.
        path: String,
        /// Reason of the system.
        source: std::io::Error,
    },

    /// Floats that were moved out of memory cannot be read back.
    #[error("Could not read a temporary file in the system's folder for them: {0}")]
    Spool(#[from] std::io::Error),

    /// A file had another length when it was read again.
    #[error(
        "The file {name} changed while it was read: it had {expected} samples, and then {found}"
    )]
    Changed {
        /// The file.
        name: String,
        /// Samples at first.
        expected: usize,
        /// Samples later.
        found: usize,
    },

    /// A function for a mix was called out of turn.
    #[error("The mix is not ready for {0}")]
    MixOrder(&'static str),

    /// The settings of a separation of a mix are no JSON object of the known fields.
    #[error("The settings of a mix must be a JSON object of their fields: {0}")]
    MixSettings(serde_json::Error),

    /// A setting of the beat decoder is out of range.
    #[error("The {option} of the beat decoder must be {expected}, but is {found}")]
    DecoderOption {
        /// What is set.
        option: &'static str,
        /// Accepted values.
        expected: String,
        /// Value found.
        found: String,
    },

    /// Samples cannot be split into the channels of a FLAC file.
    #[error(
        "A FLAC file holds 1 to 8 channels of equal lengths above 0, not {samples} samples in {channels}"
    )]
    FlacShape {
        /// Samples of all channels.
        samples: usize,
        /// Number of channels.
        channels: usize,
    },

    /// The FLAC encoder refused its input.
    #[error("The FLAC encoder failed: {0}")]
    FlacEncoder(String),

    /// An inner seam of this number was not recorded or was taken before.
    #[error("The recorder holds no seam of number {0}")]
    UnknownSeam(usize),
}

impl Error {
    /// Checks the number of values of an array.
    ///
    /// # Errors
    /// [`Error::Length`] if the numbers differ.
    pub(crate) fn expect_length(
        what: &'static str,
        expected: usize,
        found: usize,
    ) -> Result<(), Error> {
        if expected == found { Ok(()) } else { Err(Error::Length { what, expected, found }) }
    }
}
