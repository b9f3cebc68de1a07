/**
 * Session of the separation network, which every backend implements.
 *
 * @module
 */

/** Output of the network for one segment. */
export interface SegmentOutput {
  /** `[sources, 2, 343980]` f32, normalised; of the published network drums, bass, other, vocals. */
  readonly wave: Float32Array<ArrayBuffer>;
  /** `[sources, 4, 2048, 336]` f32, normalised. */
  readonly spectrum: Float32Array<ArrayBuffer>;
}

/** Options of the run of a segment. */
export interface SegmentRunOptions {
  /** Output of an earlier run, whose arrays may be used again. */
  readonly into?: SegmentOutput;
  /** Aborts the run. */
  readonly signal?: AbortSignal;
}

/** A network that is ready to run. */
export interface DemixSession {
  /**
   * Runs one segment. Runs that overlap wait for each other.
   *
   * @param wave `[2, 343980]` f32, normalised
   * @param spectrum `[4, 2048, 336]` f32, normalised
   * @param options arrays for the output, and a signal
   */
  run(
    wave: Float32Array<ArrayBuffer>,
    spectrum: Float32Array<ArrayBuffer>,
    options?: SegmentRunOptions,
  ): Promise<SegmentOutput>;
  /** Frees the network's memory until it runs again; absent where it is held. */
  rest?(): Promise<void>;
  /** Frees the network's memory; it cannot run again. */
  release(): Promise<void>;
}
