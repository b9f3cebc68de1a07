//! The values of a whole track at one point of the network.

use std::ops::Range;

use crate::linear::keys::{STRIP, STRIPS, Start};
use crate::linear::{Aligned, Isa, LANES};

use super::rows::copy_strip;

/// The source of keys that lie in their plane, and of those that were copied from it.
const IN_PLACE: usize = 0;
const COPIED: usize = 1;

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
        // A spare row, since `copy_strip` reads a little beyond the last one.
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

    /// All tiles and what may be read beyond them.
    pub fn all(&self) -> &[f32] {
        &self.values
    }

    /// Elements that [`Plane::find`] needs to copy a number of keys to.
    pub fn copied_size(keys: usize, width: usize) -> usize {
        (keys * width + 1) * LANES
    }

    /// Finds the 48 frames from `frame` on as key `key`, whose strips' places go to `starts` `[strips][keys]`. A strip
    /// that lies in two tiles, or beyond the last one, is copied to `copied`.
    pub fn find(
        &self,
        isa: Isa,
        [instrument, frame, key]: [usize; 3],
        copied: &mut [f32],
        starts: &mut [Start],
    ) {
        let (keys, size) = (starts.len() / STRIPS, self.panel_size());
        if frame.div_ceil(LANES) >= self.tiles {
            return self.copy_frames([instrument, frame, key], 0..LANES, copied, starts);
        }
        let (tile, from) = (frame / LANES, frame % LANES);
        for strip in 0..STRIPS {
            let (tile, lane) =
                (tile + (from + strip * STRIP) / LANES, (from + strip * STRIP) % LANES);
            let at = (tile * self.instruments + instrument) * size + lane;
            let seam = LANES - lane;
            starts[strip * keys + key] = if seam >= STRIP {
                (IN_PLACE, at)
            } else {
                let second = ((tile + 1) * self.instruments + instrument) * size;
                let (start, to) = (key * size, strip * STRIP);
                copy_strip(
                    isa,
                    &self.values,
                    [at, second],
                    seam,
                    to,
                    &mut copied[start..start + size + LANES],
                );
                (COPIED, start + to)
            };
        }
    }

    /// Copies the frames from `frame` on into the given lanes of key `key`, all of whose strips are then there;
    /// frames beyond the last tile are zeros.
    pub fn copy_frames(
        &self,
        [instrument, frame, key]: [usize; 3],
        lanes: Range<usize>,
        copied: &mut [f32],
        starts: &mut [Start],
    ) {
        let (keys, size) = (starts.len() / STRIPS, self.panel_size());
        for strip in 0..STRIPS {
            starts[strip * keys + key] = (COPIED, key * size + strip * STRIP);
        }
        let output = &mut copied[key * size..][..size];
        let (mut frame, mut lane) = (frame, lanes.start);
        while lane < lanes.end {
            let (tile, from) = (frame / LANES, frame % LANES);
            let length = (lanes.end - lane).min(LANES - from);
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_and_copies_any_frames_of_any_tiles() {
        let (width, frames, keys) = (3, 100, 2);
        let mut plane = Plane::new(frames, 2, width);
        let value = |frame: usize, c: usize| (c * 1000 + frame) as f32;
        for (tile, c, lane) in
            (0..3 * width * LANES).map(|at| (at / width / LANES, at / LANES % width, at % LANES))
        {
            let at = ((tile * 2 + 1) * width + c) * LANES + lane;
            plane.all_mut()[at] = value(tile * LANES + lane, c);
        }
        let parts = [(5, 3, 9), (40, 7, 30), (140, 40, 8), (300, 0, 5)];
        let all = (0..200).map(|frame| (frame, 0, LANES)).chain(parts);
        for ((frame, lane, count), isa) in
            all.flat_map(|part| Isa::available().into_iter().map(move |isa| (part, isa)))
        {
            for key in 0..keys {
                let mut copied = vec![-1.0; Plane::copied_size(keys, width)];
                let mut starts = vec![(9, 9); STRIPS * keys];
                let place = [1, frame, key];
                if count == LANES {
                    plane.find(isa, place, &mut copied, &mut starts);
                } else {
                    plane.copy_frames(place, lane..lane + count, &mut copied, &mut starts);
                }
                let sources = [plane.all(), &copied[..]];
                for (c, l) in (0..width * count).map(|at| (at / count, lane + at % count)) {
                    let (source, start) = starts[l / STRIP * keys + key];
                    let expected =
                        if frame + l - lane < 3 * LANES { value(frame + l - lane, c) } else { 0.0 };
                    let found = sources[source][start + c * LANES + l % STRIP];
                    assert_eq!(found, expected, "{isa:?}: frame {frame}, row {c}, lane {l}");
                }
            }
        }
    }
}
