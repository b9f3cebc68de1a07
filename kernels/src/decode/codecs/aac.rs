//! AAC of all kinds: Main, LC, LTP, LD and ELD, HE-AAC with SBR and parametric stereo, up to 7.1 channels.
//!
//! The decoder is that of the crate `rusty_aac`; symphonia's own stops at AAC-LC with two channels. Channels come in
//! the order of ffmpeg: front left, front right, front centre, low frequency, then the others.

use rusty_aac::config::{self, StreamConfig};
use rusty_aac::{AacDecoder as Inner, DecodedAudio, Error as AacError};
use symphonia::core::audio::{
    AsGenericAudioBufferRef, Audio, AudioBuffer, AudioMut, AudioSpec, Channels,
    GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error, Result};
use symphonia::core::packet::PacketRef;

/// Object type of AAC-LC (ISO/IEC 14496-3, table 1.17).
const OBJECT_TYPE_LC: u8 = 2;

/// Decoder of one AAC stream.
pub(crate) struct AacDecoder {
    config: StreamConfig,
    inner: Inner,
    params: AudioCodecParameters,
    block: AudioBuffer<f32>,
}

impl AacDecoder {
    fn new(params: &AudioCodecParameters) -> Result<Self> {
        let config = stream_config(params)?;
        let inner = Inner::with_stream_config(config.clone());
        Ok(AacDecoder { config, inner, params: params.clone(), block: AudioBuffer::default() })
    }
}

/// The stream's configuration: the AudioSpecificConfig in `params`, or AAC-LC with its rate and channels.
fn stream_config(params: &AudioCodecParameters) -> Result<StreamConfig> {
    if let Some(bytes) = params.extra_data.as_deref() {
        return config::parse(bytes).map_err(|error| refusal(&error, bytes));
    }
    let rate_hz = params.sample_rate.ok_or(Error::DecodeError("no sample rate"))?;
    let channels = params.channels.as_ref().map_or(0, Channels::count);
    // Table 1.19: the channel configuration of up to six channels is their number; 0 is set in the stream.
    let layout = match channels {
        count @ 0..=6 => count as u8,
        8 => 7,
        _ => return Err(Error::Unsupported("an unusual number of channels")),
    };
    Ok(StreamConfig::lc(OBJECT_TYPE_LC, rate_hz, layout))
}

/// Frames that ffmpeg drops at the start of a stream of libfaac, whose length no header tells.
pub(crate) const LIBFAAC_DELAY: u64 = 1024;

/// Whether an access unit, the first one, has libfaac's name in it.
pub(crate) fn is_of_libfaac(unit: &[u8]) -> bool {
    unit.windows(8).any(|window| window == b"libfaac ")
}

/// Whether an access unit has a channel in it, or is damaged. One of fill or data alone stands for no time at all: libfaac writes
/// its name in such a first one.
pub(crate) fn has_channels(unit: &[u8]) -> bool {
    const DATA: usize = 4;
    const FILL: usize = 6;
    const END: usize = 7;
    let bits = |at: usize, count: usize| {
        (at..at + count).try_fold(0, |value: usize, bit| {
            let byte = usize::from(*unit.get(bit / 8)?);
            Some(value << 1 | byte >> (7 - bit % 8) & 1)
        })
    };
    let after = |at: usize| match bits(at, 3)? {
        DATA => {
            let aligned = bits(at + 7, 1)? == 1;
            let count = bits(at + 8, 8)?;
            let more = if count == 255 { bits(at + 16, 8)? } else { 0 };
            let head = at + if count == 255 { 24 } else { 16 };
            let body = if aligned { head.next_multiple_of(8) } else { head };
            Some(body + 8 * (count + more))
        }
        FILL => match bits(at + 3, 4)? {
            15 => Some(at + 15 + 8 * (14 + bits(at + 7, 8)?)),
            count => Some(at + 7 + 8 * count),
        },
        _ => None,
    };
    let mut at = 0;
    while let Some(next) = after(at) {
        at = next;
    }
    match bits(at, 3) {
        // An end with much behind it is damage, as are elements beyond the unit.
        Some(END) => unit.len().saturating_mul(8) >= at + 3 + 16,
        Some(_) => true,
        None => at > unit.len() * 8,
    }
}

/// The rate, frames and kind of the decoded first access unit of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstBlock {
    /// Sample rate of the output, Hz.
    pub rate_hz: u32,
    /// Channels of the output.
    pub channels: usize,
    /// Frames of one access unit at that rate.
    pub frames: usize,
    /// Whether the output has twice the rate of the core, as HE-AAC has.
    pub doubled: bool,
}

