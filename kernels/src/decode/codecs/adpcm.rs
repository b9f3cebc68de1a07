//! ADPCM of WAV and QuickTime, to the sample as ffmpeg decodes it.
//!
//! symphonia's decoder takes stereo at most, rounds QuickTime's differences in another way, forgets its predictor
//! between blocks, and needs the frames of each block from the container.

use symphonia::core::audio::{
    AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, Channels, GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_QT, CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS,
};
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Result, decode_error};
use symphonia::core::packet::PacketRef;

/// Bytes of a block of one channel of QuickTime's IMA ADPCM, and its frames.
const QT_BLOCK: (usize, usize) = (34, 64);

/// Decodes blocks.
///
/// A packet holds one block, or, where `frames_per_block` is known and for QuickTime, several of equal size.
pub(super) struct Adpcm {
    params: AudioCodecParameters,
    /// Bytes of a block where the parameters tell.
    block_bytes: Option<usize>,
    /// One for each channel.
    states: Vec<State>,
    /// Samples of one channel while they are decoded.
    samples: Vec<Vec<i16>>,
    buffer: AudioBuffer<i16>,
}

/// What a channel remembers from one sample to the next.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// The last sample.
    predictor: i32,
    /// Index in the table of steps.
    step_index: usize,
    /// Of Microsoft's: the sample before the last, the step, the weights of both samples.
    before: i32,
    delta: i32,
    weights: (i32, i32),
}

impl Adpcm {
    fn new(params: &AudioCodecParameters) -> Result<Self> {
        let Some(rate_hz) = params.sample_rate else {
            return decode_error("no sample rate");
        };
        let channels = params.channels.clone().unwrap_or(Channels::None);
        let count = channels.count();
        if count == 0 {
            return decode_error("no channels");
        }
        let frames = params.frames_per_block.and_then(|frames| usize::try_from(frames).ok());
        let block_bytes = match (params.codec, frames) {
            (CODEC_ID_ADPCM_IMA_QT, _) => Some(QT_BLOCK.0 * count),
            (CODEC_ID_ADPCM_IMA_WAV, Some(frames @ 1..=0xf_ffff)) => {
                Some(4 * count + (frames - 1).div_ceil(8) * 4 * count)
            }
            (CODEC_ID_ADPCM_MS, Some(frames @ 2..=0xf_ffff)) => {
                Some(7 * count + ((frames - 2) * count).div_ceil(2))
            }
            _ => None,
        };
        Ok(Adpcm {
            params: params.clone(),
            block_bytes,
            states: vec![State::default(); count],
            samples: vec![Vec::new(); count],
            buffer: AudioBuffer::new(AudioSpec::new(rate_hz, channels), 0),
        })
    }

    fn decode_packet(&mut self, data: &[u8]) -> Result<()> {
        self.samples.iter_mut().for_each(Vec::clear);
        for block in data.chunks(self.block_bytes.unwrap_or(data.len()).max(1)) {
            match self.params.codec {
                CODEC_ID_ADPCM_MS => microsoft(block, &mut self.states, &mut self.samples)?,
                CODEC_ID_ADPCM_IMA_QT => quicktime(block, &mut self.states, &mut self.samples)?,
                _ => ima(block, &mut self.states, &mut self.samples)?,
            }
        }
        // Of Microsoft's, a block that is cut may end between two channels.
        let frames = self.samples.iter().map(Vec::len).min().unwrap_or(0);
        self.buffer.clear();
        self.buffer.grow_capacity(frames);
        self.buffer.resize_uninit(frames);
        for (channel, samples) in self.samples.iter().enumerate() {
            if let Some(plane) = self.buffer.plane_mut(channel) {
                plane.copy_from_slice(&samples[..frames]);
            }
        }
        Ok(())
    }
}

fn number(bytes: &[u8]) -> i32 {
    i32::from(i16::from_le_bytes([bytes[0], bytes[1]]))
}

fn clip(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

/// Decodes a block of IMA ADPCM as WAV has it: for each channel the first sample and the step; then eight
/// samples of each channel in turn.
fn ima(block: &[u8], states: &mut [State], samples: &mut [Vec<i16>]) -> Result<()> {
    let channels = states.len();
    if block.len() < 4 * channels {
        return decode_error("adpcm: the block is shorter than its header");
    }
    let (header, body) = block.split_at(4 * channels);
    if header.chunks_exact(4).any(|channel| number(&channel[2..]) as u32 > 88) {
        return decode_error("adpcm: a step beyond the table");
    }
    let begun = states.iter_mut().zip(samples.iter_mut()).zip(header.chunks_exact(4));
    for ((state, samples), channel) in begun {
        state.predictor = number(channel);
        state.step_index = channel[2].into();
        samples.push(state.predictor as i16);
    }
    for group in body.chunks_exact(4 * channels) {
        let channels = states.iter_mut().zip(samples.iter_mut()).zip(group.chunks_exact(4));
        for ((state, samples), bytes) in channels {
            for nibble in bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]) {
                let step = STEPS[state.step_index];
                let size = ((2 * i32::from(nibble & 7) + 1) * step) >> 3;
                samples.push(state.move_by(nibble, size));
            }
        }
    }
    Ok(())
}

