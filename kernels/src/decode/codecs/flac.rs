//! FLAC whose format may change between frames, up to 32 bits a sample.

use symphonia::core::audio::{
    AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error, Result};
use symphonia::core::packet::PacketRef;
use symphonia::default::codecs::FlacDecoder as Inner;

use super::super::flac_header::{FlacFormat, FrameHeader, StreamInfo};
use super::flac_wide;

/// A decoder of symphonia's for each run of frames of one format, and one of ours for 32 bits, where the
/// difference of two channels takes 33.
pub(super) struct FlacDecoder {
    inner: Inner,
    params: AudioCodecParameters,
    options: AudioDecoderOptions,
    /// Format of the stream.
    stream: FlacFormat,
    /// Format of the last frame.
    format: Option<FlacFormat>,
    /// Samples of the last frame of 32 bits.
    wide: AudioBuffer<i32>,
    is_wide: bool,
}

fn params_of(params: &AudioCodecParameters, format: FlacFormat) -> AudioCodecParameters {
    let mut params = params.clone();
    params.with_extra_data(Box::from(&StreamInfo::of_any_block(format)[..]));
    params
}

impl FlacDecoder {
    fn decode_wide(&mut self, header: &FrameHeader, frame: &[u8]) -> Result<()> {
        let channels = flac_wide::decode(header, frame)
            .ok_or(Error::DecodeError("flac: damaged frame of 32 bits"))?;
        let spec = self.inner.last_decoded().spec().clone();
        self.wide = AudioBuffer::new(
            AudioSpec::new(header.format.rate_hz, spec.channels().clone()),
            header.samples as usize,
        );
        self.wide.render_silence(Some(header.samples as usize));
        for (channel, samples) in channels.iter().enumerate() {
            let plane = self.wide.plane_mut(channel);
            plane.ok_or(Error::DecodeError("flac: too many channels"))?.copy_from_slice(samples);
        }
        Ok(())
    }
}

impl AudioDecoder for FlacDecoder {
    fn reset(&mut self) {
        self.inner.reset();
    }

    fn codec_info(&self) -> &CodecInfo {
        self.inner.codec_info()
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        let header = FrameHeader::parse(packet.data, self.stream)
            .ok_or(Error::DecodeError("flac: damaged frame header"))?;
        if self.format != Some(header.format) {
            self.inner = Inner::try_new(&params_of(&self.params, header.format), &self.options)?;
            self.format = Some(header.format);
        }
        self.is_wide = header.format.bits > 24;
        if self.is_wide {
            self.wide.clear();
            self.decode_wide(&header, packet.data)?;
            return Ok(self.wide.as_generic_audio_buffer_ref());
        }
        self.inner.decode_ref(packet)
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        match self.is_wide {
            true => self.wide.as_generic_audio_buffer_ref(),
            false => self.inner.last_decoded(),
        }
    }
}

impl RegisterableAudioDecoder for FlacDecoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        let info = params.extra_data.as_deref().and_then(StreamInfo::parse);
        let stream = info.ok_or(Error::DecodeError("flac: no stream information"))?.format;
        let mut params = params.clone();
        params.with_bits_per_sample(stream.bits).with_sample_rate(stream.rate_hz);
        Ok(Box::new(FlacDecoder {
            inner: Inner::try_new(&params_of(&params, stream), options)?,
            params,
            options: *options,
            stream,
            format: None,
            wide: AudioBuffer::default(),
            is_wide: false,
        }))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        Inner::supported_codecs()
    }
}
