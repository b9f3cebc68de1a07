//! The values that layers pass on.

use std::ops::Range;

use crate::linear::{Aligned, LANES, PAIRED_LINE};

/// Rows of panels: `[rows][strips][channels][48]`, where a strip is 48 neighbours along the length and
/// the last one of a row is filled up with zeros.
///
/// The spectrogram's branch has a row for each frequency and frames along the length; the wave's has a
/// single row of samples.
#[derive(Debug)]
pub(super) struct Plane<T> {
    pub channels: usize,
    pub rows: usize,
    pub length: usize,
    values: Aligned<T>,
}

impl<T: Copy + Default> Plane<T> {
    pub fn zeros(channels: usize, rows: usize, length: usize) -> Self {
        let values = Aligned::zeros(rows * length.div_ceil(LANES) * channels * LANES);
        Plane { channels, rows, length, values }
    }

    /// Panels of a row.
    pub fn strips(&self) -> usize {
        self.length.div_ceil(LANES)
    }

    /// Elements of a panel.
    pub fn panel_size(&self) -> usize {
        self.channels * LANES
    }

    /// Elements of a row.
    pub fn row_size(&self) -> usize {
        self.strips() * self.panel_size()
    }

    /// One row.
    pub fn row(&self, row: usize) -> Row<'_, T> {
        let size = self.row_size();
        Row {
            values: &self.values[row * size..(row + 1) * size],
            channels: self.channels,
            length: self.length,
        }
    }

    /// The row at an offset from another, if there is one.
    pub fn row_near(&self, row: usize, offset: isize) -> Option<Row<'_, T>> {
        let row = row.checked_add_signed(offset)?;
        (row < self.rows).then(|| self.row(row))
    }

    /// All panels.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// All panels.
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }
}

/// One row of a plane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a, T> {
    /// `[strips][channels][48]`.
    pub values: &'a [T],
    pub channels: usize,
    pub length: usize,
}

impl<'a, T: Copy + Default> Row<'a, T> {
    /// One panel `[channels][48]`.
    pub fn panel(&self, strip: usize) -> &'a [T] {
        let size = self.channels * LANES;
        &self.values[strip * size..(strip + 1) * size]
    }

    /// Panels of the row.
    pub fn strips(&self) -> usize {
        self.length.div_ceil(LANES)
    }

    /// Positions of a strip that belong to the row.
    pub fn valid(&self, strip: usize) -> usize {
        valid(self.length, strip)
    }

    /// Copies a panel whose positions are `offset` later in the row; there are zeros beyond its ends.
    pub fn shifted(&self, strip: usize, offset: isize, output: &mut [T]) {
        let start = (strip * LANES) as isize + offset;
        let first = start.div_euclid(LANES as isize);
        let split = start.rem_euclid(LANES as isize) as usize;
        let panel = |index: isize| {
            usize::try_from(index).ok().filter(|i| *i < self.strips()).map(|i| self.panel(i))
        };
        let rows = output.as_chunks_mut::<LANES>().0;
        match (offset, panel(strip as isize)) {
            (-1, Some(own)) => return earlier::<T, 1>(panel(first), own, rows),
            (-2, Some(own)) => return earlier::<T, 2>(panel(first), own, rows),
            (1, Some(own)) => return later::<T, 1>(own, panel(first + 1), rows),
            (2, Some(own)) => return later::<T, 2>(own, panel(first + 1), rows),
            _ => {}
        }
        let copy = |rows: &mut [[T; LANES]], from: Option<&[T]>, source: usize, target: usize| {
            let count = LANES - source.max(target);
            match from {
                Some(panel) => {
                    for (row, values) in rows.iter_mut().zip(panel.as_chunks::<LANES>().0) {
                        row[target..target + count]
                            .copy_from_slice(&values[source..source + count]);
                    }
                }
                None => {
                    for row in rows {
                        row[target..target + count].fill(T::default());
                    }
                }
            }
        };
        copy(rows, panel(first), split, 0);
        if split > 0 {
            copy(rows, panel(first + 1), 0, LANES - split);
        }
    }

    /// Copies some channels of a panel as lines `[channels][50]`, from one position before it to one after.
    pub fn lines(&self, strip: usize, channels: Range<usize>, output: &mut [T]) {
        let panel = |index: Option<usize>| {
            index.filter(|index| *index < self.strips()).map(|index| self.panel(index))
        };
        let (before, after) = (panel(strip.checked_sub(1)), panel(Some(strip + 1)));
        let own = &self.panel(strip).as_chunks::<LANES>().0[channels.clone()];
        let lines = output.as_chunks_mut::<PAIRED_LINE>().0;
        for ((line, own), channel) in lines.iter_mut().zip(own).zip(channels) {
            line[0] = before.map_or(T::default(), |panel| panel[(channel + 1) * LANES - 1]);
            line[1..=LANES].copy_from_slice(own);
            line[LANES + 1] = after.map_or(T::default(), |panel| panel[channel * LANES]);
        }
    }

    /// Spreads what eight taps in steps of four see of the row, from two positions before: `[8][channels][48]`,
    /// tap t at position i of the output's strip is the row's 4 · (48 · strip + i) + t − 2.
    pub fn spread(&self, strip: usize, output: &mut [T]) {
        const SPAN: usize = 4 * LANES;
        let size = self.channels * LANES;
        let mut line = [T::default(); SPAN + 2 * LANES];
        for channel in 0..self.channels {
            // The line starts a strip before the first position.
            for (part, values) in line.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                let at = (4 * strip + part).checked_sub(1).filter(|at| *at < self.strips());
                match at {
                    Some(at) => values.copy_from_slice(&self.panel(at)[channel * LANES..][..LANES]),
                    None => values.fill(T::default()),
                }
            }
            for tap in 0..8 {
                let source = line[LANES - 2 + tap..].as_chunks::<4>().0;
                let target = &mut output[tap * size + channel * LANES..][..LANES];
                for (target, source) in target.iter_mut().zip(source) {
                    *target = source[0];
                }
            }
        }
    }
}

