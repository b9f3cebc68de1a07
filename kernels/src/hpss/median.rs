//! Running medians of many sequences at a time, by networks of minima and maxima.
//!
//! Sixteen windows that follow one another have sixteen values in common, which are sorted once. Halves, quarters and
//! pairs of these windows have more in common: those are sorted and merged, of which only the ranks are kept that can
//! still be the median. So a median takes about fifty comparisons, none of which is a branch, in each lane of a vector.
//!
//! Source: Adams, "Fast median filters using separable sorting networks", ACM Transactions on Graphics 40 (4), 2021;
//! Batcher, "Sorting networks and their applications", AFIPS 1968.

use crate::linear::dispatch::dispatched;

/// Values in a window.
pub const WINDOW: usize = 31;

/// Windows that are computed together: the least that there must be.
pub const AT_ONCE: usize = 16;

/// Values that they cover.
const ROWS: usize = WINDOW + AT_ONCE - 1;

/// Values of `L` sequences.
type Row<const L: usize> = [f32; L];

#[inline(always)]
fn low<const L: usize>(a: &Row<L>, b: &Row<L>) -> Row<L> {
    let mut low = *b;
    for lane in 0..L {
        low[lane] = if a[lane] < b[lane] { a[lane] } else { b[lane] };
    }
    low
}

#[inline(always)]
fn high<const L: usize>(a: &Row<L>, b: &Row<L>) -> Row<L> {
    let mut high = *a;
    for lane in 0..L {
        high[lane] = if a[lane] < b[lane] { b[lane] } else { a[lane] };
    }
    high
}

/// Makes a function that sorts each lane by Batcher's network of comparators.
macro_rules! network {
    ($name:ident: $count:literal, $([$a:literal $b:literal])*) => {
        #[inline(always)]
        fn $name<const L: usize>(mut rows: [Row<L>; $count]) -> [Row<L>; $count] {
            $((rows[$a], rows[$b]) = (low(&rows[$a], &rows[$b]), high(&rows[$a], &rows[$b]));)*
            rows
        }
    };
}

network! { sort_2: 2, [0 1] }
network! { sort_4: 4, [0 1] [2 3] [0 2] [1 3] [1 2] }
network! { sort_8: 8, [0 1] [2 3] [4 5] [6 7] [0 2] [1 3] [4 6] [5 7] [1 2] [5 6] [0 4] [1 5] [2 6] [3 7] [2 4] [3 5] [1 2] [3 4] [5 6] }
network! { sort_16: 16, [0 1] [2 3] [4 5] [6 7] [8 9] [10 11] [12 13] [14 15] [0 2] [1 3] [4 6] [5 7] [8 10] [9 11] [12 14] [13 15] [1 2] [5 6] [9 10] [13 14] [0 4] [1 5] [2 6] [3 7] [8 12] [9 13] [10 14] [11 15] [2 4] [3 5] [10 12] [11 13] [1 2] [3 4] [5 6] [9 10] [11 12] [13 14] [0 8] [1 9] [2 10] [3 11] [4 12] [5 13] [6 14] [7 15] [4 8] [5 9] [6 10] [7 11] [2 4] [3 5] [6 8] [7 9] [10 12] [11 13] [1 2] [3 4] [5 6] [7 8] [9 10] [11 12] [13 14] }

/// The middle ranks of two sorted arrays together, as many as the second has, which is half as long as the first. Of all
/// ways to take so many values from both, a rank is the least largest value. It has no closures: the compiler may leave
/// them out of line, where they are compiled for the build's target alone.
#[inline(always)]
fn middle<const A: usize, const B: usize, const L: usize>(
    a: &[Row<L>; A],
    b: &[Row<L>; B],
) -> [Row<L>; B] {
    const { assert!(A == 2 * B) };
    let mut ranks = [[0.0; L]; B];
    for rank in 0..B {
        let mut least = a[rank + B];
        for at in 0..B {
            least = low(&least, &high(&a[rank + at], &b[B - 1 - at]));
        }
        ranks[rank] = least;
    }
    ranks
}

#[inline(always)]
fn part<const N: usize, const L: usize>(rows: &[Row<L>; ROWS], first: usize) -> [Row<L>; N] {
    let mut part = [[0.0; L]; N];
    part.copy_from_slice(&rows[first..first + N]);
    part
}

/// The medians of the windows that begin with the first sixteen rows.
#[inline(always)]
fn medians<const L: usize>(rows: &[Row<L>; ROWS]) -> [Row<L>; AT_ONCE] {
    let mut medians = [[0.0; L]; AT_ONCE];
    let sixteen = sort_16(part(rows, AT_ONCE - 1));
    // Each half, quarter and pair of the windows adds values on one side to those that all have in common.
    for (half, more) in [(0, 7), (8, 31)] {
        let eight = middle(&sixteen, &sort_8(part(rows, more)));
        for (quarter, more) in [(half, half + 3), (half + 4, half + 31)] {
            let four = middle(&eight, &sort_4(part(rows, more)));
            for (pair, more) in [(quarter, quarter + 1), (quarter + 2, quarter + 31)] {
                let [below, above] = middle(&four, &sort_2(part(rows, more)));
                for (window, more) in [(pair, pair), (pair + 1, pair + WINDOW)] {
                    medians[window] = high(&below, &low(&above, &rows[more]));
                }
            }
        }
    }
    medians
}

