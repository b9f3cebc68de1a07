//! The names and sizes of the network's parameters.

use super::configuration::{Configuration, KERNEL, NETWORK, STRIDE};
use crate::error::Error;
pub(super) use crate::parameters::Parameters;
use crate::parameters::Sizes;

/// Taps of the convolutions in a residual branch.
pub(super) const BRANCH_KERNEL: usize = 3;

/// Taps, along each axis, of the convolution that a decoder starts with.
pub(super) const REWRITE_KERNEL: usize = 3;

/// Reads the parameters of a network from safetensors.
///
/// # Errors
/// As [`Parameters::parse`].
pub(super) fn parse_parameters<'a>(
    configuration: &Configuration,
    bytes: &'a [u8],
) -> Result<Parameters<'a>, Error> {
    Parameters::parse(NETWORK, &parameter_sizes(configuration), bytes)
}

/// Name and size of each parameter of a network, by the names of upstream's `state_dict`.
pub fn parameter_sizes(configuration: &Configuration) -> Sizes {
    let mut names = Names(Sizes::default());
    names.network(configuration);
    names.0
}

struct Names(Sizes);

impl Names {
    fn network(&mut self, configuration: &Configuration) {
        let widths = configuration.encoder_channels();
        let audio = configuration.audio_channels;
        let mixed = audio * configuration.sources;
        for (branch, inputs, outputs, axes) in
            [("", 2 * audio, 2 * mixed, 2), ("t", audio, mixed, 1)]
        {
            for (i, width) in widths.iter().enumerate() {
                let name = format!("{branch}encoder.{i}");
                let inputs = if i == 0 { inputs } else { widths[i - 1] };
                self.0.layer(&format!("{name}.conv"), *width, inputs * KERNEL);
                self.0.layer(&format!("{name}.rewrite"), 2 * width, *width);
                self.branch(&name, *width, configuration);
            }
            for (i, width) in widths.iter().rev().enumerate() {
                let name = format!("{branch}decoder.{i}");
                let level = widths.len() - 1 - i;
                let outputs = if level == 0 { outputs } else { widths[level - 1] };
                self.0.add(format!("{name}.conv_tr.weight"), width * outputs * KERNEL);
                self.0.add(format!("{name}.conv_tr.bias"), outputs);
                let taps = REWRITE_KERNEL.pow(axes);
                self.0.layer(&format!("{name}.rewrite"), 2 * width, width * taps);
                self.branch(&name, *width, configuration);
            }
        }
        self.0.add(
            "freq_emb.embedding.weight".into(),
            configuration.frequencies() / STRIDE * widths[0],
        );
        if configuration.bottom_channels != 0 {
            let (last, bottom) = (widths[widths.len() - 1], configuration.bottom_channels);
            for branch in ["", "_t"] {
                self.0.layer(&format!("channel_upsampler{branch}"), bottom, last);
                self.0.layer(&format!("channel_downsampler{branch}"), last, bottom);
            }
        }
        self.transformer(configuration);
    }

    fn branch(&mut self, name: &str, width: usize, configuration: &Configuration) {
        let hidden = width / configuration.dconv_comp;
        for i in 0..configuration.dconv_depth {
            let name = format!("{name}.dconv.layers.{i}");
            self.0.layer(&format!("{name}.0"), hidden, width * BRANCH_KERNEL);
            self.0.layer(&format!("{name}.1"), hidden, 1);
            self.0.layer(&format!("{name}.3"), 2 * width, hidden);
            self.0.layer(&format!("{name}.4"), 2 * width, 1);
            self.0.add(format!("{name}.6.scale"), width);
        }
    }

    fn transformer(&mut self, configuration: &Configuration) {
        let (width, hidden) = (configuration.width(), configuration.hidden_width());
        self.0.layer("crosstransformer.norm_in", width, 1);
        self.0.layer("crosstransformer.norm_in_t", width, 1);
        for branch in ["layers", "layers_t"] {
            for i in 0..configuration.t_layers {
                let name = format!("crosstransformer.{branch}.{i}");
                let crosses = i % 2 == 1;
                let attention = format!("{name}.{}", attention_name(crosses));
                self.0.add(format!("{attention}.in_proj_weight"), 3 * width * width);
                self.0.add(format!("{attention}.in_proj_bias"), 3 * width);
                self.0.layer(&format!("{attention}.out_proj"), width, width);
                self.0.layer(&format!("{name}.linear1"), hidden, width);
                self.0.layer(&format!("{name}.linear2"), width, hidden);
                let norms: &[&str] = if crosses {
                    &["norm1", "norm2", "norm3", "norm_out"]
                } else {
                    &["norm1", "norm2", "norm_out"]
                };
                for norm in norms {
                    self.0.layer(&format!("{name}.{norm}"), width, 1);
                }
                self.0.add(format!("{name}.gamma_1.scale"), width);
                self.0.add(format!("{name}.gamma_2.scale"), width);
            }
        }
    }
}

/// Upstream's name of the attention of a layer.
pub(super) fn attention_name(crosses: bool) -> &'static str {
    if crosses { "cross_attn" } else { "self_attn" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_network_has_as_many_parameters_as_upstream_counts() {
        let sizes = parameter_sizes(&Configuration::PUBLISHED);
        assert_eq!(sizes.total(), 41_984_456);
    }
}
