//! The separation network with its products in bfloat16.
//!
//! Both operands of each product are rounded to bfloat16, and its sums are in single precision. Everything else is in
//! single precision too: activations, gates, what the residual branches and attentions add to, and the norms, whose
//! sums are in double precision. Convolutions are computed as such: the combined operands of Winograd's and
//! Strassen's algorithms would be rounded to bfloat16 once more.

mod attention;
mod decoder;
mod encoder;
mod gated;
mod linear;
mod memory;
mod network;
mod packing;
mod residual_branch;
mod transformer_layer;

pub use network::Bf16Htdemucs;
