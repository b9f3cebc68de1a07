//! From spectra to samples: inverse transform, windows and the overlap of blocks.

use symphonia::core::dsp::mdct::Imdct;

/// State of all channels.
pub(super) struct Synthesis {
    block_frames: [usize; 2],
    transforms: [Imdct; 2],
    /// The rising half of the window of short and of long blocks.
    slopes: [Vec<f32>; 2],
    /// Whether the previous block is long; `None` before the first.
    previous: Option<bool>,
    /// The second half of each channel's previous block, without its window.
    tails: Vec<Vec<f32>>,
    block: Vec<f32>,
}

impl Synthesis {
    pub fn new(channels: usize, block_frames: [usize; 2]) -> Self {
        let [_, long] = block_frames;
        Synthesis {
            block_frames,
            transforms: block_frames.map(|frames| Imdct::new(frames / 2)),
            slopes: block_frames.map(|frames| slope(frames / 2)),
            previous: None,
            tails: vec![vec![0.0; long / 2]; channels],
            block: vec![0.0; long],
        }
    }

    pub fn reset(&mut self) {
        self.previous = None;
    }

    /// Frames that a block gives.
    pub fn frames(&self, is_long: bool) -> usize {
        let quarter = |is_long: bool| self.block_frames[usize::from(is_long)] / 4;
        self.previous.map_or(0, |previous| quarter(previous) + quarter(is_long))
    }

    /// Writes the frames of one channel; `spectrum` is `None` in silence.
    pub fn channel(
        &mut self,
        channel: usize,
        is_long: bool,
        spectrum: Option<&[f32]>,
        output: &mut [f32],
    ) {
        let frames = self.block_frames[usize::from(is_long)];
        let block = &mut self.block[..frames];
        match spectrum {
            Some(spectrum) => self.transforms[usize::from(is_long)].imdct(spectrum, block),
            None => block.fill(0.0),
        }
        let tail = &mut self.tails[channel];
        if let Some(previous) = self.previous {
            let tail = &tail[..self.block_frames[usize::from(previous)] / 2];
            let head = &block[..frames / 2];
            let slope = &self.slopes[usize::from(previous && is_long)];
            // Where one block is longer, its part without overlap stands alone.
            let (alone, rest) = output.split_at_mut((tail.len() - slope.len()) / 2);
            let (both, after) = rest.split_at_mut(slope.len());
            alone.copy_from_slice(&tail[..alone.len()]);
            let begin = (head.len() - slope.len()) / 2;
            after.copy_from_slice(&head[begin + slope.len()..]);
            let falling = tail[alone.len()..].iter().zip(slope.iter().rev());
            let rising = head[begin..].iter().zip(slope);
            for (out, ((old, fall), (new, rise))) in both.iter_mut().zip(falling.zip(rising)) {
                *out = old * fall + new * rise;
            }
        }
        tail[..frames / 2].copy_from_slice(&block[frames / 2..]);
    }

    /// Goes on to the next block, after all channels.
    pub fn end_block(&mut self, is_long: bool) {
        self.previous = Some(is_long);
    }
}

/// The rising half of Vorbis' window.
fn slope(frames: usize) -> Vec<f32> {
    use std::f64::consts::FRAC_PI_2;
    (0..frames)
        .map(|at| {
            let sine = ((at as f64 + 0.5) / frames as f64 * FRAC_PI_2).sin();
            (FRAC_PI_2 * sine * sine).sin() as f32
        })
        .collect()
}
