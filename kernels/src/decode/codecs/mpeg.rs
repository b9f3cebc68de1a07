//! MPEG audio whose layer, rate or channels may change between frames.

use symphonia::core::audio::{Audio, GenericAudioBufferRef};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error, Result};
use symphonia::core::packet::PacketRef;
use symphonia::default::codecs::MpaDecoder;

use super::super::mpeg_header::MpegHeader;
use super::mpeg_layer2;
use super::mpeg_mono::MonoDecoder;

/// Largest sample that is believed, in units of full scale.
const MAX_PEAK: f32 = 8.0;

/// A decoder of symphonia's for each run of frames of one format.
pub(super) struct MpegDecoder {
    inner: MpaDecoder,
    params: AudioCodecParameters,
    options: AudioDecoderOptions,
    /// Layer, rate in Hz and channels of the last frame.
    format: Option<(u8, u32, usize)>,
    /// A frame whose header was changed.
    frame: Vec<u8>,
    /// Decodes frames that symphonia refuses; absent before the first.
    mono: Option<MonoDecoder>,
    /// Whether it has decoded the last frame.
    is_mono: bool,
    /// Whether the last frame had a mixed block.
    is_after_mixed: bool,
}

impl MpegDecoder {
    fn params_of(&self, header: &MpegHeader) -> AudioCodecParameters {
        let mut params = self.params.clone();
        params.for_codec(header.codec()).with_sample_rate(header.rate_hz);
        params
    }

    /// Writes `data` with another bit rate into `self.frame`, if symphonia refuses its bit rate.
    ///
    /// In layer 2 of MPEG-1 some bit rates are for one or two channels only, and symphonia refuses them in MPEG-2 too.
    /// Where both have the same tables, the bit rate is but the length of the frame: a longer frame with zeros at its end
    /// is the same.
    fn with_common_bit_rate(&mut self, data: &[u8], header: &MpegHeader) -> bool {
        // 160 kbit/s of MPEG-2 are allowed for one and two channels; of MPEG-1, 96 kbit/s have the tables of
        // all bit rates below that of two channels.
        let index = match (header.layer, header.low_rate, header.channels, header.bit_rate) {
            (2, true, ..) => 14,
            (2, false, 2, 32_000 | 48_000 | 56_000 | 80_000) => 6,
            _ => return false,
        };
        let [first, second, third, fourth] = *data.first_chunk().unwrap_or(&[0; 4]);
        let changed = [first, second, third & 0x0f | index << 4, fourth];
        let Some(longer) = MpegHeader::parse(&changed) else { return false };
        self.frame.clear();
        self.frame.extend(changed);
        self.frame.extend(&data[4..]);
        self.frame.resize(longer.bytes.max(data.len()), 0);
        true
    }
}

impl AudioDecoder for MpegDecoder {
    fn reset(&mut self) {
        self.inner.reset();
        self.mono.iter_mut().for_each(MonoDecoder::reset);
    }

    fn codec_info(&self) -> &CodecInfo {
        self.inner.codec_info()
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        let header = MpegHeader::parse(packet.data).ok_or(Error::DecodeError("mpeg: no header"))?;
        let format = (header.layer, header.rate_hz, header.channels);
        if self.format != Some(format) {
            let params = self.params_of(&header);
            self.inner = MpaDecoder::try_new(&params, &self.options)?;
            self.mono = None;
            self.format = Some(format);
        }
        // symphonia leaves a band of such blocks without its gain, and the frame after one overlaps with it.
        let is_mixed = header.has_mixed_block(packet.data);
        if is_mixed | std::mem::replace(&mut self.is_after_mixed, is_mixed) {
            // The bits of the frame count all the same.
            let _ = self.inner.decode_ref(packet);
            return Err(Error::DecodeError("mpeg: mixed blocks are not decoded"));
        }
        self.is_mono = MonoDecoder::is_needed(&header);
        if self.is_mono && self.mono.is_none() {
            let params = self.params_of(&header);
            self.mono = Some(MonoDecoder::new(&header, &params, &self.options)?);
        }
        let is_changed = self.with_common_bit_rate(packet.data, &header);
        // The zeros behind the frame would hide it.
        if is_changed && mpeg_layer2::bits_needed(packet.data, &header) > 8 * packet.data.len() {
            return Err(Error::DecodeError("mpeg: the frame holds more than its length"));
        }
        let block = match &mut self.mono {
            Some(mono) if self.is_mono => mono.decode(packet, &header)?,
            _ if is_changed => {
                let (id, time, length) = (packet.track_id, packet.pts, packet.dur);
                self.inner.decode_ref(&PacketRef::new(id, time, length, &self.frame))?
            }
            _ => self.inner.decode_ref(packet)?,
        };
        // Some rare streams make the decoder explode. Silence with a warning is better than that.
        if let GenericAudioBufferRef::F32(samples) = &block
            && samples.iter_planes().flatten().any(|sample| sample.abs() > MAX_PEAK)
        {
            return Err(Error::DecodeError("mpeg: samples far beyond full scale"));
        }
        Ok(block)
    }

    fn finalize(&mut self) -> FinalizeResult {
        self.inner.finalize()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        match &self.mono {
            Some(mono) if self.is_mono => mono.last_decoded(),
            _ => self.inner.last_decoded(),
        }
    }
}

impl RegisterableAudioDecoder for MpegDecoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(MpegDecoder {
            inner: MpaDecoder::try_new(params, options)?,
            params: params.clone(),
            options: *options,
            format: None,
            frame: Vec::new(),
            mono: None,
            is_mono: false,
            is_after_mixed: false,
        }))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        MpaDecoder::supported_codecs()
    }
}
