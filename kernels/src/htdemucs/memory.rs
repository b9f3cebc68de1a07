//! Working memory of a run.

use super::configuration::{Configuration, STRIDE};
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::plane::Plane;
use crate::linear::ROWS;

/// Working memory of a run, kept from one run to the next.
#[derive(Debug)]
pub(super) struct Memory {
    /// The inputs, and the last decoders' outputs.
    pub ends: Ends,
    /// Outputs of the encoders, to which the decoders' are added on the way back.
    pub skips: Vec<Plane<f32>>,
    pub skips_t: Vec<Plane<f32>>,
    /// Of the wave's encoders in double precision: what is between their convolutions, the residual branch, their outputs.
    pub waves: Vec<[Plane<f64>; 3]>,
    /// Of the decoders, and the other wave encoders: what is between their convolutions; for the wave also
    /// the residual branch.
    pub middles: Vec<Plane<f32>>,
    pub middles_t: Vec<[Plane<f32>; 2]>,
}

/// The network's inputs and outputs.
#[derive(Debug)]
pub(super) struct Ends {
    pub spectrum: Plane<f32>,
    pub wave: Plane<f64>,
    pub spectrum_out: Plane<f32>,
    pub wave_out: Plane<f32>,
}

impl Memory {
    /// All that a network of these sizes needs.
    pub fn new(
        configuration: &Configuration,
        encoders_t: &[Encoder<f64>],
        decoders_t: &[Decoder],
    ) -> Self {
        let Configuration { audio_channels: audio, sources, .. } = *configuration;
        let (frequencies, frames) = (configuration.frequencies(), configuration.frames());
        let samples = configuration.segment_samples;
        let widths = configuration.encoder_channels();
        let ends = Ends {
            spectrum: Plane::zeros(2 * audio, frequencies, frames),
            wave: Plane::zeros(audio, 1, samples),
            spectrum_out: Plane::zeros(2 * audio * sources, frequencies, frames),
            wave_out: Plane::zeros(audio * sources, 1, samples),
        };
        let mut length = samples;
        let lengths: Vec<usize> = widths
            .iter()
            .map(|_| {
                length = length.div_ceil(STRIDE);
                length
            })
            .collect();
        let rows = |level: usize| frequencies / STRIDE.pow(level as u32 + 1);
        let whole = |hidden: usize| hidden.next_multiple_of(ROWS);
        let levels = || widths.iter().copied().enumerate();
        Memory {
            ends,
            skips: levels().map(|(i, width)| Plane::zeros(width, rows(i), frames)).collect(),
            skips_t: levels().map(|(i, width)| Plane::zeros(width, 1, lengths[i])).collect(),
            waves: levels()
                .zip(encoders_t)
                .map(|((i, width), encoder)| {
                    [width, whole(encoder.hidden()), width]
                        .map(|channels| Plane::zeros(channels, 1, lengths[i]))
                })
                .collect(),
            middles: levels().map(|(i, width)| Plane::zeros(width, rows(i), frames)).collect(),
            middles_t: levels()
                .map(|(i, width)| {
                    let hidden = decoders_t[widths.len() - 1 - i].hidden();
                    [width, whole(hidden)].map(|channels| Plane::zeros(channels, 1, lengths[i]))
                })
                .collect(),
        }
    }
}
