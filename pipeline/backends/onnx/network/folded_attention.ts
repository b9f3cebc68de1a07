/**
 * The weights of an attention, multiplied out beforehand.
 *
 * With head h's query, key and value maps Q, K, V and its part O of the output map, a score (Q x + q)·(K y + k) / √s is
 * (Kᵀ(Q x + q) / √s)·y plus a term that is the same for all keys, which the softmax does not see; and the output is
 * Σ O V (Σ p y) + (Σ O v + o), as the probabilities p sum to one. So keys and values need no projection at all: both are the
 * rows y themselves, and a zero row (upstream's padding) has score and value zero.
 *
 * @module
 */

import { type Tensor, tensor } from "../../../../core/tensor.ts";
import { type Checkpoint, INSTRUMENT_KERNEL } from "../../../../models/all_in_one/parameters.ts";
import { JOINED_ENTRY } from "./instrument_blocks.ts";

/** The bias of keys that are not seen; its exponential is zero beside any other. */
const UNSEEN = -1e9;

/** An attention's weights as its graph uses them; products in float64, rounded once. */
export interface FoldedAttention {
  /** Number of heads. */
  readonly heads: number;
  /** Channels of a row. */
  readonly width: number;
  /** [width, heads · width] f32, from a row to its queries. */
  readonly queryWeight: Tensor<"f32">;
  /** [heads · width] f32. */
  readonly queryBias: Tensor<"f32">;
  /** [heads · width, width] f32, from the heads' sums of rows to the output. */
  readonly outputWeight: Tensor<"f32">;
  /** [width] f32. */
  readonly outputBias: Tensor<"f32">;
  /** [entries, heads] f32, what the plan of the attention refers to. */
  readonly biasTable: Tensor<"f32">;
}

/**
 * Multiplies out an attention's weights.
 *
 * @param checkpoint where they are
 * @param name the attention's module, such as `encoder.layers.0.timelayer.attention`
 * @returns the folded weights; the bias table is that of `planTimeAttention` or `planInstrumentAttention`
 */
export function foldAttention(checkpoint: Checkpoint, name: string): FoldedAttention {
  const { numHeads: heads, dimEmbed: width, numInstruments } = checkpoint.configuration;
  const part = (suffix: string): Float32Array => checkpoint.tensors.get(`${name}.${suffix}`)!.data;
  const [query, queryOffset] = [part("self.query.weight"), part("self.query.bias")];
  const [key, value] = [part("self.key.weight"), part("self.value.weight")];
  const [valueOffset, output] = [part("self.value.bias"), part("output.dense.weight")];
  const size = width / heads;
  const scale = 1 / Math.sqrt(size);
  const queryWeight = new Float32Array(width * heads * width);
  const queryBias = new Float32Array(heads * width);
  const outputWeight = new Float32Array(heads * width * width);
  const outputBias = Float64Array.from(part("output.dense.bias"));
  const channels = Array.from({ length: width }, (_, channel) => channel);
  for (let h = 0; h < heads; h++) {
    const own = channels.slice(h * size, (h + 1) * size);
    for (const to of channels) {
      queryBias[h * width + to] = scale * sum(own, (c) => key[c * width + to]! * queryOffset[c]!);
      outputBias[to]! += sum(own, (c) => output[to * width + c]! * valueOffset[c]!);
      for (const from of channels) {
        queryWeight[from * heads * width + h * width + to] = scale *
          sum(own, (c) => key[c * width + to]! * query[c * width + from]!);
        outputWeight[(h * width + from) * width + to] = sum(
          own,
          (c) => output[to * width + c]! * value[c * width + from]!,
        );
      }
    }
  }
  return {
    heads,
    width,
    queryWeight: tensor("f32", [width, heads * width], queryWeight),
    queryBias: tensor("f32", [heads * width], queryBias),
    outputWeight: tensor("f32", [heads * width, width], outputWeight),
    outputBias: tensor("f32", [width], Float32Array.from(outputBias)),
    biasTable: biasTable(checkpoint.tensors.get(`${name}.self.rpb`)!, numInstruments),
  };
}

function biasTable({ shape, data }: Tensor<"f32">, instruments: number): Tensor<"f32"> {
  const heads = shape[0]!;
  const length = data.length / heads;
  const columns = Array.from({ length: heads }, (_, h) => {
    const own = data.subarray(h * length, (h + 1) * length);
    const joined = shape.length === 3 ? joinedBiases(own, instruments) : [];
    return [...own, ...joined, UNSEEN];
  });
  const entries = columns[0]!.length;
  const table = new Float32Array(entries * heads);
  columns.forEach((column, h) => column.forEach((bias, entry) => table[entry * heads + h] = bias));
  return tensor("f32", [entries, heads], table);
}

/** The biases of the joined zero key: for each instrument and each start of the window relative to the query. */
function joinedBiases(biases: Float32Array, instruments: number): number[] {
  const kernel = INSTRUMENT_KERNEL;
  const offsets = 2 * kernel - 1;
  const joined: number[] = [];
  for (let i = 0; i < instruments; i++) {
    for (let start = 0; start < kernel; start++) {
      let total = 0;
      for (let row = instruments; row < kernel; row++) {
        for (let frame = start; frame < start + kernel; frame++) {
          total += Math.exp(biases[(row - i + kernel - 1) * offsets + frame]!);
        }
      }
      joined.push(total === 0 ? UNSEEN : Math.log(total));
    }
  }
  if (joined.length + biases.length !== JOINED_ENTRY + instruments * kernel) {
    throw new RangeError(`Position bias has ${biases.length} entries, expected ${JOINED_ENTRY}`);
  }
  return joined;
}

function sum(indices: readonly number[], term: (index: number) => number): number {
  let total = 0;
  for (const index of indices) total += term(index);
  return total;
}
