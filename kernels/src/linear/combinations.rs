//! Sums before and after products that make a few of them do for many.

use super::dispatch::dispatched;
use super::tile::{LANES, TILE};

dispatched! {
    /// Operands of the four products of two outputs of three taps, from four inputs d: d0 − d2, d1 + d2,
    /// d2 − d1 and d1 − d3.
    combine_inputs = combine_inputs_loop(inputs: [&[f32]; 4], outputs: [&mut [f32]; 4])
}

#[inline(always)]
fn combine_inputs_loop<const FUSED: bool>(inputs: [&[f32]; 4], outputs: [&mut [f32]; 4]) {
    let [d0, d1, d2, d3] = inputs;
    let [a, b, c, d] = outputs;
    // One loop for each: the compiler does not turn a joint loop into vectors.
    for ((a, d0), d2) in a.iter_mut().zip(d0).zip(d2) {
        *a = d0 - d2;
    }
    for ((b, d1), d2) in b.iter_mut().zip(d1).zip(d2) {
        *b = d1 + d2;
    }
    for ((c, d1), d2) in c.iter_mut().zip(d1).zip(d2) {
        *c = d2 - d1;
    }
    for ((d, d1), d3) in d.iter_mut().zip(d1).zip(d3) {
        *d = d1 - d3;
    }
}

dispatched! {
    /// Two outputs from four products m, one after the other in `values`, in the place of the first two:
    /// m0 + m1 + m2 and m1 − m2 − m3.
    combine_outputs = combine_outputs_loop(values: &mut [f32])
}

#[inline(always)]
fn combine_outputs_loop<const FUSED: bool>(values: &mut [f32]) {
    let size = values.len() / 4;
    let (first, rest) = values.split_at_mut(size);
    let (second, rest) = rest.split_at_mut(size);
    let (third, fourth) = rest.split_at(size);
    for ((a, b), c) in first.iter_mut().zip(second.iter()).zip(third) {
        *a += *b + *c;
    }
    for ((b, c), d) in second.iter_mut().zip(third).zip(fourth) {
        *b = (*b - *c) - *d;
    }
}

/// Positions that the pairs of a strip read: one more than its own on either side.
pub const PAIRED_LINE: usize = LANES + 2;

/// Pairs of positions in a strip.
const PAIRS: usize = LANES / 2;

dispatched! {
    /// As [`combine_inputs`], for pairs of neighbouring positions along lines `[rows][50]`, whose results lie
    /// in the first or the second half of `outputs` `[rows][48]`.
    split_pairs = split_pairs_loop(lines: &[f32], half: usize, outputs: [&mut [f32]; 4])
}

#[inline(always)]
fn split_pairs_loop<const FUSED: bool>(lines: &[f32], half: usize, outputs: [&mut [f32]; 4]) {
    let [a, b, c, d] = outputs.map(|rows| rows.as_chunks_mut::<PAIRS>().0);
    for (r, line) in lines.as_chunks::<PAIRED_LINE>().0.iter().enumerate() {
        let (mut even, mut odd) = ([0.0; PAIRS + 1], [0.0; PAIRS + 1]);
        for ((even, odd), pair) in even.iter_mut().zip(&mut odd).zip(line.as_chunks::<2>().0) {
            [*even, *odd] = *pair;
        }
        let row = 2 * r + half;
        for j in 0..PAIRS {
            a[row][j] = even[j] - even[j + 1];
            b[row][j] = odd[j] + even[j + 1];
            c[row][j] = even[j + 1] - odd[j];
            d[row][j] = odd[j] - odd[j + 1];
        }
    }
}

dispatched! {
    /// Rows of 48 whose even and odd positions are the first or the second half of those of `pairs`.
    join_pairs = join_pairs_loop(pairs: [&[f32]; 2], half: usize, output: &mut [f32])
}

#[inline(always)]
fn join_pairs_loop<const FUSED: bool>(pairs: [&[f32]; 2], half: usize, output: &mut [f32]) {
    let [even, odd] = pairs.map(|rows| rows.as_chunks::<PAIRS>().0);
    for (r, row) in output.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let (even, odd) = (&even[2 * r + half], &odd[2 * r + half]);
        for (j, pair) in row.as_chunks_mut::<2>().0.iter_mut().enumerate() {
            *pair = [even[j], odd[j]];
        }
    }
}