/// Rows of 48 that start `N` before those of `own`; a number known to the compiler makes this fast.
fn earlier<T: Copy + Default, const N: usize>(
    before: Option<&[T]>,
    own: &[T],
    output: &mut [[T; LANES]],
) {
    for (r, output) in output.iter_mut().enumerate() {
        let (head, tail) = output.split_at_mut(N);
        match before {
            Some(before) => head.copy_from_slice(&before[(r + 1) * LANES - N..][..N]),
            None => head.fill(T::default()),
        }
        tail.copy_from_slice(&own[r * LANES..][..LANES - N]);
    }
}

/// Rows of 48 that start `N` after those of `own`.
fn later<T: Copy + Default, const N: usize>(
    own: &[T],
    after: Option<&[T]>,
    output: &mut [[T; LANES]],
) {
    for (r, output) in output.iter_mut().enumerate() {
        let (head, tail) = output.split_at_mut(LANES - N);
        head.copy_from_slice(&own[r * LANES + N..][..LANES - N]);
        match after {
            Some(after) => tail.copy_from_slice(&after[r * LANES..][..N]),
            None => tail.fill(T::default()),
        }
    }
}

/// Positions of a strip that belong to a row of the given length.
pub(super) fn valid(length: usize, strip: usize) -> usize {
    (length - strip * LANES).min(LANES)
}

/// Zeroes the lanes of all rows of a panel from `valid` on.
pub(super) fn clear_rest<T: Copy + Default>(panel: &mut [T], valid: usize) {
    if valid < LANES {
        for row in panel.as_chunks_mut::<LANES>().0 {
            row[valid..].fill(T::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Value 1000c + position + 1.
    fn plane() -> Plane<f32> {
        let mut plane = Plane::zeros(3, 1, 500);
        for (at, value) in plane.values_mut().iter_mut().enumerate() {
            let position = at / (3 * LANES) * LANES + at % LANES;
            if position < 500 {
                *value = (1000 * (at / LANES % 3) + position + 1) as f32;
            }
        }
        plane
    }

    fn at(channel: usize, position: isize) -> f32 {
        if (0..500).contains(&position) {
            (1000 * channel) as f32 + position as f32 + 1.0
        } else {
            0.0
        }
    }

    #[test]
    fn shifted_panels_take_from_neighbours_and_zeros_beyond_the_ends() {
        let plane = plane();
        let mut output = vec![f32::NAN; 3 * LANES];
        for offset in [-128, -49, -48, -2, -1, 0, 1, 2, 47, 48, 50, 128] {
            for strip in 0..plane.strips() {
                plane.row(0).shifted(strip, offset, &mut output);
                for (index, value) in output.iter().enumerate() {
                    let position = (strip * LANES + index % LANES) as isize + offset;
                    assert_eq!(*value, at(index / LANES, position), "{offset} {strip}");
                }
            }
        }
    }

    #[test]
    fn lines_reach_one_position_into_the_neighbours_and_zeros_beyond_the_ends() {
        let plane = plane();
        let mut output = vec![f32::NAN; 2 * PAIRED_LINE];
        for strip in 0..plane.strips() {
            plane.row(0).lines(strip, 1..3, &mut output);
            for (index, value) in output.iter().enumerate() {
                let position = (strip * LANES + index % PAIRED_LINE) as isize - 1;
                assert_eq!(*value, at(1 + index / PAIRED_LINE, position), "{strip}");
            }
        }
    }

    #[test]
    fn spread_panels_are_what_a_strided_convolution_sees() {
        let plane = plane();
        let mut output = vec![f32::NAN; 8 * 3 * LANES];
        for strip in 0..125usize.div_ceil(LANES) {
            plane.row(0).spread(strip, &mut output);
            for (index, value) in output.iter().enumerate() {
                let (tap, channel) = (index / (3 * LANES), index / LANES % 3);
                let position = 4 * (strip * LANES + index % LANES) as isize + tap as isize - 2;
                assert_eq!(*value, at(channel, position));
            }
        }
    }
}
