//! Opus (RFC 6716, RFC 7845), by the crate `opus-pure`; several streams in a packet are taken apart here.
//!
//! Of the decoders without C, opus-pure 0.2.2 is the one that agrees with libopus: within 1e-7 over 130 encodings
//! (6 to 510 kbit/s, frames of 2.5 to 120 ms, SILK, hybrid and CELT, mono and stereo). opus-decoder 0.1.1 rounds to
//! 16 bits, is wrong by up to 0.3 with frames of 100 ms, and takes 100 times as long; opus-rs 0.1.40 is wrong by up to 0.09 in
//! stereo and with frames of 2.5 ms.

use opus_pure::OpusDecoder as StreamDecoder;
use symphonia::core::audio::{
    AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, Channels, GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Result, decode_error, unsupported_error};
use symphonia::core::packet::PacketRef;

use super::channel_order::plane_of;

/// Rate of the output, whatever the encoder's input had.
pub const RATE_HZ: u32 = 48_000;
/// Frames of the longest packet: 120 ms.
const MAX_FRAMES: usize = 5760;

/// Frames of a packet; `None` for a damaged one.
pub fn packet_frames(packet: &[u8]) -> Option<usize> {
    let toc = *packet.first()?;
    let config = usize::from(toc >> 3);
    let frames = match config {
        0..12 => [480, 960, 1920, 2880][config & 3],
        12..16 => [480, 960][config & 1],
        _ => 120 << (config & 3),
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => usize::from(packet.get(1)? & 63),
    };
    Some(frames * count).filter(|frames| (1..=MAX_FRAMES).contains(frames))
}

/// The header of a stream.
#[derive(Clone, Debug, PartialEq)]
struct Head {
    channels: usize,
    /// Factor that the output is multiplied by.
    gain: f32,
    family: u8,
    streams: usize,
    /// How many of the streams are stereo; they come first.
    coupled: usize,
    /// Channel of the streams, counted through, for each channel of the output; 255: silence.
    mapping: Vec<u8>,
}

impl Head {
    fn read(head: &[u8]) -> Option<Self> {
        let rest = head.strip_prefix(b"OpusHead")?;
        // The upper half of the version may not change.
        let [version, channels, .., low, high, family] = *rest.first_chunk::<11>()?;
        if version >> 4 != 0 || channels == 0 {
            return None;
        }
        let gain_db = f32::from(i16::from_le_bytes([low, high])) / 256.0;
        let channels = usize::from(channels);
        let (streams, coupled, mapping) = match rest.get(11..) {
            Some([streams, coupled, mapping @ ..]) if family != 0 => {
                (*streams, *coupled, mapping.get(..channels)?.to_vec())
            }
            _ if family != 0 || channels > 2 => return None,
            _ => (1, channels as u8 - 1, (0..channels as u8).collect()),
        };
        let (streams, coupled) = (usize::from(streams), usize::from(coupled));
        let fits = |at: &u8| *at == 255 || usize::from(*at) < streams + coupled;
        let is_valid = streams > 0 && coupled <= streams && mapping.iter().all(fits);
        is_valid.then_some(Head {
            channels,
            gain: 10f32.powf(gain_db / 20.0),
            family,
            streams,
            coupled,
            mapping,
        })
    }
}

/// Decodes packets of one or more streams.
pub(super) struct OpusDecoder {
    params: AudioCodecParameters,
    head: Head,
    streams: Vec<StreamDecoder>,
    /// Interleaved output of one stream.
    pcm: Vec<f32>,
    output: AudioBuffer<f32>,
}

impl OpusDecoder {
    fn new(params: &AudioCodecParameters) -> Result<Self> {
        let head = match params.extra_data.as_deref() {
            Some(head) => Head::read(head),
            None => None,
        };
        let Some(head) = head else { return decode_error("opus: the header is damaged") };
        if head.family > 1 && head.family != 255 {
            return unsupported_error("ambisonics");
        }
        let streams = (0..head.streams)
            .map(|stream| {
                let channels = if stream < head.coupled { 2 } else { 1 };
                StreamDecoder::new(RATE_HZ as i32, channels)
            })
            .collect::<std::result::Result<Vec<_>, _>>();
        let Ok(streams) = streams else { return decode_error("opus: the header is damaged") };
        let spec = AudioSpec::new(RATE_HZ, Channels::Discrete(head.channels as u16));
        Ok(OpusDecoder {
            params: params.clone(),
            streams,
            pcm: vec![0.0; 2 * MAX_FRAMES],
            output: AudioBuffer::new(spec, MAX_FRAMES),
            head,
        })
    }

    fn decode_packet(&mut self, packet: &[u8]) -> Result<()> {
        self.output.clear();
        let Some(frames) = packet_frames(packet) else {
            return decode_error("opus: the packet has no length");
        };
        self.output.render_silence(Some(frames));
        let mut rest = packet;
        let last = self.streams.len() - 1;
        for (stream, decoder) in self.streams.iter_mut().enumerate() {
            let undelimited;
            let part = if stream == last {
                rest
            } else {
                let Some((part, after)) = undelimit(rest) else {
                    self.output.clear();
                    return decode_error("opus: the streams of the packet cannot be told apart");
                };
                (undelimited, rest) = (part, after);
                &undelimited[..]
            };
            let is_complete = packet_frames(part) == Some(frames)
                && decoder.decode(part, MAX_FRAMES, &mut self.pcm).is_ok_and(|got| got == frames);
            if !is_complete {
                self.output.clear();
                return decode_error("opus: the packet is damaged");
            }
            let width = if stream < self.head.coupled { 2 } else { 1 };
            let first = stream + stream.min(self.head.coupled);
            for (channel, source) in self.head.mapping.iter().enumerate() {
                let at = usize::from(*source).wrapping_sub(first);
                if *source == 255 || at >= width {
                    continue;
                }
                let plane = match self.head.family {
                    1 => plane_of(self.head.channels, channel),
                    _ => channel,
                };
                let values = self.pcm.iter().skip(at).step_by(width);
                let plane = self.output.plane_mut(plane).unwrap_or_default();
                for (out, value) in plane.iter_mut().zip(values) {
                    *out = value * self.head.gain;
                }
            }
        }
        Ok(())
    }
}

