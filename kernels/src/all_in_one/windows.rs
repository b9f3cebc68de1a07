//! The frames in the windows of an attention's queries.
//!
//! Frames i, i + d, i + 2d, … form a phase, in which a query's window has `kernel` neighbours. A window at a
//! border does not shrink: it is moved inwards.
//!
//! Source: Hassani, Walton, Li, Li, Shi, "Neighborhood Attention Transformer", CVPR 2023, and Hassani,
//! Shi, "Dilated Neighborhood Attention Transformer", 2022; `natten1dqkrpb` of NATTEN 0.14.6.

use std::ops::Range;

use crate::linear::LANES;

/// The windows of an attention along a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Windows {
    /// Frames of the track with the zeros that are appended to it, at least kernel · dilation.
    pub padded_frames: usize,
    /// Distance of neighbouring keys, frames.
    pub dilation: usize,
    /// Keys in a window, an odd number.
    pub kernel: usize,
}

/// Neighbouring lanes of a tile whose windows lie alike.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// The lanes.
    pub lanes: Range<usize>,
    /// First key of a query, positions of its phase before the query: (kernel − 1) / 2 but at borders.
    pub before: usize,
}

impl Windows {
    /// The runs of the tile that starts at frame `first`.
    pub fn runs(&self, first: usize, runs: &mut Vec<Run>) {
        let Windows { padded_frames, dilation, kernel } = *self;
        let half = (kernel - 1) / 2;
        let reach = half * dilation;
        runs.clear();
        if first >= reach && first + LANES + reach <= padded_frames {
            return runs.push(Run { lanes: 0..LANES, before: half });
        }
        let (mut position, mut phase) = (first / dilation, first % dilation);
        for lane in 0..LANES {
            // Number of positions of the phase: the frames phase, phase + d, … below the padded end.
            let positions = (padded_frames + dilation - 1).saturating_sub(phase) / dilation;
            let start = position.saturating_sub(half).min(positions - kernel);
            // A lane beyond the end counts for nothing; its window is that of the last position.
            let before = (position - start).min(kernel - 1);
            match runs.last_mut() {
                Some(run) if run.before == before => run.lanes.end = lane + 1,
                _ => runs.push(Run { lanes: lane..lane + 1, before }),
            }
            phase += 1;
            if phase == dilation {
                (position, phase) = (position + 1, 0);
            }
        }
    }

    /// The frame of key `key` of the window of `frame`; it may lie beyond the track.
    pub fn key_frame(&self, frame: usize, before: usize, key: usize) -> usize {
        (frame + key * self.dilation).saturating_sub(before * self.dilation)
    }

    /// Entry, in a table of 2 · kernel − 1 position biases, of the first key of a window.
    pub fn first_bias(&self, before: usize) -> usize {
        self.kernel - 1 - before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_frame_sees_the_window_of_its_definition() {
        let mut runs = Vec::new();
        for (dilation, kernel) in [(1, 5), (2, 5), (3, 1), (7, 7), (64, 5), (100, 3)] {
            for frames in [1, 5, 13, 48, 49, 100, 700] {
                let padded_frames = frames.max(dilation * kernel);
                let windows = Windows { padded_frames, dilation, kernel };
                for tile in 0..frames.div_ceil(LANES) {
                    windows.runs(tile * LANES, &mut runs);
                    let mut lanes = 0;
                    for run in &runs {
                        assert_eq!(run.lanes.start, lanes);
                        lanes = run.lanes.end;
                        for frame in run.lanes.clone().map(|lane| tile * LANES + lane) {
                            if frame >= frames {
                                continue;
                            }
                            let (position, phase) = (frame / dilation, frame % dilation);
                            let positions = (phase..padded_frames).step_by(dilation).count();
                            let half = (kernel - 1) / 2;
                            let start = position.max(half).min(positions - 1 - half) - half;
                            for key in 0..kernel {
                                let expected = phase + (start + key) * dilation;
                                assert_eq!(windows.key_frame(frame, run.before, key), expected);
                                assert_eq!(
                                    windows.first_bias(run.before) + key,
                                    start + key + kernel - 1 - position
                                );
                            }
                        }
                    }
                    assert_eq!(lanes, LANES);
                }
            }
        }
    }
}
