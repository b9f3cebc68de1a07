//! Noise for the tests, the same at every run.

/// Numbers whose highest bits are the most random ones (Knuth's linear congruential generator).
pub fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    let next = |state: &u64| {
        Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    };
    std::iter::successors(next(&seed), next)
}
