/**
 * Random choices that depend on a key and on nothing else.
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

/** The 32-bit FNV-1a hash of a text's UTF-8 bytes. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** A sequence of choices: the n-th is a hash of the key and n, the same on every machine. */
export class CounterRandom {
  readonly #key: number;
  #count = 0;

  /** @param key what the sequence depends on */
  constructor(key: string) {
    this.#key = fnv1a32(key);
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    return hash32(this.#key ^ hash32(this.#count++));
  }

  /** A number over the open interval from 0 to 1, uniform. */
  uniform(): number {
    return (this.bits() + 0.5) / 2 ** 32;
  }

  /** A number of the normal distribution of mean 0 and standard deviation 1. */
  normal(): number {
    // Box and Muller's transform; its second number is let go, so that nothing but the count is kept.
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A whole number from 0 up to, but without, `limit`; 0 where there is no other. */
  below(limit: number): number {
    return limit < 2 ? 0 : this.bits() % limit;
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of the items, of which there must be at least one. */
  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError("Cannot pick one of no items");
    return items[this.below(items.length)] as Item;
  }
}
