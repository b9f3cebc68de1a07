//! The parameters of a network by upstream's names.

use super::configuration::{Configuration, KERNEL, STRIDE};
use crate::parameters::Listing;
pub(super) use crate::parameters::Parameters;

/// Taps of the convolutions in a residual branch.
pub(super) const BRANCH_KERNEL: usize = 3;

/// Taps, along each axis, of the convolution that a decoder starts with.
pub(super) const REWRITE_KERNEL: usize = 3;

/// Finds where each parameter of a network lies.
///
/// # Errors
/// If the array's length is not that of the configuration's parameters.
pub(super) fn find_parameters<'a>(
    configuration: &Configuration,
    values: &'a [f32],
) -> Result<Parameters<'a>, String> {
    Parameters::new("HTDemucs", Names::of(configuration), values)
}

struct Names(Listing);

impl Names {
    fn of(configuration: &Configuration) -> Listing {
        let mut names = Names(Listing::default());
        names.network(configuration);
        names.0
    }

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

/// What upstream calls the attention of a layer.
pub(super) fn attention_name(crosses: bool) -> &'static str {
    if crosses { "cross_attn" } else { "self_attn" }
}

/// Number of parameters of a network.
pub fn parameter_count(configuration: &Configuration) -> usize {
    Names::of(configuration).len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_network_has_as_many_parameters_as_upstream_counts() {
        let numbers = [
            4.0, 2.0, 48.0, 2.0, 4.0, 4096.0, 0.2, 10.0, 2.0, 8.0, 512.0, 5.0, 8.0, 4.0, 1e4, 1.0,
            343_980.0,
        ];
        let configuration = Configuration::from_numbers(&numbers).unwrap();
        assert_eq!(parameter_count(&configuration), 41_984_456);
        let error = find_parameters(&configuration, &[0.0; 3]).unwrap_err();
        assert!(error.contains("41984456"), "{error}");
    }
}
