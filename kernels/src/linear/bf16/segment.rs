//! Operands of a part of a tile.

use crate::linear::tile::{LANES, ROWS};

/// Two panels of words of the same depth, whose product is a part of a tile.
#[derive(Debug, Clone, Copy)]
pub struct WordSegment<'a> {
    /// Weights `[depth][8]`.
    weights: &'a [u32],
    /// Values `[depth][48]`.
    values: &'a [u32],
}

impl<'a> WordSegment<'a> {
    /// # Panics
    /// If the depths differ.
    #[inline]
    pub fn new(weights: &'a [u32], values: &'a [u32]) -> Self {
        let depth = weights.len() / ROWS;
        assert!(weights.len() == depth * ROWS && values.len() == depth * LANES);
        WordSegment { weights, values }
    }

    /// Weights `[depth][8]`.
    #[inline(always)]
    pub(super) fn weights(&self) -> &'a [u32] {
        self.weights
    }

    /// Values `[depth][48]`.
    #[inline(always)]
    pub(super) fn values(&self) -> &'a [u32] {
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "weights.len()")]
    fn refuses_panels_of_different_depth() {
        WordSegment::new(&[0; 16], &[0; 48]);
    }
}
