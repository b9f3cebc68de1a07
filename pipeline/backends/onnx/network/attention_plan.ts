/**
 * Plans of neighborhood attentions: the keys in the window of each query, arranged in blocks that are small matrix products.
 *
 * A block holds a few queries that are neighbours at the attention's dilation, and the union of the keys in their windows.
 * The masks and position biases of a block depend only on its position relative to the borders, so they are stored once
 * for each kind of block.
 *
 * Attention along time: frames i, i + d, i + 2d, … form a phase; an attention of dilation d is an ordinary windowed
 * attention within each phase. Attention across instruments: a window of 5 instruments by 5 frames. There are four
 * instruments, so upstream appends a row of zeros, and the window always spans all five rows. The keys of the fifth row are
 * zero for every query, so they are joined to one key whose bias is the logarithm of the sum of their exponentials.
 *
 * Source: `natten1dqkrpb`, `natten1dav`, `natten2dqkrpb` and `natten2dav` of NATTEN 0.14.6, and `maybe_pad` of `DinatLayer1d`
 * and `DinatLayer2d` of allin1 1.1.0.
 *
 * @module
 */

import { INSTRUMENT_KERNEL as KERNEL } from "../../../../models/all_in_one/parameters.ts";

/** Index tables of one attention for one sequence length. */
export interface AttentionBlocks {
  /** Number of blocks. */
  readonly blocks: number;
  /** Queries in a block. */
  readonly queriesPerBlock: number;
  /** Keys in a block. */
  readonly keysPerBlock: number;
  /** [blocks, queriesPerBlock] row of each query; the last blocks of a phase repeat a row to be full. */
  readonly queries: Int32Array;
  /** [blocks, keysPerBlock] row of each key. */
  readonly keys: Int32Array;
  /** [rows] index of each row's result among the queries of all blocks. */
  readonly results: Int32Array;
  /** [blocks] kind of each block. */
  readonly kinds: Int32Array;
  /** [kinds, queriesPerBlock, keysPerBlock] entry of the attention's bias table. */
  readonly biases: Int32Array;
}

/** Numbers the kinds of block, each defined by its entries of the bias table. */
class BlockKinds {
  readonly #numbers = new Map<string, number>();
  readonly #biases: Int32Array[] = [];

  /** Returns the number of a kind, whose entries are [queriesPerBlock, keysPerBlock]. */
  numberOf(key: string, entries: () => Int32Array): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#biases.length;
      this.#numbers.set(key, number);
      this.#biases.push(entries());
    }
    return number;
  }

  /** Returns the entries of all kinds, [kinds, queriesPerBlock, keysPerBlock]. */
  biases(): Int32Array {
    const length = this.#biases[0]?.length ?? 0;
    const joined = new Int32Array(length * this.#biases.length);
    this.#biases.forEach((entries, kind) => joined.set(entries, kind * length));
    return joined;
  }
}

/**
 * Returns the first key in the window of a query.
 *
 * Windows at the borders do not shrink: they are moved inwards, as in NATTEN.
 *
 * @param position position of the query within its phase
 * @param positions number of positions in the phase
 * @param kernel number of keys in a window
 */
function windowStart(position: number, positions: number, kernel: number): number {
  return Math.max(0, Math.min(position - (kernel - 1) / 2, positions - kernel));
}

/** Sizes that determine the plan of a time attention. */
export interface TimeAttention {
  /** Frames of the sequence. */
  readonly frames: number;
  /** Frames after zeros are appended: at least `frames` and kernel · dilation; row `frames` is the zero row. */
  readonly paddedFrames: number;
  /** Distance of neighbouring keys, frames. */
  readonly dilation: number;
  /** Keys in a window. */
  readonly kernel: number;
}

const QUERIES_PER_BLOCK = 12;

