//! The separation network: HTDemucs, one segment at a time.
//!
//! Two branches, one over the spectrogram and one over the wave, are encoded, meet in a transformer, and
//! are decoded. Everything is in single precision but the wave's first encoders: at a drum's onset their
//! values are forty times the typical, and what is rounded there decides the largest error of the stems.
//! Sums for norms are in double precision, and none depends on the number of threads.
//!
//! Source: `demucs.htdemucs.HTDemucs` (demucs 4.0.1); Rouard, Massa, Défossez, "Hybrid Transformers for
//! Music Source Separation", ICASSP 2023.

mod attention;
mod bf16;
mod branch_layer;
mod branch_norms;
mod configuration;
mod context;
mod decoder;
mod encoder;
mod exchange;
mod gated;
#[cfg(test)]
mod layer_tests;
mod linear;
mod memory;
#[cfg(test)]
mod naive;
mod network;
mod parameters;
mod plane;
mod position_embeddings;
mod products;
mod residual_branch;
mod transformer;
mod transformer_layer;
mod transposed;
mod winograd;

pub use bf16::Bf16Htdemucs;
pub use configuration::Configuration;
pub use network::Htdemucs;
pub use parameters::parameter_sizes;
