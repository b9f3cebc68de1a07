//! An attention whose weights are multiplied out beforehand.
//!
//! With head h's query, key and value maps Q, K, V and its part O of the output map, a score
//! (Q x + q)·(K y + k) / √s is (Kᵀ(Q x + q) / √s)·y plus a term that is the same for all keys, which the
//! softmax does not change with; and the output is Σ O V (Σ p y) + (Σ O v + o), as the probabilities p sum to
//! one. So keys and values need no projection: both are the rows y themselves, and a zero row
//! (upstream's padding) has score and value zero. Scores are in base 2, which saves a multiplication.
//!
//! Source: `_NeighborhoodAttentionNd` in `allin1.models.dinat` (allin1 1.1.0).

use std::f64::consts::LOG2_E;

use crate::linear::keys::{self, Keys};
use crate::linear::{Aligned, Isa, LANES};

use super::configuration::Configuration;
use super::dense::Dense;
use super::parameters::Parameters;

/// The multiplied-out weights of an attention; products in double precision, rounded once.
#[derive(Debug)]
pub(super) struct Attention {
    /// From a row to its queries, `[heads · width]`.
    queries: Dense,
    /// From the heads' sums of rows to the output.
    output: Dense,
    /// `[heads][entries]` position biases, base 2.
    biases: Vec<f64>,
    heads: usize,
}

/// Working memory of an attention.
#[derive(Debug)]
pub(super) struct Space {
    queries: Aligned<f32>,
    sums: Aligned<f32>,
    /// `[heads][slots][48]`, where the caller puts the position biases.
    pub scores: Aligned<f32>,
}

impl Space {
    /// Space for attentions with up to `slots` keys a query.
    pub fn new(configuration: &Configuration, slots: usize) -> Self {
        let rows = configuration.num_heads * configuration.dim_embed;
        Space {
            queries: Aligned::zeros(rows * LANES),
            sums: Aligned::zeros(rows * LANES),
            scores: Aligned::zeros(configuration.num_heads * slots * LANES),
        }
    }
}

impl Attention {
    /// The attention of upstream's name.
    pub fn of(parameters: &Parameters, name: &str, configuration: &Configuration) -> Self {
        let (heads, width) = (configuration.num_heads, configuration.dim_embed);
        let part = |suffix: &str| parameters.double(&format!("{name}.{suffix}"));
        let [query, query_bias] = [part("self.query.weight"), part("self.query.bias")];
        let [key, value] = [part("self.key.weight"), part("self.value.weight")];
        let [value_bias, output] = [part("self.value.bias"), part("output.dense.weight")];
        let size = width / heads;
        let scale = LOG2_E / (size as f64).sqrt();
        let mut queries = vec![0.0; heads * width * width];
        let mut queries_bias = vec![0.0; heads * width];
        let mut outputs = vec![0.0; width * heads * width];
        let mut outputs_bias = part("output.dense.bias");
        for head in 0..heads {
            for channel in head * size..(head + 1) * size {
                for to in 0..width {
                    let key = scale * key[channel * width + to];
                    let row = head * width + to;
                    queries_bias[row] += key * query_bias[channel];
                    let out = output[to * width + channel];
                    outputs_bias[to] += out * value_bias[channel];
                    for from in 0..width {
                        queries[row * width + from] += key * query[channel * width + from];
                        outputs[to * heads * width + head * width + from] +=
                            out * value[channel * width + from];
                    }
                }
            }
        }
        Attention {
            queries: Dense::new(heads * width, width, &queries, &queries_bias),
            output: Dense::new(width, heads * width, &outputs, &outputs_bias),
            biases: part("self.rpb").iter().map(|bias| bias * LOG2_E).collect(),
            heads,
        }
    }

    /// The position biases of a head, base 2.
    pub fn biases(&self, head: usize) -> &[f64] {
        let entries = self.biases.len() / self.heads;
        &self.biases[head * entries..(head + 1) * entries]
    }

    /// `y + rest = x + attention`: `own` `[width][48]` the queries' rows, `keys` those in their windows; the
    /// first of the `slots` scores of each head are the keys', others have a value of zero.
    #[allow(clippy::too_many_arguments)]
    pub fn apply(
        &self,
        isa: Isa,
        own: &[f32],
        keys: &Keys,
        slots: usize,
        x: &[f32],
        [y, rest]: [&mut [f32]; 2],
        space: &mut Space,
    ) {
        let Space { queries, sums, scores } = space;
        let scores = &mut scores[..self.heads * slots * LANES];
        self.queries.apply(isa, own, queries);
        keys::attend(isa, queries, keys, scores, slots, sums);
        self.output.apply_with_shortcut(isa, sums, x, y, rest);
    }
}
