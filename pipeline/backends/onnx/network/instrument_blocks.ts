/**
 * The plan of the attention across instruments: a window of 5 instruments by 5 frames.
 *
 * There are four instruments, so upstream appends a row of zeros, and the window always spans all five rows. The fifth row's
 * keys are zero wherever the query is, so they are joined to a single one whose bias is the logarithm of the sum of the
 * exponentials of theirs.
 *
 * Source: `natten2dqkrpb` and `natten2dav` of NATTEN 0.14.6, and `DinatLayer2d.maybe_pad` of allin1 1.1.0.
 *
 * @module
 */

import { INSTRUMENT_KERNEL as KERNEL } from "../../../../models/all_in_one/parameters.ts";
import { type AttentionBlocks, BlockKinds, windowStart } from "./blocks.ts";

const OFFSETS = 2 * KERNEL - 1;
const FRAMES_PER_BLOCK = 4;

/** Entries of the bias table before those of the joined zero key. */
export const JOINED_ENTRY = OFFSETS * OFFSETS;

/**
 * Plans the attention.
 *
 * The bias table has an entry for each pair of instrument offset and frame offset (from -4 to 4, frames innermost), then one
 * for each instrument and start of the window relative to the query (from -4 to 0, innermost) for the joined zero key, then
 * one for keys that are not seen.
 *
 * @param frames of the sequence
 * @param instruments at most five
 * @returns the index tables; a row is instrument · frames + frame, and row instruments · frames is all zeros
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
      () => biasEntries({ first, firstKey, positions, frameQueries, frameKeys, instruments }),
    );
  }
  const biases = known.biases();
  return { blocks, queriesPerBlock, keysPerBlock, queries, keys, results, kinds, biases };
}

interface BlockShape {
  readonly first: number;
  readonly firstKey: number;
  readonly positions: number;
  readonly frameQueries: number;
  readonly frameKeys: number;
  readonly instruments: number;
}

function biasEntries(shape: BlockShape): Int32Array {
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
