//! ALAC, with a check that each packet ends where its contents do.
//!
//! Packets have no checksum, and symphonia stops after the last channel. Damage within a packet nearly always moves the
//! codes behind it, so that they do not end before the mark of the packet's end.

use std::io;

use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error, Result};
use symphonia::core::io::{BitReaderLtr, FiniteBitStream, ReadBitsLtr};
use symphonia::core::packet::PacketRef;
use symphonia::default::codecs::AlacDecoder as Inner;

/// symphonia's decoder behind the check.
pub(super) struct AlacDecoder {
    inner: Inner,
    layout: Layout,
}

/// What the configuration tells of the codes in packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    /// Samples of a packet, unless it tells another number.
    samples: u32,
    /// Bits a sample.
    bits: u32,
    /// Weight of a new value in the running mean, the mean at the start, and the largest parameter of a Rice code.
    history: u32,
    start: u32,
    most: u32,
    channels: u32,
}

impl Layout {
    /// Reads the configuration; atoms may precede it.
    fn read(mut configuration: &[u8]) -> Option<Layout> {
        for atom in [b"frma", b"alac"] {
            if configuration.get(4..8) == Some(atom) {
                configuration = configuration.get(12..)?;
            }
        }
        let [a, b, c, d, _, bits, history, start, most, channels, ..] = *configuration else {
            return None;
        };
        let [bits, history, start, most, channels] =
            [bits, history, start, most, channels].map(u32::from);
        Some(Layout {
            samples: u32::from_be_bytes([a, b, c, d]),
            bits,
            history,
            start,
            most,
            channels,
        })
    }

    /// Whether the contents of `packet` end where it ends.
    fn fits(&self, packet: &[u8]) -> bool {
        self.ends(packet).unwrap_or(false)
    }

