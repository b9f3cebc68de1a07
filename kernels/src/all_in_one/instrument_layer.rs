//! The second layer of a block: an attention over a window of 5 instruments by 5 frames.
//!
//! If there are fewer than five instruments, upstream appends rows of zeros, and the window always
//! spans all five rows. The appended keys are zero wherever the query is, so they are joined to a
//! single one whose bias is the logarithm of the sum of the exponentials of theirs.
//!
//! Source: `DinatLayer2d` in `allin1.models.dinat` (allin1 1.1.0); `natten2dqkrpb` of NATTEN 0.14.6.

use crate::linear::keys::{Keys, STRIPS, Start};
use crate::linear::{Aligned, Isa, LANES};

use super::attention::{self, Attention};
use super::configuration::{Configuration, INSTRUMENT_KERNEL as KERNEL};
use super::dense::Norm;
use super::parameters::Parameters;
use super::perceptron::{self, Perceptron};
use super::plane::Plane;
use super::windows::{Run, Windows};

/// Tiles that a tile is computed from: the one before it, itself, and the one behind it.
pub(super) const AROUND: usize = 3;

/// The tile itself among them.
const OWN: usize = 1;

/// Offsets of a key to its query along one axis.
const OFFSETS: usize = 2 * KERNEL - 1;

/// The layer's weights.
#[derive(Debug)]
pub(super) struct InstrumentLayer {
    /// The norm before the attention.
    pub norm: Norm,
    attention: Attention,
    perceptron: Perceptron,
    /// `[instruments][heads][slots][frames of the window before the query]`, base 2.
    biases: Vec<[f32; KERNEL]>,
    slots: usize,
}

/// Working memory of the layer.
#[derive(Debug)]
pub(super) struct Space {
    runs: Vec<Run>,
    keys: Aligned<f32>,
    starts: Vec<Start>,
    attention: attention::Space,
    attended: Aligned<f32>,
    /// What was rounded off of `attended`.
    rest: Aligned<f32>,
    perceptron: perceptron::Space,
}

impl Space {
    /// Space for the instrument layers of a network.
    pub fn new(configuration: &Configuration) -> Self {
        let (width, instruments) = (configuration.dim_embed, configuration.num_instruments);
        let keys = KERNEL * instruments;
        Space {
            runs: Vec::new(),
            keys: Aligned::zeros(Plane::copied_size(keys, width)),
            starts: vec![Start::default(); STRIPS * keys],
            attention: attention::Space::new(configuration, slots(instruments)),
            attended: Aligned::zeros(width * LANES),
            rest: Aligned::zeros(width * LANES),
            perceptron: perceptron::Space::new(width, configuration.hidden_width(width)),
        }
    }
}

/// Scores of a query: one a key, and one for the appended keys where there are any.
fn slots(instruments: usize) -> usize {
    KERNEL * instruments + usize::from(instruments < KERNEL)
}

impl InstrumentLayer {
    /// The instrument layer of a block.
    pub fn of(parameters: &Parameters, block: usize, configuration: &Configuration) -> Self {
        let name = format!("encoder.layers.{block}.instlayer");
        let epsilon = configuration.layer_norm_eps;
        let attention = Attention::of(parameters, &format!("{name}.attention"), configuration);
        let instruments = configuration.num_instruments;
        let mut biases = Vec::new();
        for instrument in 0..instruments {
            for head in 0..configuration.num_heads {
                biases.extend(biases_of(attention.biases(head), instrument, instruments));
            }
        }
        InstrumentLayer {
            norm: Norm::of(parameters, &format!("{name}.layernorm_before"), epsilon),
            attention,
            perceptron: Perceptron::of(parameters, &name, epsilon),
            biases,
            slots: slots(instruments),
        }
    }

    /// Computes a tile: `x` `[instruments][width][48]` in place, from the normed rows of the tile before it, of itself
    /// and of the tile behind it, which are `around`; lanes beyond `frames` are zero.
    pub fn apply(
        &self,
        isa: Isa,
        around: &Plane,
        tile: usize,
        frames: usize,
        x: &mut [f32],
        space: &mut Space,
    ) {
        let Space { runs, keys, starts, attention, attended, rest, perceptron } = space;
        let size = around.panel_size();
        let windows = Windows { padded_frames: frames.max(KERNEL), dilation: 1, kernel: KERNEL };
        windows.runs(tile * LANES, runs);
        for run in runs.iter() {
            for key in 0..KERNEL * around.instruments {
                let first = tile * LANES + run.lanes.start;
                let frame = windows.key_frame(first, run.before, key % KERNEL);
                // A window reaches over a few frames only.
                let place = [key / KERNEL, frame + OWN * LANES - tile * LANES, key];
                if run.lanes.len() == LANES {
                    around.find(isa, place, keys, starts);
                } else {
                    around.copy_frames(place, run.lanes.clone(), keys, starts);
                }
            }
        }
        let keys = Keys { sources: [around.all(), keys], starts, width: around.width };
        let biases = self.biases.chunks(self.biases.len() / around.instruments);
        for ((instrument, biases), x) in biases.enumerate().zip(x.chunks_mut(size)) {
            let scores = attention.scores.as_chunks_mut::<LANES>().0;
            for (scores, biases) in scores.iter_mut().zip(biases) {
                for run in runs.iter() {
                    scores[run.lanes.clone()].fill(biases[run.before]);
                }
            }
            let own = around.panel(OWN, instrument);
            self.attention.apply(isa, own, &keys, self.slots, x, [attended, rest], attention);
            self.perceptron.apply(isa, attended, [attended, rest], x, perceptron);
        }
    }
}

/// The biases of an instrument's scores, `[slots][frames of the window before the query]`, from a
/// head's table `[9][9]` of instrument and frame offsets from −4 to 4.
fn biases_of(table: &[f64], instrument: usize, instruments: usize) -> Vec<[f32; KERNEL]> {
    let entry = |other: usize, before: usize, frame: usize| {
        table[(other + KERNEL - 1 - instrument) * OFFSETS + frame + KERNEL - 1 - before]
    };
    let mut biases = Vec::new();
    for other in 0..instruments {
        for frame in 0..KERNEL {
            biases.push(std::array::from_fn(|before| entry(other, before, frame) as f32));
        }
    }
    if instruments < KERNEL {
        biases.push(std::array::from_fn(|before| {
            let total: f64 = (instruments..KERNEL)
                .flat_map(|other| (0..KERNEL).map(move |frame| (other, frame)))
                .map(|(other, frame)| entry(other, before, frame).exp2())
                .sum();
            total.log2() as f32
        }));
    }
    biases
}
