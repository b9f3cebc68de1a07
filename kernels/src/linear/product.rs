//! Products of packed weights and panels of values, tile by tile.

use rayon::prelude::*;

use super::aligned::Aligned;
use super::isa::Isa;
use super::tile::{Element, LANES, ROWS, Segment, TILE};

/// The longest sum, products, that is rounded in one go; longer ones are sums of such sums.
const LONGEST_SUM: usize = 128;

/// Absolute value above which a value is loud. Of the normalised activations of a separation, 1 to 3 % of the
/// columns have one.
const LOUD: f32 = 6.0;

/// Products that are brought to double precision at a time.
const EXACT_SUM: usize = 32;

/// Segments that are multiplied in one go at most.
const MOST_SEGMENTS: usize = 16;

/// Bytes of values that should stay in the second cache while weights pass by.
const CACHED_BYTES: usize = 400_000;

/// The panels that one panel of outputs is computed from: `[inputs][48]` for each tap, `None` where
/// all is zero.
pub type Column<'a, T> = [Option<&'a [T]>];

/// A tile at a cache line.
#[derive(Debug)]
#[repr(align(64))]
pub struct Tile<T>(pub [T; TILE]);

/// Weights of a linear operation, packed once: for each panel of eight outputs the weights
/// `[tap][input][8]` of the taps that it takes.
#[derive(Debug)]
pub struct Weights<T> {
    values: Aligned<T>,
    panels: Vec<Panel>,
    inputs: usize,
    exact_where_loud: bool,
}

#[derive(Debug)]
struct Panel {
    start: usize,
    taps: Vec<usize>,
}

impl<T: Element> Weights<T> {
    /// Packs weights.
    ///
    /// `panels` lists the taps of each panel of outputs; `weight(panel, row, tap, input)` is the
    /// weight of an output (0 for rows that only fill up a panel).
    pub fn pack(
        inputs: usize,
        panels: &[Vec<usize>],
        weight: impl Fn(usize, usize, usize, usize) -> f64 + Sync,
    ) -> Self {
        let size = |taps: &Vec<usize>| taps.len() * inputs * ROWS;
        let mut values = Aligned::zeros(panels.iter().map(size).sum());
        let mut packed = Vec::with_capacity(panels.len());
        let mut parts = Vec::with_capacity(panels.len());
        let (mut start, mut rest) = (0, &mut values[..]);
        for taps in panels {
            packed.push(Panel { start, taps: taps.clone() });
            start += size(taps);
            let (part, behind) = rest.split_at_mut(size(taps));
            parts.push((taps, part));
            rest = behind;
        }
        parts.into_par_iter().enumerate().for_each(|(index, (taps, part))| {
            let places = taps.iter().flat_map(|&tap| (0..inputs).map(move |input| (tap, input)));
            for ((tap, input), rows) in places.zip(part.chunks_mut(ROWS)) {
                for (row, value) in rows.iter_mut().enumerate() {
                    *value = T::from_f64(weight(index, row, tap, input));
                }
            }
        });
        Weights { values, panels: packed, inputs, exact_where_loud: false }
    }

    /// Sums columns with a loud value in double precision, and rounds once. The errors of single precision grow with
    /// the values, so that those of a few columns exceed those of all others by far.
    pub fn exact_where_loud(mut self) -> Self {
        self.exact_where_loud = true;
        self
    }

    /// Packs a matrix `[outputs][taps][inputs]` given by `weight(output, tap, input)`.
    pub fn pack_rows(
        outputs: usize,
        taps: usize,
        inputs: usize,
        weight: impl Fn(usize, usize, usize) -> f64 + Sync,
    ) -> Self {
        let panels = vec![(0..taps).collect(); outputs.div_ceil(ROWS)];
        Weights::pack(inputs, &panels, |panel, row, tap, input| {
            let output = panel * ROWS + row;
            if output < outputs { weight(output, tap, input) } else { 0.0 }
        })
    }

    /// Number of panels of outputs.
    pub fn panels(&self) -> usize {
        self.panels.len()
    }

    /// Number of inputs a tap.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Columns of `taps` taps that are best computed together: weights are then fetched once for all of
    /// them, while their values stay in the second cache.
    pub fn columns_at_once(&self, taps: usize) -> usize {
        (CACHED_BYTES / (taps * self.inputs * LANES * size_of::<T>()).max(1)).max(1)
    }