/// Decodes a block of QuickTime's IMA ADPCM: 34 bytes for each channel, of which the first two are the upper bits
/// of the last sample, and the step.
fn quicktime(block: &[u8], states: &mut [State], samples: &mut [Vec<i16>]) -> Result<()> {
    if block.len() < QT_BLOCK.0 * states.len() {
        return decode_error("adpcm: the block is cut");
    }
    if block.chunks_exact(QT_BLOCK.0).any(|channel| channel[1] & 0x7f > 88) {
        return decode_error("adpcm: a step beyond the table");
    }
    let channels = states.iter_mut().zip(samples.iter_mut()).zip(block.chunks_exact(QT_BLOCK.0));
    for ((state, samples), bytes) in channels {
        let header = i32::from(i16::from_be_bytes([bytes[0], bytes[1]]));
        let (predictor, step_index) = (header & !0x7f, (header & 0x7f) as usize);
        // The header has nine bits of the sample: it counts only where it contradicts what is known.
        if state.step_index != step_index || (predictor - state.predictor).abs() > 0x7f {
            (state.predictor, state.step_index) = (predictor, step_index);
        }
        for nibble in bytes[2..].iter().flat_map(|byte| [byte & 15, byte >> 4]) {
            let step = STEPS[state.step_index];
            let part = |bit: u8, shift: u32| if nibble & bit == 0 { 0 } else { step >> shift };
            let size = (step >> 3) + part(4, 0) + part(2, 1) + part(1, 2);
            samples.push(state.move_by(nibble, size));
        }
    }
    Ok(())
}

/// Decodes a block of Microsoft's ADPCM: for each channel its weights, step and two samples; then the
/// samples of all channels in turn, or, of more than two channels, one channel after the other.
fn microsoft(block: &[u8], states: &mut [State], samples: &mut [Vec<i16>]) -> Result<()> {
    let channels = states.len();
    if block.len() < 7 * channels {
        return decode_error("adpcm: the block is shorter than its header");
    }
    let nibbles = |byte: &u8| [byte >> 4, byte & 15];
    if channels > 2 {
        let each = block.len() / channels;
        for ((state, samples), bytes) in
            states.iter_mut().zip(samples).zip(block.chunks_exact(each))
        {
            state.begin(bytes[0], &bytes[1..3], &bytes[3..5], &bytes[5..7], samples)?;
            let body = bytes[7..].iter().flat_map(nibbles);
            body.for_each(|nibble| samples.push(state.step(nibble)));
        }
        return Ok(());
    }
    let (header, body) = block.split_at(7 * channels);
    let begins: Vec<usize> = samples.iter().map(Vec::len).collect();
    for (channel, (state, samples)) in states.iter_mut().zip(samples.iter_mut()).enumerate() {
        let field = |n: usize| &header[channels + 2 * (n * channels + channel)..];
        if let Err(error) = state.begin(header[channel], field(0), field(1), field(2), samples) {
            samples.truncate(begins[channel]);
            return Err(error);
        }
    }
    for (n, nibble) in body.iter().flat_map(nibbles).enumerate() {
        let channel = n % channels;
        samples[channel].push(states[channel].step(nibble));
    }
    Ok(())
}

impl State {
    /// Takes a nibble of IMA ADPCM whose difference is `size`, and returns the sample.
    fn move_by(&mut self, nibble: u8, size: i32) -> i16 {
        let signed = if nibble & 8 == 0 { size } else { -size };
        self.predictor = clip(self.predictor + signed);
        let index = self.step_index as i32 + STEP_CHANGES[usize::from(nibble & 7)];
        self.step_index = index.clamp(0, 88) as usize;
        self.predictor as i16
    }

    /// Takes the header of a block of Microsoft's ADPCM.
    fn begin(
        &mut self,
        weights: u8,
        delta: &[u8],
        last: &[u8],
        before: &[u8],
        samples: &mut Vec<i16>,
    ) -> Result<()> {
        let Some(weights) = WEIGHTS.get(usize::from(weights)) else {
            return decode_error("adpcm: weights beyond the table");
        };
        self.weights = *weights;
        (self.delta, self.predictor, self.before) = (number(delta), number(last), number(before));
        samples.extend([self.before as i16, self.predictor as i16]);
        Ok(())
    }

