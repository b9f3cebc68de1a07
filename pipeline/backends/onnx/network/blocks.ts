/**
 * The plan of a neighborhood attention: which keys each query sees, arranged in blocks that are small matrix products.
 *
 * A block holds a few queries that are neighbours at the attention's dilation, and the union of the keys that they see.
 * Which of a block's keys a query does not see, and the position bias of those that it does, depends only on how the
 * block lies to the borders, so it is stored once for each kind of block.
 *
 * @module
 */

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
  /** [rows] where, among all blocks' queries, the result for a row is. */
  readonly results: Int32Array;
  /** [blocks] kind of each block. */
  readonly kinds: Int32Array;
  /** [kinds, queriesPerBlock, keysPerBlock] entry of the attention's bias table. */
  readonly biases: Int32Array;
}

/** Numbers the different kinds of block, each given by its entries of the bias table. */
export class BlockKinds {
  readonly #numbers = new Map<string, number>();
  readonly #biases: Int32Array[] = [];

  /** The number of the kind with these entries, [queriesPerBlock, keysPerBlock]. */
  numberOf(key: string, entries: () => Int32Array): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#biases.length;
      this.#numbers.set(key, number);
      this.#biases.push(entries());
    }
    return number;
  }

  /** All kinds' entries, [kinds, queriesPerBlock, keysPerBlock]. */
  biases(): Int32Array {
    const length = this.#biases[0]?.length ?? 0;
    const joined = new Int32Array(length * this.#biases.length);
    this.#biases.forEach((entries, kind) => joined.set(entries, kind * length));
    return joined;
  }
}

/**
 * The first key of the window of a query.
 *
 * Windows at the borders do not shrink: they are moved inwards (NATTEN's semantics).
 *
 * @param position of the query within its phase
 * @param positions in the phase
 * @param kernel keys in a window
 */
export function windowStart(position: number, positions: number, kernel: number): number {
  return Math.max(0, Math.min(position - (kernel - 1) / 2, positions - kernel));
}
