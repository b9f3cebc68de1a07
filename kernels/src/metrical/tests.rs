//! Compares the decoder with the naive reference implementation, a dense Viterbi search.

use super::densities::LogDensities;
use super::naive::naive_viterbi;
use super::viterbi::viterbi_at;
use super::{BeatDecoder, DecoderOptions, decode_beats, trim_to_threshold};
use crate::error::Error;
use crate::linear::Isa;
use crate::observer::{Recorder, Seam};

/// A counter-based hash; the same in the scripts that made the stored references.
pub(super) fn hash32(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ x >> 16
}

/// Random activations: noise, or noise over pulses, by the bits of the seed.
fn random_activations(seed: u32, frames: usize) -> Vec<[f32; 2]> {
    let uniform = |counter: u32| (hash32(seed ^ hash32(counter)) >> 8) as f32 / 16_777_216.0;
    let interval = 28 + (hash32(seed) % 82) as usize;
    let beats_per_bar = 3 + (seed % 2) as usize;
    (0..frames)
        .map(|frame| {
            let noise = [uniform(2 * frame as u32), uniform(2 * frame as u32 + 1)];
            let level = if seed.is_multiple_of(3) { 0.49 } else { 0.1 };
            let mut pair = noise.map(|value| value * level);
            if !seed.is_multiple_of(3) && frame % interval < 2 {
                let downbeat = (frame / interval).is_multiple_of(beats_per_bar);
                pair[usize::from(downbeat)] += 0.6;
            }
            pair
        })
        .collect()
}

fn assert_same_as_naive(activations: &[[f32; 2]]) {
    assert_same_as_naive_with(activations, &DecoderOptions::default());
}

fn assert_same_as_naive_with(activations: &[[f32; 2]], options: &DecoderOptions) {
    let densities = LogDensities::new(activations);
    for model in BeatDecoder::new(options).unwrap().models {
        let (score, spans) = naive_viterbi(&model, &densities);
        for isa in Isa::available() {
            let found = viterbi_at(isa, &model, &densities);
            assert_eq!(found.score.to_bits(), score.to_bits(), "{isa:?}, {} beats", model.beats);
            assert_eq!(found.spans, spans, "{isa:?}, {} beats", model.beats);
        }
    }
}

#[test]
fn search_equals_a_naive_search_bit_for_bit_on_random_activations() {
    for seed in 0..12 {
        assert_same_as_naive(&random_activations(seed, 300));
    }
}

#[test]
fn search_equals_a_naive_search_on_short_input() {
    for frames in [1, 2, 3, 27, 28, 29, 108, 109, 110, 127, 128, 129, 130] {
        assert_same_as_naive(&random_activations(frames as u32, frames));
    }
}

#[test]
fn search_equals_a_naive_search_on_ties() {
    for pair in [[0.3, 0.3], [1e-8, 0.5], [0.01, 0.01], [1.0, 1.0], [1e-8, 1.0]] {
        assert_same_as_naive(&vec![pair; 250]);
    }
}

#[test]
fn search_equals_a_naive_search_with_impossible_frames() {
    let mut activations = random_activations(5, 260);
    activations[0] = [0.0, 1.0];
    activations[100] = [0.5, 0.5];
    activations[101] = [0.6, 0.6];
    activations[180] = [0.0, 0.0];
    assert_same_as_naive(&activations);
}

#[test]
fn search_equals_a_naive_search_with_other_options() {
    for (seed, (min_bpm, max_bpm, beats_per_bar, transition_lambda)) in [
        (40.0, 250.0, vec![5, 2], 100.0),
        (100.0, 120.0, vec![1, 7], 10.0),
        (120.0, 120.0, vec![4], 100.0),
        (30.0, 360.0, vec![2], 0.0),
        (90.0, 101.0, vec![3], 1000.0),
    ]
    .into_iter()
    .enumerate()
    {
        let options = DecoderOptions { min_bpm, max_bpm, beats_per_bar, transition_lambda };
        for frames in [40, 330] {
            assert_same_as_naive_with(&random_activations(seed as u32 + 7, frames), &options);
        }
    }
}

