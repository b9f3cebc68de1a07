//! The cross-domain transformer between the encoders and the decoders.
//!
//! Tokens lie as the planes do, `[panels][channels][48]`, so nothing is ever transposed. Each layer is two
//! passes over the panels, since only keys and values and the last norm need all tokens: first that
//! norm's end, queries, keys and values, then everything else.
//!
//! Source: `demucs.transformer.CrossTransformerEncoder` (demucs 4.0.1).

use rayon::prelude::*;

use super::attention::{Heads, Memory};
use super::configuration::Configuration;
use super::context::{Arena, Context, Scratch};
use super::parameters::Parameters;
use super::plane::{Plane, clear_rest, valid};
use super::position_embeddings::{embed_moment, embed_place};
use crate::linear::elementwise::{add, affine};
use crate::linear::{Aligned, Isa, LANES, ROWS, TILE, layer_norm};

/// Panels of tokens that make one task.
const PANELS: usize = 2;

/// Tokens, and the sums of each panel's values and of their squares.
type Work = (Aligned<f32>, Vec<[f64; 2]>);

/// Epsilon of the layer norms, torch's default.
pub(super) const NORM_EPSILON: f64 = 1e-5;

/// Gain and shift of a norm, a number each channel.
#[derive(Debug)]
pub(super) struct Norm {
    pub gain: Vec<f32>,
    pub shift: Vec<f32>,
}

impl Norm {
    pub fn new(parameters: &Parameters, name: &str) -> Self {
        Norm {
            gain: parameters.get(&format!("{name}.weight")).to_vec(),
            shift: parameters.get(&format!("{name}.bias")).to_vec(),
        }
    }
}

/// One layer in one branch, in one precision.
pub(super) trait Layer: std::fmt::Debug + Sized + Send + Sync {
    /// Element of queries, keys and values.
    type Value: Copy + Default + std::fmt::Debug + Send + Sync;

    /// The products that change the number of channels before the first layer and after the last.
    type Change: ChannelChange;

    /// Numbers in a [`Layer::Value`].
    const NUMBERS: usize;

    /// The layer of a name such as `crosstransformer.layers_t.1`.
    fn new(
        parameters: &Parameters,
        configuration: &Configuration,
        name: &str,
        crosses: bool,
    ) -> Self;

    /// The norm over all tokens and channels at the end.
    fn norm_out(&self) -> &Norm;

    /// The queries of some panels of tokens.
    fn queries(&self, isa: Isa, tokens: &[f32], output: &mut [Self::Value], scratch: &mut Scratch);

    /// Keys and values of some panels of tokens, of this branch or of the other.
    fn memory(
        &self,
        isa: Isa,
        tokens: &[f32],
        keys: &mut [Self::Value],
        values: &mut [Self::Value],
        scratch: &mut Scratch,
    );

    /// All the rest, up to the last norm: attention, hidden layer, and both sums. `sums_out` receives for
    /// each panel the sum of its values and that of their squares.
    fn finish(
        &self,
        isa: Isa,
        attention: (&[Self::Value], Memory<Self::Value>),
        valid: &[usize],
        tokens: &mut [f32],
        sums_out: &mut [[f64; 2]],
        scratch: &mut Scratch,
    );
}

/// A product of panels of tokens.
pub(super) trait ChannelChange: std::fmt::Debug + Sized + Send + Sync {
    /// From `weight(output, input)` and `bias(output)`, in double precision.
    fn new(
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize) -> f64 + Sync,
        bias: impl Fn(usize) -> f64,
    ) -> Self;

    /// Computes all outputs for some panels `[inputs][48]`, the bias not yet added, and hands them to
    /// `take(panel, first output, rows, bias)`. The scratch memory is for operands of either precision.
    fn run(
        &self,
        isa: Isa,
        input: &[f32],
        scratch: (&mut Arena<f32>, &mut Arena<u32>),
        take: impl FnMut(usize, usize, &mut [f32; TILE], &[f32]),
    );

    /// Rows of a tile that are outputs, from the given one on.
    fn rows(&self, first: usize) -> usize;
}

/// One branch: its weights and the memory it works in.
#[derive(Debug)]
pub(super) struct Branch<L: Layer> {
    layers: Vec<L>,
    norm_in: Norm,
    change: Option<[L::Change; 2]>,
    /// Position embeddings `[panels][width][48]`.
    positions: Aligned<f32>,
    /// Tokens of each panel that are real.
    valid: Vec<usize>,
    /// `[panels][width][48]`, up to the last layer's norm.
    tokens: Aligned<f32>,
    queries: Aligned<L::Value>,
    keys: Aligned<L::Value>,
    values: Aligned<L::Value>,
    sums: Vec<[f64; 2]>,
    /// Scale and shift of each channel by the last layer's norm.
    norm: Option<[Vec<f32>; 2]>,
    width: usize,
}

