//! A layer of the transformer in one of its branches.
//!
//! Source: `demucs.transformer.MyTransformerEncoderLayer` and `CrossTransformerEncoderLayer` (demucs
//! 4.0.1), norms first.

use super::attention::{Heads, Memory, attend, store_keys, store_values};
use super::configuration::Configuration;
use super::context::{Arena, Scratch, Value};
use super::linear::Linear;
use super::parameters::{Parameters, attention_name};
use super::plane::clear_rest;
use super::transformer::{ChannelChange, Layer, NORM_EPSILON, Norm};
use crate::linear::elementwise::{add, affine, affine_gelu, sums};
use crate::linear::{Isa, LANES, ROWS, TILE, layer_norm};

/// Hidden channels that are computed at a time, so that they stay in the second cache.
const HIDDEN: usize = 512;

/// One layer in one branch.
#[derive(Debug)]
pub(super) struct TransformerLayer {
    heads: Heads,
    width: usize,
    query_norm: Norm,
    /// The norm of the other branch's tokens, where the layer attends to them.
    memory_norm: Option<Norm>,
    query: Linear,
    keys: Linear,
    values: Linear,
    projection: Linear,
    hidden_norm: Norm,
    /// To some hidden channels and back, block by block; the last bias is the first block's.
    blocks: Vec<[Linear; 2]>,
    norm_out: Norm,
}

impl Layer for TransformerLayer {
    type Value = f32;
    type Change = Linear;

    const NUMBERS: usize = 1;

    fn new(
        parameters: &Parameters,
        configuration: &Configuration,
        name: &str,
        crosses: bool,
    ) -> Self {
        let heads = Heads::new(configuration);
        let (width, hidden) = (configuration.width(), configuration.hidden_width());
        let attention = format!("{name}.{}", attention_name(crosses));
        let get = |part: &str| parameters.get(&format!("{name}.{part}"));
        let weight = parameters.get(&format!("{attention}.in_proj_weight"));
        let bias = parameters.get(&format!("{attention}.in_proj_bias"));
        let input = |part: usize, scale: f64| {
            let at = |row: usize| heads.channel(row).map(|channel| part * width + channel);
            Linear::new(
                heads.width(),
                width,
                |o, i| at(o).map_or(0.0, |o| scale * f64::from(weight[o * width + i])),
                |o| at(o).map_or(0.0, |o| scale * f64::from(bias[o])),
            )
        };
        let scaled = |layer: &str,
                      scale: &[f32],
                      inputs: usize,
                      at: &(dyn Fn(usize) -> Option<usize> + Sync)| {
            let weight = parameters.get(&format!("{layer}.weight"));
            let bias = parameters.get(&format!("{layer}.bias"));
            let stride = weight.len() / width;
            Linear::new(
                width,
                inputs,
                |o, i| {
                    let weight = at(i).map_or(0.0, |i| weight[o * stride + i]);
                    f64::from(scale[o]) * f64::from(weight)
                },
                |o| f64::from(scale[o]) * f64::from(bias[o]),
            )
        };
        let (inner, inner_bias) = (get("linear1.weight"), get("linear1.bias"));
        let blocks = (0..hidden).step_by(HIDDEN).map(|first| {
            let count = HIDDEN.min(hidden - first);
            let inner = Linear::new(
                count,
                width,
                |o, i| inner[(first + o) * width + i].into(),
                |o| inner_bias[first + o].into(),
            );
            let outer = scaled(&format!("{name}.linear2"), get("gamma_2.scale"), count, &|i| {
                Some(first + i)
            });
            [inner, if first == 0 { outer } else { outer.without_bias() }]
        });
        let norm = |part: &str| Norm::new(parameters, &format!("{name}.{part}"));
        TransformerLayer {
            heads,
            width,
            query_norm: norm("norm1"),
            memory_norm: crosses.then(|| norm("norm2")),
            query: input(0, std::f64::consts::LOG2_E / (heads.channels as f64).sqrt()),
            keys: input(1, 1.0),
            values: input(2, 1.0),
            projection: scaled(
                &format!("{attention}.out_proj"),
                get("gamma_1.scale"),
                heads.width(),
                &|row| heads.channel(row),
            ),
            hidden_norm: norm(if crosses { "norm3" } else { "norm2" }),
            blocks: blocks.collect(),
            norm_out: norm("norm_out"),
        }
    }

    fn norm_out(&self) -> &Norm {
        &self.norm_out
    }

