//! Attention of queries to a few keys each.
//!
//! A query and its keys lie in the same lane, so nothing crosses lanes. A strip of lanes is finished, from
//! scores to weighted sums, before the next one. Each key that is fetched serves two heads; the sums of up to five
//! keys and two heads are held in registers. The registers are laid out by hand, as those of
//! [`tile`](super::tile).
#![allow(unsafe_code)]
// The compiler keeps arrays in registers only in loops over indices of fixed length.
#![allow(clippy::needless_range_loop)]

use super::dispatch::dispatched;
use super::tile::LANES;
use super::vector::{Portable, Single};

/// Keys, or values, whose sums are held at a time.
const KEYS_AT_ONCE: usize = 5;

/// Lanes of a strip of keys, whose place is given; a multiple of the widest vector.
pub(crate) const STRIP: usize = 16;

/// Strips of a panel.
pub(crate) const STRIPS: usize = LANES / STRIP;

/// Where the first row of a strip of a key starts: the source, and the element in it.
pub(crate) type Start = (usize, usize);

/// The rows that all heads' queries are multiplied with: `[keys][width]` rows of 48.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys<'a> {
    /// Memory that keys lie in, with rows 48 numbers apart.
    pub sources: [&'a [f32]; 2],
    /// Places `[strips][keys]`.
    pub starts: &'a [Start],
    /// Rows of a key.
    pub width: usize,
}

impl Keys<'_> {
    /// Number of keys of a query.
    fn count(&self) -> usize {
        self.starts.len() / STRIPS
    }

    /// # Panics
    /// If a row lies outside its source.
    fn check(&self) {
        let extent = (self.width - 1) * LANES + STRIP;
        for (source, start) in self.starts {
            assert!(start + extent <= self.sources[*source].len());
        }
    }
}

dispatched! {
    /// Sums keys weighted with the softmax of their scores: those of `queries` `[heads][width][48]`, base 2, to
    /// `sums` `[heads][width][48]`.
    ///
    /// `scores` `[heads][slots][48]` holds what is added to the scores and is overwritten; the first of the slots
    /// are the keys', others have a key and a value of zero.
    attend = attend_loop for {
        portable: [Portable<f32>],
        neon: [std::arch::aarch64::float32x4_t],
        avx2: [std::arch::x86_64::__m256],
        avx512: [std::arch::x86_64::__m512],
    } (queries: &[f32], keys: &Keys, scores: &mut [f32], slots: usize, sums: &mut [f32])
}

/// The arrays of an attention. Pointers instead of slices spare the innermost loops their checks.
struct Job<'a> {
    keys: &'a Keys<'a>,
    count: usize,
    slots: usize,
    /// `[heads][width][48]`.
    queries: *const f32,
    /// `[heads][slots][48]`.
    scores: *mut f32,
    /// `[heads][width][48]`.
    sums: *mut f32,
}

#[inline(always)]
fn attend_loop<V: Single>(
    queries: &[f32],
    keys: &Keys,
    scores: &mut [f32],
    slots: usize,
    sums: &mut [f32],
) {
    keys.check();
    let (count, heads) = (keys.count(), queries.len() / (keys.width * LANES));
    assert!(queries.len() == heads * keys.width * LANES && keys.starts.len() == STRIPS * count);
    assert!(scores.len() == heads * slots * LANES && 0 < count && count <= slots);
    assert!(sums.len() == queries.len());
    let (scores, sums) = (scores.as_mut_ptr(), sums.as_mut_ptr());
    let job = Job { keys, count, slots, queries: queries.as_ptr(), scores, sums };
    for lane in (0..LANES).step_by(V::WIDTH) {
        for head in (0..heads).step_by(2) {
            // SAFETY: lane, heads and keys lie within the arrays, whose lengths were checked.
            unsafe {
                if heads - head >= 2 {
                    attend_part::<V, 2>(&job, lane, head);
                } else {
                    attend_part::<V, 1>(&job, lane, head);
                }
            }
        }
    }
}

/// # Safety
/// The job's pointers must be valid for what its lengths say; `lane` and heads must be within it.
#[inline(always)]
unsafe fn attend_part<V: Single, const H: usize>(job: &Job, lane: usize, head: usize) {
    let whole = job.count / KEYS_AT_ONCE * KEYS_AT_ONCE;
    // SAFETY: the caller's promise.
    unsafe {
        for key in (0..whole).step_by(KEYS_AT_ONCE) {
            add_scores::<V, H, KEYS_AT_ONCE>(job, lane, head, key);
        }
        for key in whole..job.count {
            add_scores::<V, H, 1>(job, lane, head, key);
        }
        soften::<V, H>(job, lane, head);
        for key in (0..whole).step_by(KEYS_AT_ONCE) {
            weighted_sums::<V, H, KEYS_AT_ONCE>(job, lane, head, key);
        }
        for key in whole..job.count {
            weighted_sums::<V, H, 1>(job, lane, head, key);
        }
    }
}

/// The scores of all slots of a head.
///
/// # Safety
/// As of [`attend_part`].
#[inline(always)]
unsafe fn scores_of(job: &Job, lane: usize, head: usize) -> *mut f32 {
    // SAFETY: the caller's promise.
    unsafe { job.scores.add(head * job.slots * LANES + lane) }
}

