//! Facts about the samples that go into an analysis: their SHA-256 and their level.

use sha2::{Digest, Sha256};

/// Levels of a file, full scale 1.0.
///
/// The mean squares are over blocks of one second, without those that are more than 10 dB below the mean of
/// all: a long silence does not make a track quiet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Levels {
    /// Largest absolute sample of both channels.
    pub peak: f64,
    /// Root of the mean square of both channels.
    pub rms: f64,
    /// Root of the mean square of the mean of both channels, of which the spectrogram is made.
    pub mono_rms: f64,
    /// Blocks of one second that count.
    pub sound_seconds: u32,
    /// Those of them in which the mean of both channels is more than 15 dB below them.
    pub cancelled_seconds: u32,
}

/// Power of the mean of both channels over theirs below which they cancel each other: -15 dB.
const CANCELLED: f64 = 0.031_622_776_601_683_79;

/// Looks at blocks of one or two channels at the rate of the analysis.
pub(super) struct Pcm {
    hash: Sha256,
    /// Interleaved samples of one block.
    bytes: Vec<u8>,
    peak: f32,
    block_frames: usize,
    stereo: MeanSquares,
    mono: MeanSquares,
}

impl Pcm {
    /// Nothing yet, at `rate_hz`.
    pub fn new(rate_hz: u32) -> Self {
        Pcm {
            hash: Sha256::new(),
            bytes: Vec::new(),
            peak: 0.0,
            block_frames: rate_hz as usize,
            stereo: MeanSquares::default(),
            mono: MeanSquares::default(),
        }
    }

    /// Takes the next frames, `[1 or 2][frames]` f32; more channels are ignored.
    pub fn look(&mut self, block: &[Vec<f32>]) {
        let (left, right) = match block {
            [] => return,
            [only] => (only, only),
            [left, right, ..] => (left, right),
        };
        self.bytes.clear();
        if block.len() == 1 {
            self.bytes.extend(left.iter().flat_map(|sample| sample.to_le_bytes()));
        } else {
            let frames = left.iter().zip(right);
            self.bytes.extend(frames.flat_map(|(left, right)| {
                let mut frame = [0; 8];
                frame[..4].copy_from_slice(&left.to_le_bytes());
                frame[4..].copy_from_slice(&right.to_le_bytes());
                frame
            }));
        }
        self.hash.update(&self.bytes);
        let largest = |samples: &[f32]| samples.iter().fold(0.0_f32, |peak, v| peak.max(v.abs()));
        self.peak = self.peak.max(largest(left)).max(largest(right));
        let mut at = 0;
        while at < left.len() {
            let end = left.len().min(at + self.block_frames - self.stereo.frames);
            let frames = || {
                let both = left[at..end].iter().zip(&right[at..end]);
                both.map(|(&left, &right)| (f64::from(left), f64::from(right)))
            };
            let stereo = frames().map(|(left, right)| (left * left + right * right) / 2.0).sum();
            let mono = frames().map(|(left, right)| ((left + right) / 2.0).powi(2)).sum();
            self.stereo.add(stereo, end - at, self.block_frames);
            self.mono.add(mono, end - at, self.block_frames);
            at = end;
        }
    }

    /// Levels, and SHA-256 in hexadecimal: of the interleaved samples, f32, little-endian.
    pub fn finish(self) -> (Levels, String) {
        let digest = self.hash.finalize();
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let least = self.stereo.least();
        let sound = self.stereo.blocks.iter().zip(&self.mono.blocks);
        let sound = sound.filter(|(stereo, _)| **stereo > 0.0 && **stereo >= least);
        let cancelled = sound.clone().filter(|(stereo, mono)| **mono < CANCELLED * **stereo);
        let levels = Levels {
            peak: f64::from(self.peak),
            sound_seconds: sound.count() as u32,
            cancelled_seconds: cancelled.count() as u32,
            rms: self.stereo.root(),
            mono_rms: self.mono.root(),
        };
        (levels, sha256)
    }
}

