/**
 * The audio of a track as different systems are given it.
 *
 * @module
 */

import { excerpt, readMixture } from "../pipeline/mixture.ts";
import { HOP_SAMPLES, SAMPLE_RATE_HZ } from "../pipeline/spectrogram.ts";
import type { Seams } from "../pipeline/seams.ts";
import {
  findStems,
  firstSamples,
  readStems,
  readStemsOrSpectrogram,
  STEMS,
} from "../pipeline/stems.ts";
import type { Tensor } from "../core/tensor.ts";
import { type EvaluationTrack, onlyFile } from "./tracks.ts";

/** Ways to come by stems without separating a mix: the true ones, or the mix given as each of the four. */
export const STEM_SOURCES = ["stems", "mix"] as const;

/** One of {@linkcode STEM_SOURCES}. */
export type StemSource = typeof STEM_SOURCES[number];

/** Whether a demixer's name stands for stems that need no separation. */
export function isStemSource(name: string): name is StemSource {
  return STEM_SOURCES.some((source) => source === name);
}

/** The audio of one track, of which the mix is decoded once. */
export class TrackAudio {
  /** What the user should know, each naming its file. */
  readonly warnings: Set<string> = new Set();
  readonly #track: EvaluationTrack;
  readonly #seconds: number | undefined;
  #mixture: Promise<Tensor<"f32">> | undefined;

  /**
   * Reads nothing yet.
   *
   * @param track where the audio lies
   * @param seconds how much of its beginning is taken; absent for all
   */
  constructor(track: EvaluationTrack, seconds?: number) {
    this.#track = track;
    this.#seconds = seconds;
  }

  /**
   * What the stages start from.
   *
   * @param demixer who separates; one of {@linkcode STEM_SOURCES} for nobody
   * @returns `mixture` or `stems16`; `spectrogram` of long stems
   * @throws {AnnotationError | StemsError | KernelError} if the audio is missing or cannot be read
   */
  async given(demixer: string): Promise<Partial<Seams>> {
    const { stemsDirectory, mixes } = this.#track;
    if (demixer === "stems") {
      return await this.#readStems(await findStems(stemsDirectory ?? onlyFile([], "stems folder")));
    }
    if (demixer === "mix") {
      const mix = onlyFile(mixes, "mix");
      return await this.#readStems(STEMS.map(() => mix));
    }
    this.#mixture ??= this.#readMixture();
    return { mixture: await this.#mixture };
  }

  async #readStems(files: readonly string[]): Promise<Partial<Seams>> {
    const read = this.#seconds === undefined
      ? await readStemsOrSpectrogram(files)
      : await readStems(files);
    this.#warn(read.warnings);
    if ("spectrogram" in read) return { spectrogram: read.spectrogram };
    return { stems16: firstSamples(read.stems16, samplesIn(this.#seconds)) };
  }

  async #readMixture(): Promise<Tensor<"f32">> {
    const { mixture, warnings } = await readMixture(onlyFile(this.#track.mixes, "mix"));
    this.#warn(warnings);
    const [, length = 0] = mixture.shape;
    const samples = Math.min(length, samplesIn(this.#seconds));
    return samples === length ? mixture : excerpt(mixture, 0, samples);
  }

  #warn(warnings: readonly string[]): void {
    for (const warning of warnings) this.warnings.add(warning);
  }
}

/** At least one frame. */
function samplesIn(seconds = Infinity): number {
  return Math.max(HOP_SAMPLES, Math.round(seconds * SAMPLE_RATE_HZ));
}
