//! The sizes of an All-In-One network.

use serde::Deserialize;

use crate::error::Error;

/// Name of the network in errors.
pub(super) const NETWORK: &str = "All-In-One";

/// Rows and columns of the instrument attention's window.
pub(super) const INSTRUMENT_KERNEL: usize = 5;

/// Bands that the embedding's poolings join.
pub(super) const POOLED_BANDS: usize = 3;

/// Kernels `[frames, bands]` of the embedding's convolutions.
pub(super) const EMBEDDING_KERNELS: [[usize; 2]; 3] = [[3, 3], [1, 12], [3, 3]];

/// Sizes of a network; the names are upstream's, in camel case in JSON.
///
/// Source: `allin1.config.Config` (allin1 1.1.0).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Configuration {
    /// Number of stems, at most five.
    pub num_instruments: usize,
    /// Number of segment functions.
    pub num_labels: usize,
    /// Number of blocks.
    pub depth: usize,
    /// The dilation of block i is this to the power i.
    pub dilation_factor: usize,
    /// Largest dilation of a block's first attention, frames.
    pub dilation_max: usize,
    /// Number of attention heads.
    pub num_heads: usize,
    /// Keys in the window of a query of the time attention, an odd number.
    pub kernel_size: usize,
    /// Bands of the spectrogram.
    pub dim_input: usize,
    /// Channels of a frame's embedding.
    pub dim_embed: usize,
    /// Width of the hidden layer of a block's perceptron, as a multiple of its input.
    pub mlp_ratio: f64,
    /// Epsilon of the layer norms but the embedding's.
    pub layer_norm_eps: f64,
}

impl Configuration {
    /// The configuration of the published network.
    pub const PUBLISHED: Configuration = Configuration {
        num_instruments: 4,
        num_labels: 10,
        depth: 11,
        dilation_factor: 2,
        dilation_max: 3200,
        num_heads: 2,
        kernel_size: 5,
        dim_input: 81,
        dim_embed: 24,
        mlp_ratio: 4.0,
        layer_norm_eps: 1e-5,
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
        for (field, value, most) in [
            ("num_instruments", self.num_instruments, INSTRUMENT_KERNEL),
            ("num_labels", self.num_labels, 1024),
            ("depth", self.depth, 16),
            ("dilation_factor", self.dilation_factor, 16),
            ("dilation_max", self.dilation_max, 65_536),
            ("num_heads", self.num_heads, 64),
            ("kernel_size", self.kernel_size, 31),
            ("dim_input", self.dim_input, 1024),
            ("dim_embed", self.dim_embed, 1024),
        ] {
            require(field, (1..=most).contains(&value), value, || format!("from 1 to {most}"))?;
        }
        let heads = self.num_heads;
        require("dim_embed", self.dim_embed.is_multiple_of(heads), self.dim_embed, || {
            format!("a multiple of num_heads ({heads})")
        })?;
        require("kernel_size", !self.kernel_size.is_multiple_of(2), self.kernel_size, || {
            "an odd number".into()
        })?;
        let ratio_fits =
            self.mlp_ratio > 0.0 && self.mlp_ratio * self.dim_embed as f64 <= f64::from(1 << 30);
        require("mlp_ratio", ratio_fits, self.mlp_ratio, || {
            "above 0, and a hidden layer at most 2^30 wide".into()
        })?;
        let epsilon_fits = self.layer_norm_eps > 0.0 && self.layer_norm_eps.is_finite();
        require("layer_norm_eps", epsilon_fits, self.layer_norm_eps, || "above 0".into())?;
        require("dim_input", self.pooled_bands()[2] == 1, self.dim_input, || {
            "a number of bands that the convolutions reduce to one".into()
        })
    }

    /// Bands after each of the embedding's convolutions and poolings.
    pub fn pooled_bands(&self) -> [usize; 3] {
        let mut bands = self.dim_input;
        EMBEDDING_KERNELS.map(|[_, width]| {
            bands = (bands + 1).saturating_sub(width) / POOLED_BANDS;
            bands
        })
    }

    /// Channels before the embedding's first and after each of its convolutions.
    pub fn embedding_channels(&self) -> [usize; 4] {
        [1, self.dim_embed / 2, self.dim_embed, self.dim_embed]
    }

    /// Width of the hidden layer of a perceptron over `joined` channels.
    pub fn hidden_width(&self, joined: usize) -> usize {
        (joined as f64 * self.mlp_ratio) as usize
    }

    /// The dilation of a block's first time attention, frames; the second one's is twice that.
    pub fn dilation(&self, block: usize) -> usize {
        self.dilation_factor.saturating_pow(block as u32).min(self.dilation_max)
    }

    /// Rows of the logits: beat, downbeat, section, and the functions.
    pub fn num_logits(&self) -> usize {
        3 + self.num_labels
    }
}

fn require(
    field: &'static str,
    holds: bool,
    found: impl ToString,
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
            num_instruments: 3,
            num_labels: 4,
            depth: 3,
            dilation_factor: 3,
            dilation_max: 7,
            num_heads: 3,
            kernel_size: 7,
            dim_input: 83,
            dim_embed: 9,
            mlp_ratio: 2.5,
            layer_norm_eps: 1e-3,
        }
    }

    #[test]
    fn sizes_follow_from_the_configuration() {
        let published = Configuration::PUBLISHED;
        assert_eq!(published.pooled_bands(), [26, 5, 1]);
        assert_eq!((published.hidden_width(48), published.num_logits()), (192, 13));
        assert_eq!((0..12).map(|i| published.dilation(i)).max(), Some(2048));
        let small = small();
        assert!(small.check().is_ok());
        assert_eq!((0..3).map(|i| small.dilation(i)).collect::<Vec<_>>(), [1, 3, 7]);
        assert_eq!(small.hidden_width(9), 22);
    }

    /// The published configuration as JSON, with one field replaced or, for an empty value, left out.
    fn json(field: &str, value: &str) -> String {
        let fields = [
            ("numInstruments", "4"),
            ("numLabels", "10"),
            ("depth", "11"),
            ("dilationFactor", "2"),
            ("dilationMax", "3200"),
            ("numHeads", "2"),
            ("kernelSize", "5"),
            ("dimInput", "81"),
            ("dimEmbed", "24"),
            ("mlpRatio", "4"),
            ("layerNormEps", "0.00001"),
        ];
        let others = fields.iter().filter(|(name, _)| *name != field);
        let replaced = [(field, value)];
        let all = others.chain(replaced.iter().filter(|(_, value)| !value.is_empty()));
        let members: Vec<_> = all.map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    }

    #[test]
    fn from_json_reads_the_published_configuration() {
        let read = Configuration::from_json(json("depth", "11").as_bytes()).unwrap();
        assert_eq!(read, Configuration::PUBLISHED);
    }

    #[test]
    fn from_json_refuses_missing_unknown_and_impossible_fields() {
        for (field, value, message) in [
            ("depth", "", "depth"),
            ("fold", "1", "fold"),
            ("numInstruments", "6", "from 1 to 5, but is 6"),
            ("numLabels", "0", "num_labels"),
            ("depth", "1.5", "1.5"),
            ("numHeads", "5", "num_heads (5)"),
            ("kernelSize", "4", "odd"),
            ("dimInput", "40", "dim_input"),
            ("dimEmbed", "null", "null"),
            ("mlpRatio", "0", "mlp_ratio"),
            ("layerNormEps", "-1", "layer_norm_eps"),
        ] {
            let error = Configuration::from_json(json(field, value).as_bytes()).unwrap_err();
            assert!(error.to_string().contains(message), "{field}: {error}");
        }
    }
}