impl<L: Layer> Branch<L> {
    /// The branch for planes of `rows` × `length`; `suffix` is empty or `_t`.
    pub fn new(
        parameters: &Parameters,
        configuration: &Configuration,
        suffix: &str,
        rows: usize,
        length: usize,
    ) -> Self {
        let width = configuration.width();
        let last = configuration.encoder_channels().pop().unwrap_or(width);
        let strips = length.div_ceil(LANES);
        let panels = rows * strips;
        let change = |name: &str, outputs: usize, inputs: usize| {
            let weight = parameters.get(&format!("{name}{suffix}.weight"));
            let bias = parameters.get(&format!("{name}{suffix}.bias"));
            L::Change::new(
                outputs,
                inputs,
                |o, i| weight[o * inputs + i].into(),
                |o| bias[o].into(),
            )
        };
        let layers = (0..configuration.t_layers)
            .map(|i| {
                let name = format!("crosstransformer.layers{suffix}.{i}");
                L::new(parameters, configuration, &name, i % 2 == 1)
            })
            .collect();
        let period = configuration.t_max_period;
        let mut positions = Aligned::zeros(panels * width * LANES);
        for (at, value) in positions.iter_mut().enumerate() {
            let (panel, channel, lane) = (at / LANES / width, at / LANES % width, at % LANES);
            let position = panel % strips * LANES + lane;
            let embedding = if suffix.is_empty() {
                embed_place([panel / strips, position], channel, width, period)
            } else {
                embed_moment(position, channel, width, period)
            };
            *value = (configuration.t_weight_pos_embed * embedding) as f32;
        }
        let padded = panels * Heads::new(configuration).width() / L::NUMBERS * LANES;
        Branch {
            layers,
            norm_in: Norm::new(parameters, &format!("crosstransformer.norm_in{suffix}")),
            change: (configuration.bottom_channels != 0).then(|| {
                [
                    change("channel_upsampler", width, last),
                    change("channel_downsampler", last, width),
                ]
            }),
            positions,
            valid: (0..panels).map(|panel| valid(length, panel % strips)).collect(),
            tokens: Aligned::zeros(panels * width * LANES),
            queries: Aligned::zeros(padded),
            keys: Aligned::zeros(padded),
            values: Aligned::zeros(padded),
            sums: vec![[0.0; 2]; panels],
            norm: None,
            width,
        }
    }

    /// Tokens from the last encoder's output.
    fn start(&mut self, context: &Context, input: &Plane<f32>) {
        let (isa, size, from) = (context.isa, self.width * LANES, input.panel_size());
        let (change, norm) = (&self.change, &self.norm_in);
        self.norm = None;
        self.tokens
            .par_chunks_mut(PANELS * size)
            .zip(input.values().par_chunks(PANELS * from))
            .zip(self.positions.par_chunks(PANELS * size))
            .with_max_len(1)
            .for_each(|((tokens, input), positions)| {
                context.with_scratch(|scratch| {
                    let [changed] = scratch.single.pieces([tokens.len()]);
                    match change {
                        None => changed.copy_from_slice(input),
                        Some([up, _]) => {
                            let memory = (&mut scratch.pairs, &mut scratch.words);
                            up.run(isa, input, memory, |panel, first, tile, bias| {
                                affine(isa, tile, &[1.0; ROWS], bias);
                                let count = up.rows(first) * LANES;
                                changed[panel * size + first * LANES..][..count]
                                    .copy_from_slice(&tile[..count]);
                            });
                        }
                    }
                    for (changed, tokens) in changed.chunks(size).zip(tokens.chunks_mut(size)) {
                        layer_norm(isa, changed, &norm.gain, &norm.shift, NORM_EPSILON, tokens);
                    }
                    add(isa, tokens, positions);
                });
            });
    }

    /// Ends the layer before, and makes this branch's queries for layer `index`, and keys and values for
    /// that of `reader`, this branch or the other.
    fn prepare(&mut self, context: &Context, query: &L, reader: &L) {
        let (isa, size, padded) =
            (context.isa, PANELS * self.width * LANES, PANELS * self.padded());
        let (norm, width) = (&self.norm, self.width);
        self.tokens
            .par_chunks_mut(size)
            .zip(self.queries.par_chunks_mut(padded))
            .zip(self.keys.par_chunks_mut(padded))
            .zip(self.values.par_chunks_mut(padded))
            .with_max_len(1)
            .for_each(|(((tokens, queries), keys), values)| {
                if let Some([scale, shift]) = norm {
                    for tokens in tokens.chunks_mut(width * LANES) {
                        affine(isa, tokens, scale, shift);
                    }
                }
                context.with_scratch(|scratch| {
                    query.queries(isa, tokens, queries, scratch);
                    reader.memory(isa, tokens, keys, values, scratch);
                });
            });
        self.norm = None;
    }

    /// Elements of a panel of queries.
    fn padded(&self) -> usize {
        self.queries.len() / self.valid.len()
    }

    /// Takes out what a pass changes, so that the other branch can be read meanwhile.
    fn take_work(&mut self) -> Work {
        (std::mem::replace(&mut self.tokens, Aligned::zeros(0)), std::mem::take(&mut self.sums))
    }

