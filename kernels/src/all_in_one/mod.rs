//! The music structure network: All-In-One, any fold, one whole track at a time.
//!
//! Convolutions embed each frame of each stem's spectrogram; blocks of dilated neighborhood attention
//! along time and across instruments follow; linear heads read off beats, downbeats, sections and
//! functions. A track's values lie in *tiles* of 48 frames, a frame a lane, and everything but the
//! attentions stays within a tile, so that a tile goes through a whole layer in the first caches. Tiles are
//! shared out to threads; no sum crosses a lane, so the bits depend neither on the number of threads nor
//! on how the tiles fall to them. Memory grows with the frames: two planes, 768 bytes a frame of the
//! published network.
//!
//! Source: `allin1.models` (allin1 1.1.0); Kim, Nam, "All-In-One Metrical and Functional Structure
//! Analysis with Neighborhood Attentions on Demixed Audio", WASPAA 2023; Hassani, Shi, "Dilated
//! Neighborhood Attention Transformer", 2022, and NATTEN 0.14.6 for the attention.

mod activation;
mod attention;
mod band_convolution;
mod configuration;
mod convolution;
mod dense;
mod embedding;
mod fold;
mod heads;
mod instrument_layer;
#[cfg(test)]
mod naive;
mod parameters;
mod perceptron;
mod plane;
mod rows;
mod runner;
#[cfg(test)]
mod tests;
mod time_layer;
mod windows;

pub use configuration::Configuration;
pub use fold::Fold;
pub use parameters::parameter_sizes;
pub use runner::Runner;