/// First rows of some keys.
///
/// # Safety
/// As of [`attend_part`].
#[inline(always)]
unsafe fn rows_of<const K: usize>(job: &Job, lane: usize, key: usize) -> [*const f32; K] {
    let starts = &job.keys.starts[lane / STRIP * job.count + key..][..K];
    let mut rows = [std::ptr::null(); K];
    for k in 0..K {
        let (source, start) = starts[k];
        // SAFETY: the caller's promise.
        rows[k] = unsafe { job.keys.sources[source].as_ptr().add(start + lane % STRIP) };
    }
    rows
}

/// # Safety
/// As of [`attend_part`].
#[inline(always)]
unsafe fn add_scores<V: Single, const H: usize, const K: usize>(
    job: &Job,
    lane: usize,
    head: usize,
    key: usize,
) {
    let width = job.keys.width;
    // SAFETY: the caller's promise.
    unsafe {
        let mut queries = job.queries.add(head * width * LANES + lane);
        let mut sums = [[V::splat(0.0); K]; H];
        let mut rows = rows_of::<K>(job, lane, key);
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
                rows[k] = rows[k].wrapping_add(LANES);
            }
            queries = queries.wrapping_add(LANES);
        }
        for h in 0..H {
            for k in 0..K {
                let score = scores_of(job, lane, head + h).add((key + k) * LANES);
                sums[h][k].add(V::load(score)).store(score);
            }
        }
    }
}

/// Turns scores into probabilities.
///
/// # Safety
/// As of [`attend_part`].
#[inline(always)]
unsafe fn soften<V: Single, const H: usize>(job: &Job, lane: usize, head: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut most = [V::splat(f32::NEG_INFINITY); H];
        let mut sums = [V::splat(0.0); H];
        for slot in 0..job.slots {
            for h in 0..H {
                let score = scores_of(job, lane, head + h).add(slot * LANES);
                most[h] = V::load(score).larger(most[h]);
            }
        }
        for slot in 0..job.slots {
            for h in 0..H {
                let score = scores_of(job, lane, head + h).add(slot * LANES);
                let power = V::load(score).subtract(most[h]).power_of_two();
                sums[h] = sums[h].add(power);
                power.store(score);
            }
        }
        for h in 0..H {
            sums[h] = V::splat(1.0).divide(sums[h]);
        }
        for slot in 0..job.count {
            for h in 0..H {
                let score = scores_of(job, lane, head + h).add(slot * LANES);
                V::load(score).multiply(sums[h]).store(score);
            }
        }
    }
}

/// # Safety
/// As of [`attend_part`].
#[inline(always)]
unsafe fn weighted_sums<V: Single, const H: usize, const K: usize>(
    job: &Job,
    lane: usize,
    head: usize,
    key: usize,
) {
    let width = job.keys.width;
    // SAFETY: the caller's promise.
    unsafe {
        let mut probabilities = [[V::splat(0.0); K]; H];
        for h in 0..H {
            for k in 0..K {
                let at = (key + k) * LANES;
                probabilities[h][k] = V::load(scores_of(job, lane, head + h).add(at));
            }
        }
        let mut rows = rows_of::<K>(job, lane, key);
        let mut output = job.sums.add(head * width * LANES + lane);
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
                rows[k] = rows[k].wrapping_add(LANES);
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
    fn equals_plain_loops_for_any_heads_and_keys_on_every_instruction_set() {
        for (heads, count, extra, width) in
            [(1, 1, 0, 1), (2, 5, 0, 3), (3, 7, 1, 4), (5, 11, 2, 2), (2, 20, 1, 4)]
        {
            let starts: Vec<Start> =
                (0..STRIPS * count).map(|i| (i % 2, (i * 37) % 101 + i % STRIP)).collect();
            let slots = count + extra;
            let sources = [1, 2].map(|seed| noise(seed, 117 + width * LANES));
            let queries = noise(3, heads * width * LANES);
            let biases = noise(4, heads * slots * LANES);
            let [first, second] = &sources;
            let keys = Keys { sources: [first, second], starts: &starts, width };
            let value = |k: usize, c: usize, lane: usize| {
                let (source, start) = starts[lane / STRIP * count + k];
                f64::from(sources[source][start + c * LANES + lane % STRIP])
            };
            for isa in Isa::available() {
                let (mut scores, mut found) = (biases.clone(), vec![9.0; queries.len()]);
                attend(isa, &queries, &keys, &mut scores, slots, &mut found);
                for (at, found) in found.iter().enumerate() {
                    let (row, lane) = (at / LANES, at % LANES);
                    let (h, c) = (row / width, row % width);
                    let power = |k: usize| {
                        let score = (0..if k < count { width } else { 0 }).map(|c| {
                            let query = queries[(h * width + c) * LANES + lane];
                            f64::from(query) * value(k, c, lane)
                        });
                        let bias = f64::from(biases[(h * slots + k) * LANES + lane]);
                        (bias + score.sum::<f64>()).exp2()
                    };
                    let total: f64 = (0..slots).map(power).sum();
                    let sum: f64 = (0..count).map(|k| power(k) * value(k, c, lane)).sum();
                    assert!((f64::from(*found) - sum / total).abs() < 1e-6, "{isa:?} {count}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "self.sources")]
    fn refuses_keys_that_end_beyond_their_source() {
        let (values, starts) = ([0.0; 96], [(0, 0), (0, 0), (1, 33)]);
        let keys = Keys { sources: [&values, &values], starts: &starts, width: 2 };
        attend(Isa::best(), &[0.0; 96], &keys, &mut [0.0; 48], 1, &mut [0.0; 96]);
    }
}
