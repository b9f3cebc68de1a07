//! The part of a file that is wanted.

use super::error::DecodeError;

/// Samples at the target rate, from `first` to before `end`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// The first sample.
    pub first: usize,
    /// The one after the last.
    pub end: usize,
}

impl Part {
    /// All samples.
    pub const WHOLE: Part = Part { first: 0, end: usize::MAX };

    /// How many of the first `samples` of a file are in the part.
    pub(super) fn of(self, samples: usize) -> usize {
        self.end.min(samples).saturating_sub(self.first)
    }
}

/// Cuts blocks that follow one another to a part.
pub(super) struct Cutter {
    part: Part,
    /// Samples of all blocks so far.
    position: usize,
    cut: Vec<Vec<f32>>,
}

impl Cutter {
    /// Nothing yet.
    pub fn new(part: Part) -> Self {
        Cutter { part, position: 0, cut: Vec::new() }
    }

    /// Whether the part has ended: no more blocks are needed.
    pub fn is_done(&self) -> bool {
        self.position >= self.part.end
    }

    /// What is wanted of the next block, `[channels][frames]`.
    pub fn cut<'a>(&'a mut self, block: &'a [Vec<f32>]) -> &'a [Vec<f32>] {
        let frames = block.first().map_or(0, Vec::len);
        let inside = |sample: usize| sample.saturating_sub(self.position).min(frames);
        let (from, to) = (inside(self.part.first), inside(self.part.end));
        self.position += frames;
        if (from, to) == (0, frames) {
            return block;
        }
        self.cut.resize_with(block.len(), Vec::new);
        for (cut, samples) in self.cut.iter_mut().zip(block) {
            cut.clear();
            cut.extend_from_slice(&samples[from..to.max(from)]);
        }
        &self.cut
    }

    /// Refuses a part that begins behind the end of the file `name`.
    pub fn verdict(&self, name: &str, rate_hz: u32) -> Result<(), DecodeError> {
        if self.part.first == 0 || self.position > self.part.first {
            return Ok(());
        }
        let seconds = |samples: usize| samples as f64 / f64::from(rate_hz);
        Err(DecodeError::PartBehindEnd {
            name: name.to_string(),
            start: seconds(self.part.first),
            length: seconds(self.position),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_cut_wherever_they_end() {
        let all: Vec<f32> = (0_u8..100).map(f32::from).collect();
        for (first, end) in [(0, 100), (0, 37), (11, usize::MAX), (20, 50), (99, 100)] {
            for size in [1, 7, 20, 100] {
                let mut cutter = Cutter::new(Part { first, end });
                let mut found = Vec::new();
                for block in all.chunks(size) {
                    if !cutter.is_done() {
                        found.extend_from_slice(&cutter.cut(&[block.to_vec()])[0]);
                    }
                }
                assert_eq!(found, all[first..end.min(100)], "{first} {end} {size}");
                assert_eq!(found.len(), Part { first, end }.of(100));
                assert!(cutter.verdict("x", 10).is_ok());
            }
        }
    }

    #[test]
    fn a_part_behind_the_end_is_refused() {
        let mut cutter = Cutter::new(Part { first: 100, end: 200 });
        cutter.cut(&[vec![0.0; 100]]);
        let error = cutter.verdict("x", 10).unwrap_err().to_string();
        assert!(error.contains("10.000 s") && error.contains('x'), "{error}");
    }
}
