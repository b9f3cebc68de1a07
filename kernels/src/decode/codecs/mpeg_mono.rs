//! Layer 2 in mono above 192 kbit/s, which the standard forbids and ffmpeg writes by default.
//!
//! symphonia refuses the header. Each frame is written anew as two of stereo at 384 kbit/s whose second channels are
//! empty: one has the lower subbands, the other the upper ones. Since the empty channel takes bits too, one frame would
//! not always hold all. The sum of both signals is the signal of the frame.

use std::io;

use symphonia::core::audio::{
    AsGenericAudioBufferRef, Audio, AudioBuffer, AudioMut, AudioSpec, GenericAudioBufferRef,
    layouts::CHANNEL_LAYOUT_MONO,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::{Error, Result};
use symphonia::core::io::{BitReaderLtr, ReadBitsLtr};
use symphonia::core::packet::PacketRef;
use symphonia::default::codecs::MpaDecoder;

use super::super::mpeg_header::{HEADER_BYTES, MpegHeader};

/// Subbands that tables B.2a (at 48 kHz) and B.2b (else) of ISO/IEC 11172-3 know; they agree in those of both.
const SUBBANDS: (usize, usize) = (27, 30);
/// The first of the upper subbands.
const UPPER: usize = 15;
/// A header of MPEG-1, layer 2, 384 kbit/s, 32 kHz, stereo, and the bytes of its frame.
const HEADER: ([u8; HEADER_BYTES], usize) = ([0xff, 0xfd, 0xe8, 0x00], 1728);

/// Bits that three samples of a subband take, by the code of its allocation.
fn sample_bits(subband: usize) -> &'static [u32] {
    match subband {
        0..3 => &[0, 5, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45, 48],
        3..11 => &[0, 5, 7, 9, 10, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 48],
        11..23 => &[0, 5, 7, 9, 10, 12, 15, 48],
        _ => &[0, 5, 7, 48],
    }
}

/// Decodes frames of mono above 192 kbit/s.
pub(super) struct MonoDecoder {
    /// One for the lower subbands, one for the upper ones.
    inner: [MpaDecoder; 2],
    block: AudioBuffer<f32>,
}

impl MonoDecoder {
    /// Whether `header` is one of such a frame.
    pub fn is_needed(header: &MpegHeader) -> bool {
        header.layer == 2 && !header.low_rate && header.channels == 1 && header.bit_rate > 192_000
    }

    /// `params` are those of frames like the one with `header`.
    pub fn new(
        header: &MpegHeader,
        params: &AudioCodecParameters,
        options: &AudioDecoderOptions,
    ) -> Result<Self> {
        let spec = AudioSpec::new(header.rate_hz, CHANNEL_LAYOUT_MONO);
        Ok(MonoDecoder {
            inner: [MpaDecoder::try_new(params, options)?, MpaDecoder::try_new(params, options)?],
            block: AudioBuffer::new(spec, header.samples as usize),
        })
    }

    /// Forgets the frames before.
    pub fn reset(&mut self) {
        self.inner.iter_mut().for_each(AudioDecoder::reset);
    }

    /// Decodes the frame in `packet`, which begins with `header`.
    pub fn decode(
        &mut self,
        packet: &PacketRef<'_>,
        header: &MpegHeader,
    ) -> Result<GenericAudioBufferRef<'_>> {
        self.block.clear();
        let frames = split(packet.data, header)
            .map_err(|_| Error::DecodeError("mpeg: the frame holds more than its length"))?;
        self.block.render_silence(Some(header.samples as usize));
        let sum = self.block.plane_mut(0).ok_or(Error::DecodeError("mpeg: no channel"))?;
        for (decoder, frame) in self.inner.iter_mut().zip(&frames) {
            let part = PacketRef::new(packet.track_id, packet.pts, packet.dur, frame);
            let GenericAudioBufferRef::F32(block) = decoder.decode_ref(&part)? else {
                return Err(Error::DecodeError("mpeg: no floats"));
            };
            let samples = block.plane(0).unwrap_or_default();
            sum.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += sample);
        }
        Ok(self.last_decoded())
    }

    /// The last block.
    pub fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.block.as_generic_audio_buffer_ref()
    }
}

/// A frame that is written.
struct Frame {
    bytes: Vec<u8>,
    /// Bits so far.
    bits: usize,
}

impl Frame {
    fn new() -> Self {
        let (header, length) = HEADER;
        let mut bytes = header.to_vec();
        bytes.resize(length, 0);
        Frame { bytes, bits: 8 * header.len() }
    }

    /// Writes the lower `count` bits of `value`. Half of the subbands always fit.
    fn put(&mut self, count: u32, value: u64) {
        for bit in (0..count).rev() {
            let place = self.bytes.get_mut(self.bits / 8);
            if let Some(byte) = place {
                *byte |= ((value >> bit & 1) as u8) << (7 - self.bits % 8);
            }
            self.bits += 1;
        }
    }
}

