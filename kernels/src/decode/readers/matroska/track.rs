//! Tracks: their codec, and what is done to their frames.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, CODEC_ID_NULL_AUDIO};

use super::super::super::codec::{ENCRYPTED, own};
use super::super::ogg::mapping::Mapping;
use super::super::wave_format::{self, WaveFormat};
use super::ebml::{children, float, unsigned};

/// Rate where the file does not say.
const DEFAULT_RATE_HZ: f64 = 8000.0;

/// An audio track.
pub(super) struct Audio {
    pub number: u64,
    pub params: AudioCodecParameters,
    /// Knows the durations of frames, for some codecs.
    pub mapping: Option<Mapping>,
    /// Frames of the decoder's output to drop at the start.
    pub delay_frames: u64,
    /// Rate of the decoder's output.
    pub rate_hz: u32,
    /// Bytes that every frame begins with and that are not stored.
    pub stripped: Vec<u8>,
    /// How its frames are packed, if that is not undone here.
    pub packed: Option<&'static str>,
}

/// What the elements of a track say.
#[derive(Default)]
struct Entry<'a> {
    number: u64,
    kind: u64,
    codec: &'a str,
    private: &'a [u8],
    delay_ns: u64,
    rate_hz: f64,
    channels: u64,
    bits: u64,
    stripped: Vec<u8>,
    packed: Option<&'static str>,
    is_encrypted: bool,
}

impl<'a> Entry<'a> {
    fn read(body: &'a [u8]) -> Self {
        let mut entry = Entry { rate_hz: DEFAULT_RATE_HZ, channels: 1, ..Entry::default() };
        for (id, body) in children(body) {
            match id {
                0xd7 => entry.number = unsigned(body),
                0x83 => entry.kind = unsigned(body),
                0x86 => {
                    let text = std::str::from_utf8(body).unwrap_or_default();
                    entry.codec = text.trim_end_matches('\0');
                }
                0x63a2 => entry.private = body,
                0x56aa => entry.delay_ns = unsigned(body),
                0xe1 => {
                    for (id, body) in children(body) {
                        match id {
                            0xb5 => entry.rate_hz = float(body).unwrap_or(entry.rate_hz),
                            0x9f => entry.channels = unsigned(body),
                            0x6264 => entry.bits = unsigned(body),
                            _ => {}
                        }
                    }
                }
                0x6d80 => children(body).for_each(|(_, body)| entry.read_encoding(body)),
                _ => {}
            }
        }
        entry
    }

