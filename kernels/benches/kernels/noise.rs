//! Noise, the same at every run.

/// `length` numbers from −scale to scale (Knuth's linear congruential generator).
pub fn noise(seed: u64, length: usize, scale: f32) -> Vec<f32> {
    let mut state = seed;
    let next = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * scale
    };
    (0..length).map(next).collect()
}
