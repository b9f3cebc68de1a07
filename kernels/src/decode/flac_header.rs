//! FLAC stream information and frame headers (RFC 9639).

/// Bytes of the STREAMINFO block.
pub(super) const STREAM_INFO_BYTES: usize = 34;
/// Longest frame header.
pub(super) const MAX_HEADER_BYTES: usize = 16;

/// Sample format of a frame or of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FlacFormat {
    /// Sample rate in Hz.
    pub rate_hz: u32,
    /// Channels, 1 to 8.
    pub channels: u32,
    /// Bits a sample, 4 to 32.
    pub bits: u32,
}

/// The format of no stream, with which only headers that tell all of it are read.
pub(super) const NO_FORMAT: FlacFormat = FlacFormat { rate_hz: 0, channels: 0, bits: 0 };

/// Contents of a STREAMINFO block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamInfo {
    /// Format.
    pub format: FlacFormat,
    /// Samples of the stream; 0 if unknown.
    pub samples: u64,
}

impl StreamInfo {
    /// Reads the block at the start of `bytes`.
    pub fn parse(bytes: &[u8]) -> Option<StreamInfo> {
        let bytes = bytes.get(..STREAM_INFO_BYTES)?;
        let number = |range: std::ops::Range<usize>| {
            bytes[range].iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte))
        };
        let packed = number(10..18);
        let format = FlacFormat {
            rate_hz: (packed >> 44) as u32,
            channels: (packed >> 41 & 7) as u32 + 1,
            bits: (packed >> 36 & 31) as u32 + 1,
        };
        Some(StreamInfo { format, samples: packed & 0xf_ffff_ffff })
    }

    /// Writes a block of `format` with any block size.
    pub fn of_any_block(format: FlacFormat) -> [u8; STREAM_INFO_BYTES] {
        let mut bytes = [0; STREAM_INFO_BYTES];
        bytes[..4].copy_from_slice(&[0, 16, 0xff, 0xff]);
        let packed = u64::from(format.rate_hz) << 44
            | u64::from(format.channels - 1) << 41
            | u64::from(format.bits - 1) << 36;
        bytes[10..18].copy_from_slice(&packed.to_be_bytes());
        bytes
    }
}

/// The fields of a frame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameHeader {
    /// Bytes of the header.
    pub bytes: usize,
    /// Samples a channel.
    pub samples: u32,
    /// Format; fields that the header leaves open are those of the stream.
    pub format: FlacFormat,
    /// Code of the channels: 8 to 10 are left and side, side and right, mid and side.
    pub assignment: u8,
    /// Number of the first sample, or of the frame where the block size is fixed.
    pub number: u64,
    /// `number` counts samples.
    pub counts_samples: bool,
}

impl FrameHeader {
    /// Reads the header at the start of `bytes` and checks its checksum. `stream` is the format of the stream.
    pub fn parse(bytes: &[u8], stream: FlacFormat) -> Option<FrameHeader> {
        let [0xff, second @ (0xf8 | 0xf9), third, fourth, fifth, ..] = *bytes else { return None };
        let (block_code, rate_code) = (third >> 4, third & 15);
        let (assignment, bits_code) = (fourth >> 4, fourth >> 1 & 7);
        if block_code == 0
            || rate_code == 15
            || assignment > 10
            || bits_code == 3
            || fourth & 1 == 1
        {
            return None;
        }
        // As UTF-8, up to seven bytes.
        let ones = fifth.leading_ones();
        let more = match ones {
            0 => 0,
            2..=7 => ones as usize - 1,
            _ => return None,
        };
        let mut number = u64::from(fifth) & (0x7f >> ones);
        for byte in bytes.get(5..5 + more)? {
            if byte >> 6 != 2 {
                return None;
            }
            number = number << 6 | u64::from(byte & 0x3f);
        }
        let mut at = 5 + more;
        let mut take = |count: usize| {
            at += count;
            let field = bytes.get(at - count..at)?;
            Some(field.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte)))
        };
        let samples = match block_code {
            1 => 192,
            2..=5 => 576 << (block_code - 2),
            6 => take(1)? + 1,
            7 => take(2)? + 1,
            _ => 256 << (block_code - 8),
        };
        const RATES: [u32; 11] = [
            88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000,
        ];
        let rate_hz = match rate_code {
            0 => stream.rate_hz,
            12 => take(1)? * 1000,
            13 => take(2)?,
            14 => take(2)? * 10,
            _ => RATES[usize::from(rate_code) - 1],
        };
        let bits = match bits_code {
            0 => stream.bits,
            code => [8, 12, 0, 16, 20, 24, 32][usize::from(code) - 1],
        };
        let channels = if assignment < 8 { u32::from(assignment) + 1 } else { 2 };
        if rate_hz == 0 || bits == 0 {
            return None;
        }
        (crc8(bytes.get(..=at)?) == 0).then_some(FrameHeader {
            bytes: at + 1,
            samples,
            format: FlacFormat { rate_hz, channels, bits },
            assignment,
            number,
            counts_samples: second == 0xf9,
        })
    }
}

