//! Share of each stem in a bin.

use super::layout::{BINS, FRAME_SAMPLES, SAMPLE_RATE_HZ, Separation};
use super::loops::multiply;
use crate::linear::Isa;
use crate::linear::dispatch::dispatched;
use rustfft::num_complex::Complex;

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

    /// The share of the bass in a frame: `[BINS]`.
    pub fn bass<'a>(&self, isa: Isa, harmonic: &[f32], share: &'a mut [f32]) -> &'a [f32] {
        multiply(isa, harmonic, &self.bass, share);
        share
    }

    /// The share of the vocals in a frame with left and right bins `sound`: `[BINS]`. A mono mixture has none.
    pub fn vocals<'a>(
        &self,
        isa: Isa,
        separation: Separation,
        harmonic: &[f32],
        [left, right]: [&[Complex<f32>]; 2],
        share: &'a mut [f32],
    ) -> &'a [f32] {
        match separation {
            Separation::Stereo => vocals(isa, self, harmonic, left, right, share),
            Separation::Mono => share.fill(0.0),
        }
        share
    }
}

dispatched! {
    /// Makes the shares of what is harmonic and of what is percussive of the medians along time and along frequency: Wiener
    /// masks of the two estimates of the amplitude, whose squares are the medians.
    divide = divide_loop(along_time: &mut [f32], along_frequency: &mut [f32])
}

#[inline(always)]
fn divide_loop<const FUSED: bool>(along_time: &mut [f32], along_frequency: &mut [f32]) {
    for (time, frequency) in along_time.iter_mut().zip(along_frequency) {
        *time = (*time + SILENCE) / (*time + *frequency + 2.0 * SILENCE);
        *frequency = 1.0 - *time;
    }
}

dispatched! {
    vocals = vocals_loop(
        bands: &Bands,
        harmonic: &[f32],
        left: &[Complex<f32>],
        right: &[Complex<f32>],
        share: &mut [f32],
    )
}

#[inline(always)]
fn vocals_loop<const FUSED: bool>(
    bands: &Bands,
    harmonic: &[f32],
    left: &[Complex<f32>],
    right: &[Complex<f32>],
    share: &mut [f32],
) {
    let bands = harmonic.iter().zip(&bands.bass).zip(&bands.voice);
    let sound = left.iter().zip(right);
    for ((((harmonic, bass), voice), (left, right)), share) in bands.zip(sound).zip(share) {
        *share = harmonic * (1.0 - bass) * voice * centre(*left, *right);
    }
}

/// Share of a bin that comes from the centre: 1 where both channels agree, 0 where they have nothing in common.
#[inline(always)]
fn centre(left: Complex<f32>, right: Complex<f32>) -> f32 {
    let common = 2.0 * (left.re * right.re + left.im * right.im);
    let energy =
        (left.re * left.re + left.im * left.im) + (right.re * right.re + right.im * right.im);
    let common = if common > 0.0 { common } else { 0.0 };
    let likeness = common / (energy + SILENCE);
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

    struct Shares {
        bass: f32,
        drums: f32,
        vocals: f32,
    }

    /// The shares of the bin at `hz`, where all bins have the same sound.
    fn shares_of(
        hz: f32,
        separation: Separation,
        (time, frequency): (f32, f32),
        sound: [Complex<f32>; 2],
    ) -> Shares {
        let sound = sound.map(|bin| vec![bin; BINS]);
        let sound = sound.each_ref().map(|bins| &bins[..]);
        let bands = Bands::new();
        let of = |isa: Isa| {
            let (mut harmonic, mut drums) = (vec![time; BINS], vec![frequency; BINS]);
            divide(isa, &mut harmonic, &mut drums);
            let [mut bass, mut vocals] = [(); 2].map(|()| vec![f32::NAN; BINS]);
            bands.bass(isa, &harmonic, &mut bass);
            bands.vocals(isa, separation, &harmonic, sound, &mut vocals);
            [bass, drums, vocals]
        };
        let found = of(Isa::best());
        for isa in Isa::available() {
            assert!(of(isa) == found, "{isa:?}");
        }
        let [bass, drums, vocals] = found.map(|shares| shares[(hz / BIN_HZ) as usize]);
        Shares { bass, drums, vocals }
    }

    fn shares(hz: f32, medians: (f32, f32), right: f32) -> Shares {
        let sound = [Complex::new(1.0, 0.5), Complex::new(right, 0.5 * right)];
        shares_of(hz, Separation::Stereo, medians, sound)
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
        let shares = shares_of(50.0 * BIN_HZ, Separation::Stereo, (0.0, 0.0), [zero, zero]);
        assert_eq!((shares.drums, shares.vocals), (0.5, 0.0));
    }

    #[test]
    fn a_mono_mixture_has_no_centre() {
        let sound = Complex::new(1.0, 0.0);
        let shares = shares_of(50.0 * BIN_HZ, Separation::Mono, (1.0, 0.0), [sound, sound]);
        assert_eq!(shares.vocals, 0.0);
    }
}
