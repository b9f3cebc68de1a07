//! One fold's weights, packed.

use super::configuration::Configuration;
use super::embedding::Embedding;
use super::heads::Heads;
use super::instrument_layer::InstrumentLayer;
use super::parameters::find_parameters;
use super::time_layer::TimeLayer;

/// A fold of a network.
#[derive(Debug)]
pub struct Fold {
    pub(super) configuration: Configuration,
    pub(super) embedding: Embedding,
    pub(super) blocks: Vec<Block>,
    pub(super) heads: Heads,
}

/// A block of the encoder.
#[derive(Debug)]
pub(super) struct Block {
    pub time: TimeLayer,
    pub instrument: InstrumentLayer,
}

impl Fold {
    /// Packs a fold's parameters, all of them in the order of upstream's `state_dict`.
    ///
    /// # Errors
    /// If their number is not that of the configuration's parameters.
    pub fn new(configuration: &Configuration, parameters: &[f32]) -> Result<Self, String> {
        let parameters = find_parameters(configuration, parameters)?;
        let block = |block| Block {
            time: TimeLayer::of(&parameters, block, configuration),
            instrument: InstrumentLayer::of(&parameters, block, configuration),
        };
        Ok(Fold {
            configuration: configuration.clone(),
            embedding: Embedding::of(&parameters, configuration),
            blocks: (0..configuration.depth).map(block).collect(),
            heads: Heads::of(&parameters, configuration),
        })
    }
}
