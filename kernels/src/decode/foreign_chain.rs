//! Telling formats without a signature that are not read here, by chains of their headers: AAC in LATM, SBC, and
//! transport streams whose packets are longer or do not begin with the file.

/// Frames in a row at the start of the file, and after other bytes.
const CHAIN: usize = 4;
const LONG_CHAIN: usize = 8;
/// Packets in a row of a transport stream, whose sign is one byte.
const PACKETS: usize = 8;

/// The name of the format that `bytes` are, which are all of the file if `to_the_end`.
pub(super) fn find(bytes: &[u8], to_the_end: bool) -> Option<&'static str> {
    if let Some(name) = transport_stream(bytes) {
        return Some(name);
    }
    if is_chain(bytes, CHAIN, to_the_end, sbc_frame_bytes) {
        return Some("SBC");
    }
    if is_chain(bytes, CHAIN, to_the_end, loas_frame_bytes)
        || (1..bytes.len()).any(|at| is_chain(&bytes[at..], LONG_CHAIN, false, loas_frame_bytes))
    {
        return Some("AAC in LATM");
    }
    None
}

/// Packets of 188 bytes, of which 16 more may be for the correction of errors, and 4 may come before each as in M2TS.
fn transport_stream(bytes: &[u8]) -> Option<&'static str> {
    let begins = |first: usize, step: usize| {
        (0..PACKETS).all(|packet| bytes.get(first + step * packet) == Some(&0x47))
    };
    if begins(4, 192) {
        return Some("an MPEG transport stream (M2TS)");
    }
    let is_found = (0..188).any(|first| begins(first, 188)) || begins(0, 204);
    is_found.then_some("an MPEG transport stream")
}

/// Whether `frames` frames of the lengths that `frame_bytes` tells lie in a row, or all up to the end.
fn is_chain(
    bytes: &[u8],
    frames: usize,
    to_the_end: bool,
    frame_bytes: impl Fn(&[u8], &[u8]) -> Option<usize>,
) -> bool {
    let mut at = 0;
    for frame in 0..frames {
        let rest = bytes.get(at..).unwrap_or_default();
        match frame_bytes(rest, bytes) {
            Some(length) => at += length,
            None => return to_the_end && frame > 1 && rest.is_empty(),
        }
    }
    true
}

/// Length of the frame of LOAS (ISO/IEC 14496-3, section 1.7.2) at the start of `bytes`: 11 bits of a sign and 13 of
/// the length.
fn loas_frame_bytes(bytes: &[u8], _: &[u8]) -> Option<usize> {
    let [0x56, high, low, ..] = *bytes else { return None };
    let length = usize::from(high & 0x1f) << 8 | usize::from(low);
    (high & 0xe0 == 0xe0 && length > 0).then_some(3 + length)
}

/// Length of the frame of SBC (A2DP, appendix B) at the start of `bytes`, which is like the `first` frame.
fn sbc_frame_bytes(bytes: &[u8], first: &[u8]) -> Option<usize> {
    const MSBC: [u8; 3] = [0xad, 0, 0];
    if bytes.starts_with(&MSBC) && first.starts_with(&MSBC) {
        return Some(57);
    }
    let [0x9c, parameters, pool, ..] = *bytes else { return None };
    if first.get(1) != Some(&parameters) || !(2..=250).contains(&pool) {
        return None;
    }
    let blocks = 4 + 4 * usize::from(parameters >> 4 & 3);
    let subbands = if parameters & 1 == 0 { 4 } else { 8 };
    let (mode, pool) = (parameters >> 2 & 3, usize::from(pool));
    let channels = if mode == 0 { 1 } else { 2 };
    let bits = match mode {
        0 | 1 => blocks * channels * pool,
        2 => blocks * pool,
        _ => subbands + blocks * pool,
    };
    Some(4 + subbands * channels / 2 + bits.div_ceil(8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(frame: &[u8], frames: usize) -> Option<&'static str> {
        find(&frame.repeat(frames), true)
    }

    /// A packet of `length` bytes with `sign` at `at`.
    fn packet(length: usize, at: usize, sign: &[u8]) -> Vec<u8> {
        let mut packet: Vec<u8> = (0..length).map(|byte| (byte * 31 % 64) as u8).collect();
        packet[at..at + sign.len()].copy_from_slice(sign);
        packet
    }

    #[test]
    fn aac_in_latm_is_a_chain_of_lengths() {
        let frame = packet(3 + 300, 0, &[0x56, 0xe1, 0x2c]);
        assert_eq!(name(&frame, 10), Some("AAC in LATM"));
        assert_eq!(name(&frame, 2), Some("AAC in LATM"));
        let late = [&[9; 50], &frame.repeat(10)[..]].concat();
        assert_eq!(find(&late, true), Some("AAC in LATM"));
        assert_eq!(find(&late[..1000], true), None);
        assert_eq!(name(&packet(3 + 301, 0, &[0x56, 0xe1, 0x2c]), 10), None);
    }

    #[test]
    fn sbc_is_a_chain_of_like_headers() {
        // 44.1 kHz, 16 blocks, joint stereo, 8 subbands, a pool of 53: 119 bytes.
        let frame = packet(119, 0, &[0x9c, 0xbd, 53]);
        assert_eq!(name(&frame, 10), Some("SBC"));
        assert_eq!(name(&packet(120, 0, &[0x9c, 0xbd, 53]), 10), None);
        // Mono, 4 blocks, 4 subbands, a pool of 8.
        assert_eq!(name(&packet(10, 0, &[0x9c, 0x80, 8]), 10), Some("SBC"));
        assert_eq!(name(&packet(57, 0, &[0xad, 0, 0]), 10), Some("SBC"));
        assert_eq!(name(&packet(58, 0, &[0xad, 0, 0]), 10), None);
    }

    #[test]
    fn transport_streams_have_packets_of_188_192_or_204_bytes() {
        let stream = Some("an MPEG transport stream");
        assert_eq!(name(&packet(188, 0, &[0x47]), 10), stream);
        assert_eq!(name(&packet(188, 100, &[0x47]), 10), stream);
        assert_eq!(name(&packet(204, 0, &[0x47]), 10), stream);
        assert_eq!(name(&packet(192, 4, &[0x47]), 10), Some("an MPEG transport stream (M2TS)"));
        assert_eq!(name(&packet(190, 0, &[0x47]), 10), None);
        assert_eq!(name(&[0; 100], 10), None);
    }
}
