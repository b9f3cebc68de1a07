//! The decoder against madmom itself, on ten thousand random activations.
//!
//! `fixtures/upstream/decoder_trials.py` put allin1's probabilities of each trial through allin1 and
//! madmom, and stored the scores of the best paths and hashes of their states. The inputs are not
//! stored: `decoder_trial_inputs.py` and [`probabilities`] make them from integers, bit for bit.

use rayon::prelude::*;

use super::densities::LogDensities;
use super::naive::naive_viterbi;
use super::state_space::BarModel;
use super::trial_inputs::{TIES, TRIALS, activations, threshold};
use super::viterbi::{BestPath, viterbi};
use super::{Beat, BeatDecoder, FRAMES_PER_SECOND, decode_beats, trim_to_threshold};

/// Largest difference of two scores that are equal. Absolute: scores go down to about -2000, so 1e-9
/// is some four thousand units in the last place, and no other way of adding a trial's numbers
/// comes near it.
pub(super) const SCORE_TOLERANCE: f64 = 1e-9;

/// CRC-32 of all activations that madmom was fed, as in the manifest.
const INPUTS_CRC32: u32 = 2_496_565_458;

/// CRC-32 (zlib's) of `bytes`, continued from `crc`; 0 to begin with.
fn crc32(crc: u32, bytes: impl IntoIterator<Item = u8>) -> u32 {
    !bytes.into_iter().fold(!crc, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

fn crc32_of_numbers(numbers: impl IntoIterator<Item = usize>) -> u32 {
    crc32(0, numbers.into_iter().flat_map(|number| (number as u32).to_le_bytes()))
}

/// Hash of the states that a path runs through, numbered as madmom numbers them.
pub(super) fn path_hash(model: &BarModel, path: &BestPath, frames: usize) -> u32 {
    let mut span = 0;
    crc32_of_numbers((0..frames as i64).map(|frame| {
        span += usize::from(path.spans.get(span + 1).is_some_and(|next| next.start <= frame));
        let current = path.spans[span];
        let before: usize = model.intervals[..current.tempo].iter().sum();
        let beat: usize = model.intervals.iter().sum();
        current.beat * beat + before + (frame - current.start) as usize
    }))
}

pub(super) fn beats_hash(beats: &[Beat]) -> u32 {
    crc32_of_numbers(beats.iter().flat_map(|beat| {
        [(beat.time_seconds * FRAMES_PER_SECOND).round() as usize, beat.position.into()]
    }))
}

/// Stored results of one trial: of the bars of three and of four beats the scores and the hashes of
/// the paths, and the hash of the beats.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Answer {
    scores: [f64; 2],
    paths: [u32; 2],
    beats: u32,
}

impl Answer {
    /// Ours, with the same rule as upstream's script: where nothing reaches the threshold, there are
    /// no beats, and the trial is decoded again with all its frames.
    fn of(activations: &[[f32; 2]], threshold: f64) -> Self {
        let (mut first, mut frames) = trim_to_threshold(activations, threshold as f32);
        if frames.is_empty() {
            assert_eq!(decode_beats(activations.as_flattened(), threshold), []);
            (first, frames) = (0, activations);
        }
        let decoder = BeatDecoder::default();
        let paths = decoder.best_paths(&LogDensities::new(frames));
        Answer {
            scores: [0, 1].map(|i| paths[i].score),
            paths: [0, 1].map(|i| path_hash(&decoder.models[i], &paths[i], frames.len())),
            beats: beats_hash(&decoder.beats_of(&paths, first, frames)),
        }
    }

    fn same_scores(&self, other: &Answer) -> bool {
        self.scores.iter().zip(other.scores).all(|(a, b)| (a - b).abs() <= SCORE_TOLERANCE)
    }

    fn is(&self, other: &Answer) -> bool {
        self.same_scores(other) && (self.paths, self.beats) == (other.paths, other.beats)
    }
}

/// The data of a stored array of `rows` rows, eight bytes an f64 and four an i32.
fn stored_array<const BYTES: usize>(name: &str, dtype: &str, shape: &str) -> Vec<[u8; BYTES]> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/references/edge_cases");
    let path = format!("{folder}/{name}");
    let file = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(&file[..8], b"\x93NUMPY\x01\x00", "{path}");
    let (header, data) = file[10..].split_at(u16::from_le_bytes([file[8], file[9]]).into());
    let header = String::from_utf8_lossy(header);
    for part in [dtype, shape, "'fortran_order': False"] {
        assert!(header.contains(part), "{path} has {header}, not {part}");
    }
    let (values, rest) = data.as_chunks();
    assert_eq!(rest, [0; 0], "{path}");
    values.to_vec()
}

