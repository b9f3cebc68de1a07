//! Codecs in Ogg: their headers, and the durations of their packets.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_FLAC, CODEC_ID_OPUS, CODEC_ID_SPEEX, CODEC_ID_VORBIS,
};
use symphonia::core::codecs::audio::{AudioCodecParameters, CODEC_ID_NULL_AUDIO};

use super::super::super::codecs::opus;
use super::super::super::codecs::vorbis::{Identification, Setup, packet_mode};

/// What a packet means.
pub enum Meaning {
    /// A header.
    Header,
    /// Audio.
    Audio,
    /// Neither: to be passed over.
    Nothing,
}

/// A codec whose packets are read.
pub enum Mapping {
    Vorbis(Vorbis),
    Opus {
        head: Vec<u8>,
        pre_skip: u64,
    },
    Flac {
        rate_hz: u32,
        info: Vec<u8>,
    },
    /// Audio that is not decoded here.
    Other(AudioCodecParameters),
}

/// What is known of a Vorbis stream.
pub struct Vorbis {
    identification: Identification,
    headers: Vec<u8>,
    /// Whether blocks are long, for each mode; empty before the setup header.
    is_long: Vec<bool>,
    damage: Option<&'static str>,
    previous_frames: Option<usize>,
}

impl Mapping {
    /// The codec whose first packet this is; `None` for one without sound.
    pub fn of(packet: &[u8]) -> Option<Self> {
        if packet.starts_with(b"\x01vorbis") {
            let identification = Identification::read(packet)?;
            return Some(Mapping::Vorbis(Vorbis {
                identification,
                headers: packet[..Identification::BYTES].to_vec(),
                is_long: Vec::new(),
                damage: None,
                previous_frames: None,
            }));
        }
        if packet.starts_with(b"OpusHead") {
            let pre_skip = u64::from(u16::from_le_bytes([*packet.get(10)?, *packet.get(11)?]));
            return Some(Mapping::Opus { head: packet.to_vec(), pre_skip });
        }
        if let Some(rest) = packet.strip_prefix(b"\x7fFLAC") {
            // Version, count of headers, "fLaC", the header of the block.
            return flac(rest.get(8..)?);
        }
        if packet == b"fLaC" {
            return Some(Mapping::Flac { rate_hz: 0, info: Vec::new() });
        }
        let mut params = AudioCodecParameters::new();
        params.for_codec(match packet {
            _ if packet.starts_with(b"Speex   ") => CODEC_ID_SPEEX,
            _ if packet.starts_with(b"PCM     ") => CODEC_ID_NULL_AUDIO,
            _ if packet.starts_with(b"CELT    ") => CODEC_ID_NULL_AUDIO,
            _ if packet.starts_with(b"\x01audio\0\0\0") => CODEC_ID_NULL_AUDIO,
            _ => return None,
        });
        Some(Mapping::Other(params))
    }

    /// Whether packets are decoded here.
    pub fn is_read(&self) -> bool {
        !matches!(self, Mapping::Other(_))
    }

    /// Whether all headers that are needed were seen.
    pub fn is_ready(&self) -> bool {
        match self {
            Mapping::Vorbis(vorbis) => !vorbis.is_long.is_empty() || vorbis.damage.is_some(),
            Mapping::Flac { info, .. } => !info.is_empty(),
            _ => true,
        }
    }

    /// The codec's parameters.
    pub fn params(&self) -> AudioCodecParameters {
        let mut params = AudioCodecParameters::new();
        match self {
            Mapping::Vorbis(Vorbis { identification, headers, .. }) => {
                params
                    .for_codec(CODEC_ID_VORBIS)
                    .with_sample_rate(identification.rate_hz)
                    .with_channels(Channels::Discrete(identification.channels as u16))
                    .with_extra_data(headers.clone().into_boxed_slice());
            }
            Mapping::Opus { head, .. } => {
                let channels = head.get(9).copied().unwrap_or(0);
                params
                    .for_codec(CODEC_ID_OPUS)
                    .with_sample_rate(opus::RATE_HZ)
                    .with_channels(Channels::Discrete(u16::from(channels)))
                    .with_extra_data(head.clone().into_boxed_slice());
            }
            Mapping::Flac { rate_hz, info } => {
                params
                    .for_codec(CODEC_ID_FLAC)
                    .with_sample_rate(*rate_hz)
                    .with_extra_data(info.clone().into_boxed_slice());
                if let [low, high, ..] = info.get(12..).unwrap_or_default() {
                    params.with_bits_per_sample(u32::from((low & 1) << 4 | high >> 4) + 1);
                }
            }
            Mapping::Other(other) => params = other.clone(),
        }
        params
    }

    /// Frames at the start of the stream that are dropped.
    pub fn pre_skip(&self) -> u64 {
        match self {
            Mapping::Opus { pre_skip, .. } => *pre_skip,
            _ => 0,
        }
    }

