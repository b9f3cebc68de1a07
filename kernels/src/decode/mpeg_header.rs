//! Headers of MPEG audio frames (ISO/IEC 11172-3, 13818-3 and MPEG 2.5).

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3};

/// Bytes of a frame header.
pub(super) const HEADER_BYTES: usize = 4;

/// The properties of a frame that its header tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MpegHeader {
    /// Layer, 1 to 3.
    pub layer: u8,
    /// MPEG-2 or 2.5: half the sample rates of MPEG-1 or less.
    pub low_rate: bool,
    /// Sample rate in Hz.
    pub rate_hz: u32,
    /// 1 or 2.
    pub channels: usize,
    /// Bits a second; 0 in the free format.
    pub bit_rate: u32,
    /// Bytes of the frame with its header; 0 in the free format, where the header does not tell.
    pub bytes: usize,
    /// Frames (samples a channel) that it decodes to.
    pub samples: u32,
    /// A checksum of two bytes follows the header.
    pub has_checksum: bool,
    /// The header.
    word: u32,
}

/// Version, layer and sample rate.
const SAME_STREAM: u32 = 0xfffe_0c00;

impl MpegHeader {
    /// Reads the header at the start of `bytes`. The free format counts.
    pub fn parse_any(bytes: &[u8]) -> Option<MpegHeader> {
        let word = u32::from_be_bytes(*bytes.first_chunk::<HEADER_BYTES>()?);
        let field = |shift: u32, mask: u32| (word >> shift & mask) as usize;
        let (version, layer_bits) = (field(19, 3), field(17, 3));
        let (rate_index, hz_index) = (field(12, 15), field(10, 3));
        if word >> 21 != 0x7ff || version == 1 || layer_bits == 0 || hz_index == 3 {
            return None;
        }
        const KBIT: [[u32; 15]; 5] = [
            [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
            [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
            [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
            [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        ];
        let (layer, low_rate) = (4 - layer_bits as u8, version != 3);
        let table = match (low_rate, layer) {
            (false, layer) => usize::from(layer) - 1,
            (true, 1) => 3,
            (true, _) => 4,
        };
        let bit_rate = KBIT[table].get(rate_index)? * 1000;
        let rate_hz = [44_100, 48_000, 32_000][hz_index] / [4, 1, 2, 1][version];
        let padding = word >> 9 & 1;
        let (bytes, samples) = match layer {
            1 => ((12 * bit_rate / rate_hz + padding) * 4, 384),
            3 if low_rate => (72 * bit_rate / rate_hz + padding, 576),
            _ => (144 * bit_rate / rate_hz + padding, 1152),
        };
        Some(MpegHeader {
            layer,
            low_rate,
            rate_hz,
            channels: if field(6, 3) == 3 { 1 } else { 2 },
            bit_rate,
            bytes: if rate_index == 0 { 0 } else { bytes as usize },
            samples,
            has_checksum: word >> 16 & 1 == 0,
            word,
        })
    }

    /// Reads the header at the start of `bytes`, if it tells the length of the frame.
    pub fn parse(bytes: &[u8]) -> Option<MpegHeader> {
        Self::parse_any(bytes).filter(|header| header.bytes > HEADER_BYTES)
    }

    /// The codec of the layer.
    pub fn codec(&self) -> AudioCodecId {
        match self.layer {
            1 => CODEC_ID_MP1,
            2 => CODEC_ID_MP2,
            _ => CODEC_ID_MP3,
        }
    }

    /// Whether version, layer and sample rate are those of `other`.
    pub fn is_like(&self, other: &MpegHeader) -> bool {
        self.word & SAME_STREAM == other.word & SAME_STREAM
    }

    /// Whether `frame`, which begins with this header, has intensity stereo with positions of five bits: decoders disagree
    /// on those above 15. They are possible in layer 3 of MPEG-2 and 2.5 only, where no common encoder writes them.
    pub fn has_doubtful_stereo(&self, frame: &[u8]) -> bool {
        let (mode, extension) = (self.word >> 6 & 3, self.word >> 4 & 3);
        if self.layer != 3 || !self.low_rate || mode != 1 || extension & 1 == 0 {
            return false;
        }
        // Of the second channel, the sizes of factors say those of positions (ISO/IEC 13818-3, section 2.4.3.2).
        let Some(channel) = self.granules().nth(1) else { return false };
        let sizes = bits(self.body(frame), channel + 12 + 9 + 8, 9) >> 1;
        sizes < 180 && (sizes % 36 / 6 == 5 || sizes % 6 == 5)
    }

    /// Bytes of the side information of layer 3.
    pub fn side_info_bytes(&self) -> usize {
        match (self.low_rate, self.channels) {
            (false, 1) | (true, 2) => 17,
            (false, _) => 32,
            (true, _) => 9,
        }
    }

    /// The first subband of layers 1 and 2 that has one word length for both channels.
    pub fn first_joint_subband(&self) -> usize {
        let (mode, extension) = (self.word >> 6 & 3, (self.word >> 4 & 3) as usize);
        if mode == 1 { 4 * (extension + 1) } else { 32 }
    }

    /// Whether `frame`, which begins with this header, may be one: in layer 3 the number of spectral values
    /// has a limit, in layer 1 one of the 16 word lengths is forbidden.
    pub fn is_plausible(&self, frame: &[u8]) -> bool {
        let body = self.body(frame);
        match self.layer {
            3 => self.has_plausible_values(body),
            1 => {
                let lengths = body.iter().flat_map(|byte| [byte >> 4, byte & 15]);
                lengths.take(self.word_lengths()).all(|length| length != 15)
            }
            _ => true,
        }
    }

    /// The number of word lengths in a frame of layer 1: from some subband on, joint stereo has one for both
    /// channels.
    fn word_lengths(&self) -> usize {
        if self.channels == 1 { 32 } else { 32 + self.first_joint_subband() }
    }

    fn has_plausible_values(&self, body: &[u8]) -> bool {
        self.granules().all(|at| bits(body, at + 12, 9) <= 288)
    }

    /// Whether `frame`, which begins with this header, has a block that is long in its lower part and short above.
    pub fn has_mixed_block(&self, frame: &[u8]) -> bool {
        let body = self.body(frame);
        // After the lengths, the gain and the sizes of factors: switched windows, of the short kind, mixed.
        let at = 12 + 9 + 8 + if self.low_rate { 9 } else { 4 };
        self.layer == 3 && self.granules().any(|granule| bits(body, granule + at, 4) == 0b1101)
    }

    /// What follows the header of `frame` and its checksum.
    fn body<'a>(&self, frame: &'a [u8]) -> &'a [u8] {
        frame.get(HEADER_BYTES + 2 * usize::from(self.has_checksum)..).unwrap_or(&[])
    }

    /// Where in the side information of layer 3 each channel of each granule begins, in bits.
    fn granules(&self) -> impl Iterator<Item = usize> {
        // main_data_begin, private bits and scfsi come first.
        let (first, granules, size) = match (self.low_rate, self.channels) {
            (false, 1) => (9 + 5 + 4, 2, 59),
            (false, _) => (9 + 3 + 8, 2, 59),
            (true, 1) => (8 + 1, 1, 63),
            (true, _) => (8 + 2, 1, 63),
        };
        (0..granules * self.channels).map(move |granule| first + granule * size)
    }
}

/// The number in `count` bits of `bytes` from bit `at` on.
fn bits(bytes: &[u8], at: usize, count: usize) -> u32 {
    (at..at + count).fold(0, |value, at| {
        let byte = bytes.get(at / 8).copied().unwrap_or(0);
        value << 1 | u32::from(byte >> (7 - at % 8) & 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_tell_length_rate_and_channels() {
        for (bytes, layer, rate_hz, channels, length, samples) in [
            ([0xff, 0xfb, 0x90, 0x64], 3, 44_100, 2, 417, 1152),
            ([0xff, 0xfa, 0x92, 0xc4], 3, 44_100, 1, 418, 1152),
            ([0xff, 0xf3, 0x80, 0x64], 3, 22_050, 2, 208, 576),
            ([0xff, 0xe3, 0x18, 0xc4], 3, 8_000, 1, 72, 576),
            ([0xff, 0xfd, 0x84, 0x04], 2, 48_000, 2, 384, 1152),
            ([0xff, 0xff, 0x40, 0x04], 1, 44_100, 2, 136, 384),
        ] {
            let header = MpegHeader::parse(&bytes).unwrap();
            assert_eq!(
                (header.layer, header.rate_hz, header.channels, header.bytes, header.samples),
                (layer, rate_hz, channels, length, samples)
            );
            assert_eq!(header.has_checksum, bytes[1] & 1 == 0);
        }
    }

    #[test]
    fn intensity_stereo_with_positions_of_five_bits_is_doubtful() {
        let is_doubtful = |header: [u8; 4], sizes: u32| {
            let mut frame = [&header[..], &[0; 200]].concat();
            // Bit 102 of the side information and the eight after it; the last is the scale of positions.
            let field = sizes << 1;
            (0..9).for_each(|bit| {
                frame[4 + (102 + bit) / 8] |=
                    ((field >> (8 - bit) & 1) << (7 - (102 + bit) % 8)) as u8
            });
            MpegHeader::parse(&header).unwrap().has_doubtful_stereo(&frame)
        };
        let (mpeg_2, mpeg_25) = ([0xff, 0xf3, 0x80, 0x54], [0xff, 0xe3, 0x80, 0x74]);
        for (sizes, expected) in
            [(179, true), (125, true), (30, true), (93, false), (172, false), (180, false)]
        {
            assert_eq!(is_doubtful(mpeg_2, sizes), expected, "{sizes}");
            assert_eq!(is_doubtful(mpeg_25, sizes), expected, "{sizes}");
        }
        // Without intensity, MPEG-1, layer 2.
        for header in [
            [0xff, 0xf3, 0x80, 0x64],
            [0xff, 0xf3, 0x80, 0x14],
            [0xff, 0xfb, 0x90, 0x54],
            [0xff, 0xf5, 0x80, 0x54],
        ] {
            assert!(!is_doubtful(header, 179));
        }
    }

    #[test]
    fn joint_stereo_of_layer_1_has_fewer_word_lengths() {
        // 384 kbit/s at 32 kHz: eight word lengths for two channels, 28 for both; then factors of all ones.
        let stereo = [0xff, 0xff, 0xc8, 0x04];
        let joint = [0xff, 0xff, 0xc8, 0x44];
        let rest = [&[0x88; 18][..], &[0xff; 60]].concat();
        let is_plausible = |header: [u8; 4]| {
            MpegHeader::parse(&header).unwrap().is_plausible(&[&header[..], &rest].concat())
        };
        assert!(is_plausible(joint));
        assert!(!is_plausible(stereo));
    }

    #[test]
    fn mixed_blocks_are_found_in_each_channel_of_each_granule() {
        for (bytes, first, places, size) in [
            ([0xff, 0xfb, 0x90, 0x64], 32 + 20 + 33, 4, 59),
            ([0xff, 0xfa, 0x92, 0xc4], 48 + 18 + 33, 2, 59),
            ([0xff, 0xf3, 0x80, 0x64], 32 + 10 + 38, 2, 63),
            ([0xff, 0xe3, 0x18, 0xc4], 32 + 9 + 38, 1, 63),
        ] {
            let header = MpegHeader::parse(&bytes).unwrap();
            let frame = |at: usize, block: u64| {
                let mut frame = [&bytes[..], &[0; 60]].concat();
                (0..4).filter(|bit| block >> (3 - bit) & 1 == 1).for_each(|bit| {
                    frame[(at + bit) / 8] |= 0x80 >> ((at + bit) % 8);
                });
                frame
            };
            assert!(!header.has_mixed_block(&frame(first, 0)));
            for place in 0..places {
                let at = first + place * size;
                assert!(header.has_mixed_block(&frame(at, 0b1101)), "{bytes:?}, {place}");
                // Short blocks that are not mixed, and the kinds that cannot be.
                for block in [0b1100, 0b1011, 0b1111, 0b0101] {
                    assert!(!header.has_mixed_block(&frame(at, block)), "{bytes:?}, {place}");
                }
            }
        }
    }

    #[test]
    fn reserved_values_are_no_headers_and_the_free_format_has_no_length() {
        for bytes in [
            [0xff, 0xeb, 0x90, 0x64],
            [0xff, 0xf9, 0x90, 0x64],
            [0xff, 0xfb, 0xf0, 0x64],
            [0xff, 0xfb, 0x9c, 0x64],
            [0xfe, 0xfb, 0x90, 0x64],
        ] {
            assert_eq!(MpegHeader::parse_any(&bytes), None);
        }
        assert_eq!(MpegHeader::parse(&[0xff, 0xfb, 0x00, 0x64]), None);
        assert_eq!(MpegHeader::parse_any(&[0xff, 0xfb, 0x00, 0x64]).map(|h| h.bytes), Some(0));
        assert_eq!(MpegHeader::parse(&[0xff, 0xfb]), None);
    }
}