impl FrameHeader {
    /// Bytes that the frame takes at most: uncompressed, with a margin.
    pub fn most_bytes(&self) -> usize {
        let raw =
            (self.samples * self.format.channels) as usize * (self.format.bits as usize + 1) / 8;
        raw + raw / 8 + 1024
    }

    /// Number of the first sample in a stream whose frames are all as long as this one, unless they count samples.
    pub fn first_sample(&self) -> u64 {
        match self.counts_samples {
            true => self.number,
            false => self.number.saturating_mul(u64::from(self.samples)),
        }
    }

    /// Whether the frame comes next after `before` in a stream of one format.
    pub fn follows(&self, before: &FrameHeader) -> bool {
        let step = if before.counts_samples { u64::from(before.samples) } else { 1 };
        self.format == before.format
            && self.counts_samples == before.counts_samples
            && self.number == before.number + step
    }
}

fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc >> 7 == 1 { crc << 1 ^ 7 } else { crc << 1 })
    })
}

/// Table of the checksum of frames, polynomial 0x8005.
const CRC16: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc >> 15 == 1 { crc << 1 ^ 0x8005 } else { crc << 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// Goes on with the checksum of a frame; it is 0 after the last byte of an intact one.
pub(super) fn crc16(crc: u16, byte: u8) -> u16 {
    crc << 8 ^ CRC16[usize::from((crc >> 8) as u8 ^ byte)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: FlacFormat = FlacFormat { rate_hz: 44_100, channels: 2, bits: 16 };

    /// The header with its checksum.
    fn with_checksum(bytes: &[u8]) -> Vec<u8> {
        [bytes, &[crc8(bytes)]].concat()
    }

    #[test]
    fn a_header_tells_block_size_format_and_number() {
        let parse = |bytes: &[u8]| FrameHeader::parse(&with_checksum(bytes), STREAM).unwrap();
        let header = parse(&[0xff, 0xf8, 0xc9, 0x18, 0x05]);
        assert_eq!((header.bytes, header.samples, header.number), (6, 4096, 5));
        assert_eq!((header.format, header.counts_samples), (STREAM, false));
        let header = parse(&[
            0xff, 0xf9, 0x7e, 0xae, 0xfe, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 1, 2, 0xff, 0xff,
        ]);
        assert_eq!((header.samples, header.number), (259, 0xf_ffff_ffff));
        assert_eq!(header.format, FlacFormat { rate_hz: 655_350, channels: 2, bits: 32 });
        assert_eq!((header.assignment, header.counts_samples), (10, true));
        let header = parse(&[0xff, 0xf8, 0x60, 0x00, 0xc4, 0x80, 0x0f]);
        assert_eq!((header.samples, header.number, header.format.channels), (16, 256, 1));
        assert_eq!((header.format.rate_hz, header.format.bits), (44_100, 16));
    }

    #[test]
    fn a_header_with_reserved_values_or_a_wrong_checksum_is_none() {
        for bytes in [
            [0xff, 0xf8, 0x09, 0x18, 0x05],
            [0xff, 0xf8, 0xcf, 0x18, 0x05],
            [0xff, 0xf8, 0xc9, 0xb8, 0x05],
            [0xff, 0xf8, 0xc9, 0x16, 0x05],
            [0xff, 0xf8, 0xc9, 0x19, 0x05],
            [0xff, 0xf8, 0xc9, 0x18, 0x80],
            [0xff, 0xf8, 0xc9, 0x18, 0xff],
        ] {
            assert_eq!(FrameHeader::parse(&with_checksum(&bytes), STREAM), None);
        }
        assert_eq!(FrameHeader::parse(&[0xff, 0xf8, 0xc9, 0x18, 0x05, 0x00], STREAM), None);
        assert_eq!(FrameHeader::parse(&[0xff, 0xf8, 0xc9], STREAM), None);
    }

    #[test]
    fn stream_information_is_read_as_it_is_written() {
        let format = FlacFormat { rate_hz: 655_350, channels: 8, bits: 32 };
        let info = StreamInfo::parse(&StreamInfo::of_any_block(format)).unwrap();
        assert_eq!(info, StreamInfo { format, samples: 0 });
    }
}
