/**
 * Random numbers that depend on a key only.
 *
 * @module
 */

/**
 * Mixes the bits of an unsigned 32-bit integer; a bijection.
 *
 * Source: Chris Wellons' "lowbias32" (hash-prospector).
 */
export function hash32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Returns the 32-bit FNV-1a hash of a text's UTF-8 bytes. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** A random sequence: its n-th value is a hash of the key and n, the same on every machine. */
export class CounterRandom {
  readonly #key: number;
  #count = 0;

  /**
   * Starts a sequence.
   *
   * @param key key of the sequence
   */
  constructor(key: string) {
    this.#key = fnv1a32(key);
  }

  /** Returns 32 random bits, unsigned. */
  bits(): number {
    return hash32(this.#key ^ hash32(this.#count++));
  }

  /** Returns a uniform number in the open interval from 0 to 1. */
  uniform(): number {
    return (this.bits() + 0.5) / 2 ** 32;
  }

  /** Returns a normal number with mean 0 and standard deviation 1. */
  normal(): number {
    // Box-Muller transform; its second number is dropped, so that the count is the only state.
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Returns an integer from 0 up to, but without, `limit`; 0 if the limit is below 2. */
  below(limit: number): number {
    return limit < 2 ? 0 : this.bits() % limit;
  }

  /** Returns true once in `times` on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /**
   * Returns one of the items.
   *
   * @throws {RangeError} if there are none
   */
  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError("Cannot pick one of no items");
    return items[this.below(items.length)] as Item;
  }
}
