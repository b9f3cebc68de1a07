//! Settings of the decoder.

use crate::error::Error;

/// Tempi and bars that the decoder tries. The default is allin1's.
#[derive(Debug, Clone, PartialEq)]
pub struct DecoderOptions {
    /// Slowest tempo, beats a minute.
    pub min_bpm: f64,
    /// Fastest tempo, beats a minute.
    pub max_bpm: f64,
    /// Bar lengths in beats; between equal scores the first wins.
    pub beats_per_bar: Vec<usize>,
    /// Strength of the preference for a constant tempo from one beat to the next.
    pub transition_lambda: f64,
}

/// Limits of the tempo: a beat of 600 frames, and one of 17, longer than the block that is searched at once.
const BPM: (f64, f64) = (10.0, 360.0);

/// Most beats in a bar.
const MOST_BEATS: usize = 16;

/// Largest preference for a constant tempo.
const MOST_LAMBDA: f64 = 1e6;

impl Default for DecoderOptions {
    fn default() -> Self {
        DecoderOptions {
            min_bpm: 55.0,
            max_bpm: 215.0,
            beats_per_bar: vec![3, 4],
            transition_lambda: 100.0,
        }
    }
}

impl DecoderOptions {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`Error::DecoderOption`] for a value out of range, and where no bar length is given.
    pub(super) fn check(&self) -> Result<(), Error> {
        let error = |option, expected: String, found: String| {
            Err(Error::DecoderOption { option, expected, found })
        };
        let range = |(least, most): (f64, f64)| format!("from {least} to {most}");
        if !(BPM.0..=BPM.1).contains(&self.min_bpm) {
            return error("slowest tempo", range(BPM), self.min_bpm.to_string());
        }
        if !(self.min_bpm..=BPM.1).contains(&self.max_bpm) {
            return error("fastest tempo", range((self.min_bpm, BPM.1)), self.max_bpm.to_string());
        }
        if !(0.0..=MOST_LAMBDA).contains(&self.transition_lambda) {
            let found = self.transition_lambda.to_string();
            return error("transition lambda", range((0.0, MOST_LAMBDA)), found);
        }
        let allowed = 1..=MOST_BEATS;
        if self.beats_per_bar.is_empty()
            || !self.beats_per_bar.iter().all(|beats| allowed.contains(beats))
        {
            let expected = format!("one or more numbers from 1 to {MOST_BEATS}");
            return error("bar lengths", expected, format!("{:?}", self.beats_per_bar));
        }
        Ok(())
    }
}
