//! The decoders of all codecs.

mod adpcm;
mod channel_order;
mod flac;
mod flac_wide;
mod mpeg;
pub(super) mod opus;
mod pcm;
pub(super) mod vorbis;

use std::sync::LazyLock;

use symphonia::core::codecs::registry::CodecRegistry;

/// Decoders by codec: symphonia's. Those of other crates implement `RegisterableAudioDecoder` and are registered here.
static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    registry.register_audio_decoder::<adpcm::Adpcm>();
    registry.register_audio_decoder::<pcm::RarePcm>();
    registry.register_audio_decoder::<vorbis::VorbisDecoder>();
    registry.register_audio_decoder::<opus::OpusDecoder>();
    registry.register_audio_decoder::<flac::FlacDecoder>();
    registry.register_audio_decoder::<mpeg::MpegDecoder>();
    registry
});

/// The decoders.
pub(super) fn codecs() -> &'static CodecRegistry {
    &CODECS
}