#[test]
fn options_out_of_range_are_refused() {
    let with = |change: &dyn Fn(&mut DecoderOptions)| {
        let mut options = DecoderOptions::default();
        change(&mut options);
        BeatDecoder::new(&options).map(|_| ())
    };
    assert!(with(&|_| ()).is_ok());
    for change in [
        |options: &mut DecoderOptions| options.min_bpm = 9.9,
        |options: &mut DecoderOptions| options.min_bpm = f64::NAN,
        |options: &mut DecoderOptions| options.max_bpm = 54.0,
        |options: &mut DecoderOptions| options.max_bpm = 361.0,
        |options: &mut DecoderOptions| options.transition_lambda = -1.0,
        |options: &mut DecoderOptions| options.transition_lambda = f64::INFINITY,
        |options: &mut DecoderOptions| options.beats_per_bar = vec![],
        |options: &mut DecoderOptions| options.beats_per_bar = vec![4, 0],
        |options: &mut DecoderOptions| options.beats_per_bar = vec![17],
    ] {
        assert!(matches!(with(&change), Err(Error::DecoderOption { .. })));
    }
}

#[test]
fn no_possible_path_gives_no_beats() {
    assert_eq!(decode_beats(&[1.0; 600], 0.0), []);
}

#[test]
fn empty_or_silent_activations_give_no_beats() {
    assert_eq!(decode_beats(&[], 0.24), []);
    assert_eq!(decode_beats(&[0.0; 400], 0.0), []);
    assert_eq!(decode_beats(&[0.1; 400], 0.24), []);
}

#[test]
fn trimming_keeps_the_frames_between_the_outermost_activations() {
    let frames = [[0.0, 0.0], [0.3, 0.0], [0.0, 0.0], [0.0, 0.24], [0.1, 0.0]];
    let (first, kept) = trim_to_threshold(&frames, 0.24);
    assert_eq!((first, kept), (1, &frames[1..4]));
}

#[test]
fn a_threshold_reached_in_the_first_frame_alone_selects_nothing() {
    let (first, kept) = trim_to_threshold(&[[0.9, 0.9], [0.0, 0.0]], 0.24);
    assert_eq!((first, kept.len()), (0, 0));
}

#[test]
fn a_changed_activation_changes_the_beats() {
    let mut activations: Vec<f32> = random_activations(1, 600).into_flattened();
    let before = decode_beats(&activations, 0.05);
    assert!(before.len() > 5);
    let peak = (before[3].time_seconds * 100.0).round() as usize;
    activations.copy_within(2 * peak..2 * peak + 4, 2 * peak + 12);
    activations[2 * peak..2 * peak + 4].fill(0.001);
    assert_ne!(decode_beats(&activations, 0.05), before);
}

#[test]
fn the_inner_seams_are_of_the_frames_that_take_part() {
    let mut activations = vec![0.01_f32; 2 * 400];
    for frame in (20..380).step_by(50) {
        activations[2 * frame + usize::from(frame % 200 == 20)] = 0.9;
    }
    let seams = |threshold| {
        let mut recorder = Recorder::default();
        BeatDecoder::default().observe(&activations, threshold, &mut recorder);
        <[Seam; 3]>::try_from(recorder.0).unwrap()
    };
    let [span, log_densities, scores] = seams(0.5);
    assert_eq!((&*span.name, span.doubles()), ("span", vec![20.0, 371.0]));
    assert_eq!((&*log_densities.name, &log_densities.shape[..]), ("log_densities", &[351, 3][..]));
    // The first row is that of frame 20, a downbeat.
    assert_eq!(log_densities.doubles()[2], f64::from(0.9_f32.ln()));
    assert_eq!((&*scores.name, &scores.shape[..]), ("scores", &[2][..]));
    assert!(scores.doubles().iter().all(|score| score.is_finite() && *score < 0.0));
    let [span, log_densities, scores] = seams(0.95);
    assert_eq!(span.doubles(), [0.0, 0.0]);
    assert_eq!((&log_densities.shape[..], &scores.shape[..]), (&[0, 3][..], &[0][..]));
}
