//! The names and sizes of the network's parameters.

use super::configuration::{Configuration, EMBEDDING_KERNELS, INSTRUMENT_KERNEL, NETWORK};
use crate::error::Error;
pub(super) use crate::parameters::Parameters;
use crate::parameters::Sizes;

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
        let width = configuration.dim_embed;
        let channels = configuration.embedding_channels();
        for (i, [frames, bands]) in EMBEDDING_KERNELS.into_iter().enumerate() {
            let inputs = channels[i] * frames * bands;
            self.0.layer(&format!("embeddings.conv{i}"), channels[i + 1], inputs);
        }
        self.0.layer("embeddings.norm", width, 1);
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
        self.0.layer("norm", width, 1);
        let joined = width * configuration.num_instruments;
        for head in ["beat", "downbeat", "section"] {
            self.0.layer(&format!("{head}_classifier.classifier"), 1, joined);
        }
        self.0.layer("function_classifier.classifier", configuration.num_labels, joined);
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
        self.0.layer(&format!("{name}.layernorm_before"), width, 1);
        self.0.layer(&format!("{name}.layernorm_after"), joined, 1);
        self.0.layer(&format!("{name}.intermediate.dense"), hidden, joined);
        self.0.layer(&format!("{name}.output.dense"), width, hidden);
        for attention in attentions {
            let name = format!("{name}.{attention}");
            self.0.layer(&format!("{name}.output.dense"), width, width);
            self.0.add(format!("{name}.self.rpb"), configuration.num_heads * offsets);
            for part in ["query", "key", "value"] {
                self.0.layer(&format!("{name}.self.{part}"), width, width);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_network_has_as_many_parameters_as_upstream_counts() {
        let sizes = parameter_sizes(&Configuration::PUBLISHED);
        assert_eq!(sizes.total(), 300_631);
    }
}
