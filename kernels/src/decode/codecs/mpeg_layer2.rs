//! Length of frames of layer 2 whose bit rate symphonia refuses: at the low sample rates of MPEG-2 (ISO/IEC 13818-3, table
//! B.1), and at the low bit rates of MPEG-1 (ISO/IEC 11172-3, tables B.2c and B.2d).

use super::super::mpeg_header::{HEADER_BYTES, MpegHeader};

/// Scale factors by their selection.
const SCALE_FACTORS: [usize; 4] = [3, 2, 1, 2];
/// Groups of three samples of a subband and channel.
const GROUPS: usize = 12;

/// The number of subbands of a frame.
fn subbands(header: &MpegHeader) -> usize {
    match (header.low_rate, header.rate_hz) {
        (true, _) => 30,
        (false, 32_000) => 12,
        (false, _) => 8,
    }
}

/// Bits that three samples of a subband take, by the code of its allocation. Three, five and nine steps share a word.
fn sample_bits(header: &MpegHeader, subband: usize) -> &'static [usize] {
    match (header.low_rate, subband) {
        (true, 0..4) => &[0, 5, 7, 9, 10, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42],
        (false, 0..2) => &[0, 5, 7, 10, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45],
        (true, 4..11) | (false, _) => &[0, 5, 7, 10, 12, 15, 18, 21],
        (true, _) => &[0, 5, 7, 10],
    }
}

/// Bits that `frame`, which begins with `header`, needs by its own allocation.
pub(super) fn bits_needed(frame: &[u8], header: &MpegHeader) -> usize {
    let mut at = 8 * (HEADER_BYTES + 2 * usize::from(header.has_checksum));
    let mut read = |count: usize| {
        at += count;
        (at - count..at).fold(0_usize, |value, at| {
            let byte = frame.get(at / 8).copied().unwrap_or(0);
            value << 1 | usize::from(byte >> (7 - at % 8) & 1)
        })
    };
    let joint_from = header.first_joint_subband();
    // Channels with samples, and bits of their samples.
    let (mut used, mut bits) = (0, 0);
    for subband in 0..subbands(header) {
        let sizes = sample_bits(header, subband);
        let mut code = || read(sizes.len().trailing_zeros() as usize);
        let is_joint = subband >= joint_from;
        let codes = match header.channels {
            1 => [code(), 0],
            _ if is_joint => [code(); 2],
            _ => [code(), code()],
        };
        used += codes.iter().filter(|code| **code > 0).count();
        bits += sizes[codes[0]] + if is_joint { 0 } else { sizes[codes[1]] };
    }
    let factors: usize = (0..used).map(|_| SCALE_FACTORS[read(2)]).sum();
    at + 6 * factors + GROUPS * bits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of MPEG-2, layer 2, 128 kbit/s, 24 kHz: 768 bytes.
    fn needed(mode: u8, body: &[u8]) -> usize {
        let frame = [&[0xff, 0xf5, 0xc4, mode][..], body].concat();
        bits_needed(&frame, &MpegHeader::parse(&frame).unwrap())
    }

    #[test]
    fn a_frame_of_silence_has_word_lengths_only() {
        let lengths = 4 * 4 + 7 * 3 + 19 * 2;
        assert_eq!(needed(0x00, &[]), 32 + 2 * lengths);
        assert_eq!(needed(0xc0, &[]), 32 + lengths);
        // Joint stereo from subband 4 on.
        assert_eq!(needed(0x40, &[]), 32 + 2 * 16 + 7 * 3 + 19 * 2);
    }

    #[test]
    fn scale_factors_and_samples_follow_the_word_lengths() {
        // One channel, subband 0: three steps, 14 bits; the selection says three scale factors.
        let lengths = 4 * 4 + 7 * 3 + 19 * 2;
        assert_eq!(needed(0xc0, &[0x10]), 32 + lengths + 2 + 18 + 12 * 5);
        assert_eq!(needed(0xc0, &[0xf0]), 32 + lengths + 2 + 18 + 12 * 3 * 14);
        assert_eq!(needed(0xc0, &[0x40]), 32 + lengths + 2 + 18 + 12 * 10);
        assert_eq!(needed(0xc0, &[0x30]), 32 + lengths + 2 + 18 + 12 * 9);
        // All lengths the largest: too much for the frame.
        assert!(needed(0x00, &[0xff; 764]) > 8 * 768);
    }

    #[test]
    fn low_bit_rates_of_mpeg_1_have_few_subbands() {
        let needed = |third: u8, body: &[u8]| {
            let frame = [&[0xff, 0xfd, third, 0x00][..], body].concat();
            bits_needed(&frame, &MpegHeader::parse(&frame).unwrap())
        };
        // 80 kbit/s at 44.1 and at 32 kHz.
        assert_eq!(needed(0x50, &[]), 32 + 2 * (2 * 4 + 6 * 3));
        assert_eq!(needed(0x58, &[]), 32 + 2 * (2 * 4 + 10 * 3));
        // The largest code of the first subband and channel.
        assert_eq!(needed(0x50, &[0xf0]), 32 + 2 * (2 * 4 + 6 * 3) + 2 + 18 + 12 * 45);
    }
}
