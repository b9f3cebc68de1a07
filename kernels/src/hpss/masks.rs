//! Share of each stem in a bin.

use super::layout::{BINS, FRAME_SAMPLES, SAMPLE_RATE_HZ, Separation};
use realfft::num_complex::Complex;

/// Below the first frequency what is harmonic is bass, above the second none of it is, in Hz.
const BASS_HZ: (f32, f32) = (150.0, 300.0);

/// Between these frequencies a harmonic sound from the centre is a voice, in Hz; each border is an octave wide.
const VOICE_HZ: (f32, f32) = (200.0, 6000.0);

/// Keeps shares of silence from being 0/0; far below the energy of the least 16-bit sample.
const SILENCE: f32 = 1e-14;

/// Shares that depend on the frequency alone.
pub(super) struct Bands {
    /// `[BINS]`: share of what is harmonic that is bass.
    bass: Vec<f32>,
    /// `[BINS]`: share of what is harmonic, central and no bass that is a voice.
    voice: Vec<f32>,
}

/// Shares of a bin; the rest goes to the other stem.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shares {
    pub bass: f32,
    pub drums: f32,
    pub vocals: f32,
}

impl Bands {
    pub fn new() -> Self {
        let by_bin = |share: &dyn Fn(f32) -> f32| {
            (0..BINS).map(|bin| share(bin as f32 * SAMPLE_RATE_HZ / FRAME_SAMPLES as f32)).collect()
        };
        let (low, high) = VOICE_HZ;
        let octave = std::f32::consts::SQRT_2;
        Bands {
            bass: by_bin(&|hz| 1.0 - rise(hz, BASS_HZ.0, BASS_HZ.1)),
            voice: by_bin(&|hz| {
                rise(hz, low / octave, low * octave)
                    * (1.0 - rise(hz, high / octave, high * octave))
            }),
        }
    }

    /// The shares of one bin.
    ///
    /// # Parameters
    /// - `along_time`, `along_frequency`: medians of the energy around it in both directions.
    /// - `left`, `right`: its values in both channels.
    pub fn shares(
        &self,
        bin: usize,
        separation: Separation,
        (along_time, along_frequency): (f32, f32),
        (left, right): (Complex<f32>, Complex<f32>),
    ) -> Shares {
        // Wiener masks of the two estimates of the amplitude, whose squares are these energies.
        let harmonic = (along_time + SILENCE) / (along_time + along_frequency + 2.0 * SILENCE);
        let rest = harmonic * (1.0 - self.bass[bin]);
        let vocals = match separation {
            Separation::Stereo => rest * self.voice[bin] * centre(left, right),
            Separation::Mono => 0.0,
        };
        Shares { bass: harmonic * self.bass[bin], drums: 1.0 - harmonic, vocals }
    }
}

/// Share of a bin that comes from the centre: 1 where both channels agree, 0 where they have nothing in common.
fn centre(left: Complex<f32>, right: Complex<f32>) -> f32 {
    let common = 2.0 * (left.re * right.re + left.im * right.im);
    let energy = left.norm_sqr() + right.norm_sqr();
    let likeness = common.max(0.0) / (energy + SILENCE);
    likeness * likeness
}

/// From 0 at `low` to 1 at `high`, smooth along the logarithm of the frequency.
fn rise(hz: f32, low: f32, high: f32) -> f32 {
    let position = (hz.max(f32::MIN_POSITIVE) / low).ln() / (high / low).ln();
    let angle = position.clamp(0.0, 1.0) * std::f32::consts::PI;
    0.5 - 0.5 * angle.cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BIN_HZ: f32 = SAMPLE_RATE_HZ / FRAME_SAMPLES as f32;

    fn shares(hz: f32, medians: (f32, f32), right: f32) -> Shares {
        let sound = (Complex::new(1.0, 0.5), Complex::new(right, 0.5 * right));
        Bands::new().shares((hz / BIN_HZ) as usize, Separation::Stereo, medians, sound)
    }

    #[test]
    fn steady_sounds_are_split_by_frequency_and_place() {
        let steady = (1.0, 0.0);
        assert!(shares(100.0, steady, 1.0).bass > 0.999);
        assert!(shares(1000.0, steady, 1.0).vocals > 0.999);
        let aside = shares(1000.0, steady, 0.0);
        assert_eq!((aside.bass, aside.vocals), (0.0, 0.0));
        assert!(aside.drums < 1e-6);
        assert!(shares(1000.0, steady, -1.0).vocals == 0.0);
        assert!(shares(12_000.0, steady, 1.0).vocals == 0.0);
    }

    #[test]
    fn short_broad_sounds_are_drums_at_any_frequency() {
        for hz in [50.0, 1000.0, 15_000.0] {
            assert!(shares(hz, (0.0, 1.0), 1.0).drums > 0.999);
        }
    }

    #[test]
    fn silence_is_split_without_a_fault() {
        let zero = Complex::new(0.0, 0.0);
        let shares = Bands::new().shares(50, Separation::Stereo, (0.0, 0.0), (zero, zero));
        assert_eq!((shares.drums, shares.vocals), (0.5, 0.0));
    }

    #[test]
    fn a_mono_mixture_has_no_centre() {
        let sound = Complex::new(1.0, 0.0);
        let shares = Bands::new().shares(50, Separation::Mono, (1.0, 0.0), (sound, sound));
        assert_eq!(shares.vocals, 0.0);
    }
}
