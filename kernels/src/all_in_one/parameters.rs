//! The parameters of a network by upstream's names.

use std::collections::HashMap;
use std::ops::Range;

use super::configuration::{Configuration, EMBEDDING_KERNELS, INSTRUMENT_KERNEL};

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
                "All-In-One of this configuration has {} parameters, not {}",
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
            None => panic!("All-In-One has no parameter {name}"),
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

    /// A weight of `inputs` elements an output, and a bias.
    fn layer(&mut self, name: &str, outputs: usize, inputs: usize) {
        self.add(format!("{name}.weight"), outputs * inputs);
        self.add(format!("{name}.bias"), outputs);
    }

    fn network(&mut self, configuration: &Configuration) {
        let width = configuration.dim_embed;
        let channels = configuration.embedding_channels();
        for (i, [frames, bands]) in EMBEDDING_KERNELS.into_iter().enumerate() {
            let inputs = channels[i] * frames * bands;
            self.layer(&format!("embeddings.conv{i}"), channels[i + 1], inputs);
        }
        self.layer("embeddings.norm", width, 1);
        let time = 2 * configuration.kernel_size - 1;
        let instrument = (2 * INSTRUMENT_KERNEL - 1).pow(2);
        for block in 0..configuration.depth {
            let name = format!("encoder.layers.{block}");
            let attentions = ["attention", "attention2"];
            self.block_layer(&format!("{name}.timelayer"), configuration, &attentions, time);
            self.block_layer(
                &format!("{name}.instlayer"),
                configuration,
                &attentions[..1],
                instrument,
            );
        }
        self.layer("norm", width, 1);
        let joined = width * configuration.num_instruments;
        for head in ["beat", "downbeat", "section"] {
            self.layer(&format!("{head}_classifier.classifier"), 1, joined);
        }
        self.layer("function_classifier.classifier", configuration.num_labels, joined);
    }

    fn block_layer(
        &mut self,
        name: &str,
        configuration: &Configuration,
        attentions: &[&str],
        offsets: usize,
    ) {
        let width = configuration.dim_embed;
        let joined = width * attentions.len();
        let hidden = configuration.hidden_width(joined);
        self.layer(&format!("{name}.layernorm_before"), width, 1);
        self.layer(&format!("{name}.layernorm_after"), joined, 1);
        self.layer(&format!("{name}.intermediate.dense"), hidden, joined);
        self.layer(&format!("{name}.output.dense"), width, hidden);
        for attention in attentions {
            let name = format!("{name}.{attention}");
            self.layer(&format!("{name}.output.dense"), width, width);
            self.add(format!("{name}.self.rpb"), configuration.num_heads * offsets);
            for part in ["query", "key", "value"] {
                self.layer(&format!("{name}.self.{part}"), width, width);
            }
        }
    }
}

/// Number of parameters of a network.
pub fn parameter_count(configuration: &Configuration) -> usize {
    let mut listing = Listing { ranges: HashMap::new(), end: 0 };
    listing.network(configuration);
    listing.end
}

#[cfg(test)]
mod tests {
    use super::super::configuration::tests::PUBLISHED;
    use super::*;

    #[test]
    fn the_published_network_has_as_many_parameters_as_upstream_counts() {
        let configuration = Configuration::from_numbers(&PUBLISHED).unwrap();
        assert_eq!(parameter_count(&configuration), 300_631);
        let error = Parameters::new(&configuration, &[0.0; 3]).unwrap_err();
        assert!(error.contains("300631"), "{error}");
    }
}
