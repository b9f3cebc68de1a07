//! PCM that symphonia's decoder does not know: 64 bit integers, 24 bits in the lower part of 32, and floats that
//! are not scaled to 1.0.

use symphonia::core::audio::{
    AsGenericAudioBufferRef, Audio, AudioBuffer, AudioMut, AudioSpec, Channels,
    GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::{
    AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Result, decode_error, unsupported_error};
use symphonia::core::packet::PacketRef;

use super::super::codec::{
    PCM_F16LE, PCM_F24LE, PCM_S24_IN_32BE, PCM_S24_IN_32LE, PCM_S64BE, PCM_S64LE,
};

/// Decodes interleaved samples to f32.
pub(super) struct RarePcm {
    params: AudioCodecParameters,
    sample_bytes: usize,
    /// One sample of `sample_bytes` bytes as f32, full scale 1.0.
    convert: fn(&[u8]) -> f32,
    buffer: AudioBuffer<f32>,
}

fn four(bytes: &[u8]) -> [u8; 4] {
    bytes.first_chunk().copied().unwrap_or_default()
}

fn eight(bytes: &[u8]) -> [u8; 8] {
    bytes.first_chunk().copied().unwrap_or_default()
}

/// Scale of 64 bit integers.
const OF_64_BITS: f32 = 1.0 / (1_u64 << 63) as f32;
/// Scale of 24 bit integers.
const OF_24_BITS: f32 = 1.0 / (1_u32 << 23) as f32;
/// Scale of 16 bit integers.
const OF_16_BITS: f32 = 1.0 / (1_u32 << 15) as f32;

impl RarePcm {
    fn new(params: &AudioCodecParameters) -> Result<Self> {
        let (sample_bytes, convert): (usize, fn(&[u8]) -> f32) = match params.codec {
            PCM_S64LE => (8, |b| i64::from_le_bytes(eight(b)) as f32 * OF_64_BITS),
            PCM_S64BE => (8, |b| i64::from_be_bytes(eight(b)) as f32 * OF_64_BITS),
            PCM_S24_IN_32LE => (4, |b| (i32::from_le_bytes(four(b)) << 8 >> 8) as f32 * OF_24_BITS),
            PCM_S24_IN_32BE => (4, |b| (i32::from_be_bytes(four(b)) << 8 >> 8) as f32 * OF_24_BITS),
            PCM_F24LE => (4, |b| f32::from_le_bytes(four(b)) * OF_24_BITS),
            PCM_F16LE => (4, |b| f32::from_le_bytes(four(b)) * OF_16_BITS),
            _ => return unsupported_error("pcm: unknown codec"),
        };
        let channels = params.channels.clone().unwrap_or(Channels::None);
        let Some(rate_hz) = params.sample_rate.filter(|_| channels.count() > 0) else {
            return decode_error("no channels or no sample rate");
        };
        let buffer = AudioBuffer::new(AudioSpec::new(rate_hz, channels), 0);
        Ok(RarePcm { params: params.clone(), sample_bytes, convert, buffer })
    }
}

impl AudioDecoder for RarePcm {
    fn reset(&mut self) {}

    fn codec_info(&self) -> &CodecInfo {
        &Self::supported_codecs()[0].info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        let channels = self.buffer.spec().channels().count();
        let frame_bytes = channels * self.sample_bytes;
        let frames = packet.data.len() / frame_bytes;
        self.buffer.clear();
        self.buffer.grow_capacity(frames);
        self.buffer.resize_uninit(frames);
        for channel in 0..channels {
            let Some(plane) = self.buffer.plane_mut(channel) else { continue };
            for (sample, frame) in plane.iter_mut().zip(packet.data.chunks_exact(frame_bytes)) {
                *sample = (self.convert)(&frame[channel * self.sample_bytes..]);
            }
        }
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}

impl RegisterableAudioDecoder for RarePcm {
    fn try_registry_new(
        params: &AudioCodecParameters,
        _: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(RarePcm::new(params)?))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        const fn codec(id: AudioCodecId) -> SupportedAudioCodec {
            let info = CodecInfo { short_name: "pcm", long_name: "PCM", profiles: &[] };
            SupportedAudioCodec { id, info }
        }
        const CODECS: &[SupportedAudioCodec] = &[
            codec(PCM_S64LE),
            codec(PCM_S64BE),
            codec(PCM_S24_IN_32LE),
            codec(PCM_S24_IN_32BE),
            codec(PCM_F24LE),
            codec(PCM_F16LE),
        ];
        CODECS
    }
}
