/**
 * Simulates a catalogue on many workers from measured service times: where the first bottleneck is.
 *
 * @module
 */

/** What a track needs of each part. */
export interface SimulationOptions {
  /** Number of tracks. */
  readonly tracks: number;
  /** Number of workers. */
  readonly workers: number;
  /** Tracks that each worker has side by side; its analyses run one after the other. */
  readonly slots: number;
  /** Mean of the seconds of an analysis on a worker's machine. */
  readonly seconds: number;
  /** Standard deviation of these seconds, as a share of the mean; their distribution is log-normal. */
  readonly spread: number;
  /** Mean size of a track in bytes. */
  readonly bytes: number;
  /** Jobs that the queue passes in a second: each is taken once and told once. */
  readonly queueRate: number;
  /** Reading requests that the store answers in a second; each track has two. */
  readonly getRate: number;
  /** Writing requests that the store answers in a second; each track has one. */
  readonly putRate: number;
  /** Seconds that each request to the store takes besides its data. */
  readonly latencySeconds: number;
  /** Bytes a second from the store to all workers. */
  readonly bandwidth: number;
  /** Seed of the random numbers. */
  readonly seed: number;
}

/** A part that all workers share, or the workers. */
export type Part = "workers" | "queue" | "reading" | "writing" | "network";

/** What a simulation finds. */
export interface Simulated {
  /** Seconds until all tracks are done. */
  readonly seconds: number;
  /** Share of the time in which each part is busy. */
  readonly busy: Readonly<Record<Part, number>>;
  /** The part that is busy most. */
  readonly bottleneck: Part;
}

/** Requests that read: whether there is a record, and the audio. */
const READS = 2;

/** Steps of a track: it is taken, copied, analysed, written, and told to the queue. */
const STEPS = 5;

/**
 * Simulates the passage of all tracks, event by event. Each shared part serves in the order of the requests.
 *
 * @param options tracks, workers and service times
 */
export function simulate(options: SimulationOptions): Simulated {
  const { tracks, workers, slots, seconds, spread, bytes, latencySeconds } = options;
  const queueSeconds = 1 / options.queueRate / 2;
  const readSeconds = READS / options.getRate;
  const writeSeconds = 1 / options.putRate;
  const networkSeconds = bytes / options.bandwidth;
  const random = numbers(options.seed);
  const sigma = Math.sqrt(Math.log(1 + spread ** 2));
  const mu = Math.log(seconds) - sigma ** 2 / 2;
  const analysis = (): number => spread === 0 ? seconds : Math.exp(mu + sigma * normal(random));

  const free = { queue: 0, reading: 0, writing: 0, network: 0 };
  const worked = { queue: 0, reading: 0, writing: 0, network: 0, workers: 0 };
  const serve = (part: keyof typeof free, at: number, needs: number): number => {
    worked[part] += needs;
    return free[part] = Math.max(free[part], at) + needs;
  };
  const processors = new Float64Array(workers);
  const slotCount = Math.min(tracks, workers * slots);
  const steps = new Uint8Array(slotCount);
  const events = new Events(slotCount);
  let begun = 0;
  let end = 0;
  for (let slot = 0; slot < slotCount; slot++) events.put(0, slot);
  while (events.size > 0) {
    const at = events.time;
    const slot = events.take();
    const step = steps[slot]!;
    let next: number;
    if (step === 0) {
      if (begun === tracks) continue;
      begun++;
      next = serve("queue", at, queueSeconds);
    } else if (step === 1) {
      const found = serve("reading", at, readSeconds) + READS * latencySeconds;
      next = serve("network", found, networkSeconds);
    } else if (step === 2) {
      const worker = slot % workers;
      const needs = analysis();
      worked.workers += needs;
      next = processors[worker] = Math.max(processors[worker]!, at) + needs;
    } else if (step === 3) {
      next = serve("writing", at, writeSeconds) + latencySeconds;
    } else {
      next = serve("queue", at, queueSeconds);
      end = Math.max(end, next);
    }
    steps[slot] = (step + 1) % STEPS;
    events.put(next, slot);
  }
  const busy: Record<Part, number> = {
    workers: worked.workers / end / workers,
    queue: worked.queue / end,
    reading: worked.reading / end,
    writing: worked.writing / end,
    network: worked.network / end,
  };
  const bottleneck = (Object.keys(busy) as Part[]).reduce((most, part) =>
    busy[part] > busy[most] ? part : most
  );
  return { seconds: end, busy, bottleneck };
}

/** Times at which slots are to be served, the earliest first: a binary heap. */
class Events {
  readonly #times: Float64Array;
  readonly #slots: Uint32Array;
  size = 0;

  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#slots = new Uint32Array(capacity);
  }

  /** The earliest time. */
  get time(): number {
    return this.#times[0]!;
  }

  put(time: number, slot: number): void {
    const [times, slots] = [this.#times, this.#slots];
    let at = this.size++;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (times[above]! <= time) break;
      times[at] = times[above]!;
      slots[at] = slots[above]!;
      at = above;
    }
    times[at] = time;
    slots[at] = slot;
  }

  take(): number {
    const [times, slots] = [this.#times, this.#slots];
    const first = slots[0]!;
    const last = --this.size;
    const [time, slot] = [times[last]!, slots[last]!];
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= last) break;
      if (below + 1 < last && times[below + 1]! < times[below]!) below++;
      if (times[below]! >= time) break;
      times[at] = times[below]!;
      slots[at] = slots[below]!;
      at = below;
    }
    times[at] = time;
    slots[at] = slot;
    return first;
  }
}

/** Returns a source of numbers in (0, 1), the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = state + 0x6d2b79f5 >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32 + 2 ** -33;
  };
}

/** Returns a normal number: mean 0, deviation 1 (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}