    fn ends(&self, packet: &[u8]) -> io::Result<bool> {
        let mut bits = BitReaderLtr::new(packet);
        let mut channels = 0;
        loop {
            // Some encoder may leave out the mark.
            if channels >= self.channels && bits.bits_left() < 3 {
                return Ok(true);
            }
            match bits.read_bits_leq32(3)? {
                0 | 3 => {
                    self.pass_over(&mut bits, 1)?;
                    channels += 1;
                }
                1 => {
                    self.pass_over(&mut bits, 2)?;
                    channels += 2;
                }
                // Data and filling.
                4 => {
                    bits.ignore_bits(4)?;
                    let is_aligned = bits.read_bool()?;
                    let mut bytes = bits.read_bits_leq32(8)?;
                    if bytes == 255 {
                        bytes += bits.read_bits_leq32(8)?;
                    }
                    if is_aligned {
                        bits.realign();
                    }
                    bits.ignore_bits(8 * bytes)?;
                }
                6 => {
                    let mut bytes = bits.read_bits_leq32(4)?;
                    if bytes == 15 {
                        bytes = 14 + bits.read_bits_leq32(8)?;
                    }
                    bits.ignore_bits(8 * bytes)?;
                }
                7 => break,
                _ => return Ok(false),
            }
        }
        // Zeros up to the next byte, or more, as a container may have packets of one size.
        while bits.bits_left() > 0 {
            let count = bits.bits_left().min(32) as u32;
            if bits.read_bits_leq32(count)? != 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Passes over the element of one channel or two whose first three bits are read.
    fn pass_over(&self, bits: &mut BitReaderLtr<'_>, channels: u32) -> io::Result<()> {
        let invalid = || io::Error::from(io::ErrorKind::InvalidData);
        bits.ignore_bits(16)?;
        let is_partial = bits.read_bool()?;
        let lower_bits = 8 * bits.read_bits_leq32(2)?;
        let is_uncompressed = bits.read_bool()?;
        let samples = if is_partial { bits.read_bits_leq32(32)? } else { self.samples };
        if samples > self.samples || lower_bits >= self.bits {
            return Err(invalid());
        }
        if is_uncompressed {
            return ignore(bits, u64::from(samples * channels) * u64::from(self.bits));
        }
        let width = self.bits - lower_bits + channels - 1;
        if width > 32 {
            return Err(invalid());
        }
        bits.ignore_bits(16)?;
        let mut weights = [0; 2];
        for weight in &mut weights[..channels as usize] {
            bits.ignore_bits(8)?;
            *weight = (bits.read_bits_leq32(3)? * self.history) >> 2;
            let order = bits.read_bits_leq32(5)?;
            bits.ignore_bits(16 * order)?;
        }
        ignore(bits, u64::from(samples * channels) * u64::from(lower_bits))?;
        for weight in &weights[..channels as usize] {
            self.pass_over_codes(bits, samples, *weight, width)?;
        }
        Ok(())
    }

    /// Passes over the codes of `samples` differences, of which long ones have `width` bits.
    fn pass_over_codes(
        &self,
        bits: &mut BitReaderLtr<'_>,
        samples: u32,
        weight: u32,
        width: u32,
    ) -> io::Result<()> {
        let (mut mean, mut sign, mut at) = (self.start, 0, 0);
        while at < samples {
            let parameter = 31 - ((mean >> 9) + 3).leading_zeros();
            let value = rice(bits, parameter.min(self.most), width)?.wrapping_add(sign);
            mean = match value {
                0x1_0000.. => 0xffff,
                _ => mean.wrapping_add(weight * value).wrapping_sub(weight.wrapping_mul(mean) >> 9),
            };
            sign = 0;
            at += 1;
            // A run of zeros.
            if mean < 128 && at < samples {
                let parameter = mean.leading_zeros() - 24 + ((mean + 16) >> 6);
                let zeros = rice(bits, parameter.min(self.most), 16)?;
                sign = u32::from(zeros < 0xffff);
                mean = 0;
                at += zeros;
            }
        }
        Ok(())
    }
}

fn ignore(bits: &mut BitReaderLtr<'_>, mut count: u64) -> io::Result<()> {
    if count > bits.bits_left() {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    }
    while count > 0 {
        let step = count.min(1 << 16) as u32;
        bits.ignore_bits(step)?;
        count -= u64::from(step);
    }
    Ok(())
}

/// Reads a Rice code; a long one is a number of `width` bits.
fn rice(bits: &mut BitReaderLtr<'_>, parameter: u32, width: u32) -> io::Result<u32> {
    let prefix = bits.read_unary_ones_capped(9)?;
    if prefix > 8 {
        return bits.read_bits_leq32(width);
    }
    if parameter < 2 {
        return Ok(prefix * parameter);
    }
    let value = (prefix << parameter) - prefix;
    Ok(match bits.read_bits_leq32(parameter - 1)? {
        0 => value,
        suffix => value + (suffix << 1) + bits.read_bit()? - 1,
    })
}

impl AudioDecoder for AlacDecoder {
    fn reset(&mut self) {
        self.inner.reset();
    }

    fn codec_info(&self) -> &CodecInfo {
        self.inner.codec_info()
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        self.inner.codec_params()
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        if !self.layout.fits(packet.data) {
            return Err(Error::DecodeError("alac: a packet does not end where its contents do"));
        }
        self.inner.decode_ref(packet)
    }

    fn finalize(&mut self) -> FinalizeResult {
        self.inner.finalize()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.inner.last_decoded()
    }
}

impl RegisterableAudioDecoder for AlacDecoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        let layout = params.extra_data.as_deref().and_then(Layout::read);
        Ok(Box::new(AlacDecoder {
            inner: Inner::try_new(params, options)?,
            layout: layout.ok_or(Error::Unsupported("alac: no configuration"))?,
        }))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        Inner::supported_codecs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The configuration and the only packet of a file.
    fn configuration_and_packet(name: &str) -> (Layout, Vec<u8>) {
        let formats = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/audio/formats/");
        let file = std::fs::read(format!("{formats}{name}")).unwrap();
        let find = |name: &[u8]| file.windows(4).rposition(|window| window == name).unwrap();
        let layout = Layout::read(&file[find(b"alac") + 8..]).unwrap();
        let data = find(b"mdat");
        let size = u32::from_be_bytes(*file[data - 4..].first_chunk().unwrap()) as usize;
        (layout, file[data + 4..data - 4 + size].to_vec())
    }

    #[test]
    fn a_packet_fits_unless_it_is_damaged() {
        for name in ["alac_16.m4a", "alac_24.m4a"] {
            let (layout, packet) = configuration_and_packet(name);
            assert_eq!((layout.samples, layout.channels), (4096, 2), "{name}");
            assert!(layout.fits(&packet), "{name}");
            assert!(layout.fits(&[&packet[..], &[0; 9]].concat()), "{name}");
            assert!(!layout.fits(&[&packet[..], &[1; 9]].concat()), "{name}");
            assert!(!layout.fits(&packet[..packet.len() - 2]), "{name}");
            assert!(!layout.fits(&[]));
        }
    }

    #[test]
    fn zeros_among_the_codes_are_damage() {
        // With 24 bits, the lower ones are no codes, and nothing tells of damage in them.
        let (layout, packet) = configuration_and_packet("alac_16.m4a");
        let places: Vec<usize> = (40..packet.len() - 20).step_by(20).collect();
        let found = places.iter().filter(|at| {
            let mut zeros = packet.clone();
            zeros[**at..*at + 20].fill(0);
            !layout.fits(&zeros)
        });
        assert!(found.count() + 1 >= places.len());
    }

    #[test]
    fn atoms_before_the_configuration_are_passed_over() {
        let configuration =
            [0, 0, 16, 0, 0, 16, 40, 10, 14, 2, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 172, 68];
        let layout = Layout::read(&configuration).unwrap();
        let expected =
            Layout { samples: 4096, bits: 16, history: 40, start: 10, most: 14, channels: 2 };
        assert_eq!(layout, expected);
        let atoms = b"\0\0\0\x0cfrmaalac\0\0\0\x24alac\0\0\0\0";
        assert_eq!(Layout::read(&[&atoms[..], &configuration].concat()), Some(expected));
        assert_eq!(Layout::read(&configuration[..9]), None);
    }

    #[test]
    fn uncompressed_samples_data_and_filling_are_passed_over() {
        let layout = Layout { samples: 4, bits: 16, history: 40, start: 10, most: 14, channels: 1 };
        // Filling of one byte; data of two bytes, aligned; four samples; the end.
        let bits = [
            "110 0001 10101010",
            "100 0000 1 00000010",
            "0",
            "1111111111111111",
            "000 0000 000000000000 0 00 1",
            &"0110100101101001 ".repeat(4),
            "111",
        ]
        .concat();
        let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
        let packet: Vec<u8> = bits
            .chunks(8)
            .map(|bits| bits.iter().enumerate().map(|(at, bit)| bit << (7 - at)).sum())
            .collect();
        assert!(layout.fits(&packet));
        // The mark may be missing.
        assert!(layout.fits(&packet[..packet.len() - 1]));
        assert!(!layout.fits(&packet[..packet.len() - 2]));
        assert!(!Layout { samples: 3, ..layout }.fits(&packet));
    }
}
