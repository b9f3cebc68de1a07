/**
 * The plan of the dilated attention along time.
 *
 * Frames i, i + d, i + 2d, … form a phase; the attention at dilation d is an ordinary windowed attention within each.
 *
 * Source: `natten1dqkrpb` and `natten1dav` of NATTEN 0.14.6, and `DinatLayer1d.maybe_pad` of allin1 1.1.0.
 *
 * @module
 */

import { type AttentionBlocks, BlockKinds, windowStart } from "./blocks.ts";

/** What a plan of the time attention depends on. */
export interface TimeAttention {
  /** Frames of the sequence. */
  readonly frames: number;
  /** Frames after zeros are appended, `frames` or more, at least kernel · dilation; row `frames` is the zero row. */
  readonly paddedFrames: number;
  /** Distance of neighbouring keys, frames. */
  readonly dilation: number;
  /** Keys in a window. */
  readonly kernel: number;
}

const QUERIES_PER_BLOCK = 12;

/**
 * Plans an attention.
 *
 * The bias table that the plan refers to has an entry for each key position minus query position, from 1 - kernel to
 * kernel - 1, and then one for keys that are not seen.
 *
 * @param attention what to plan for
 * @returns the index tables; rows are frames, and row `frames` is all zeros
 */
export function planTimeAttention(attention: TimeAttention): AttentionBlocks {
  const { frames, paddedFrames, dilation, kernel } = attention;
  const phases = Math.min(dilation, frames);
  const queriesPerBlock = Math.min(QUERIES_PER_BLOCK, Math.ceil(frames / dilation));
  const keysPerBlock = Math.min(
    queriesPerBlock + kernel - 1,
    Math.ceil(paddedFrames / dilation),
  );
  const blocks = countBlocks(frames, dilation, phases, queriesPerBlock);
  const queries = new Int32Array(blocks * queriesPerBlock);
  const keys = new Int32Array(blocks * keysPerBlock);
  const results = new Int32Array(frames);
  const kinds = new Int32Array(blocks);
  const known = new BlockKinds();
  let block = 0;
  for (let phase = 0; phase < phases; phase++) {
    const count = Math.ceil((frames - phase) / dilation);
    const positions = Math.ceil((paddedFrames - phase) / dilation);
    for (let first = 0; first < count; first += queriesPerBlock, block++) {
      for (let q = 0; q < queriesPerBlock; q++) {
        const row = phase + Math.min(first + q, count - 1) * dilation;
        queries[block * queriesPerBlock + q] = row;
        if (first + q < count) results[row] = block * queriesPerBlock + q;
      }
      const firstKey = Math.max(
        0,
        Math.min(windowStart(first, positions, kernel), positions - keysPerBlock),
      );
      for (let k = 0; k < keysPerBlock; k++) {
        keys[block * keysPerBlock + k] = Math.min(phase + (firstKey + k) * dilation, frames);
      }
      const last = Math.min(first + queriesPerBlock, count) - 1;
      const shape: BlockShape = { first, last, positions, firstKey, keysPerBlock, queriesPerBlock };
      const inside = first >= kernel && positions - first >= queriesPerBlock + kernel &&
        last - first === queriesPerBlock - 1;
      const key = inside ? "inside" : `${first} ${last} ${positions}`;
      kinds[block] = known.numberOf(key, () => biasEntries(shape, kernel));
    }
  }
  const biases = known.biases();
  return { blocks, queriesPerBlock, keysPerBlock, queries, keys, results, kinds, biases };
}

interface BlockShape {
  readonly first: number;
  readonly last: number;
  readonly positions: number;
  readonly firstKey: number;
  readonly keysPerBlock: number;
  readonly queriesPerBlock: number;
}

function biasEntries(shape: BlockShape, kernel: number): Int32Array {
  const { first, last, positions, firstKey, keysPerBlock, queriesPerBlock } = shape;
  const entries = new Int32Array(queriesPerBlock * keysPerBlock).fill(2 * kernel - 1);
  for (let q = 0; q < queriesPerBlock; q++) {
    const position = Math.min(first + q, last);
    const start = windowStart(position, positions, kernel);
    for (let key = start; key < start + kernel; key++) {
      entries[q * keysPerBlock + key - firstKey] = key - position + kernel - 1;
    }
  }
  return entries;
}

function countBlocks(
  frames: number,
  dilation: number,
  phases: number,
  queriesPerBlock: number,
): number {
  let blocks = 0;
  for (let phase = 0; phase < phases; phase++) {
    blocks += Math.ceil(Math.ceil((frames - phase) / dilation) / queriesPerBlock);
  }
  return blocks;
}