/// Writes the lower and the upper subbands of `frame` into frames of their own.
fn split(frame: &[u8], header: &MpegHeader) -> io::Result<[Vec<u8>; 2]> {
    let begin = HEADER_BYTES + if header.has_checksum { 2 } else { 0 };
    let mut bits = BitReaderLtr::new(frame.get(begin..).unwrap_or_default());
    let mut parts = [Frame::new(), Frame::new()];
    let subbands = if header.rate_hz == 48_000 { SUBBANDS.0 } else { SUBBANDS.1 };
    // Subbands with samples: the part, the bits of three samples.
    let mut used = Vec::new();
    for subband in 0..SUBBANDS.1 {
        let sizes = sample_bits(subband);
        let width = sizes.len().trailing_zeros();
        let code = if subband < subbands { bits.read_bits_leq32(width)? } else { 0 };
        let own = usize::from(subband >= UPPER);
        for (part, frame) in parts.iter_mut().enumerate() {
            frame.put(width, if part == own { code.into() } else { 0 });
            frame.put(width, 0);
        }
        if code > 0 {
            used.push((own, sizes[code as usize]));
        }
    }
    let mut factors = Vec::new();
    for (part, _) in &used {
        let selection = bits.read_bits_leq32(2)?;
        parts[*part].put(2, selection.into());
        factors.push([3, 2, 1, 2][selection as usize]);
    }
    for ((part, _), count) in used.iter().zip(factors) {
        parts[*part].put(6 * count, bits.read_bits_leq32(6 * count)?.into());
    }
    for _ in 0..12 {
        for (part, size) in &used {
            parts[*part].put(*size, bits.read_bits_leq64(*size)?);
        }
    }
    Ok(parts.map(|part| part.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use symphonia::core::units::{Duration, Timestamp};

    /// A frame of mono with `header`: the codes of the allocation, then factors and samples of any value.
    fn frame_of(
        header: [u8; HEADER_BYTES],
        subbands: usize,
        code: impl Fn(usize) -> usize,
    ) -> Vec<u8> {
        let length = MpegHeader::parse(&header).unwrap().bytes;
        let mut frame = Frame { bytes: header.to_vec(), bits: 32 };
        frame.bytes.resize(length, 0);
        let mut used = Vec::new();
        for subband in 0..subbands {
            let sizes = sample_bits(subband);
            frame.put(sizes.len().trailing_zeros(), code(subband) as u64);
            if code(subband) > 0 {
                used.push(sizes[code(subband)]);
            }
        }
        let noise = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        // All four selections of factors.
        (0..used.len()).for_each(|at| frame.put(2, at as u64 % 4));
        for at in 0..used.len() as u64 {
            for part in 0..[3, 2, 1, 2][at as usize % 4] {
                frame.put(6, 12 + noise(7 * at + part) % 40);
            }
        }
        for triple in 0..12 {
            for (at, bits) in used.iter().enumerate() {
                let any = noise(triple * 30 + at as u64 + 1);
                // Codes of three samples have a largest value.
                let largest = match bits {
                    5 => 27,
                    7 => 125,
                    10 => 729,
                    _ => 1 << bits,
                };
                frame.put(*bits, any % largest);
            }
        }
        assert!(frame.bits <= 8 * length, "{} of {} bits", frame.bits, 8 * length);
        frame.bytes
    }

    fn params(header: &MpegHeader) -> AudioCodecParameters {
        let mut params = AudioCodecParameters::new();
        params.for_codec(header.codec()).with_sample_rate(header.rate_hz);
        params
    }

    fn packet(frame: &[u8]) -> PacketRef<'_> {
        PacketRef::new(0, Timestamp::new(0), Duration::new(1152), frame)
    }

    fn samples(block: &GenericAudioBufferRef<'_>) -> Vec<f32> {
        let GenericAudioBufferRef::F32(block) = block else { panic!("no floats") };
        block.plane(0).unwrap().to_vec()
    }

    #[test]
    fn a_frame_that_the_standard_allows_gives_the_same_samples_either_way() {
        // 192 kbit/s at 44.1 kHz and at 48 kHz, without and with a checksum; tables B.2b and B.2a.
        for header in [[0xff, 0xfd, 0xa0, 0xc0], [0xff, 0xfd, 0xa4, 0xc0], [0xff, 0xfc, 0xa0, 0xc0]]
        {
            let code = |subband: usize| match subband {
                0..11 => (subband * 5 + 2) % 14,
                11..23 => (subband * 3) % 4,
                _ => subband % 3,
            };
            let subbands = if header[2] == 0xa4 { 27 } else { 30 };
            let mut frame = frame_of(header, subbands, code);
            if header[1] == 0xfc {
                frame.splice(4..4, [0x12, 0x34]);
                frame.truncate(frame.len() - 2);
            }
            let header = MpegHeader::parse(&frame).unwrap();
            assert!(!MonoDecoder::is_needed(&header));
            let mut plain = MpaDecoder::try_new(&params(&header), &Default::default()).unwrap();
            let mut split =
                MonoDecoder::new(&header, &params(&header), &Default::default()).unwrap();
            for _ in 0..3 {
                let expected = samples(&plain.decode_ref(&packet(&frame)).unwrap());
                let found = samples(&split.decode(&packet(&frame), &header).unwrap());
                assert_eq!(found.len(), 1152);
                assert!(expected.iter().any(|sample| sample.abs() > 0.01));
                for (found, expected) in found.iter().zip(&expected) {
                    assert!((found - expected).abs() < 1e-6, "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn a_full_frame_fits() {
        // 384 kbit/s at 32 kHz; 23 subbands of 16 bits take nearly all.
        let largest =
            |subband: usize| if subband < 23 { sample_bits(subband).len() - 1 } else { 0 };
        let frame = frame_of([0xff, 0xfd, 0xe8, 0xc0], 30, largest);
        let header = MpegHeader::parse(&frame).unwrap();
        assert!(MonoDecoder::is_needed(&header));
        let mut decoder = MonoDecoder::new(&header, &params(&header), &Default::default()).unwrap();
        let found = samples(&decoder.decode(&packet(&frame), &header).unwrap());
        assert!(found.iter().any(|sample| sample.abs() > 0.01));
        assert!(decoder.decode(&packet(&frame[..1000]), &header).is_err());
    }
}
