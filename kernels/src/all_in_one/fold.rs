//! One fold's weights, packed.

use super::configuration::Configuration;
use super::embedding::Embedding;
use super::heads::Heads;
use super::instrument_layer::InstrumentLayer;
use super::parameters::parse_parameters;
use super::time_layer::TimeLayer;
use crate::error::Error;

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
    /// Packs a fold's parameters.
    ///
    /// # Parameters
    /// - `parameters`: f32 in safetensors format, by the names of upstream's `state_dict`.
    ///
    /// # Errors
    /// If a parameter of the configuration is missing or of another size.
    pub fn new(configuration: &Configuration, parameters: &[u8]) -> Result<Self, Error> {
        let parameters = parse_parameters(configuration, parameters)?;
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
