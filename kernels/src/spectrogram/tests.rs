//! Compares the spectrogram with a naive reference implementation, a direct Fourier sum.

use super::*;
use crate::observer::Recorder;
use crate::test_noise::numbers;

/// Noise that has no two equal neighbours.
fn noise(samples: usize, seed: u64) -> Vec<i16> {
    numbers(seed).map(|number| (number >> 48) as i16).take(samples).collect()
}

/// One frame by the definition.
fn direct_frame(signal: &[i16], index: usize) -> [f32; BANDS] {
    let window = hann_window();
    let magnitudes: Vec<f64> = (0..BINS)
        .map(|bin| {
            let mut sum = Complex::new(0.0, 0.0);
            for (n, weight) in window.iter().enumerate() {
                let sample = (index * HOP_SAMPLES + n).checked_sub(FRAME_SAMPLES / 2);
                let sample = sample.and_then(|at| signal.get(at)).copied().unwrap_or(0);
                let turn = (bin * n % FRAME_SAMPLES) as f64 / FRAME_SAMPLES as f64;
                sum += Complex::cis(-std::f64::consts::TAU * turn) * f64::from(sample) * *weight;
            }
            sum.norm()
        })
        .collect();
    let mut bands = [0.0; BANDS];
    Plan::shared().filterbank.pool(Isa::best(), &magnitudes, &mut bands);
    bands
}

fn compute(channels: &[&[i16]]) -> Vec<f32> {
    let mut output = vec![f32::NAN; frame_count(channels[0].len()) * BANDS];
    spectrogram(channels, &mut output).unwrap();
    output
}

#[test]
fn frames_equal_a_direct_fourier_sum() {
    let signal = noise(3000, 1);
    let output = compute(&[&signal]);
    for index in 0..frame_count(signal.len()) {
        let expected = direct_frame(&signal, index);
        for (actual, expected) in output[index * BANDS..].iter().zip(expected) {
            assert!((actual - expected).abs() < 5e-7, "{actual} {expected}");
        }
    }
}

#[test]
fn the_inner_seams_are_those_of_the_spectrogram() {
    let (left, right) = (noise(3000, 1), noise(3000, 2));
    let mut recorder = Recorder::default();
    observe_spectrogram(&[&left, &right], &mut recorder);
    let names: Vec<_> = recorder.0.iter().map(|seam| &*seam.name).collect();
    assert_eq!(names, ["mono", "windowed", "magnitude", "filtered"]);
    let frames = frame_count(left.len());
    let mono: Vec<i16> = bytemuck::pod_collect_to_vec(&recorder.0[0].bytes);
    assert_eq!(mono[7], mean_of_16_bit(left[7], right[7]));
    assert_eq!(recorder.0[1].shape, [frames, FRAME_SAMPLES]);
    let windowed = recorder.0[1].doubles();
    assert_eq!(windowed.len(), frames * FRAME_SAMPLES);
    let middle = windowed[3 * FRAME_SAMPLES + FRAME_SAMPLES / 2];
    assert_eq!(middle, f64::from(mono[3 * HOP_SAMPLES]) * hann_window()[FRAME_SAMPLES / 2]);
    let output = compute(&[&left, &right]);
    for (index, magnitudes) in recorder.0[2].doubles().chunks(BINS).enumerate() {
        let mut bands = [0.0; BANDS];
        Plan::shared().filterbank.pool(Isa::best(), magnitudes, &mut bands);
        assert_eq!(bands, output[index * BANDS..][..BANDS]);
    }
    for (sum, band) in recorder.0[3].doubles().iter().zip(&output) {
        assert!((((1.0 + sum).log10() as f32) - band).abs() < 1e-6);
    }
}

#[test]
fn all_instruction_sets_give_the_same_bits() {
    let (signal, plan) = (noise(3000, 1), Plan::shared());
    let output = compute(&[&signal]);
    for isa in Isa::available() {
        let mut scratch = Scratch { isa, ..Scratch::new(plan) };
        for (index, expected) in output.as_chunks::<BANDS>().0.iter().enumerate() {
            let mut bands = [f32::NAN; BANDS];
            plan.frame(&signal, (index * HOP_SAMPLES) as i64, &mut scratch, &mut bands);
            assert_eq!(bands, *expected, "{isa:?} {index}");
        }
    }
}

#[test]
fn a_hop_is_started_by_a_single_sample() {
    for (samples, frames) in [(0, 0), (1, 1), (440, 1), (441, 1), (442, 2), (44_100, 100)] {
        assert_eq!(frame_count(samples), frames);
    }
}

#[test]
fn the_shortest_signals_have_finite_frames() {
    for samples in [1, 2, 441, 442] {
        assert!(compute(&[&noise(samples, 7)]).iter().all(|band| band.is_finite()));
    }
}

#[test]
fn frames_past_the_end_are_those_of_silence_that_follows() {
    let signal = noise(3000, 4);
    let longer: Vec<i16> = signal.iter().copied().chain([0; 6000]).collect();
    let mut output = vec![f32::NAN; frame_count(longer.len()) * BANDS];
    spectrogram(&[&signal], &mut output).unwrap();
    assert_eq!(output, compute(&[&longer]));
}

#[test]
fn silence_is_exactly_zero() {
    assert!(compute(&[&[0; 5000], &[0; 5000]]).iter().all(|&band| band == 0.0));
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let signal = noise(100_000, 3);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(|| compute(&[&signal])), compute(&[&signal]));
}

#[test]
fn a_shifted_window_is_seen() {
    let signal = noise(3000, 1);
    let shifted = compute(&[&signal[1..]]);
    let difference = shifted.iter().zip(compute(&[&signal])).map(|(a, b)| (a - b).abs());
    assert!(difference.fold(0.0, f32::max) > 1e-3);
}
