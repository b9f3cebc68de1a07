//! The running median of a sequence.
//!
//! The sequence is cut into blocks as long as the window, and each block is sorted once. While the window
//! slides from one block into the next, a doubly linked list through the sorted order of each block loses
//! or gains one element a step, and the median moves by at most one place: so a step costs O(log window),
//! all of it in the sorting.
//!
//! Source: Suomela, "Median filtering is equivalent to sorting", arXiv:1406.1717, 2014.

use std::mem::swap;

/// Longest window: places in a block are kept in a byte.
pub const LONGEST_WINDOW: usize = 255;

/// Buffers for windows of one length.
pub struct RunningMedian {
    half: usize,
    leaving: Block,
    entering: Block,
}

impl RunningMedian {
    /// For windows of `window` values.
    ///
    /// # Panics
    /// If `window` is even, or longer than [`LONGEST_WINDOW`].
    pub fn new(window: usize) -> Self {
        assert!(window % 2 == 1 && window <= LONGEST_WINDOW, "a window of {window} values");
        RunningMedian {
            half: window / 2,
            leaving: Block::new(window),
            entering: Block::new(window),
        }
    }

    /// Calls `output` with the index and the median of each window, in order.
    ///
    /// # Parameters
    /// - `values`: no NaN, and none below zero; there are `values.len() - window + 1` windows.
    pub fn run(&mut self, values: &[f32], mut output: impl FnMut(usize, f32)) {
        let window = 2 * self.half + 1;
        let Some(windows) = (values.len() + 1).checked_sub(window).filter(|&count| count > 0)
        else {
            return;
        };
        self.entering.fill(&values[..window]);
        output(0, self.entering.peek());
        let mut at = 1;
        while at < windows {
            swap(&mut self.leaving, &mut self.entering);
            let next = &values[at - 1 + window..];
            self.entering.fill(&next[..next.len().min(window)]);
            self.entering.unwind();
            for place in 0..window.min(windows - at) {
                self.leaving.delete(place);
                self.entering.undelete(place);
                if self.leaving.smaller + self.entering.smaller < self.half {
                    if self.leaving.peek() <= self.entering.peek() {
                        self.leaving.advance();
                    } else {
                        self.entering.advance();
                    }
                }
                output(at + place, self.leaving.peek().min(self.entering.peek()));
            }
            at += window;
        }
    }
}

/// As many values as a window has, and which of them are in the window.
struct Block {
    values: Vec<f32>,
    /// Rank of each value; ties in the order of their places.
    ranks: Vec<u8>,
    /// The sorted order of the values in the window, by place; the end is at the place behind the last.
    next: Vec<u8>,
    previous: Vec<u8>,
    /// The middle value, or the end.
    middle: usize,
    /// Number of values in the window that come before it.
    smaller: usize,
    sorted: Vec<u64>,
}

impl Block {
    fn new(window: usize) -> Self {
        Block {
            values: vec![0.0; window],
            ranks: vec![0; window + 1],
            next: vec![0; window + 1],
            previous: vec![0; window + 1],
            middle: 0,
            smaller: 0,
            sorted: Vec::with_capacity(window),
        }
    }

    fn end(&self) -> usize {
        self.values.len()
    }

    /// Takes new values, all of them in the window; missing ones are above all others.
    fn fill(&mut self, values: &[f32]) {
        self.values[..values.len()].copy_from_slice(values);
        self.values[values.len()..].fill(f32::INFINITY);
        self.sorted.clear();
        // Bits of floats that are not negative sort as the floats do.
        let keys = self.values.iter().zip(0_u64..);
        self.sorted.extend(keys.map(|(value, place)| u64::from(value.to_bits()) << 8 | place));
        self.sorted.sort_unstable();
        let end = self.end();
        let mut last = end;
        for (rank, key) in self.sorted.iter().enumerate() {
            let place = (key & 0xFF) as usize;
            self.ranks[place] = rank as u8;
            self.next[last] = place as u8;
            self.previous[place] = last as u8;
            last = place;
        }
        self.next[last] = end as u8;
        self.previous[end] = last as u8;
        self.ranks[end] = end as u8;
        self.smaller = end / 2;
        self.middle = (self.sorted[self.smaller] & 0xFF) as usize;
    }

    /// Takes all values out of the window.
    fn unwind(&mut self) {
        for place in (0..self.end()).rev() {
            self.unlink(place);
        }
        self.middle = self.end();
        self.smaller = 0;
    }

    fn unlink(&mut self, place: usize) {
        let (next, previous) = (self.next[place], self.previous[place]);
        self.next[usize::from(previous)] = next;
        self.previous[usize::from(next)] = previous;
    }

    /// Whether the value at a place comes before the middle one.
    fn is_smaller(&self, place: usize) -> bool {
        self.ranks[place] < self.ranks[self.middle]
    }

    /// Takes the value at a place out of the window.
    fn delete(&mut self, place: usize) {
        self.unlink(place);
        if self.is_smaller(place) {
            self.smaller -= 1;
            return;
        }
        if self.middle == place {
            self.middle = self.next[place].into();
        }
        if self.smaller > 0 {
            self.middle = self.previous[self.middle].into();
            self.smaller -= 1;
        }
    }

    /// Brings back the value that was unlinked last.
    fn undelete(&mut self, place: usize) {
        let (next, previous) = (self.next[place], self.previous[place]);
        self.next[usize::from(previous)] = place as u8;
        self.previous[usize::from(next)] = place as u8;
        if self.is_smaller(place) {
            self.middle = self.previous[self.middle].into();
        }
    }

    fn advance(&mut self) {
        self.middle = self.next[self.middle].into();
        self.smaller += 1;
    }

    /// The middle value; above all others at the end.
    fn peek(&self) -> f32 {
        self.values.get(self.middle).copied().unwrap_or(f32::INFINITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_noise::numbers;

    fn medians(values: &[f32], window: usize) -> Vec<f32> {
        let mut found = Vec::new();
        RunningMedian::new(window).run(values, |index, median| {
            assert_eq!(index, found.len());
            found.push(median);
        });
        found
    }

    fn sorted_medians(values: &[f32], window: usize) -> Vec<f32> {
        let median = |part: &[f32]| {
            let mut part = part.to_vec();
            part.sort_by(f32::total_cmp);
            part[window / 2]
        };
        values.windows(window).map(median).collect()
    }

    #[test]
    fn equals_the_middle_of_each_sorted_window() {
        for window in [1, 3, 5, 17, 31, 255] {
            for length in [0, 1, window - 1, window, window + 1, 3 * window, 5 * window + 7, 1000] {
                // Few different values make ties.
                for kinds in [2, 7, 1 << 20] {
                    let values: Vec<f32> = numbers(length as u64 + kinds)
                        .map(|number| (number % kinds) as f32)
                        .take(length)
                        .collect();
                    assert_eq!(medians(&values, window), sorted_medians(&values, window));
                }
            }
        }
    }

    #[test]
    fn a_changed_value_is_seen() {
        let mut values: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let before = medians(&values, 31);
        values[50] = 1000.0;
        assert_ne!(medians(&values, 31), before);
    }
}
