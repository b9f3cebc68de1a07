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
}

impl MpegDecoder {
    /// Writes `data` with another bit rate into `self.frame`, if its bit rate is allowed but refused.
    ///
    /// In layer 2 of MPEG-1 some bit rates are for one or two channels only, and symphonia refuses them in MPEG-2 too.
    /// There the bit rate is but the length of the frame: a longer frame with zeros at its end is the same.
    fn with_common_bit_rate(&mut self, data: &[u8], header: &MpegHeader) -> bool {
        if header.layer != 2 || !header.low_rate {
            return false;
        }
        // 160 kbit/s is allowed for one and two channels.
        let [first, second, third, fourth] = *data.first_chunk().unwrap_or(&[0; 4]);
        let changed = [first, second, third & 0x0f | 0xe0, fourth];
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
            let mut params = self.params.clone();
            params.for_codec(header.codec()).with_sample_rate(header.rate_hz);
            self.inner = MpaDecoder::try_new(&params, &self.options)?;
            self.format = Some(format);
        }
        let changed = self.with_common_bit_rate(packet.data, &header);
        let block = match changed {
            true => {
                let (id, time, length) = (packet.track_id, packet.pts, packet.dur);
                self.inner.decode_ref(&PacketRef::new(id, time, length, &self.frame))?
            }
            false => self.inner.decode_ref(packet)?,
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
        self.inner.last_decoded()
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
        }))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        MpaDecoder::supported_codecs()
    }
}
