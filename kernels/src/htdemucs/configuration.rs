//! The sizes of a Hybrid Transformer Demucs network.

use serde::Deserialize;

use crate::error::Error;

/// Name of the network in errors.
pub(super) const NETWORK: &str = "HTDemucs";

/// Length of the strided convolutions' kernels.
pub(super) const KERNEL: usize = 8;

/// Stride of the encoders.
pub(super) const STRIDE: usize = 4;

/// Sizes of a network; the names are upstream's, in camel case in JSON.
///
/// Source: the arguments of `demucs.htdemucs.HTDemucs` (demucs 4.0.1).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Configuration {
    /// Number of stems.
    pub sources: usize,
    /// Channels of the audio.
    pub audio_channels: usize,
    /// Channels after the first encoder.
    pub channels: usize,
    /// Ratio of an encoder's channels to those of the one before.
    pub growth: usize,
    /// Number of encoders, and of decoders, in each branch.
    pub depth: usize,
    /// Length of a frame of the spectrogram, samples; the hop is a quarter of it.
    pub nfft: usize,
    /// Weight of the frequency embedding.
    pub freq_emb: f64,
    /// Factor of the stored frequency embedding.
    pub emb_scale: f64,
    /// Layers of a residual branch.
    pub dconv_depth: usize,
    /// Ratio of a layer's channels to those of its residual branch, which are rounded down.
    pub dconv_comp: usize,
    /// Channels of the transformer; 0 for those of the last encoder.
    pub bottom_channels: usize,
    /// Layers of the transformer, in each branch.
    pub t_layers: usize,
    /// Attention heads.
    pub t_heads: usize,
    /// Width of a hidden layer of the transformer, as a multiple of its channels.
    pub t_hidden_scale: f64,
    /// Longest period of the position embeddings, positions.
    pub t_max_period: f64,
    /// Weight of the position embeddings.
    pub t_weight_pos_embed: f64,
    /// Length of a segment, samples.
    pub segment_samples: usize,
}

impl Configuration {
    /// The configuration of the published network.
    pub const PUBLISHED: Configuration = Configuration {
        sources: 4,
        audio_channels: 2,
        channels: 48,
        growth: 2,
        depth: 4,
        nfft: 4096,
        freq_emb: 0.2,
        emb_scale: 10.0,
        dconv_depth: 2,
        dconv_comp: 8,
        bottom_channels: 512,
        t_layers: 5,
        t_heads: 8,
        t_hidden_scale: 4.0,
        t_max_period: 1e4,
        t_weight_pos_embed: 1.0,
        segment_samples: 343_980,
    };

    /// Reads a configuration from a JSON object that has exactly its fields.
    ///
    /// # Errors
    /// If a field is missing, unknown, of another type or out of range.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let configuration: Configuration = serde_json::from_slice(json)
            .map_err(|source| Error::ConfigurationJson { network: NETWORK, source })?;
        configuration.check()?;
        Ok(configuration)
    }

    fn check(&self) -> Result<(), Error> {
        for (field, value, least) in [
            ("sources", self.sources, 1),
            ("audio_channels", self.audio_channels, 1),
            ("channels", self.channels, 1),
            ("growth", self.growth, 1),
            ("depth", self.depth, 1),
            ("nfft", self.nfft, 1),
            ("dconv_depth", self.dconv_depth, 1),
            ("dconv_comp", self.dconv_comp, 1),
            ("bottom_channels", self.bottom_channels, 0),
            ("t_layers", self.t_layers, 1),
            ("t_heads", self.t_heads, 1),
            ("segment_samples", self.segment_samples, 1),
        ] {
            let most = (1 << 31) - 1;
            require(field, (least..=most).contains(&value), value, || {
                format!("from {least} to {most}")
            })?;
        }
        require("depth", self.depth <= 6, self.depth, || "at most 6".into())?;
        let shrink = 2 * STRIDE.pow(self.depth as u32);
        require("nfft", self.nfft.is_multiple_of(shrink), self.nfft, || {
            format!("a multiple of 2 · 4^depth ({shrink})")
        })?;
        let (width, heads) = (self.width(), self.t_heads);
        let width_fits = width.is_multiple_of(4) && width.is_multiple_of(heads);
        require("transformer width", width_fits, width, || {
            format!("a multiple of 4 and of t_heads ({heads})")
        })?;
        require("dconv_comp", self.dconv_comp <= self.channels, self.dconv_comp, || {
            format!("at most channels ({})", self.channels)
        })?;
        require("segment_samples", self.segment_samples >= self.nfft, self.segment_samples, || {
            format!("at least nfft ({})", self.nfft)
        })
    }

    /// Channels of each encoder's output.
    pub fn encoder_channels(&self) -> Vec<usize> {
        (0..self.depth as u32).map(|level| self.channels * self.growth.pow(level)).collect()
    }

    /// Channels of the transformer.
    pub fn width(&self) -> usize {
        let last = self.channels * self.growth.pow(self.depth as u32 - 1);
        if self.bottom_channels == 0 { last } else { self.bottom_channels }
    }

    /// Width of a hidden layer of the transformer.
    pub fn hidden_width(&self) -> usize {
        (self.width() as f64 * self.t_hidden_scale) as usize
    }

    /// Frequencies of the spectrogram.
    pub fn frequencies(&self) -> usize {
        self.nfft / 2
    }

    /// Frames of a segment's spectrogram.
    pub fn frames(&self) -> usize {
        self.segment_samples.div_ceil(self.nfft / 4)
    }

    /// Elements of the wave that goes in: `[audio channels, samples]`.
    pub fn wave_size(&self) -> usize {
        self.audio_channels * self.segment_samples
    }

    /// Elements of the spectrum that goes in: `[2 · audio channels, frequencies, frames]`.
    pub fn spectrum_size(&self) -> usize {
        2 * self.audio_channels * self.frequencies() * self.frames()
    }

    /// Names and elements of the arrays of a run: wave and spectrum, then the outputs of both.
    pub(super) fn run_sizes(&self) -> [(&'static str, usize); 4] {
        let (wave, spectrum) = (self.wave_size(), self.spectrum_size());
        [
            ("wave", wave),
            ("spectrum", spectrum),
            ("output of the wave", self.sources * wave),
            ("output of the spectrum", self.sources * spectrum),
        ]
    }
}

