//! Working memory of a run.

use crate::htdemucs::configuration::{Configuration, STRIDE};
use crate::htdemucs::plane::Plane;
use crate::linear::ROWS;

/// Working memory of a run, kept from one run to the next.
#[derive(Debug)]
pub(super) struct Memory {
    /// Inputs, as numbers and as words: of the spectrogram, of the wave.
    pub inputs: [Input; 2],
    /// Outputs of the last decoders: of the spectrogram, of the wave.
    pub outputs: [Plane<f32>; 2],
    /// Of the spectrogram's branch, for each encoder.
    pub levels: Vec<Level>,
    /// Of the wave's branch, for each encoder.
    pub levels_t: Vec<Level>,
    /// Between the wave's convolutions, and of the residual branches there.
    pub long: Vec<[Plane<f32>; 2]>,
}

/// An input of the network.
#[derive(Debug)]
pub(super) struct Input {
    pub values: Plane<f32>,
    pub words: Plane<u32>,
}

/// What is kept of an encoder and its decoder.
#[derive(Debug)]
pub(super) struct Level {
    /// Output of the encoder, to which that of the decoder below is added.
    pub skip: Plane<f32>,
    /// The same as words: first the encoder's output, then the decoder's input.
    pub words: Plane<u32>,
    /// Between the decoder's convolutions.
    pub middle: Plane<u32>,
}

impl Memory {
    /// All that a network of these sizes needs.
    pub fn new(configuration: &Configuration) -> Self {
        let Configuration { audio_channels: audio, sources, .. } = *configuration;
        let (frequencies, frames) = (configuration.frequencies(), configuration.frames());
        let samples = configuration.segment_samples;
        let widths = configuration.encoder_channels();
        let words = |channels: usize, rows: usize, length: usize| {
            Plane::zeros(channels.div_ceil(2), rows, length)
        };
        let input = |channels: usize, rows: usize, length: usize| Input {
            values: Plane::zeros(channels, rows, length),
            words: words(channels, rows, length),
        };
        let level = |channels: usize, rows: usize, length: usize| Level {
            skip: Plane::zeros(channels, rows, length),
            words: words(channels, rows, length),
            middle: words(channels, rows, length),
        };
        let lengths = || {
            let shorter = |length: &usize| Some(length.div_ceil(STRIDE));
            std::iter::successors(Some(samples), shorter).skip(1)
        };
        let levels = widths
            .iter()
            .enumerate()
            .map(|(i, width)| level(*width, frequencies / STRIDE.pow(i as u32 + 1), frames));
        let hidden = |width: &usize| (width / configuration.dconv_comp).next_multiple_of(ROWS);
        Memory {
            inputs: [input(2 * audio, frequencies, frames), input(audio, 1, samples)],
            outputs: [
                Plane::zeros(2 * audio * sources, frequencies, frames),
                Plane::zeros(audio * sources, 1, samples),
            ],
            levels: levels.collect(),
            levels_t: widths
                .iter()
                .zip(lengths())
                .map(|(w, length)| level(*w, 1, length))
                .collect(),
            long: widths
                .iter()
                .zip(lengths())
                .map(|(w, length)| {
                    [*w, hidden(w)].map(|channels| Plane::zeros(channels, 1, length))
                })
                .collect(),
        }
    }
}