dispatched! {
    /// Medians along the columns of an array.
    ///
    /// # Parameters
    /// - `values`: `[windows + 30, width]`, no NaN.
    /// - `width`: at least [`AT_ONCE`].
    /// - `output`: `[windows, width]`; at least [`AT_ONCE`] windows.
    along_columns = columns for {
        portable: [4],
        neon: [4],
        avx2: [8],
        avx512: [16],
    } (values: &[f32], width: usize, output: &mut [f32])
}

#[inline(always)]
fn columns<const L: usize>(values: &[f32], width: usize, output: &mut [f32]) {
    let windows = output.len() / width;
    for first in (0..windows).step_by(AT_ONCE) {
        // The last ones are computed once more rather than fewer.
        let first = first.min(windows - AT_ONCE);
        for column in (0..width).step_by(L) {
            let column = column.min(width - L);
            let mut rows = [[0.0; L]; ROWS];
            for (row, lanes) in rows.iter_mut().enumerate() {
                lanes.copy_from_slice(&values[(first + row) * width + column..][..L]);
            }
            for (window, medians) in medians(&rows).iter().enumerate() {
                output[(first + window) * width + column..][..L].copy_from_slice(medians);
            }
        }
    }
}

dispatched! {
    /// Medians of one sequence.
    ///
    /// # Parameters
    /// - `values`: `[windows + 30]`, no NaN.
    /// - `output`: `[windows]`; at least [`LEAST_LENGTH`].
    along_sequence = sequence for {
        portable: [4],
        neon: [4],
        avx2: [8],
        avx512: [16],
    } (values: &[f32], output: &mut [f32])
}

/// Least number of windows of a single sequence: sixteen in each lane of the widest vector.
pub const LEAST_LENGTH: usize = 16 * AT_ONCE;

#[inline(always)]
fn sequence<const L: usize>(values: &[f32], output: &mut [f32]) {
    let windows = output.len();
    for first in (0..windows).step_by(AT_ONCE * L) {
        if windows - first <= AT_ONCE {
            lanes::<1>(values, windows - AT_ONCE, output);
        } else {
            lanes::<L>(values, first.min(windows - AT_ONCE * L), output);
        }
    }
}

/// Sixteen windows in each lane, which are those after the ones of the lane before.
#[inline(always)]
fn lanes<const L: usize>(values: &[f32], first: usize, output: &mut [f32]) {
    let mut rows = [[0.0; L]; ROWS];
    for lane in 0..L {
        let values = &values[first + AT_ONCE * lane..][..ROWS];
        for (row, &value) in rows.iter_mut().zip(values) {
            row[lane] = value;
        }
    }
    let medians = medians(&rows);
    for lane in 0..L {
        let output = &mut output[first + AT_ONCE * lane..][..AT_ONCE];
        for (output, row) in output.iter_mut().zip(&medians) {
            *output = row[lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::Isa;
    use crate::test_noise::numbers;

    fn noise(length: usize, kinds: u64) -> Vec<f32> {
        numbers(length as u64 + kinds).map(|number| (number % kinds) as f32).take(length).collect()
    }

    fn sorted_medians(values: &[f32]) -> Vec<f32> {
        let median = |part: &[f32]| {
            let mut part = part.to_vec();
            part.sort_by(f32::total_cmp);
            part[WINDOW / 2]
        };
        values.windows(WINDOW).map(median).collect()
    }

    #[test]
    fn they_equal_the_middle_of_each_sorted_window() {
        // Few different values make ties.
        for kinds in [2, 7, 1 << 20] {
            for windows in [256, 257, 300, 1025] {
                let values = noise(windows + WINDOW - 1, kinds);
                let expected = sorted_medians(&values);
                for isa in Isa::available() {
                    let mut found = vec![f32::NAN; windows];
                    along_sequence(isa, &values, &mut found);
                    assert_eq!(found, expected, "{isa:?} {windows}");
                }
            }
            for (windows, width) in [(16, 16), (17, 33), (40, 20), (261, 19)] {
                let values = noise((windows + WINDOW - 1) * width, kinds);
                for isa in Isa::available() {
                    let mut found = vec![f32::NAN; windows * width];
                    along_columns(isa, &values, width, &mut found);
                    for column in 0..width {
                        let of = |array: &[f32]| -> Vec<f32> {
                            array.iter().skip(column).step_by(width).copied().collect()
                        };
                        assert_eq!(of(&found), sorted_medians(&of(&values)), "{isa:?} {column}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_changed_value_is_seen() {
        let mut values = noise(256 + WINDOW - 1, 1 << 20);
        let medians = |values: &[f32]| {
            let mut found = vec![0.0; 256];
            along_sequence(Isa::best(), values, &mut found);
            found
        };
        let before = medians(&values);
        values[50] = 1e9;
        assert_ne!(medians(&values), before);
    }
}