/// Decodes `unit`, the first access unit of a stream with the AudioSpecificConfig `asc`, to learn what comes out:
/// SBR and parametric stereo may be signalled within the units only.
pub(crate) fn first_block(asc: &[u8], unit: &[u8]) -> Option<FirstBlock> {
    let config = config::parse(asc).ok()?;
    let core_hz = config.sample_rate;
    let block = Inner::with_stream_config(config).decode(unit, None).ok()?;
    Some(FirstBlock {
        rate_hz: block.sample_rate,
        channels: usize::from(block.channels),
        frames: block.frames(),
        doubled: block.sample_rate == core_hz.saturating_mul(2),
    })
}

/// An error of the configuration `asc`.
fn refusal(error: &AacError, asc: &[u8]) -> Error {
    let object_type = match asc {
        [first, second, ..] if first >> 3 == 31 => 32 + (first << 3 & 0x38 | second >> 5),
        [first, ..] => first >> 3,
        [] => 0,
    };
    match (object_type, error) {
        (42, _) => Error::Unsupported("xHE-AAC"),
        (3, AacError::Unsupported(_)) => Error::Unsupported("the profile SSR"),
        (6 | 20, AacError::Unsupported(_)) => Error::Unsupported("the scalable profile"),
        (22, AacError::Unsupported(_)) => Error::Unsupported("the profile BSAC"),
        (1..=4 | 5 | 29 | 17 | 19 | 23 | 39, AacError::InvalidData(_)) => {
            Error::DecodeError("damaged configuration of AAC")
        }
        _ => Error::Unsupported("an unusual object type of MPEG-4 audio"),
    }
}

impl AudioDecoder for AacDecoder {
    fn reset(&mut self) {
        self.inner = Inner::with_stream_config(self.config.clone());
    }

    fn codec_info(&self) -> &CodecInfo {
        &Self::supported_codecs()[0].info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        self.block.clear();
        let error_resilient = self.config.is_er();
        if !error_resilient && !has_channels(packet.data) {
            return Ok(self.block.as_generic_audio_buffer_ref());
        }
        match self.inner.decode(packet.data, None) {
            Ok(block) => fill(&mut self.block, &block),
            // An empty access unit.
            Err(AacError::Again) => {}
            Err(AacError::Unsupported(_)) => {
                return Err(Error::DecodeError("a tool of AAC that is not read"));
            }
            Err(_) => return Err(Error::DecodeError("damaged access unit of AAC")),
        }
        Ok(self.block.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.block.as_generic_audio_buffer_ref()
    }
}

/// Moves the interleaved samples of `from` to `block`, which takes their rate and channels.
fn fill(block: &mut AudioBuffer<f32>, from: &DecodedAudio) {
    let (channels, frames) = (usize::from(from.channels), from.frames());
    if channels == 0 || frames == 0 {
        return;
    }
    let same = block.spec().rate() == from.sample_rate && block.num_planes() == channels;
    if !same || block.capacity() < frames {
        let spec = AudioSpec::new(from.sample_rate, Channels::Discrete(from.channels));
        *block = AudioBuffer::new(spec, frames);
    }
    block.render_uninit(Some(frames));
    for channel in 0..channels {
        let Some(plane) = block.plane_mut(channel) else { continue };
        let samples = from.samples.iter().skip(channel).step_by(channels);
        plane.iter_mut().zip(samples).for_each(|(to, &sample)| *to = sample);
    }
}

impl RegisterableAudioDecoder for AacDecoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        _options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(AacDecoder::new(params)?))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        const INFO: CodecInfo =
            CodecInfo { short_name: "aac", long_name: "Advanced Audio Coding", profiles: &[] };
        &[SupportedAudioCodec { id: CODEC_ID_AAC, info: INFO }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_and_data_alone_are_no_channels() {
        // A fill element of 2 bytes, then the end: 110 0010, 16 bits, 111.
        assert!(!has_channels(&[0b1100_0100, 0xaa, 0xab, 0b1100_0000]));
        // The same, then a pair of channels: 001.
        assert!(has_channels(&[0b1100_0100, 0xaa, 0xaa, 0b0100_0000]));
        // A data element without bytes: 100 0000 0 00000000, then the end.
        assert!(!has_channels(&[0b1000_0000, 0, 0b1110_0000]));
        assert!(has_channels(&[0x21, 0x10, 0x04]));
        assert!(!has_channels(&[]));
        assert!(has_channels(&[0xff; 200]));
    }
}
