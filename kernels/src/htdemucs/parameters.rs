//! The parameters of a network by upstream's names.

use std::collections::HashMap;
use std::ops::Range;

use super::configuration::{Configuration, KERNEL, STRIDE};

/// Taps of the convolutions in a residual branch.
pub(super) const BRANCH_KERNEL: usize = 3;

/// Taps, along each axis, of the convolution that a decoder starts with.
pub(super) const REWRITE_KERNEL: usize = 3;

/// All parameters in one array, in the order of upstream's `state_dict`, f32.
#[derive(Debug)]
pub(super) struct Parameters<'a> {
    values: &'a [f32],
    ranges: HashMap<String, Range<usize>>,
}

impl<'a> Parameters<'a> {
    /// Finds where each parameter lies.
    ///
    /// # Errors
    /// If the array's length is not that of the configuration's parameters.
    pub fn new(configuration: &Configuration, values: &'a [f32]) -> Result<Self, String> {
        let mut listing = Listing { ranges: HashMap::new(), end: 0 };
        listing.network(configuration);
        if listing.end != values.len() {
            return Err(format!(
                "HTDemucs of this configuration has {} parameters, not {}",
                listing.end,
                values.len()
            ));
        }
        Ok(Parameters { values, ranges: listing.ranges })
    }

    /// A parameter's values, C order.
    ///
    /// # Panics
    /// If the network has no parameter of that name.
    pub fn get(&self, name: &str) -> &'a [f32] {
        match self.ranges.get(name) {
            Some(range) => &self.values[range.clone()],
            None => panic!("HTDemucs has no parameter {name}"),
        }
    }

    /// A parameter in double precision.
    pub fn double(&self, name: &str) -> Vec<f64> {
        self.get(name).iter().map(|x| f64::from(*x)).collect()
    }
}

struct Listing {
    ranges: HashMap<String, Range<usize>>,
    end: usize,
}

impl Listing {
    fn add(&mut self, name: String, size: usize) {
        self.ranges.insert(name, self.end..self.end + size);
        self.end += size;
    }

    /// A weight of `size` elements and a bias.
    fn layer(&mut self, name: &str, outputs: usize, size: usize) {
        self.add(format!("{name}.weight"), outputs * size);
        self.add(format!("{name}.bias"), outputs);
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
                self.layer(&format!("{name}.conv"), *width, inputs * KERNEL);
                self.layer(&format!("{name}.rewrite"), 2 * width, *width);
                self.branch(&name, *width, configuration);
            }
            for (i, width) in widths.iter().rev().enumerate() {
                let name = format!("{branch}decoder.{i}");
                let level = widths.len() - 1 - i;
                let outputs = if level == 0 { outputs } else { widths[level - 1] };
                self.add(format!("{name}.conv_tr.weight"), width * outputs * KERNEL);
                self.add(format!("{name}.conv_tr.bias"), outputs);
                let taps = REWRITE_KERNEL.pow(axes);
                self.layer(&format!("{name}.rewrite"), 2 * width, width * taps);
                self.branch(&name, *width, configuration);
            }
        }
        self.add(
            "freq_emb.embedding.weight".into(),
            configuration.frequencies() / STRIDE * widths[0],
        );
        if configuration.bottom_channels != 0 {
            let (last, bottom) = (widths[widths.len() - 1], configuration.bottom_channels);
            for branch in ["", "_t"] {
                self.layer(&format!("channel_upsampler{branch}"), bottom, last);
                self.layer(&format!("channel_downsampler{branch}"), last, bottom);
            }
        }
        self.transformer(configuration);
    }

    fn branch(&mut self, name: &str, width: usize, configuration: &Configuration) {
        let hidden = width / configuration.dconv_comp;
        for i in 0..configuration.dconv_depth {
            let name = format!("{name}.dconv.layers.{i}");
            self.layer(&format!("{name}.0"), hidden, width * BRANCH_KERNEL);
            self.layer(&format!("{name}.1"), hidden, 1);
            self.layer(&format!("{name}.3"), 2 * width, hidden);
            self.layer(&format!("{name}.4"), 2 * width, 1);
            self.add(format!("{name}.6.scale"), width);
        }
    }

    fn transformer(&mut self, configuration: &Configuration) {
        let (width, hidden) = (configuration.width(), configuration.hidden_width());
        self.layer("crosstransformer.norm_in", width, 1);
        self.layer("crosstransformer.norm_in_t", width, 1);
        for branch in ["layers", "layers_t"] {
            for i in 0..configuration.t_layers {
                let name = format!("crosstransformer.{branch}.{i}");
                let crosses = i % 2 == 1;
                let attention = format!("{name}.{}", attention_name(crosses));
                self.add(format!("{attention}.in_proj_weight"), 3 * width * width);
                self.add(format!("{attention}.in_proj_bias"), 3 * width);
                self.layer(&format!("{attention}.out_proj"), width, width);
                self.layer(&format!("{name}.linear1"), hidden, width);
                self.layer(&format!("{name}.linear2"), width, hidden);
                let norms: &[&str] = if crosses {
                    &["norm1", "norm2", "norm3", "norm_out"]
                } else {
                    &["norm1", "norm2", "norm_out"]
                };
                for norm in norms {
                    self.layer(&format!("{name}.{norm}"), width, 1);
                }
                self.add(format!("{name}.gamma_1.scale"), width);
                self.add(format!("{name}.gamma_2.scale"), width);
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
    let mut listing = Listing { ranges: HashMap::new(), end: 0 };
    listing.network(configuration);
    listing.end
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
        let error = Parameters::new(&configuration, &[0.0; 3]).unwrap_err();
        assert!(error.contains("41984456"), "{error}");
    }
}