    fn queries(&self, isa: Isa, tokens: &[f32], output: &mut [f32], scratch: &mut Scratch) {
        let size = self.heads.width() * LANES;
        let [normed] = scratch.single.pieces([tokens.len()]);
        self.norm(isa, &self.query_norm, tokens, normed);
        self.query.run(isa, normed, &mut scratch.pairs, |panel, first, tile, bias| {
            affine(isa, tile, &[1.0; ROWS], bias);
            output[panel * size + first * LANES..][..TILE].copy_from_slice(tile);
        });
    }

    fn memory(
        &self,
        isa: Isa,
        tokens: &[f32],
        keys: &mut [f32],
        values: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let size = self.heads.width() * LANES;
        let [normed] = scratch.single.pieces([tokens.len()]);
        self.norm(isa, self.memory_norm.as_ref().unwrap_or(&self.query_norm), tokens, normed);
        self.keys.run(isa, normed, &mut scratch.pairs, |panel, first, tile, bias| {
            affine(isa, tile, &[1.0; ROWS], bias);
            store_keys(self.heads, tile, first, &mut keys[panel * size..][..size]);
        });
        self.values.run(isa, normed, &mut scratch.pairs, |panel, first, tile, bias| {
            affine(isa, tile, &[1.0; ROWS], bias);
            store_values(tile, first, &mut values[panel * size..][..size]);
        });
    }

    fn finish(
        &self,
        isa: Isa,
        (queries, memory): (&[f32], Memory),
        valid: &[usize],
        tokens: &mut [f32],
        sums_out: &mut [[f64; 2]],
        scratch: &mut Scratch,
    ) {
        let size = self.width * LANES;
        let mut row = f32::take_row(scratch, queries.len());
        let attended = &mut row[..queries.len()];
        attend(isa, self.heads, queries, memory, attended, &mut scratch.single);
        self.projection.run(isa, attended, &mut scratch.pairs, |panel, first, tile, bias| {
            add_rows(isa, &self.projection, first, tile, bias, &mut tokens[panel * size..]);
        });
        *f32::row(scratch) = row;
        let [normed, hidden, total] =
            scratch.single.pieces([tokens.len(), valid.len() * HIDDEN * LANES, tokens.len()]);
        self.norm(isa, &self.hidden_norm, tokens, normed);
        total.fill(0.0);
        for [inner, outer] in &self.blocks {
            let channels = outer.inputs();
            inner.run(isa, normed, &mut scratch.pairs, |panel, first, tile, bias| {
                affine_gelu(isa, tile, &[1.0; ROWS], bias);
                let count = inner.rows(first) * LANES;
                hidden[(panel * channels + first) * LANES..][..count]
                    .copy_from_slice(&tile[..count]);
            });
            let hidden = &hidden[..valid.len() * channels * LANES];
            outer.run(isa, hidden, &mut scratch.pairs, |panel, first, tile, bias| {
                add_rows(isa, outer, first, tile, bias, &mut total[panel * size..]);
            });
        }
        add(isa, tokens, total);
        for ((panel, valid), sum) in tokens.chunks_mut(size).zip(valid).zip(sums_out) {
            clear_rest(panel, *valid);
            *sum = sums(isa, panel);
        }
    }
}

impl TransformerLayer {
    fn norm(&self, isa: Isa, norm: &Norm, tokens: &[f32], output: &mut [f32]) {
        let size = self.width * LANES;
        for (tokens, output) in tokens.chunks(size).zip(output.chunks_mut(size)) {
            layer_norm(isa, tokens, &norm.gain, &norm.shift, NORM_EPSILON, output);
        }
    }
}

impl ChannelChange for Linear {
    fn new(
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize) -> f64 + Sync,
        bias: impl Fn(usize) -> f64,
    ) -> Self {
        Linear::new(outputs, inputs, weight, bias)
    }

    fn run(
        &self,
        isa: Isa,
        input: &[f32],
        (pairs, _): (&mut Arena<f32>, &mut Arena<u32>),
        take: impl FnMut(usize, usize, &mut [f32; TILE], &[f32]),
    ) {
        Linear::run(self, isa, input, pairs, take);
    }

    fn rows(&self, first: usize) -> usize {
        Linear::rows(self, first)
    }
}

/// Adds a tile of a product and its bias to a panel.
fn add_rows(
    isa: Isa,
    linear: &Linear,
    first: usize,
    tile: &mut [f32; TILE],
    bias: &[f32],
    panel: &mut [f32],
) {
    affine(isa, tile, &[1.0; ROWS], bias);
    add(isa, &mut panel[first * LANES..][..linear.rows(first) * LANES], tile);
}