dispatched! {
    /// Operands of five of the seven products of [`super::PairedWeights`], from the quarters x11, x12, x21,
    /// x22 of two panels: x11 + x22, x12 − x22, x21 − x11, x11 + x12 and x21 + x22.
    combine_quarters = combine_quarters_loop(quarters: [&[f32]; 4], outputs: [&mut [f32]; 5])
}

#[inline(always)]
fn combine_quarters_loop<const FUSED: bool>(quarters: [&[f32]; 4], outputs: [&mut [f32]; 5]) {
    let [x11, x12, x21, x22] = quarters;
    let [a, b, c, d, e] = outputs;
    for ((a, x), y) in a.iter_mut().zip(x11).zip(x22) {
        *a = x + y;
    }
    for ((b, x), y) in b.iter_mut().zip(x12).zip(x22) {
        *b = x - y;
    }
    for ((c, x), y) in c.iter_mut().zip(x21).zip(x11) {
        *c = x - y;
    }
    for ((d, x), y) in d.iter_mut().zip(x11).zip(x12) {
        *d = x + y;
    }
    for ((e, x), y) in e.iter_mut().zip(x21).zip(x22) {
        *e = x + y;
    }
}

dispatched! {
    /// Four quarters of outputs from seven products m, in the place of the first four: m1 + m4 − m5 + m7,
    /// m3 + m5, m2 + m4 and m1 − m2 + m3 + m6.
    combine_sevenths = combine_sevenths_loop(tiles: &mut [[f32; TILE]; 7])
}

#[inline(always)]
fn combine_sevenths_loop<const FUSED: bool>(tiles: &mut [[f32; TILE]; 7]) {
    let [m1, m2, m3, m4, m5, m6, m7] = tiles;
    for i in 0..TILE {
        let last = (m1[i] - m2[i]) + (m3[i] + m6[i]);
        m1[i] = (m1[i] + m4[i]) + (m7[i] - m5[i]);
        let second = m3[i] + m5[i];
        m3[i] = m2[i] + m4[i];
        m2[i] = second;
        m4[i] = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::elementwise::tests::{near, noise};
    use crate::linear::isa::Isa;

    #[test]
    fn two_outputs_of_four_products_are_those_of_three_taps() {
        let taps = [0.5f32, -1.25, 2.0];
        let weights = [taps[0], 0.625, 1.875, taps[2]];
        let inputs: Vec<f32> = noise(6, 4 * LANES);
        for isa in Isa::available() {
            let mut products = vec![0.0; 4 * LANES];
            let mut rows = products.chunks_mut(LANES);
            let outputs = [0; 4].map(|_| rows.next().unwrap());
            combine_inputs(isa, [0, 1, 2, 3].map(|i| &inputs[i * LANES..][..LANES]), outputs);
            for (product, weight) in products.chunks_mut(LANES).zip(weights) {
                product.iter_mut().for_each(|x| *x *= weight);
            }
            combine_outputs(isa, &mut products);
            near(&products[..2 * LANES], 1e-5, |i| {
                (0..3).map(|tap| f64::from(taps[tap] * inputs[i + tap * LANES])).sum()
            });
        }
    }

    #[test]
    fn pairs_of_positions_are_those_of_three_taps_in_either_half() {
        let taps = [0.5f32, -1.25, 2.0];
        let weights = [taps[0], 0.625, 1.875, taps[2]];
        let lines: Vec<f32> = noise(7, 3 * PAIRED_LINE);
        for isa in Isa::available() {
            for half in 0..2 {
                let mut products = vec![0.0; 4 * 3 * LANES];
                let mut parts = products.chunks_mut(3 * LANES);
                let outputs = [0; 4].map(|_| parts.next().unwrap());
                split_pairs(isa, &lines, half, outputs);
                for (product, weight) in products.chunks_mut(3 * LANES).zip(weights) {
                    product.iter_mut().for_each(|x| *x *= weight);
                }
                combine_outputs(isa, &mut products);
                let mut output = vec![f32::NAN; 3 * LANES];
                let (even, odd) = products.split_at(3 * LANES);
                join_pairs(isa, [even, odd], half, &mut output);
                near(&output, 1e-5, |i| {
                    let line = &lines[i / LANES * PAIRED_LINE + i % LANES..][..3];
                    taps.iter().zip(line).map(|(tap, x)| f64::from(tap * x)).sum()
                });
            }
        }
    }
}