/// Mean squares of blocks of one second.
#[derive(Default)]
struct MeanSquares {
    blocks: Vec<f64>,
    sum: f64,
    frames: usize,
}

impl MeanSquares {
    fn add(&mut self, sum: f64, frames: usize, block_frames: usize) {
        self.sum += sum;
        self.frames += frames;
        if self.frames == block_frames {
            self.blocks.push(self.sum / block_frames as f64);
            (self.sum, self.frames) = (0.0, 0);
        }
    }

    /// The level; a rest of less than a second counts where there is nothing else.
    fn root(mut self) -> f64 {
        if self.blocks.is_empty() {
            self.blocks.push(self.sum / self.frames.max(1) as f64);
        }
        let least = self.least();
        self.blocks.retain(|block| *block >= least);
        mean(&self.blocks).sqrt()
    }

    /// The mean square from which on a block counts.
    fn least(&self) -> f64 {
        mean(&self.blocks) / 10.0
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(channels: &[Vec<f32>], rate_hz: u32, piece: usize) -> (Levels, String) {
        let mut pcm = Pcm::new(rate_hz);
        for at in (0..channels[0].len()).step_by(piece) {
            let part = |c: &Vec<f32>| c[at..(at + piece).min(c.len())].to_vec();
            pcm.look(&channels.iter().map(part).collect::<Vec<_>>());
        }
        pcm.finish()
    }

    #[test]
    fn hash_is_that_of_the_interleaved_samples_whatever_the_blocks() {
        let channels = [vec![0.5, -1.0, 0.25], vec![0.0, 1.0, -0.25]];
        // python3: hashlib.sha256(struct.pack('<6f', .5, 0, -1, 1, .25, -.25)).hexdigest()
        let expected = "7b215f2fc6e41542cd317b296be39f954f0cf3a5251f5170ef9f4f17681e3e25";
        for piece in [1, 2, 3] {
            assert_eq!(facts(&channels, 1000, piece).1, expected);
        }
        // Of one channel: struct.pack('<3f', .5, -1, .25)
        assert_eq!(
            facts(&channels[..1], 1000, 2).1,
            "17848b710dd45e3b40690530f3fd6381eca7e9ded32dbfabfc49ec9552ef4a98"
        );
    }

    #[test]
    fn levels_are_those_of_a_square_wave_without_the_silence_around_it() {
        let wave = |n: usize| if n.is_multiple_of(2) { 0.5 } else { -0.5 };
        let sound: Vec<f32> = (0..2000).map(wave).collect();
        let around = |sound: &[f32]| [&[0.0; 5000][..], sound, &[0.0; 5000]].concat();
        let (levels, _) = facts(&[around(&sound)], 1000, 700);
        let expected =
            Levels { peak: 0.5, rms: 0.5, mono_rms: 0.5, sound_seconds: 2, cancelled_seconds: 0 };
        assert_eq!(levels, expected);
        let opposite: Vec<f32> = sound.iter().map(|v| -v).collect();
        let (levels, _) = facts(&[around(&sound), around(&opposite)], 1000, 700);
        assert_eq!(levels, Levels { mono_rms: 0.0, cancelled_seconds: 2, ..expected });
        assert_eq!(facts(&[vec![0.0; 10]], 1000, 3).0, Levels::default());
        // In the second half only, and not quite: the mean is 12.8 and 15.5 dB below.
        let rest = |share: f32| {
            let right: Vec<f32> = sound.iter().map(|v| v * (2.0 * share - 1.0)).collect();
            facts(&[[&sound[..], &sound].concat(), [&sound[..], &right].concat()], 1000, 700).0
        };
        let (audible, lost) = (rest(0.19), rest(0.145));
        assert_eq!((audible.sound_seconds, audible.cancelled_seconds), (4, 0));
        assert_eq!((lost.sound_seconds, lost.cancelled_seconds), (4, 2));
        // Less than a second.
        assert_eq!(facts(&[vec![-0.25; 10]], 1000, 3).0.rms, 0.25);
    }
}
