//! The decoders of all codecs.

pub(super) mod aac;
mod adpcm;
mod alac;
mod channel_order;
mod flac;
mod flac_wide;
mod mpeg;
mod mpeg_layer2;
mod mpeg_mono;
pub(super) mod opus;
mod pcm;
pub(super) mod vorbis;

use std::sync::LazyLock;

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::registry::CodecRegistry;

/// Name and version of the library whose decoders are used for most codecs.
const SYMPHONIA: &str = "symphonia 0.6.1";
/// Name and version of this program.
const OWN: &str = concat!("tactus ", env!("CARGO_PKG_VERSION"));

/// Decoders by codec: symphonia's, and ours, which win over them.
static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    register_around_symphonia(&mut registry);
    register_own(&mut registry);
    registry
});

/// Only ours.
static OWN_CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut registry = CodecRegistry::new();
    register_own(&mut registry);
    registry
});

/// Registers the decoders that are not symphonia's: each implements `RegisterableAudioDecoder`.
fn register_own(registry: &mut CodecRegistry) {
    registry.register_audio_decoder::<adpcm::Adpcm>();
    registry.register_audio_decoder::<pcm::RarePcm>();
    registry.register_audio_decoder::<vorbis::VorbisDecoder>();
    registry.register_audio_decoder::<opus::OpusDecoder>();
    registry.register_audio_decoder::<aac::AacDecoder>();
}

/// Registers what lets a decoder of symphonia's start again where the format changes, or sees damage that it does not.
fn register_around_symphonia(registry: &mut CodecRegistry) {
    registry.register_audio_decoder::<flac::FlacDecoder>();
    registry.register_audio_decoder::<mpeg::MpegDecoder>();
    registry.register_audio_decoder::<alac::AlacDecoder>();
}

/// The decoders.
pub(super) fn codecs() -> &'static CodecRegistry {
    &CODECS
}

/// Name and version of what decodes `codec`.
pub(super) fn decoder_name(codec: AudioCodecId) -> String {
    match OWN_CODECS.get_audio_decoder(codec) {
        Some(_) => OWN.to_string(),
        None => SYMPHONIA.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_symphonia_is_the_one_in_the_manifest() {
        let manifest = include_str!("../../Cargo.toml");
        let version = SYMPHONIA.split_once(' ').unwrap().1;
        let line = manifest.lines().find(|line| line.starts_with("symphonia =")).unwrap();
        assert!(line.contains(&format!("version = \"{version}\"")), "{line}");
    }
}
