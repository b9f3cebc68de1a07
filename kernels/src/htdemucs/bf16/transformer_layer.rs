//! A layer of the transformer in one of its branches.
//!
//! Source: `demucs.transformer.MyTransformerEncoderLayer` and `CrossTransformerEncoderLayer` (demucs
//! 4.0.1), norms first.

use super::attention::{attend, store_keys, store_values};
use super::linear::PackedLinear;
use super::packing::pack_panels;
use crate::htdemucs::attention::{Heads, Memory};
use crate::htdemucs::configuration::Configuration;
use crate::htdemucs::context::{Arena, Scratch};
use crate::htdemucs::parameters::{Parameters, attention_name};
use crate::htdemucs::plane::clear_rest;
use crate::htdemucs::transformer::{ChannelChange, Layer, NORM_EPSILON, Norm};
use crate::linear::bf16::{Unit, pack_pairs};
use crate::linear::elementwise::{add_shifted, affine, affine_gelu, sums};
use crate::linear::{Isa, LANES, ROWS, TILE, single_layer_norm};

/// One layer in one branch.
#[derive(Debug)]
pub(super) struct PackedTransformerLayer {
    heads: Heads,
    width: usize,
    query_norm: Norm,
    /// The norm of the other branch's tokens, where the layer attends to them.
    memory_norm: Option<Norm>,
    query: PackedLinear,
    keys: PackedLinear,
    values: PackedLinear,
    projection: PackedLinear,
    hidden_norm: Norm,
    inner: PackedLinear,
    outer: PackedLinear,
    norm_out: Norm,
    hidden: usize,
}

impl Layer for PackedTransformerLayer {
    type Value = u32;
    type Change = PackedLinear;

    const NUMBERS: usize = 2;

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
        let in_attention = |part: &str| parameters.get(&format!("{attention}.{part}"));
        let (weight, bias) = (in_attention("in_proj_weight"), in_attention("in_proj_bias"));
        let input = |part: usize, scale: f64| {
            let at = |row: usize| heads.channel(row).map(|channel| part * width + channel);
            PackedLinear::new(
                heads.width(),
                width,
                |o, i| at(o).map_or(0.0, |o| scale * f64::from(weight[o * width + i])),
                |o| at(o).map_or(0.0, |o| scale * f64::from(bias[o])),
            )
        };
        let (out, out_bias) = (in_attention("out_proj.weight"), in_attention("out_proj.bias"));
        let (gain, hidden_gain) = (get("gamma_1.scale"), get("gamma_2.scale"));
        let (inner, inner_bias) = (get("linear1.weight"), get("linear1.bias"));
        let (outer, outer_bias) = (get("linear2.weight"), get("linear2.bias"));
        let norm = |part: &str| Norm::new(parameters, &format!("{name}.{part}"));
        PackedTransformerLayer {
            heads,
            width,
            query_norm: norm("norm1"),
            memory_norm: crosses.then(|| norm("norm2")),
            query: input(0, std::f64::consts::LOG2_E / (heads.channels as f64).sqrt()),
            keys: input(1, 1.0),
            values: input(2, 1.0),
            projection: PackedLinear::new(
                width,
                heads.width(),
                |o, row| match heads.channel(row) {
                    Some(i) => f64::from(gain[o]) * f64::from(out[o * width + i]),
                    None => 0.0,
                },
                |o| f64::from(gain[o]) * f64::from(out_bias[o]),
            ),
            hidden_norm: norm(if crosses { "norm3" } else { "norm2" }),
            inner: PackedLinear::new(
                hidden,
                width,
                |o, i| inner[o * width + i].into(),
                |o| inner_bias[o].into(),
            ),
            outer: PackedLinear::new(
                width,
                hidden,
                |o, i| f64::from(hidden_gain[o]) * f64::from(outer[o * hidden + i]),
                |o| f64::from(hidden_gain[o]) * f64::from(outer_bias[o]),
            ),
            norm_out: norm("norm_out"),
            hidden,
        }
    }

    fn norm_out(&self) -> &Norm {
        &self.norm_out
    }

    fn queries(&self, isa: Isa, tokens: &[f32], output: &mut [u32], scratch: &mut Scratch) {
        let size = self.heads.width() / 2 * LANES;
        let words = self.normed(isa, &self.query_norm, tokens, scratch);
        self.query.run(isa, words, |panel, first, tile, bias| {
            affine(isa, tile, &[1.0; ROWS], bias);
            let output = &mut output[panel * size + first / 2 * LANES..][..TILE / 2];
            pack_pairs(Unit::of(isa), tile, output);
        });
    }

    fn memory(
        &self,
        isa: Isa,
        tokens: &[f32],
        keys: &mut [u32],
        values: &mut [u32],
        scratch: &mut Scratch,
    ) {
        let size = self.heads.width() / 2 * LANES;
        let norm = self.memory_norm.as_ref().unwrap_or(&self.query_norm);
        let words = self.normed(isa, norm, tokens, scratch);
        self.keys.run(isa, words, |panel, first, tile, bias| {
            affine(isa, tile, &[1.0; ROWS], bias);
            store_keys(isa, self.heads, tile, first, &mut keys[panel * size..][..size]);
        });
        self.values.run(isa, words, |panel, first, tile, bias| {
            affine(isa, tile, &[1.0; ROWS], bias);
            store_values(isa, tile, first, &mut values[panel * size..][..size]);
        });
    }

    fn finish(
        &self,
        isa: Isa,
        (queries, memory): (&[u32], Memory<u32>),
        valid: &[usize],
        tokens: &mut [f32],
        sums_out: &mut [[f64; 2]],
        scratch: &mut Scratch,
    ) {
        let size = self.width * LANES;
        // The attention uses the other scratch memory.
        let mut words = std::mem::take(&mut scratch.words);
        let [attended] = words.pieces([queries.len()]);
        attend(isa, self.heads, queries, memory, attended, scratch);
        self.projection.run(isa, attended, |panel, first, tile, bias| {
            add_rows(isa, &self.projection, first, tile, bias, &mut tokens[panel * size..]);
        });
        scratch.words = words;
        let pairs = self.hidden.div_ceil(2) * LANES;
        let mut hidden_words = std::mem::take(&mut scratch.more_words);
        let [hidden] = hidden_words.pieces([valid.len() * pairs]);
        let normed = self.normed(isa, &self.hidden_norm, tokens, scratch);
        self.inner.run(isa, normed, |panel, first, tile, bias| {
            affine_gelu(isa, tile, &[1.0; ROWS], bias);
            let rows = self.inner.rows(first);
            let words = &mut hidden[panel * pairs + first / 2 * LANES..];
            pack_panels(isa, rows, &tile[..rows * LANES], &mut words[..rows.div_ceil(2) * LANES]);
        });
        self.outer.run(isa, hidden, |panel, first, tile, bias| {
            add_rows(isa, &self.outer, first, tile, bias, &mut tokens[panel * size..]);
        });
        scratch.more_words = hidden_words;
        for ((panel, valid), sum) in tokens.chunks_mut(size).zip(valid).zip(sums_out) {
            clear_rest(panel, *valid);
            *sum = sums(isa, panel);
        }
    }
}