    /// Takes a nibble of Microsoft's ADPCM and returns the sample.
    fn step(&mut self, nibble: u8) -> i16 {
        let predicted = (self.predictor * self.weights.0 + self.before * self.weights.1) / 64;
        let signed = i32::from(nibble) - if nibble & 8 == 0 { 0 } else { 16 };
        self.before = self.predictor;
        self.predictor = clip(predicted + signed * self.delta);
        let delta = (DELTA_CHANGES[usize::from(nibble)] * self.delta) >> 8;
        self.delta = delta.clamp(16, i32::MAX / 768);
        self.predictor as i16
    }
}

impl AudioDecoder for Adpcm {
    fn reset(&mut self) {
        self.states.fill(State::default());
    }

    fn codec_info(&self) -> &CodecInfo {
        let supported = Self::supported_codecs();
        let this = supported.iter().find(|codec| codec.id == self.params.codec);
        &this.unwrap_or(&supported[0]).info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        if let Err(error) = self.decode_packet(packet.data) {
            self.buffer.clear();
            return Err(error);
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

impl RegisterableAudioDecoder for Adpcm {
    fn try_registry_new(
        params: &AudioCodecParameters,
        _: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(Adpcm::new(params)?))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        const fn codec(
            id: symphonia::core::codecs::audio::AudioCodecId,
            short_name: &'static str,
            long_name: &'static str,
        ) -> SupportedAudioCodec {
            SupportedAudioCodec { id, info: CodecInfo { short_name, long_name, profiles: &[] } }
        }
        const CODECS: &[SupportedAudioCodec] = &[
            codec(CODEC_ID_ADPCM_MS, "adpcm_ms", "Microsoft ADPCM"),
            codec(CODEC_ID_ADPCM_IMA_WAV, "adpcm_ima_wav", "IMA ADPCM of WAV"),
            codec(CODEC_ID_ADPCM_IMA_QT, "adpcm_ima_qt", "IMA ADPCM of QuickTime"),
        ];
        CODECS
    }
}

const STEP_CHANGES: [i32; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66,
    73, 80, 88, 97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449,
    494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272,
    2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493,
    10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
];

/// 256ths.
const DELTA_CHANGES: [i32; 16] =
    [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];

/// Weights of the last sample and of the one before it, 64ths.
const WEIGHTS: [(i32, i32); 7] =
    [(64, 0), (128, -64), (0, 0), (48, 16), (60, 0), (115, -52), (98, -58)];

#[cfg(test)]
mod tests {
    use super::*;
    use symphonia::core::packet::Packet;
    use symphonia::core::units::{Duration, Timestamp};

    fn decoder(codec: symphonia::core::codecs::audio::AudioCodecId, channels: u16) -> Adpcm {
        let mut params = AudioCodecParameters::new();
        params.for_codec(codec).with_sample_rate(44_100);
        params.channels = Some(Channels::Discrete(channels));
        Adpcm::new(&params).unwrap()
    }

    fn decoded(decoder: &mut Adpcm, data: &[u8]) -> Result<usize> {
        let packet = Packet::new(0, Timestamp::ZERO, Duration::ZERO, data);
        decoder.decode(&packet).map(|block| block.frames())
    }

    #[test]
    fn a_cut_block_gives_the_samples_that_are_there() {
        let mut ima = decoder(CODEC_ID_ADPCM_IMA_WAV, 2);
        assert_eq!(decoded(&mut ima, &[0; 8 + 8 + 7]).unwrap(), 9);
        let mut microsoft = decoder(CODEC_ID_ADPCM_MS, 1);
        assert_eq!(decoded(&mut microsoft, &[0; 7 + 5]).unwrap(), 12);
        let mut quicktime = decoder(CODEC_ID_ADPCM_IMA_QT, 2);
        assert_eq!(decoded(&mut quicktime, &[0; 3 * 68]).unwrap(), 192);
    }

    #[test]
    fn headers_out_of_range_are_errors() {
        for channels in [1, 2, 3] {
            let mut ima = decoder(CODEC_ID_ADPCM_IMA_WAV, channels);
            assert!(decoded(&mut ima, &[89; 100]).is_err());
            assert!(decoded(&mut ima, &[0; 3]).is_err());
            let mut microsoft = decoder(CODEC_ID_ADPCM_MS, channels);
            assert!(decoded(&mut microsoft, &[7; 100]).is_err());
            assert!(decoded(&mut microsoft, &[0; 6]).is_err());
            let mut quicktime = decoder(CODEC_ID_ADPCM_IMA_QT, channels);
            assert!(decoded(&mut quicktime, &[0x59; 34 * 3]).is_err());
            assert!(decoded(&mut quicktime, &[0; 33]).is_err());
        }
    }
}
