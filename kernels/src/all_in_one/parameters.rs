//! The parameters of a network by upstream's names.

use super::configuration::{Configuration, EMBEDDING_KERNELS, INSTRUMENT_KERNEL};
use crate::parameters::Listing;
pub(super) use crate::parameters::Parameters;

/// Finds where each parameter of a network lies.
///
/// # Errors
/// If the array's length is not that of the configuration's parameters.
pub(super) fn find_parameters<'a>(
    configuration: &Configuration,
    values: &'a [f32],
) -> Result<Parameters<'a>, String> {
    Parameters::new("All-In-One", Names::of(configuration), values)
}

struct Names(Listing);

impl Names {
    fn of(configuration: &Configuration) -> Listing {
        let mut names = Names(Listing::default());
        names.network(configuration);
        names.0
    }

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

/// Number of parameters of a network.
pub fn parameter_count(configuration: &Configuration) -> usize {
    Names::of(configuration).len()
}

#[cfg(test)]
mod tests {
    use super::super::configuration::tests::PUBLISHED;
    use super::*;

    #[test]
    fn the_published_network_has_as_many_parameters_as_upstream_counts() {
        let configuration = Configuration::from_numbers(&PUBLISHED).unwrap();
        assert_eq!(parameter_count(&configuration), 300_631);
        let error = find_parameters(&configuration, &[0.0; 3]).unwrap_err();
        assert!(error.contains("300631"), "{error}");
    }
}
