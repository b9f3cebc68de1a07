//! Matrix products and what goes with them, for whatever vectors the machine has.
//!
//! Values lie in *panels* `[channels][48]`: 48 neighbouring positions of all channels. A product
//! with packed [`Weights`] takes panels as they are, without another copy, and puts out *tiles* of
//! eight channels, which the caller finishes while they are in the first cache.
//!
//! These are the SIMD modules of the crate: outside of them and of `ffi`, no code is unsafe.

mod aligned;
pub mod bf16;
pub(crate) mod combinations;
pub(crate) mod dispatch;
pub mod elementwise;
pub(crate) mod functions;
mod gelu;
pub(crate) mod isa;
pub(crate) mod keys;
mod paired;
mod prefetch;
mod product;
mod real_transform;
mod softmax;
mod tile;
pub(crate) mod vector;

pub use aligned::Aligned;
pub use combinations::PAIRED_LINE;
pub use gelu::gelu;
pub use isa::{Isa, processor_features};
pub use paired::PairedWeights;
pub(crate) use prefetch::prefetch;
pub use product::{Column, Tile, Weights};
pub use real_transform::{Forward, Inverse};
pub use softmax::{layer_norm, scale_lanes, single_layer_norm, soften};
pub use tile::{Element, LANES, ROWS, Segment, TILE};
