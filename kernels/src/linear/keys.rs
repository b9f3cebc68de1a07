//! The products of an attention: queries with keys, and probabilities with keys.
//!
//! A query and its keys lie in the same lane, so nothing crosses lanes. Each key that is fetched serves
//! two heads; the sums of up to five keys and two heads are held in registers. The registers are laid out
//! by hand, as those of [`tile`](super::tile).
#![allow(unsafe_code)]
// The compiler keeps arrays in registers only in loops over indices of fixed length.
#![allow(clippy::needless_range_loop)]

use super::dispatch::dispatched;
use super::tile::LANES;
use super::vector::{Portable, Vector};

/// Keys, or values, whose sums are held at a time.
const KEYS_AT_ONCE: usize = 5;

/// The rows that all heads' queries are multiplied with: `[keys][width]` rows of 48.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys<'a> {
    /// All rows.
    pub values: &'a [f32],
    /// Start of each key's first row.
    pub starts: &'a [usize],
    /// Distance of a key's rows.
    pub stride: usize,
    /// Rows of a key.
    pub width: usize,
}

impl Keys<'_> {
    /// # Panics
    /// If a row lies outside the values.
    fn check(&self) {
        let extent = (self.width - 1) * self.stride + LANES;
        for start in self.starts {
            assert!(start + extent <= self.values.len());
        }
    }
}

dispatched! {
    /// Adds the products of queries and keys to scores.
    ///
    /// `queries` is `[heads][width][48]`; `scores` `[heads][slots][48]`, of whose slots the first are the
    /// keys'.
    add_scores = add_scores_loop for {
        portable: [Portable<f32>],
        neon: [std::arch::aarch64::float32x4_t],
        avx2: [std::arch::x86_64::__m256],
        avx512: [std::arch::x86_64::__m512],
    } (queries: &[f32], keys: &Keys, scores: &mut [f32], slots: usize)
}

dispatched! {
    /// Sums keys weighted with probabilities: `probabilities` `[heads][slots][48]`, `sums`
    /// `[heads][width][48]`.
    weighted_sums = weighted_sums_loop for {
        portable: [Portable<f32>],
        neon: [std::arch::aarch64::float32x4_t],
        avx2: [std::arch::x86_64::__m256],
        avx512: [std::arch::x86_64::__m512],
    } (probabilities: &[f32], keys: &Keys, slots: usize, sums: &mut [f32])
}

/// Calls `$part` for each strip of lanes, pair of heads and group of keys; they lie within the arrays, whose
/// lengths were checked.
macro_rules! for_parts {
    ($part:ident, $job:expr, $heads:ident, $keys:ident) => {
        for lane in (0..LANES).step_by(V::WIDTH) {
            let mut head = 0;
            while head < $heads {
                let pair = $heads - head >= 2;
                let mut key = 0;
                while key < $keys.starts.len() {
                    let group = $keys.starts.len() - key >= KEYS_AT_ONCE;
                    // SAFETY: strip, heads and keys lie within the arrays, whose lengths were checked.
                    unsafe {
                        match (pair, group) {
                            (true, true) => $part::<V, 2, KEYS_AT_ONCE>($job, lane, head, key),
                            (true, false) => $part::<V, 2, 1>($job, lane, head, key),
                            (false, true) => $part::<V, 1, KEYS_AT_ONCE>($job, lane, head, key),
                            (false, false) => $part::<V, 1, 1>($job, lane, head, key),
                        }
                    }
                    key += if group { KEYS_AT_ONCE } else { 1 };
                }
                head += if pair { 2 } else { 1 };
            }
        }
    };
}

/// The arrays of a product. Pointers instead of slices spare the innermost loops their checks.
struct Job<'a, Q, S> {
    keys: &'a Keys<'a>,
    slots: usize,
    /// `[heads][width][48]`: queries, or the sums to be written.
    queries: Q,
    /// `[heads][slots][48]`: scores or probabilities.
    scores: S,
}

#[inline(always)]
fn add_scores_loop<V: Vector<Element = f32>>(
    queries: &[f32],
    keys: &Keys,
    scores: &mut [f32],
    slots: usize,
) {
    keys.check();
    let heads = queries.len() / (keys.width * LANES);
    assert!(queries.len() == heads * keys.width * LANES && keys.starts.len() <= slots);
    assert!(scores.len() == heads * slots * LANES);
    let job = Job { keys, slots, queries: queries.as_ptr(), scores: scores.as_mut_ptr() };
    for_parts!(add_scores_part, &job, heads, keys);
}

/// # Safety
/// The job's pointers must be valid for what its lengths say; `lane`, heads and keys must be within it.
#[inline(always)]
unsafe fn add_scores_part<V: Vector<Element = f32>, const H: usize, const K: usize>(
    job: &Job<*const f32, *mut f32>,
    lane: usize,
    head: usize,
    key: usize,
) {
    let Keys { values, starts, stride, width } = *job.keys;
    let starts = &starts[key..key + K];
    // SAFETY: the caller's promise.
    unsafe {
        let mut queries = job.queries.add(head * width * LANES + lane);
        let score =
            |h: usize, k: usize| job.scores.add(((head + h) * job.slots + key + k) * LANES + lane);
        let mut sums = [[V::splat(0.0); K]; H];
        let mut rows = [values.as_ptr(); K];
        for k in 0..K {
            rows[k] = values.as_ptr().add(starts[k] + lane);
        }
        for _ in 0..width {
            let mut q = [V::splat(0.0); H];
            for h in 0..H {
                q[h] = V::load(queries.add(h * width * LANES));
            }
            for k in 0..K {
                let value = V::load(rows[k]);
                for h in 0..H {
                    sums[h][k] = q[h].multiply_add(value, sums[h][k]);
                }
                rows[k] = rows[k].wrapping_add(stride);
            }
            queries = queries.wrapping_add(LANES);
        }
        for h in 0..H {
            for k in 0..K {
                sums[h][k].add(V::load(score(h, k))).store(score(h, k));
            }
        }
    }
}