/// madmom's answers to all trials and ties.
fn stored_answers() -> Vec<Answer> {
    let scores = stored_array::<16>("decoder_trials_scores.npy", "'<f8'", "(10100, 2)");
    let hashes = stored_array::<12>("decoder_trials_hashes.npy", "'<i4'", "(10100, 3)");
    assert_eq!((scores.len(), hashes.len()), (TRIALS + TIES, TRIALS + TIES));
    let answer = |(scores, hashes): (&[u8; 16], &[u8; 12])| {
        let scores = scores.as_chunks().0;
        let hashes = hashes.as_chunks().0;
        Answer {
            scores: [0, 1].map(|model| f64::from_le_bytes(scores[model])),
            paths: [0, 1].map(|model| u32::from_le_bytes(hashes[model])),
            beats: u32::from_le_bytes(hashes[2]),
        }
    };
    scores.iter().zip(&hashes).map(answer).collect()
}

#[test]
fn trials_are_made_of_the_bits_that_madmom_was_fed() {
    let crc = (0..TRIALS + TIES).fold(0, |crc, trial| {
        let activations = activations(trial);
        crc32(crc, activations.as_flattened().iter().flat_map(|value| value.to_le_bytes()))
    });
    assert_eq!(crc, INPUTS_CRC32);
}

#[test]
#[ignore = "long: part of deno task test:long"]
fn ten_thousand_random_activations_give_madmom_s_paths_scores_and_beats() {
    let stored = stored_answers();
    let wrong: Vec<_> = stored[..TRIALS]
        .par_iter()
        .enumerate()
        .map(|(trial, stored)| (trial, Answer::of(&activations(trial), threshold(trial)), stored))
        .filter(|(_, found, stored)| !found.is(stored))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} trials differ, such as {:?}",
        wrong.len(),
        &wrong[..wrong.len().min(5)]
    );
}

#[test]
#[ignore = "long: part of deno task test:long"]
fn a_thousand_trials_are_decoded_as_by_a_naive_search() {
    (0..TRIALS / 10).into_par_iter().for_each(|tenth| {
        let trial = 10 * tenth + tenth % 10; // some of each kind
        let densities = LogDensities::new(&activations(trial));
        for model in BeatDecoder::default().models {
            let found = viterbi(&model, &densities);
            let (score, spans) = naive_viterbi(&model, &densities);
            assert_eq!((found.score.to_bits(), found.spans), (score.to_bits(), spans), "{trial}");
        }
    });
}

#[test]
fn tied_paths_have_madmom_s_scores() {
    for (trial, stored) in stored_answers().iter().enumerate().skip(TRIALS) {
        let found = Answer::of(&activations(trial), threshold(trial));
        assert!(found.same_scores(stored), "{trial}: {found:?}, not {stored:?}");
    }
}

#[test]
fn one_damaged_activation_is_seen() {
    let stored = stored_answers();
    for trial in (0..TRIALS).step_by(101) {
        let answer = |activations: &[[f32; 2]]| Answer::of(activations, threshold(trial));
        let intact = activations(trial);
        assert!(answer(&intact).is(&stored[trial]), "{trial}");
        let beats = decode_beats(intact.as_flattened(), threshold(trial));
        let trimmed = trim_to_threshold(&intact, threshold(trial) as f32).1;
        assert!(trimmed.is_empty() || beats_hash(&beats) == stored[trial].beats, "{trial}");
        // The frame with the largest activation is never trimmed away.
        let largest = |pair: &[f32; 2]| pair[0].max(pair[1]);
        let frame =
            (0..intact.len()).max_by(|&a, &b| largest(&intact[a]).total_cmp(&largest(&intact[b])));
        // The path runs through a beat or through a downbeat there, and may not care for the other.
        let seen = [0, 1].map(|column| {
            let mut damaged = intact.clone();
            damaged[frame.expect("a trial has frames")][column] *= 0.999;
            !answer(&damaged).is(&stored[trial])
        });
        assert!(seen[0] || seen[1], "{trial}");
    }
}

#[test]
fn a_damaged_hash_or_score_is_seen() {
    let stored = stored_answers()[4];
    for model in 0..2 {
        let mut damaged = stored;
        damaged.paths[model] ^= 1;
        assert!(!stored.is(&damaged) && stored.same_scores(&damaged));
        let mut damaged = stored;
        damaged.scores[model] += 2.0 * SCORE_TOLERANCE;
        assert!(!stored.is(&damaged));
        damaged.scores[model] = f64::NAN;
        assert!(!stored.is(&damaged));
    }
    assert!(!stored.is(&Answer { beats: stored.beats ^ 1, ..stored }));
    assert!(stored.is(&stored));
}
