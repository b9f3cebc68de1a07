//! The embedding: three convolutions, each pooled over three bands and activated, and a layer norm.
//!
//! The second and third convolution and the norm are in double precision: the norm magnifies the
//! rounding of the steps before it, and in single precision the three convolutions cost more accuracy
//! than the eleven blocks after them.
//!
//! Source: `AllInOneEmbeddings` in `allin1.models.allinone` (allin1 1.1.0).

use crate::linear::{Aligned, Isa, LANES};

use super::activation::double_norm;
use super::band_convolution::{BandConvolution, POINTS};
use super::configuration::{Configuration, EMBEDDING_KERNELS};
use super::convolution::{FirstConvolution, Margined};
use super::parameters::Parameters;

/// Frames of a window whose embeddings are computed: the third convolution's are one fewer at either
/// end than the lanes.
pub(super) const WINDOW_FRAMES: usize = LANES - 2;

/// Epsilon of the layer norm: torch's default, whatever the configuration says.
const NORM_EPSILON: f64 = 1e-5;

/// Frames that the first convolution takes.
const FRAME_TAPS: usize = EMBEDDING_KERNELS[0][0];

/// Frames that the first convolution reads.
const LINE: usize = LANES + FRAME_TAPS - 1;

/// The embedding's weights.
#[derive(Debug)]
pub(super) struct Embedding {
    first: FirstConvolution,
    second: BandConvolution,
    third: BandConvolution,
    gain: Vec<f64>,
    shift: Vec<f64>,
    bands: usize,
}

/// Working memory of the embedding.
#[derive(Debug)]
pub(super) struct Space {
    /// `[bands][LINE]`, a band's frames.
    lines: Vec<f32>,
    /// `[bands][3 frames][48]`.
    input: Aligned<f32>,
    first: Aligned<f64>,
    for_second: Aligned<f64>,
    second: Aligned<f64>,
    for_third: Margined,
    third: Aligned<f64>,
}

impl Space {
    /// Space for the embedding of a network.
    pub fn new(configuration: &Configuration) -> Self {
        let [_, a, b, c] = configuration.embedding_channels();
        let [after_first, after_second, after_third] = configuration.pooled_bands();
        let second = POINTS * BandConvolution::windows(1, after_second) * a;
        let third = POINTS * BandConvolution::windows(2, after_third) * b;
        Space {
            lines: vec![0.0; configuration.dim_input * LINE],
            input: Aligned::zeros(configuration.dim_input * FRAME_TAPS * LANES),
            first: Aligned::zeros(after_first * a * LANES),
            for_second: Aligned::zeros(second * LANES),
            second: Aligned::zeros(after_second * b * LANES),
            for_third: Margined::zeros(third),
            third: Aligned::zeros(after_third * c * LANES),
        }
    }
}

impl Embedding {
    /// The embedding of a network.
    pub fn of(parameters: &Parameters, configuration: &Configuration) -> Self {
        let [_, a, b, _] = configuration.embedding_channels();
        Embedding {
            first: FirstConvolution::of(parameters),
            second: BandConvolution::of(parameters, 1, a),
            third: BandConvolution::of(parameters, 2, b),
            gain: parameters.double("embeddings.norm.weight"),
            shift: parameters.double("embeddings.norm.bias"),
            bands: configuration.dim_input,
        }
    }

    /// Embeds the frames from `first` on, [`WINDOW_FRAMES`] at most, of a stem's spectrogram
    /// `[frames][bands]`. Beyond its ends, the spectrogram and each convolution's input count as zero.
    ///
    /// Returns `[width][48]`, where lane i holds frame `first` + i − 1.
    pub fn apply<'a>(
        &self,
        isa: Isa,
        spectrogram: &[f32],
        first: usize,
        space: &'a mut Space,
    ) -> &'a [f64] {
        let frames = spectrogram.len() / self.bands;
        // The frame of lane i, if there is one.
        let frame_of = |lane: usize, tap: usize| {
            (first + lane + tap).checked_sub(2).filter(|frame| *frame < frames)
        };
        for at in 0..LINE {
            let lines = space.lines.as_chunks_mut::<LINE>().0.iter_mut();
            match frame_of(at, 0) {
                Some(frame) => {
                    let values = &spectrogram[frame * self.bands..][..self.bands];
                    lines.zip(values).for_each(|(line, value)| line[at] = *value);
                }
                None => lines.for_each(|line| line[at] = 0.0),
            }
        }
        let input = space.input.chunks_mut(FRAME_TAPS * LANES);
        for (rows, line) in input.zip(space.lines.as_chunks::<LINE>().0) {
            for (tap, row) in rows.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                row.copy_from_slice(&line[tap..tap + LANES]);
            }
        }
        self.first.apply(isa, &space.input, &mut space.first);
        self.second.prepare(isa, &space.first, &mut space.for_second);
        self.second.apply(isa, &[&space.for_second], &mut space.second);
        for lane in 0..LANES {
            if frame_of(lane, 1).is_none() {
                for row in space.second.as_chunks_mut::<LANES>().0 {
                    row[lane] = 0.0;
                }
            }
        }
        self.third.prepare(isa, &space.second, space.for_third.rows_mut());
        self.third.apply(isa, &space.for_third.views(), &mut space.third);
        double_norm(isa, &mut space.third, &self.gain, &self.shift, NORM_EPSILON);
        &space.third
    }
}