#[inline(always)]
fn weighted_sums_loop<V: Vector<Element = f32>>(
    probabilities: &[f32],
    keys: &Keys,
    slots: usize,
    sums: &mut [f32],
) {
    keys.check();
    let heads = sums.len() / (keys.width * LANES);
    assert!(sums.len() == heads * keys.width * LANES && keys.starts.len() <= slots);
    assert!(probabilities.len() == heads * slots * LANES);
    let job = Job { keys, slots, queries: sums.as_mut_ptr(), scores: probabilities.as_ptr() };
    for_parts!(weighted_sums_part, &job, heads, keys);
}

/// # Safety
/// As of [`add_scores_part`].
#[inline(always)]
unsafe fn weighted_sums_part<V: Vector<Element = f32>, const H: usize, const K: usize>(
    job: &Job<*mut f32, *const f32>,
    lane: usize,
    head: usize,
    key: usize,
) {
    let Keys { values, starts, stride, width } = *job.keys;
    let starts = &starts[key..key + K];
    // SAFETY: the caller's promise.
    unsafe {
        let mut probabilities = [[V::splat(0.0); K]; H];
        for h in 0..H {
            for k in 0..K {
                let at = ((head + h) * job.slots + key + k) * LANES + lane;
                probabilities[h][k] = V::load(job.scores.add(at));
            }
        }
        let mut rows = [values.as_ptr(); K];
        for k in 0..K {
            rows[k] = values.as_ptr().add(starts[k] + lane);
        }
        let mut output = job.queries.add(head * width * LANES + lane);
        for _ in 0..width {
            let mut sums = [V::splat(0.0); H];
            if key > 0 {
                for h in 0..H {
                    sums[h] = V::load(output.add(h * width * LANES));
                }
            }
            for k in 0..K {
                let value = V::load(rows[k]);
                for h in 0..H {
                    sums[h] = probabilities[h][k].multiply_add(value, sums[h]);
                }
                rows[k] = rows[k].wrapping_add(stride);
            }
            for h in 0..H {
                sums[h].store(output.add(h * width * LANES));
            }
            output = output.wrapping_add(LANES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::Isa;
    use crate::test_noise::numbers;

    fn noise(seed: u64, length: usize) -> Vec<f32> {
        numbers(seed).take(length).map(|n| (n >> 40) as f32 / (1 << 23) as f32 - 1.0).collect()
    }

    #[test]
    fn equal_plain_loops_for_any_heads_and_keys_on_every_instruction_set() {
        for (heads, count, width, stride) in
            [(1, 1, 1, 48), (2, 5, 3, 48), (3, 7, 4, 53), (5, 11, 2, 60)]
        {
            let starts: Vec<usize> = (0..count).map(|k| (k * 37) % 101).collect();
            let slots = count + 1;
            let values = noise(1, 101 + width * stride + LANES);
            let queries = noise(2, heads * width * LANES);
            let scores = noise(3, heads * slots * LANES);
            let keys = Keys { values: &values, starts: &starts, stride, width };
            let value =
                |k: usize, c: usize, lane: usize| f64::from(values[starts[k] + c * stride + lane]);
            for isa in Isa::available() {
                let mut found = scores.clone();
                add_scores(isa, &queries, &keys, &mut found, slots);
                for (at, found) in found.iter().enumerate() {
                    let (row, lane) = (at / LANES, at % LANES);
                    let (h, k) = (row / slots, row % slots);
                    let mut expected = f64::from(scores[at]);
                    for c in 0..if k < count { width } else { 0 } {
                        let q = f64::from(queries[(h * width + c) * LANES + lane]);
                        expected += q * value(k, c, lane);
                    }
                    assert!((f64::from(*found) - expected).abs() < 1e-6, "{isa:?} {heads} {count}");
                }
                let mut sums = vec![9.0; queries.len()];
                weighted_sums(isa, &scores, &keys, slots, &mut sums);
                for (at, found) in sums.iter().enumerate() {
                    let (row, lane) = (at / LANES, at % LANES);
                    let (h, c) = (row / width, row % width);
                    let expected: f64 = (0..count)
                        .map(|k| {
                            f64::from(scores[(h * slots + k) * LANES + lane]) * value(k, c, lane)
                        })
                        .sum();
                    assert!((f64::from(*found) - expected).abs() < 1e-6, "{isa:?} {heads} {count}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "self.values.len()")]
    fn refuses_keys_that_end_beyond_their_values() {
        let keys = Keys { values: &[0.0; 96], starts: &[1], stride: 48, width: 2 };
        add_scores(Isa::best(), &[0.0; 96], &keys, &mut [0.0; 48], 1);
    }
}
