//! The values of a whole track at one point of the network.

use crate::linear::{Aligned, Isa, LANES};

use super::rows::copy_shifted;

/// Values `[tiles][instruments][width][48]` f32: tile t holds frames 48t to 48t + 47, a frame a lane.
///
/// The part of another tile that a tile's attention reads lies in one piece, and the part that one thread writes is
/// apart from the part of any other.
#[derive(Debug)]
pub(super) struct Plane {
    values: Aligned<f32>,
    /// Number of tiles.
    pub tiles: usize,
    /// Number of stems.
    pub instruments: usize,
    /// Channels of a frame's embedding.
    pub width: usize,
}

impl Plane {
    /// A plane of zeros for a track of `frames` frames.
    pub fn new(frames: usize, instruments: usize, width: usize) -> Self {
        let tiles = frames.div_ceil(LANES);
        // A spare row, since `copy_shifted` reads a little beyond the last one.
        let length = tiles * instruments * width * LANES + LANES;
        Plane { values: Aligned::zeros(length), tiles, instruments, width }
    }

    /// Elements of one instrument's part of a tile.
    pub fn panel_size(&self) -> usize {
        self.width * LANES
    }

    /// One instrument's part of a tile, `[width][48]`.
    pub fn panel(&self, tile: usize, instrument: usize) -> &[f32] {
        &self.panel_and_rest(tile, instrument)[..self.panel_size()]
    }

    /// All instruments' parts of a tile, `[instruments][width][48]`.
    pub fn tile(&self, tile: usize) -> &[f32] {
        &self.panel_and_rest(tile, 0)[..self.instruments * self.panel_size()]
    }

    /// All tiles, to be split by the caller.
    pub fn all_mut(&mut self) -> &mut [f32] {
        let length = self.values.len() - LANES;
        &mut self.values[..length]
    }

    fn panel_and_rest(&self, tile: usize, instrument: usize) -> &[f32] {
        &self.values[(tile * self.instruments + instrument) * self.panel_size()..]
    }

    /// Copies `count` frames from `frame` on into `output` `[width][48]`, from lane `lane` on; frames
    /// beyond the last tile are zeros.
    pub fn copy_frames(
        &self,
        isa: Isa,
        instrument: usize,
        frame: usize,
        lane: usize,
        count: usize,
        output: &mut [f32],
    ) {
        if count == LANES {
            return self.copy_tile(isa, instrument, frame, output);
        }
        let (mut frame, mut lane) = (frame, lane);
        let end = lane + count;
        while lane < end {
            let (tile, from) = (frame / LANES, frame % LANES);
            let length = (end - lane).min(LANES - from);
            for c in 0..self.width {
                let to = &mut output[c * LANES + lane..][..length];
                if tile < self.tiles {
                    to.copy_from_slice(&self.panel(tile, instrument)[c * LANES + from..][..length]);
                } else {
                    to.fill(0.0);
                }
            }
            frame += length;
            lane += length;
        }
    }

    fn copy_tile(&self, isa: Isa, instrument: usize, frame: usize, output: &mut [f32]) {
        let (tile, lane) = (frame / LANES, frame % LANES);
        let size = self.panel_size();
        if tile >= self.tiles {
            output[..size].fill(0.0);
        } else if tile + 1 < self.tiles {
            let [first, second] =
                [tile, tile + 1].map(|tile| (tile * self.instruments + instrument) * size);
            copy_shifted(isa, &self.values, first, second, lane, &mut output[..size]);
        } else {
            // The frames beyond the last tile are zeros.
            let first = self.panel(tile, instrument).as_chunks::<LANES>().0;
            let output = output[..size].as_chunks_mut::<LANES>().0;
            for (to, row) in output.iter_mut().zip(first) {
                to[..LANES - lane].copy_from_slice(&row[lane..]);
                to[LANES - lane..].fill(0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_any_frames_from_any_tiles() {
        let (width, frames) = (3, 100);
        let mut plane = Plane::new(frames, 2, width);
        let value = |frame: usize, c: usize| (c * 1000 + frame) as f32;
        for tile in 0..3 {
            for c in 0..width {
                for lane in 0..LANES {
                    let at = ((tile * 2 + 1) * width + c) * LANES + lane;
                    plane.all_mut()[at] = value(tile * LANES + lane, c);
                }
            }
        }
        let parts = [(5, 3, 9), (40, 7, 30), (140, 40, 8), (300, 0, 5)];
        let all = (0..200).map(|frame| (frame, 0, LANES)).chain(parts);
        for ((frame, lane, count), isa) in
            all.flat_map(|part| Isa::available().into_iter().map(move |isa| (part, isa)))
        {
            let mut output = vec![-1.0; width * LANES];
            plane.copy_frames(isa, 1, frame, lane, count, &mut output);
            for c in 0..width {
                for l in 0..LANES {
                    let found = output[c * LANES + l];
                    let expected = if !(lane..lane + count).contains(&l) {
                        -1.0
                    } else if frame + l - lane < 3 * LANES {
                        value(frame + l - lane, c)
                    } else {
                        0.0
                    };
                    assert_eq!(found, expected, "frame {frame}, row {c}, lane {l}");
                }
            }
        }
    }
}