    /// Reads one ContentEncoding: bytes that are stripped from frames, or what is not undone here.
    fn read_encoding(&mut self, body: &[u8]) {
        const FRAMES: u64 = 1;
        let (mut algorithm, mut settings, mut is_encryption, mut scope) =
            (0, &[][..], false, FRAMES);
        for (id, body) in children(body) {
            match id {
                0x5032 => scope = unsigned(body),
                0x5033 => is_encryption |= unsigned(body) != 0,
                0x5035 => is_encryption = true,
                0x5034 => {
                    for (id, body) in children(body) {
                        match id {
                            0x4254 => algorithm = unsigned(body),
                            0x4255 => settings = body,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        self.is_encrypted |= is_encryption;
        match algorithm {
            3 if scope & FRAMES == 0 => {}
            3 => {
                self.stripped.splice(0..0, settings.iter().copied());
            }
            0 => self.packed = Some("Matroska with sound packed by zlib"),
            1 => self.packed = Some("Matroska with sound packed by bzip2"),
            2 => self.packed = Some("Matroska with sound packed by LZO"),
            _ => self.packed = Some("Matroska with sound packed in an unknown way"),
        }
    }
}

impl Audio {
    /// The track of a TrackEntry; `None` for one without sound.
    pub fn read(body: &[u8]) -> Option<Self> {
        let entry = Entry::read(body);
        if entry.kind != 2 {
            return None;
        }
        let rate_hz = entry.rate_hz.round().clamp(0.0, f64::from(u32::MAX)) as u32;
        let mut params = AudioCodecParameters::new();
        params.for_codec(CODEC_ID_NULL_AUDIO).with_sample_rate(rate_hz);
        if let Ok(channels @ 1..) = u16::try_from(entry.channels) {
            params.with_channels(Channels::Discrete(channels));
        }
        let mut mapping = None;
        if entry.is_encrypted {
            params.for_codec(ENCRYPTED);
        } else if entry.packed.is_none() {
            mapping = xiph_mapping(entry.codec, entry.private);
            match &mapping {
                Some(mapping) => params = mapping.params(),
                None => set_codec(&mut params, &entry),
            }
        }
        let rate_hz = params.sample_rate.unwrap_or(rate_hz);
        Some(Audio {
            number: entry.number,
            mapping,
            delay_frames: frames_of(entry.delay_ns, rate_hz),
            rate_hz,
            stripped: entry.stripped,
            packed: entry.packed.filter(|_| !entry.is_encrypted),
            params,
        })
    }
}

/// Frames in a time, rounded.
pub(super) fn frames_of(nanoseconds: u64, rate_hz: u32) -> u64 {
    let frames = (u128::from(nanoseconds) * u128::from(rate_hz) + 500_000_000) / 1_000_000_000;
    u64::try_from(frames).unwrap_or(u64::MAX)
}

/// The mapping of the codecs that are those of Ogg.
fn xiph_mapping(codec: &str, private: &[u8]) -> Option<Mapping> {
    match codec {
        "A_VORBIS" => {
            // The count of packets less one; the sizes of all but the last; the packets.
            let mut rest = private.get(1..)?;
            let mut sizes = Vec::new();
            for _ in 0..private[0] {
                let ones = rest.iter().take_while(|byte| **byte == 255).count();
                sizes.push(255 * ones + usize::from(*rest.get(ones)?));
                rest = &rest[ones + 1..];
            }
            let mut packets = Vec::new();
            for size in sizes {
                let (packet, after) = rest.split_at_checked(size)?;
                packets.push(packet);
                rest = after;
            }
            packets.push(rest);
            let mut mapping = Mapping::of(packets[0])?;
            for packet in &packets[1..] {
                mapping.take(packet);
            }
            Some(mapping)
        }
        "A_OPUS" | "A_OPUS/EXPERIMENTAL" => Mapping::of(private),
        "A_FLAC" => {
            let mut mapping = Mapping::of(b"fLaC")?;
            mapping.take(private.strip_prefix(b"fLaC")?);
            mapping.is_ready().then_some(mapping)
        }
        _ => None,
    }
}

/// Sets the codec and what else its decoder needs.
fn set_codec(params: &mut AudioCodecParameters, entry: &Entry<'_>) {
    let codec = match entry.codec {
        "A_MS/ACM" => {
            match wave_format::parse(entry.private, false) {
                Ok(WaveFormat::Blocks(layout)) => *params = layout.params(),
                Ok(WaveFormat::Mpeg) => {
                    params.for_codec(CODEC_ID_MP3);
                }
                _ => {}
            }
            return;
        }
        name => codec_of(name, entry.bits),
    };
    params.for_codec(codec);
    let has_width = entry.codec.starts_with("A_PCM/INT") || codec == CODEC_ID_ALAC;
    if has_width && let Ok(bits @ 1..) = u32::try_from(entry.bits) {
        params.with_bits_per_sample(bits).with_bits_per_coded_sample(bits);
    }
    if codec == CODEC_ID_AAC && entry.private.is_empty() {
        if let Some(config) = aac_config(entry) {
            params.with_extra_data(config.into());
        }
    } else if !entry.private.is_empty() {
        params.with_extra_data(entry.private.into());
    }
    if codec == CODEC_ID_ALAC
        && let Some(frames) = entry.private.first_chunk::<4>()
    {
        params.with_max_frames_per_packet(u32::from_be_bytes(*frames).into());
    }
}

fn codec_of(name: &str, bits: u64) -> AudioCodecId {
    match (name, bits) {
        ("A_MPEG/L1", _) => CODEC_ID_MP1,
        ("A_MPEG/L2", _) => CODEC_ID_MP2,
        ("A_MPEG/L3", _) => CODEC_ID_MP3,
        ("A_ALAC", _) => CODEC_ID_ALAC,
        ("A_VORBIS", _) => CODEC_ID_VORBIS,
        ("A_OPUS", _) => CODEC_ID_OPUS,
        ("A_FLAC", _) => CODEC_ID_FLAC,
        ("A_PCM/INT/LIT" | "A_PCM/INT/BIG", 8) => CODEC_ID_PCM_U8,
        ("A_PCM/INT/LIT", 16) => CODEC_ID_PCM_S16LE,
        ("A_PCM/INT/LIT", 24) => CODEC_ID_PCM_S24LE,
        ("A_PCM/INT/LIT", 32) => CODEC_ID_PCM_S32LE,
        ("A_PCM/INT/BIG", 16) => CODEC_ID_PCM_S16BE,
        ("A_PCM/INT/BIG", 24) => CODEC_ID_PCM_S24BE,
        ("A_PCM/INT/BIG", 32) => CODEC_ID_PCM_S32BE,
        ("A_PCM/FLOAT/IEEE", 32) => CODEC_ID_PCM_F32LE,
        ("A_PCM/FLOAT/IEEE", 64) => CODEC_ID_PCM_F64LE,
        ("A_DTS", _) => CODEC_ID_DCA,
        ("A_TRUEHD", _) => CODEC_ID_TRUEHD,
        ("A_TTA1", _) => CODEC_ID_TTA,
        ("A_WAVPACK4", _) => CODEC_ID_WAVPACK,
        ("A_MPC", _) => CODEC_ID_MUSEPACK,
        ("A_EAC3", _) => CODEC_ID_EAC3,
        ("A_REAL/14_4", _) => own(b"lpcJ"),
        ("A_REAL/28_8", _) => own(b"28_8"),
        ("A_REAL/COOK", _) => own(b"cook"),
        ("A_REAL/SIPR", _) => own(b"sipr"),
        ("A_REAL/RALF", _) => own(b"ralf"),
        ("A_REAL/ATRC", _) => own(b"atrc"),
        ("A_QUICKTIME/QDMC", _) => own(b"QDMC"),
        ("A_QUICKTIME/QDM2", _) => own(b"QDM2"),
        _ if name.starts_with("A_AAC") => CODEC_ID_AAC,
        _ if name.starts_with("A_AC3") => CODEC_ID_AC3,
        _ => CODEC_ID_NULL_AUDIO,
    }
}

/// The AudioSpecificConfig of AAC-LC at the track's rate, for files that have none.
fn aac_config(entry: &Entry<'_>) -> Option<Vec<u8>> {
    const RATES_HZ: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8000, 7350,
    ];
    let rate = RATES_HZ.iter().position(|rate| f64::from(*rate) == entry.rate_hz)? as u16;
    let channels = u16::try_from(entry.channels).ok().filter(|channels| *channels < 8)?;
    Some((2 << 11 | rate << 7 | channels << 3).to_be_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_of_aac_is_made_of_the_rate_and_the_channels() {
        let entry = Entry { rate_hz: 44_100.0, channels: 2, ..Entry::default() };
        assert_eq!(aac_config(&entry), Some(vec![0x12, 0x10]));
        assert_eq!(aac_config(&Entry { rate_hz: 44_000.0, ..entry }), None);
    }

    #[test]
    fn times_become_frames_rounded() {
        assert_eq!(frames_of(6_500_000, 48_000), 312);
        assert_eq!(frames_of(23_219_954, 44_100), 1024);
        assert_eq!(frames_of(u64::MAX, u32::MAX), u64::MAX);
    }

    #[test]
    fn stripped_bytes_of_several_encodings_are_put_back_in_order() {
        let encoding = |byte| [0x50, 0x34, 0x87, 0x42, 0x54, 0x81, 3, 0x42, 0x55, 0x81, byte];
        let mut entry = Entry::default();
        entry.read_encoding(&[&encoding(7)[..1], &[0x34, 0x88], &encoding(7)[3..]].concat());
        assert_eq!((entry.stripped.as_slice(), entry.packed), (&[7][..], None));
        entry.read_encoding(&[]);
        assert!(entry.packed.is_some_and(|packed| packed.contains("zlib")));
    }
}