fn require(
    field: &'static str,
    holds: bool,
    found: usize,
    expected: impl FnOnce() -> String,
) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::Configuration {
        network: NETWORK,
        field,
        expected: expected(),
        found: found.to_string(),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A small network whose every size has a remainder.
    pub fn small() -> Configuration {
        Configuration {
            sources: 3,
            channels: 10,
            depth: 2,
            nfft: 256,
            dconv_comp: 3,
            bottom_channels: 12,
            t_layers: 3,
            t_heads: 3,
            t_hidden_scale: 2.5,
            segment_samples: 2650,
            ..Configuration::PUBLISHED
        }
    }

    #[test]
    fn sizes_follow_from_the_configuration() {
        let configuration = small();
        assert!(configuration.check().is_ok());
        assert_eq!(configuration.encoder_channels(), [10, 20]);
        assert_eq!((configuration.width(), configuration.hidden_width()), (12, 30));
        assert_eq!((configuration.frequencies(), configuration.frames()), (128, 42));
    }

    /// The published configuration as JSON, with one field replaced or, for an empty value, left out.
    fn json(field: &str, value: &str) -> String {
        let fields = [
            ("sources", "4"),
            ("audioChannels", "2"),
            ("channels", "48"),
            ("growth", "2"),
            ("depth", "4"),
            ("nfft", "4096"),
            ("freqEmb", "0.2"),
            ("embScale", "10"),
            ("dconvDepth", "2"),
            ("dconvComp", "8"),
            ("bottomChannels", "512"),
            ("tLayers", "5"),
            ("tHeads", "8"),
            ("tHiddenScale", "4"),
            ("tMaxPeriod", "10000"),
            ("tWeightPosEmbed", "1"),
            ("segmentSamples", "343980"),
        ];
        let others = fields.iter().filter(|(name, _)| *name != field);
        let replaced = [(field, value)];
        let all = others.chain(replaced.iter().filter(|(_, value)| !value.is_empty()));
        let members: Vec<_> = all.map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    }

    #[test]
    fn from_json_reads_the_published_configuration() {
        let read = Configuration::from_json(json("depth", "4").as_bytes()).unwrap();
        assert_eq!(read, Configuration::PUBLISHED);
    }

    #[test]
    fn from_json_refuses_missing_unknown_and_impossible_fields() {
        for (field, value, message) in [
            ("segmentSamples", "", "segmentSamples"),
            ("cac", "true", "cac"),
            ("sources", "1.5", "1.5"),
            ("audioChannels", "-1", "-1"),
            ("depth", "9", "at most 6, but is 9"),
            ("nfft", "250", "a multiple of 2 · 4^depth (512)"),
            ("tHeads", "3", "t_heads (3)"),
            ("dconvComp", "49", "channels (48)"),
            ("segmentSamples", "9", "nfft (4096)"),
        ] {
            let error = Configuration::from_json(json(field, value).as_bytes()).unwrap_err();
            assert!(error.to_string().contains(message), "{field}: {error}");
        }
    }
}
