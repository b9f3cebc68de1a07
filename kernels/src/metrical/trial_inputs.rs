//! The random activations of the trials; `fixtures/upstream/decoder_trial_inputs.py` makes the same.

use super::tests::hash32;

/// Number of random trials, which come first.
pub(super) const TRIALS: usize = 10_000;

/// Number of inputs in which paths are tied, after the random ones.
pub(super) const TIES: usize = 100;

const ONE: i64 = 1 << 24;

/// Below 1, so that no frame is certain.
const LIMIT: i64 = ONE - (ONE >> 10);

/// Raw probability whose share is about the threshold.
const PLATEAU: i64 = 4_575_669;

/// Random numbers of one trial, from 0 to 2²⁴.
struct Draws(u32);

impl Draws {
    fn at(&self, k: usize) -> i64 {
        i64::from(hash32(self.0 ^ hash32(k as u32)) >> 8)
    }

    /// From 0 to `n`, exclusive.
    fn pick(&self, k: usize, n: i64) -> i64 {
        (self.at(k) * n) >> 24
    }
}

/// The published threshold; a quarter of the trials keeps all frames.
pub(super) fn threshold(trial: usize) -> f64 {
    if trial % 4 == 3 { 0.0 } else { 0.24 }
}

/// Probabilities of beats and downbeats; see `decoder_trial_inputs.py`.
fn probabilities(trial: usize) -> Vec<[f32; 2]> {
    let draws = Draws(hash32(trial as u32 + 1));
    let root = draws.pick(0, ONE);
    let frames = 2 + ((((root * root) >> 24) * 600) >> 24) as usize;
    let noise = |frame: usize, column: usize| draws.at(16 + 2 * frame + column);
    let with = |of: &dyn Fn(usize, usize) -> i64| -> Vec<[i64; 2]> {
        (0..frames).map(|frame| [of(frame, 0), of(frame, 1)]).collect()
    };
    let scaled =
        |levels: [i64; 2]| with(&|frame, column| (noise(frame, column) * levels[column]) >> 24);
    let values = match trial % 5 {
        _ if trial >= TRIALS => {
            let level = draws.pick(1, ONE >> 1);
            let mut values =
                vec![[level, if trial.is_multiple_of(2) { level >> 4 } else { level }]; frames];
            if trial.is_multiple_of(2) {
                add_pulses(&mut values, &draws, 0);
            }
            values
        }
        0 => scaled([draws.pick(1, ONE), draws.pick(2, ONE)]),
        kind @ (1 | 2) => {
            let mut values = scaled([draws.pick(1, ONE >> 1), draws.pick(2, ONE >> 2)]);
            let drift = if kind == 2 { draws.pick(3, 201) - 100 } else { 0 };
            add_pulses(&mut values, &draws, drift);
            values
        }
        3 => {
            let rarity = 8 << draws.pick(1, 4);
            with(&|frame, column| {
                let spike = draws.pick(16 + 2 * (frames + frame) + column, rarity) == 0;
                noise(frame, column) >> if spike { 0 } else { 6 }
            })
        }
        _ => {
            let mut values = with(&|frame, column| noise(frame, column) >> 8);
            add_plateaus(&mut values, &draws);
            values
        }
    };
    let value = |value: i64| value.min(LIMIT) as f32 / ONE as f32;
    values.into_iter().map(|pair| pair.map(value)).collect()
}

/// Pulses of a beat, and of a downbeat every second to fifth time.
fn add_pulses(values: &mut [[i64; 2]], draws: &Draws, drift: i64) {
    let period = 2000 + draws.pick(4, 12_000);
    let start = draws.pick(5, period);
    let metre = 2 + draws.pick(6, 4);
    let phase = draws.pick(7, metre);
    let height = draws.pick(8, ONE);
    for k in 0..64 {
        let frame = (start + k * period + k * k * drift).div_euclid(100);
        let columns = if k % metre == phase { 2 } else { 1 };
        for (at, added) in [(frame - 1, height >> 2), (frame, height), (frame + 1, height >> 2)] {
            let value = usize::try_from(at).ok().and_then(|at| values.get_mut(at));
            value.into_iter().flat_map(|pair| &mut pair[..columns]).for_each(|v| *v += added);
        }
    }
}

/// Blocks of frames in which one, both or neither of the columns is near the threshold.
fn add_plateaus(values: &mut [[i64; 2]], draws: &Draws) {
    let (frames, mut frame, mut block) = (values.len(), 0, 0);
    while frame < frames {
        let shape = draws.pick(16 + 4 * frames + block, 160) as usize;
        let level = draws.pick(16 + 5 * frames + block, PLATEAU >> 2) + PLATEAU - (PLATEAU >> 3);
        let end = frame + 1 + shape / 4;
        for pair in &mut values[frame..end.min(frames)] {
            for (column, value) in pair.iter_mut().enumerate() {
                *value += level * (shape as i64 >> column & 1);
            }
        }
        (frame, block) = (end, block + 1);
    }
}

/// Input of allin1's decoder, in float32 (`pipeline/metrical.ts` has it for the program).
pub(super) fn activations(trial: usize) -> Vec<[f32; 2]> {
    let shares = |[beat, downbeat]: [f32; 2]| {
        let other = (beat - downbeat).max(1e-8);
        let neither = ((1.0 - beat) + (1.0 - downbeat)) / 2.0;
        let sum = (other + downbeat) + neither;
        [other / sum, downbeat / sum]
    };
    probabilities(trial).into_iter().map(shares).collect()
}
