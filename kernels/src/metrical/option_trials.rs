//! The decoder with other options than allin1's against madmom itself.
//!
//! `fixtures/upstream/decoder_options.py` stored madmom's results for some of the trials of
//! [`trials`](super::trials).

use serde_json::Value;

use super::densities::LogDensities;
use super::trial_inputs::activations;
use super::trials::{SCORE_TOLERANCE, beats_hash, path_hash};
use super::{BeatDecoder, DecoderOptions, trim_to_threshold};

fn stored() -> Vec<Value> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../fixtures/references/edge_cases/decoder_options.json"
    );
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(number).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn options_of(value: &Value) -> DecoderOptions {
    DecoderOptions {
        min_bpm: number(&value["min_bpm"]),
        max_bpm: number(&value["max_bpm"]),
        beats_per_bar: numbers(&value["beats_per_bar"]).iter().map(|&n| n as usize).collect(),
        transition_lambda: number(&value["transition_lambda"]),
    }
}

#[test]
fn other_options_give_madmom_s_paths_scores_and_beats() {
    let (mut sets, mut trials) = (0, 0);
    for case in stored() {
        let options = options_of(&case["options"]);
        let decoder = BeatDecoder::new(&options).unwrap();
        sets += 1;
        for stored in case["trials"].as_array().expect("an array") {
            trials += 1;
            let trial = number(&stored["trial"]) as usize;
            let what = format!("{options:?}, trial {trial}");
            let activations = activations(trial);
            let (first, frames) =
                trim_to_threshold(&activations, number(&stored["threshold"]) as f32);
            let paths = decoder.best_paths(&LogDensities::new(frames));
            let scores = numbers(&stored["scores"]);
            assert_eq!(paths.len(), scores.len(), "{what}");
            for (path, score) in paths.iter().zip(scores) {
                assert!((path.score - score).abs() <= SCORE_TOLERANCE, "{what}: {}", path.score);
            }
            let hashes: Vec<f64> = decoder
                .models
                .iter()
                .zip(&paths)
                .map(|(model, path)| f64::from(path_hash(model, path, frames.len())))
                .collect();
            assert_eq!(hashes, numbers(&stored["paths"]), "{what}");
            let beats = beats_hash(&decoder.beats_of(&paths, first, frames));
            assert_eq!(f64::from(beats), number(&stored["beats"]), "{what}");
        }
    }
    assert!(sets >= 10 && trials >= 200, "{sets} {trials}");
}