    /// Puts back what was taken out, with what the last norm does.
    fn put_back(&mut self, (tokens, sums): Work, norm: [Vec<f32>; 2]) {
        (self.tokens, self.sums, self.norm) = (tokens, sums, Some(norm));
    }

    fn memory(&self) -> Memory<'_, L::Value> {
        Memory { keys: &self.keys, values: &self.values, valid: &self.valid }
    }

    /// Everything up to the last norm, whose scale and shift come out.
    fn finish(
        &self,
        context: &Context,
        index: usize,
        memory: Memory<L::Value>,
        (tokens, sums): &mut Work,
    ) -> [Vec<f32>; 2] {
        let layer = &self.layers[index];
        tokens
            .par_chunks_mut(PANELS * self.width * LANES)
            .zip(self.queries.par_chunks(PANELS * self.padded()))
            .zip(self.valid.par_chunks(PANELS))
            .zip(sums.par_chunks_mut(PANELS))
            .with_max_len(1)
            .for_each(|(((tokens, queries), valid), sums)| {
                context.with_scratch(|scratch| {
                    let attention = (queries, memory);
                    layer.finish(context.isa, attention, valid, tokens, sums, scratch);
                });
            });
        let count = (self.valid.iter().sum::<usize>() * self.width) as f64;
        let total = sums.iter().fold([0.0; 2], |a, b| [a[0] + b[0], a[1] + b[1]]);
        let mean = total[0] / count;
        let inverse = 1.0 / (total[1] / count - mean * mean + NORM_EPSILON).sqrt();
        let Norm { gain, shift } = layer.norm_out();
        let scale = gain.iter().map(|gain| f64::from(*gain) * inverse);
        let shift = shift
            .iter()
            .zip(gain)
            .map(|(shift, gain)| (f64::from(*shift) - mean * inverse * f64::from(*gain)) as f32);
        [scale.map(|scale| scale as f32).collect(), shift.collect()]
    }

    /// Ends the last layer; `self.tokens` are then the transformer's output.
    fn end(&mut self, context: &Context) {
        let size = self.width * LANES;
        if let Some([scale, shift]) = self.norm.take() {
            self.tokens
                .par_chunks_mut(size)
                .for_each(|tokens| affine(context.isa, tokens, &scale, &shift));
        }
    }

    /// Adds the output to a plane, its channels changed back.
    pub fn add_to(&self, context: &Context, output: &mut Plane<f32>) {
        let (isa, size, to) = (context.isa, self.width * LANES, output.panel_size());
        output
            .values_mut()
            .par_chunks_mut(PANELS * to)
            .zip(self.tokens.par_chunks(PANELS * size))
            .zip(self.valid.par_chunks(PANELS))
            .with_max_len(1)
            .for_each(|((output, tokens), valid)| {
                match &self.change {
                    None => add(isa, output, tokens),
                    Some([_, down]) => context.with_scratch(|scratch| {
                        let memory = (&mut scratch.pairs, &mut scratch.words);
                        down.run(isa, tokens, memory, |panel, first, tile, bias| {
                            affine(isa, tile, &[1.0; ROWS], bias);
                            let count = down.rows(first) * LANES;
                            add(isa, &mut output[panel * to + first * LANES..][..count], tile);
                        });
                    }),
                }
                for (output, valid) in output.chunks_mut(to).zip(valid) {
                    clear_rest(output, *valid);
                }
            });
    }

    /// The output's tokens `[tokens, channels]`.
    pub fn tokens(&self) -> Vec<f32> {
        let mut list = Vec::new();
        for (panel, valid) in self.tokens.chunks(self.width * LANES).zip(&self.valid) {
            for lane in 0..*valid {
                list.extend((0..self.width).map(|channel| panel[channel * LANES + lane]));
            }
        }
        list
    }
}

/// Runs both branches; their outputs are then in them.
pub(super) fn run<L: Layer>(
    context: &Context,
    [x, xt]: [&mut Branch<L>; 2],
    [input, input_t]: [&Plane<f32>; 2],
) {
    x.start(context, input);
    xt.start(context, input_t);
    for index in 0..x.layers.len() {
        let layers = [std::mem::take(&mut x.layers), std::mem::take(&mut xt.layers)];
        let [layer, layer_t] = [&layers[0][index], &layers[1][index]];
        let crosses = index % 2 == 1;
        let [reader, reader_t] = if crosses { [layer_t, layer] } else { [layer, layer_t] };
        x.prepare(context, layer, reader);
        xt.prepare(context, layer_t, reader_t);
        [x.layers, xt.layers] = layers;
        let [mut work, mut work_t] = [x.take_work(), xt.take_work()];
        let [from, from_t] = if crosses { [&*xt, &*x] } else { [&*x, &*xt] };
        let norm = x.finish(context, index, from.memory(), &mut work);
        let norm_t = xt.finish(context, index, from_t.memory(), &mut work_t);
        x.put_back(work, norm);
        xt.put_back(work_t, norm_t);
    }
    x.end(context);
    xt.end(context);
}
