//! Vorbis I, after the specification of Xiph.Org.
//!
//! symphonia-codec-vorbis 0.6.1 undoes the coupling of channels in the wrong order, splits pairs that do not
//! begin with the first channel at the wrong place, and mixes up the classes of channels that are not coupled: from
//! three channels on its samples can be wrong, without an error.

mod bits;
mod codebook;
mod floor;
mod residue;
mod setup;
mod synthesis;

pub use setup::{Identification, Setup, packet_mode};

use symphonia::core::audio::{
    AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, Channels, GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_VORBIS;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Error, Result, decode_error, unsupported_error};
use symphonia::core::packet::PacketRef;

use super::channel_order::plane_of;
use bits::Bits;
use residue::Scratch;
use synthesis::Synthesis;

/// Decodes packets. The first one after a reset gives no frames.
pub(super) struct VorbisDecoder {
    params: AudioCodecParameters,
    identification: Identification,
    setup: Setup,
    synthesis: Synthesis,
    /// `[channels][block / 2]`.
    spectra: Vec<Vec<f32>>,
    /// Heights of the points of each channel's floor.
    points: Vec<Vec<i32>>,
    is_silent: Vec<bool>,
    chosen: Vec<usize>,
    scratch: Scratch,
    output: AudioBuffer<f32>,
}

impl VorbisDecoder {
    fn new(params: &AudioCodecParameters) -> Result<Self> {
        let headers = params.extra_data.as_deref().unwrap_or_default();
        let Some(identification) = Identification::read(headers) else {
            return decode_error("vorbis: the identification header is damaged");
        };
        let channels = identification.channels;
        let setup = match Setup::read(&headers[Identification::BYTES..], channels) {
            Ok(setup) => setup,
            Err(reason) if reason.contains("type 0") => return unsupported_error(reason),
            Err(reason) => return Err(Error::DecodeError(reason)),
        };
        let longest = identification.block_frames[1];
        let spec = AudioSpec::new(identification.rate_hz, Channels::Discrete(channels as u16));
        Ok(VorbisDecoder {
            params: params.clone(),
            identification,
            setup,
            synthesis: Synthesis::new(channels, identification.block_frames),
            spectra: vec![vec![0.0; longest / 2]; channels],
            points: vec![Vec::new(); channels],
            is_silent: vec![true; channels],
            chosen: Vec::new(),
            scratch: Scratch::default(),
            output: AudioBuffer::new(spec, longest),
        })
    }

    fn decode_packet(&mut self, packet: &[u8]) -> Result<()> {
        self.output.clear();
        let Some(mode) = packet_mode(packet, self.setup.modes.len()) else {
            return decode_error("vorbis: not an audio packet");
        };
        let (is_long, mapping) = self.setup.modes[mode];
        let mut bits = Bits::new(packet);
        let mode_bits = bits::bit_length(self.setup.modes.len() - 1);
        // The flags of the neighbouring windows are not needed: libvorbis takes the blocks themselves.
        if bits.skip(1 + mode_bits + if is_long { 2 } else { 0 }).is_none() {
            return decode_error("vorbis: the packet ends within its header");
        }
        let half = self.identification.block_frames[usize::from(is_long)] / 2;
        self.read_spectra(&mut bits, mapping, half);
        let frames = self.synthesis.frames(is_long);
        self.output.render_uninit(Some(frames));
        let channels = self.identification.channels;
        for (channel, spectrum) in self.spectra.iter().enumerate() {
            let plane = self.output.plane_mut(plane_of(channels, channel));
            let spectrum = (!self.is_silent[channel]).then_some(&spectrum[..half]);
            self.synthesis.channel(channel, is_long, spectrum, plane.unwrap_or_default());
        }
        self.synthesis.end_block(is_long);
        Ok(())
    }

    /// Sections 4.3.2 to 4.3.6 of the specification.
    fn read_spectra(&mut self, bits: &mut Bits<'_>, mapping: usize, half: usize) {
        let Setup { books, floors, residues, mappings, .. } = &self.setup;
        let mapping = &mappings[mapping];
        let floor = |channel: usize| &floors[mapping.parts[mapping.submaps[channel]].0];
        for (channel, points) in self.points.iter_mut().enumerate() {
            self.is_silent[channel] = !floor(channel).read_points(bits, books, points);
            self.spectra[channel][..half].fill(0.0);
        }
        // A channel without a floor stays silent, even if its residue is read.
        let has_floor: Vec<bool> = self.is_silent.iter().map(|is_silent| !is_silent).collect();
        for &(magnitude, angle) in &mapping.couplings {
            let both = self.is_silent[magnitude] && self.is_silent[angle];
            (self.is_silent[magnitude], self.is_silent[angle]) = (both, both);
        }
        for (submap, &(_, residue)) in mapping.parts.iter().enumerate() {
            self.chosen.clear();
            let channels = mapping.submaps.iter().enumerate();
            self.chosen.extend(channels.filter(|(_, of)| **of == submap).map(|(at, _)| at));
            residues[residue].decode(
                bits,
                books,
                (&mut self.spectra, half),
                &self.chosen,
                &self.is_silent,
                &mut self.scratch,
            );
        }
        for &(magnitude, angle) in mapping.couplings.iter().rev() {
            if let Ok([m, a]) = self.spectra.get_disjoint_mut([magnitude, angle]) {
                uncouple(&mut m[..half], &mut a[..half]);
            }
        }
        for (channel, spectrum) in self.spectra.iter_mut().enumerate() {
            self.is_silent[channel] = !has_floor[channel];
            if has_floor[channel] {
                floor(channel).apply(&mut self.points[channel], &mut spectrum[..half]);
            }
        }
    }
}

/// Turns magnitude and angle into two channels.
fn uncouple(magnitude: &mut [f32], angle: &mut [f32]) {
    for (m, a) in magnitude.iter_mut().zip(angle) {
        let signed = if *m > 0.0 { *a } else { -*a };
        (*m, *a) = if *a > 0.0 { (*m, *m - signed) } else { (*m + signed, *m) };
    }
}

impl AudioDecoder for VorbisDecoder {
    fn reset(&mut self) {
        self.synthesis.reset();
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

impl RegisterableAudioDecoder for VorbisDecoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        _: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        Ok(Box::new(VorbisDecoder::new(params)?))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        &[SupportedAudioCodec {
            id: CODEC_ID_VORBIS,
            info: CodecInfo { short_name: "vorbis", long_name: "Vorbis", profiles: &[] },
        }]
    }
}