    /// Whether the first page may say that the audio begins later than its packets.
    pub fn starts_by_granule(&self) -> bool {
        matches!(self, Mapping::Vorbis(_))
    }

    /// Takes note of a packet, and tells what it is.
    pub fn take(&mut self, packet: &[u8]) -> Meaning {
        match self {
            Mapping::Vorbis(vorbis) => vorbis.take(packet),
            Mapping::Opus { .. } if packet.starts_with(b"OpusTags") => Meaning::Header,
            Mapping::Flac { info, .. } if info.is_empty() => {
                if let Some(found) = flac(packet) {
                    *self = found;
                }
                Meaning::Header
            }
            Mapping::Flac { .. } if packet.first().is_some_and(|first| *first != 0xff) => {
                Meaning::Header
            }
            _ if packet.is_empty() => Meaning::Nothing,
            _ => Meaning::Audio,
        }
    }

    /// Frames that a packet of audio gives, after those before it.
    pub fn frames(&mut self, packet: &[u8]) -> u64 {
        match self {
            Mapping::Vorbis(vorbis) => vorbis.frames(packet),
            Mapping::Opus { .. } => opus::packet_frames(packet).unwrap_or(0) as u64,
            Mapping::Flac { .. } => flac_frames(packet).unwrap_or(0),
            Mapping::Other(_) => 0,
        }
    }

    /// Forgets the packets before: the next one does not overlap with them.
    pub fn reset(&mut self) {
        if let Mapping::Vorbis(vorbis) = self {
            vorbis.previous_frames = None;
        }
    }

    /// The state that [`Mapping::frames`] changes.
    pub fn state(&self) -> Option<usize> {
        match self {
            Mapping::Vorbis(vorbis) => vorbis.previous_frames,
            _ => None,
        }
    }

    /// Goes back to a state.
    pub fn restore(&mut self, state: Option<usize>) {
        if let Mapping::Vorbis(vorbis) = self {
            vorbis.previous_frames = state;
        }
    }
}

impl Vorbis {
    fn take(&mut self, packet: &[u8]) -> Meaning {
        match packet.first() {
            None => Meaning::Nothing,
            Some(first) if first & 1 == 0 => Meaning::Audio,
            Some(5) if self.is_long.is_empty() => {
                match Setup::read(packet, self.identification.channels) {
                    Ok(setup) => self.is_long = setup.is_long(),
                    Err(reason) => self.damage = Some(reason),
                }
                self.headers.extend(packet);
                Meaning::Header
            }
            Some(_) => Meaning::Header,
        }
    }

    fn frames(&mut self, packet: &[u8]) -> u64 {
        let Some(mode) = packet_mode(packet, self.is_long.len()) else { return 0 };
        let frames = self.identification.block_frames[usize::from(self.is_long[mode])];
        let previous = self.previous_frames.replace(frames);
        previous.map_or(0, |previous| (previous + frames) as u64 / 4)
    }
}

/// The mapping of a stream with this STREAMINFO block, after its header.
fn flac(block: &[u8]) -> Option<Mapping> {
    let info = block.get(4..38).filter(|_| block[0] & 0x7f == 0)?;
    let rate_hz = u32::from_be_bytes([0, info[10], info[11], info[12]]) >> 4;
    Some(Mapping::Flac { rate_hz, info: info.to_vec() })
}

/// Frames of a FLAC frame, by its header.
fn flac_frames(frame: &[u8]) -> Option<u64> {
    let code = frame.get(2)? >> 4;
    // The frame's or sample's number, as a long UTF-8 character.
    let number_bytes = match frame.get(4)?.leading_ones() as usize {
        0 => 1,
        ones => ones,
    };
    let after = frame.get(4 + number_bytes..)?;
    Some(match code {
        0 => return None,
        1 => 192,
        2..=5 => 576 << (code - 2),
        6 => u64::from(*after.first()?) + 1,
        7 => u64::from(u16::from_be_bytes([*after.first()?, *after.get(1)?])) + 1,
        _ => 256 << (code - 8),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flac_frames_have_a_length_in_their_header() {
        assert_eq!(flac_frames(&[0xff, 0xf8, 0xc9, 0x18, 0, 0]), Some(4096));
        assert_eq!(flac_frames(&[0xff, 0xf8, 0x79, 0x18, 0xc2, 0x80, 0x11, 0x39]), Some(0x113a));
        assert_eq!(flac_frames(&[0xff, 0xf8, 0x69, 0x18, 1, 0x3f]), Some(64));
        assert_eq!(flac_frames(&[0xff, 0xf8]), None);
    }

    #[test]
    fn streams_are_told_apart_by_their_first_packet() {
        assert!(Mapping::of(b"\x80theora\x03\x02\x01").is_none());
        assert!(Mapping::of(b"\x01vorbis").is_none());
        let speex = Mapping::of(b"Speex   1.2").unwrap();
        assert!(!speex.is_read());
        assert_eq!(speex.params().codec, CODEC_ID_SPEEX);
    }
}
