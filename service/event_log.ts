/**
 * Events of one analysis, which several clients follow.
 *
 * @module
 */

/** An event. */
export interface AnalysisEvent {
  /** Identifies the event, also after a restart of the service. */
  readonly id: string;
  /** Its name: `state`, `progress` or `removed`. */
  readonly type: "state" | "progress" | "removed";
  /** Its data, as JSON. */
  readonly data: unknown;
}

/** Events that are kept for clients that come back. */
const KEPT = 64;

/** Tells events of this process from those of an earlier one. */
const RUN = crypto.randomUUID().slice(0, 8);

/** The last events of an analysis. */
export class EventLog {
  readonly #events: AnalysisEvent[] = [];
  readonly #latest = new Map<string, AnalysisEvent>();
  #count = 0;
  #changed = Promise.withResolvers<void>();
  #isEnded = false;

  /** Adds an event. */
  add(type: AnalysisEvent["type"], data: unknown): void {
    const event = { id: `${RUN}-${++this.#count}`, type, data };
    this.#events.push(event);
    if (this.#events.length > KEPT) this.#events.shift();
    // A new state makes the progress of an earlier one void.
    if (type !== "progress") this.#latest.clear();
    this.#latest.set(type, event);
    this.#notify();
  }

  /** Ends the log: who follows it gets what is left, and then the end. */
  end(): void {
    this.#isEnded = true;
    this.#notify();
  }

  /** Opens an ended log again. */
  reopen(): void {
    this.#isEnded = false;
  }

  /**
   * Returns whether there is nothing after an event, and nothing will come.
   *
   * @param id the last event that a client has
   */
  isAtEnd(id: string | undefined): boolean {
    return this.#isEnded && id !== undefined && id === this.#events.at(-1)?.id;
  }

  /**
   * Yields the events after the last one that a client has, and waits for further ones until the log ends. A client that
   * has none, or one that is not kept, gets the state and the progress as they are.
   *
   * @param id the last event that the client has
   * @param signal ends the waiting
   */
  async *after(id: string | undefined, signal: AbortSignal): AsyncGenerator<AnalysisEvent> {
    let last = this.#numberOf(id);
    const aborted = new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(), { once: true })
    );
    if (last === undefined) {
      last = this.#count;
      yield* [...this.#latest.values()];
    }
    while (!signal.aborted) {
      const first = this.#count - this.#events.length;
      const next = this.#events[Math.max(0, last - first)];
      if (next !== undefined && last < this.#count) {
        last = Math.max(last, first) + 1;
        yield next;
      } else if (this.#isEnded) {
        return;
      } else {
        await Promise.race([this.#changed.promise, aborted]);
      }
    }
  }

  /** Returns the number of an event, if those after it are kept. */
  #numberOf(id: string | undefined): number | undefined {
    const [run, number = ""] = id?.split("-") ?? [];
    if (run !== RUN || !/^\d{1,15}$/.test(number)) return undefined;
    const found = Number(number);
    return found <= this.#count && found >= this.#count - this.#events.length ? found : undefined;
  }

  #notify(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}