impl PackedTransformerLayer {
    /// Normalises panels of tokens and packs them.
    fn normed<'a>(
        &self,
        isa: Isa,
        norm: &Norm,
        tokens: &[f32],
        scratch: &'a mut Scratch,
    ) -> &'a [u32] {
        let (size, pairs) = (self.width * LANES, self.width / 2 * LANES);
        let [normed] = scratch.single.pieces([size]);
        let [words] = scratch.words.pieces([tokens.len() / size * pairs]);
        for (tokens, words) in tokens.chunks(size).zip(words.chunks_mut(pairs)) {
            let epsilon = NORM_EPSILON as f32;
            single_layer_norm(isa, tokens, &norm.gain, &norm.shift, epsilon, normed);
            pack_pairs(Unit::of(isa), normed, words);
        }
        words
    }
}

impl ChannelChange for PackedLinear {
    fn new(
        outputs: usize,
        inputs: usize,
        weight: impl Fn(usize, usize) -> f64 + Sync,
        bias: impl Fn(usize) -> f64,
    ) -> Self {
        PackedLinear::new(outputs, inputs, weight, bias)
    }

    fn run(
        &self,
        isa: Isa,
        input: &[f32],
        (_, words): (&mut Arena<f32>, &mut Arena<u32>),
        take: impl FnMut(usize, usize, &mut [f32; TILE], &[f32]),
    ) {
        self.run_rounded(isa, input, words, take);
    }

    fn rows(&self, first: usize) -> usize {
        PackedLinear::rows(self, first)
    }
}

/// Adds a tile of a product and its bias to a panel.
fn add_rows(
    isa: Isa,
    linear: &PackedLinear,
    first: usize,
    tile: &[f32; TILE],
    bias: &[f32],
    panel: &mut [f32],
) {
    add_shifted(isa, &mut panel[first * LANES..][..linear.rows(first) * LANES], tile, bias);
}
