//! Matrix products of numbers in bfloat16 with sums in single precision.
//!
//! Two neighbouring rows of a panel lie together: a *word* has the bfloat16 of an even row in its low half and
//! that of the odd row after it in its high half. A panel `[channels][48]` becomes `[channels / 2][48]` words, and
//! packed weights are words `[channels / 2][8]`. This is the layout of AVX512-BF16 and of AMX.
//!
//! A [`Unit`] computes the products. All units return the same bits: the sums are those of the instruction
//! `vdpbf16ps`, which adds the product of the odd rows first, then that of the even ones, each time rounded to the nearest
//! f32, ties to even, with subnormal numbers taken as zeros. Units with other sums, such as AMX and `BFMMLA`, would be
//! further kinds with the same packed operands.
//!
//! Source: Intel, "Intel 64 and IA-32 Architectures Software Developer's Manual", volume 2, VDPBF16PS; Intel,
//! "BFLOAT16 – Hardware Numerics Definition", 2018.

mod emulation;
mod packing;
mod segment;
mod tile;
mod unit;
mod weights;

pub use packing::{pack_along, pack_pairs, round_to_bf16};
pub use segment::WordSegment;
pub use tile::multiply_words;
pub use unit::Unit;
pub use weights::PackedWeights;