/// The first stream of a packet of several, in the framing of a packet of its own, and the rest (RFC 6716,
/// appendix B).
fn undelimit(packet: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    /// A length of one or two bytes, and what follows it.
    fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
        match bytes {
            [first @ 0..252, rest @ ..] => Some((usize::from(*first), rest)),
            [first, second, rest @ ..] => {
                Some((usize::from(*first) + 4 * usize::from(*second), rest))
            }
            _ => None,
        }
    }
    let toc = *packet.first()?;
    let mut head = vec![toc];
    let mut rest = &packet[1..];
    let (mut total, mut padding) = (0, 0);
    let mut same_length = 0;
    match toc & 3 {
        0 => same_length = 1,
        1 => same_length = 2,
        2 => {
            let before = rest;
            (total, rest) = length(rest)?;
            head.extend(&before[..before.len() - rest.len()]);
        }
        _ => {
            let flags = *rest.first()?;
            let count = usize::from(flags & 63);
            let before = rest;
            rest = &rest[1..];
            if flags & 0x40 != 0 {
                loop {
                    let size = *rest.first()?;
                    rest = &rest[1..];
                    padding += usize::from(size.min(254));
                    if size < 255 {
                        break;
                    }
                }
            }
            if flags & 0x80 == 0 {
                same_length = count;
            } else {
                for _ in 1..count {
                    let size;
                    (size, rest) = length(rest)?;
                    total += size;
                }
            }
            head.extend(&before[..before.len() - rest.len()]);
        }
    }
    let (last, rest) = length(rest)?;
    total += last * same_length.max(1) + padding;
    let (frames, rest) = rest.split_at_checked(total)?;
    head.extend(frames);
    Some((head, rest))
}

impl AudioDecoder for OpusDecoder {
    fn reset(&mut self) {
        for stream in &mut self.streams {
            // It fails for a rate that `new` would have refused.
            let _ = stream.reset_state();
        }
    }

    fn codec_info(&self) -> &CodecInfo {
        &Self::supported_codecs()[0].info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        self.decode_packet(packet.data)?;
        Ok(self.output.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.output.as_generic_audio_buffer_ref()
    }
}

impl RegisterableAudioDecoder for OpusDecoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        _: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(OpusDecoder::new(params)?))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        &[SupportedAudioCodec {
            id: CODEC_ID_OPUS,
            info: CodecInfo { short_name: "opus", long_name: "Opus", profiles: &[] },
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_have_a_length_in_their_first_bytes() {
        assert_eq!(packet_frames(&[0b0000_1000]), Some(960));
        assert_eq!(packet_frames(&[0b1000_0001]), Some(240));
        assert_eq!(packet_frames(&[0b1111_1011, 6]), Some(5760));
        assert_eq!(packet_frames(&[0b1111_1011, 7]), None);
        assert_eq!((packet_frames(&[0b1111_1011]), packet_frames(&[])), (None, None));
    }

    #[test]
    fn streams_of_a_packet_are_taken_apart() {
        let split = |packet: &[u8]| undelimit(packet).map(|(first, rest)| (first, rest.to_vec()));
        assert_eq!(split(&[0, 2, 7, 8, 9]), Some((vec![0, 7, 8], vec![9])));
        assert_eq!(split(&[1, 1, 7, 8, 9]), Some((vec![1, 7, 8], vec![9])));
        assert_eq!(split(&[2, 1, 2, 7, 8, 9, 5]), Some((vec![2, 1, 7, 8, 9], vec![5])));
        let padded = [3, 0xc2, 1, 1, 1, 7, 8, 0, 5];
        assert_eq!(split(&padded), Some((vec![3, 0xc2, 1, 1, 7, 8, 0], vec![5])));
        assert_eq!(split(&[3, 3, 1, 7, 8, 9, 5]), Some((vec![3, 3, 7, 8, 9], vec![5])));
        assert_eq!((split(&[0, 2, 7]), split(&[])), (None, None));
    }

    #[test]
    fn heads_that_map_to_streams_that_are_not_there_are_damaged() {
        let head = |tail: &[u8]| {
            let start = b"OpusHead\x01\x03\x38\x01\x80\xbb\0\0\0\x06";
            Head::read(&[&start[..], tail].concat())
        };
        let three = head(&[1, 2, 1, 0, 2, 1]).unwrap();
        assert_eq!((three.streams, three.coupled, three.mapping), (2, 1, vec![0, 2, 1]));
        assert!((three.gain - 1.9953).abs() < 1e-4);
        for tail in [&[1, 2, 1, 0, 3, 1][..], &[0], &[1, 2, 3, 0, 1, 2], &[1, 2, 1, 0]] {
            assert_eq!(head(tail), None);
        }
    }
}