    /// Computes all outputs for several columns and hands each tile to `take(column, panel, tile)`.
    pub fn multiply<'a, C: AsRef<Column<'a, T>>>(
        &self,
        isa: Isa,
        columns: &[C],
        mut take: impl FnMut(usize, usize, &mut [T; TILE]),
    ) where
        T: 'a,
    {
        let mut tile = Tile([T::default(); TILE]);
        let exact: Vec<bool> = columns.iter().map(|taps| self.is_exact(taps.as_ref())).collect();
        for panel in 0..self.panels() {
            for (column, taps) in columns.iter().enumerate() {
                self.tile_as(isa, panel, taps.as_ref(), exact[column], &mut tile.0);
                take(column, panel, &mut tile.0);
            }
        }
    }

    /// Whether the sums of a column are in double precision.
    pub fn is_exact(&self, taps: &Column<T>) -> bool {
        let is_loud = |row: &[T]| row.iter().fold(false, |loud, value| loud | value.exceeds(LOUD));
        self.exact_where_loud
            && taps.iter().flatten().any(|values| values.chunks(LANES).any(is_loud))
    }

    /// [`Weights::tile`], with sums in double precision or as the weights are.
    #[inline]
    pub fn tile_as(
        &self,
        isa: Isa,
        index: usize,
        taps: &Column<T>,
        exact: bool,
        tile: &mut [T; TILE],
    ) {
        if exact && size_of::<T>() < size_of::<f64>() {
            self.tile_exactly(isa, index, taps, tile);
        } else {
            self.tile(isa, index, taps, tile);
        }
    }

    fn tile_exactly(&self, isa: Isa, index: usize, taps: &Column<T>, tile: &mut [T; TILE]) {
        let panel = &self.panels[index];
        let mut sums = Tile([0.0; TILE]);
        let mut weights = [0.0; EXACT_SUM * ROWS];
        let mut values = [0.0; EXACT_SUM * LANES];
        for (nth, tap) in panel.taps.iter().enumerate() {
            let Some(column) = taps[*tap] else { continue };
            let own = &self.values[panel.start + nth * self.inputs * ROWS..][..self.inputs * ROWS];
            let parts = own.chunks(EXACT_SUM * ROWS).zip(column.chunks(EXACT_SUM * LANES));
            for (own, column) in parts {
                let (weights, values) = (&mut weights[..own.len()], &mut values[..column.len()]);
                widen(own, weights);
                widen(column, values);
                f64::multiply(isa, &[Segment::new(weights, values)], &mut sums.0, true);
            }
        }
        for (rounded, sum) in tile.iter_mut().zip(sums.0) {
            *rounded = T::from_f64(sum);
        }
    }

    /// Computes panel `index` of the outputs, a tile `[8][48]`, from the panels of its taps.
    pub fn tile(&self, isa: Isa, index: usize, taps: &Column<T>, tile: &mut [T; TILE]) {
        let panel = &self.panels[index];
        if let [tap] = panel.taps[..]
            && let Some(values) = taps[tap]
        {
            let weights = &self.values[panel.start..panel.start + self.inputs * ROWS];
            let weights = weights.chunks(LONGEST_SUM * ROWS);
            let parts = weights.zip(values.chunks(LONGEST_SUM * LANES));
            for (part, (weights, values)) in parts.enumerate() {
                T::multiply(isa, &[Segment::new(weights, values)], tile, part > 0);
            }
            return;
        }
        let mut waiting = [Segment::new(&[], &[]); MOST_SEGMENTS];
        let (mut count, mut sum, mut add) = (0, 0, false);
        let mut flush = |segments: &[Segment<T>]| {
            T::multiply(isa, segments, tile, add);
            add = true;
        };
        for (index, tap) in panel.taps.iter().enumerate() {
            let Some(values) = taps[*tap] else { continue };
            let mut at = 0;
            while at < self.inputs {
                let length = (self.inputs - at).min(LONGEST_SUM);
                if sum + length > LONGEST_SUM || count == MOST_SEGMENTS {
                    flush(&waiting[..count]);
                    (count, sum) = (0, 0);
                }
                let start = panel.start + (index * self.inputs + at) * ROWS;
                waiting[count] = Segment::new(
                    &self.values[start..start + length * ROWS],
                    &values[at * LANES..(at + length) * LANES],
                );
                (count, sum, at) = (count + 1, sum + length, at + length);
            }
        }
        flush(&waiting[..count]);
    }
}