/**
 * Plans an attention along time.
 *
 * The bias table that the plan refers to has an entry for each key position minus query position, from 1 - kernel to
 * kernel - 1, and then one for keys outside the window.
 *
 * @param attention sizes of the attention
 * @returns index tables; rows are frames, and row `frames` is all zeros
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
      const shape: TimeBlock = { first, last, positions, firstKey, keysPerBlock, queriesPerBlock };
      const inside = first >= kernel && positions - first >= queriesPerBlock + kernel &&
        last - first === queriesPerBlock - 1;
      const key = inside ? "inside" : `${first} ${last} ${positions}`;
      kinds[block] = known.numberOf(key, () => timeBiases(shape, kernel));
    }
  }
  const biases = known.biases();
  return { blocks, queriesPerBlock, keysPerBlock, queries, keys, results, kinds, biases };
}

interface TimeBlock {
  readonly first: number;
  readonly last: number;
  readonly positions: number;
  readonly firstKey: number;
  readonly keysPerBlock: number;
  readonly queriesPerBlock: number;
}

function timeBiases(shape: TimeBlock, kernel: number): Int32Array {
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

const OFFSETS = 2 * KERNEL - 1;
const FRAMES_PER_BLOCK = 4;

/** Number of entries of the bias table before those of the joined zero key. */
export const JOINED_ENTRY = OFFSETS * OFFSETS;

/**
 * Plans the attention across instruments.
 *
 * The bias table has an entry for each pair of instrument offset and frame offset (from -4 to 4, frames innermost), then one
 * for each instrument and start of the window relative to the query (from -4 to 0, innermost) for the joined zero key, then
 * one for keys outside the window.
 *
 * @param frames number of frames
 * @param instruments number of instruments, at most five
 * @returns index tables; a row is instrument · frames + frame, and row instruments · frames is all zeros
 */
export function planInstrumentAttention(frames: number, instruments: number): AttentionBlocks {
  const positions = Math.max(frames, KERNEL);
  const frameQueries = Math.min(FRAMES_PER_BLOCK, frames);
  const frameKeys = Math.min(frameQueries + KERNEL - 1, positions);
  const queriesPerBlock = instruments * frameQueries;
  const keysPerBlock = instruments * frameKeys + 1;
  const blocks = Math.ceil(frames / frameQueries);
  const zeroRow = instruments * frames;
  const queries = new Int32Array(blocks * queriesPerBlock);
  const keys = new Int32Array(blocks * keysPerBlock).fill(zeroRow);
  const results = new Int32Array(instruments * frames);
  const kinds = new Int32Array(blocks);
  const known = new BlockKinds();
  for (let block = 0; block < blocks; block++) {
    const first = Math.min(block * frameQueries, frames - frameQueries);
    const firstKey = Math.min(windowStart(first, positions, KERNEL), positions - frameKeys);
    for (let i = 0; i < instruments; i++) {
      for (let q = 0; q < frameQueries; q++) {
        const at = block * queriesPerBlock + i * frameQueries + q;
        queries[at] = i * frames + first + q;
        results[i * frames + first + q] = at;
      }
      for (let k = 0; k < frameKeys; k++) {
        if (firstKey + k < frames) {
          keys[block * keysPerBlock + i * frameKeys + k] = i * frames + firstKey + k;
        }
      }
    }
    const inside = first >= KERNEL && first + frameQueries + KERNEL <= positions;
    const key = inside ? "inside" : `${first}`;
    kinds[block] = known.numberOf(
      key,
      () => instrumentBiases({ first, firstKey, positions, frameQueries, frameKeys, instruments }),
    );
  }
  const biases = known.biases();
  return { blocks, queriesPerBlock, keysPerBlock, queries, keys, results, kinds, biases };
}

interface InstrumentBlock {
  readonly first: number;
  readonly firstKey: number;
  readonly positions: number;
  readonly frameQueries: number;
  readonly frameKeys: number;
  readonly instruments: number;
}

function instrumentBiases(shape: InstrumentBlock): Int32Array {
  const { first, firstKey, positions, frameQueries, frameKeys, instruments } = shape;
  const keysPerBlock = instruments * frameKeys + 1;
  const unseen = JOINED_ENTRY + instruments * KERNEL;
  const entries = new Int32Array(instruments * frameQueries * keysPerBlock).fill(unseen);
  for (let i = 0; i < instruments; i++) {
    for (let q = 0; q < frameQueries; q++) {
      const position = first + q;
      const start = windowStart(position, positions, KERNEL);
      const row = (i * frameQueries + q) * keysPerBlock;
      for (let other = 0; other < instruments; other++) {
        for (let frame = start; frame < start + KERNEL; frame++) {
          entries[row + other * frameKeys + frame - firstKey] = (other - i + KERNEL - 1) * OFFSETS +
            frame - position + KERNEL - 1;
        }
      }
      entries[row + keysPerBlock - 1] = JOINED_ENTRY + i * KERNEL + start - position + KERNEL - 1;
    }
  }
  return entries;
}