fn widen<T: Element>(values: &[T], output: &mut [f64]) {
    for (output, value) in output.iter_mut().zip(values) {
        *output = value.to_f64();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::tile::tests::noise;

    #[test]
    fn columns_with_a_loud_value_are_summed_in_double_precision_where_asked_for() {
        const INPUTS: usize = 100;
        let matrix: Vec<f32> = noise(1, 8 * 2 * INPUTS);
        let weight = |o: usize, tap: usize, i: usize| matrix[(o * 2 + tap) * INPUTS + i].into();
        let mut panels: [Vec<f32>; 3] = [noise(2, 4800), noise(3, 4800), noise(4, 4800)];
        panels[2][4799] = -6.1;
        let [a, b, loud] = panels.each_ref().map(|panel| Some(&panel[..]));
        for isa in Isa::available() {
            for (exact, columns) in [(false, [[a, b], [a, loud]]), (true, [[a, b], [a, loud]])] {
                let weights = Weights::<f32>::pack_rows(8, 2, INPUTS, weight);
                let weights = if exact { weights.exact_where_loud() } else { weights };
                weights.multiply(isa, &columns, |column, _, tile| {
                    let rounded = tile.iter().enumerate().filter(|(at, found)| {
                        let (row, lane) = (at / LANES, at % LANES);
                        let products = (0..2 * INPUTS).map(|k| {
                            let values = columns[column][k / INPUTS].unwrap();
                            let value = values[k % INPUTS * LANES + lane];
                            f64::from(matrix[row * 2 * INPUTS + k]) * f64::from(value)
                        });
                        **found == products.sum::<f64>() as f32
                    });
                    let expected = exact && column == 1;
                    assert_eq!(rounded.count() == TILE, expected, "{isa:?} {exact} {column}");
                });
            }
        }
    }

    /// Compares with plain loops in double precision, on every instruction set of this machine.
    fn check<T: Element>(outputs: usize, taps: usize, inputs: usize, epsilon: f64) {
        let matrix: Vec<T> = noise(1, outputs * taps * inputs);
        let weight =
            |o: usize, tap: usize, i: usize| matrix[(o * taps + tap) * inputs + i].to_f64();
        let weights = Weights::<T>::pack_rows(outputs, taps, inputs, weight);
        assert_eq!((weights.panels(), weights.inputs()), (outputs.div_ceil(ROWS), inputs));
        let panels: Vec<Vec<T>> =
            (0..2 * taps).map(|seed| noise(2 + seed as u64, inputs * LANES)).collect();
        // The second column has no first tap.
        let columns: Vec<Vec<Option<&[T]>>> = panels
            .chunks(taps)
            .enumerate()
            .map(|(c, panels)| {
                let taps = panels.iter().enumerate();
                taps.map(|(tap, panel)| (c + tap != 1).then_some(&panel[..])).collect()
            })
            .collect();
        for isa in Isa::available() {
            let mut seen = 0;
            weights.multiply(isa, &columns, |column, panel, tile| {
                for (index, found) in tile.iter().enumerate() {
                    let (output, lane) = (panel * ROWS + index / LANES, index % LANES);
                    let mut expected = 0.0;
                    for (tap, values) in columns[column].iter().enumerate() {
                        let Some(values) = values else { continue };
                        for i in (0..inputs).filter(|_| output < outputs) {
                            expected += weight(output, tap, i) * values[i * LANES + lane].to_f64();
                        }
                    }
                    let error = (found.to_f64() - expected).abs();
                    assert!(error <= epsilon * (inputs * taps) as f64, "{isa:?}: {error}");
                    seen += 1;
                }
            });
            assert_eq!(seen, 2 * weights.panels() * TILE);
        }
    }

    #[test]
    fn equal_plain_loops_for_odd_sizes_on_every_instruction_set() {
        for (outputs, taps, inputs) in [(1, 1, 1), (7, 3, 5), (17, 2, 129), (9, 20, 3), (8, 1, 300)]
        {
            check::<f32>(outputs, taps, inputs, 1e-7);
            check::<f64>(outputs, taps, inputs, 1e-16);
        }
    }

    #[test]
    fn panels_take_only_the_taps_that_they_are_packed_for() {
        let weights = Weights::<f32>::pack(1, &[vec![1], vec![0, 2]], |panel, row, tap, _| {
            (100 * panel + 10 * tap + row) as f64
        });
        let ones = [1.0; LANES];
        let column = [Some(&ones[..]); 3];
        weights.multiply(Isa::best(), &[column], |_, panel, tile| {
            for (row, values) in tile.chunks(LANES).enumerate() {
                let expected = if panel == 0 { 10 + row } else { 200 + 20 + 2 * row };
                assert!(values.iter().all(|value| *value == expected as f32));
            }
        });
    }
}
