/**
 * One track through all stages.
 *
 * @module
 */

import { basename } from "node:path";
import program from "../deno.json" with { type: "json" };
import type { NetworkModel } from "./network.ts";
import { type AnalysisResult, analysisResult, type Provenance } from "./result.ts";
import { type RunObserver, runStages, timed } from "./runner.ts";
import { FRAMES_PER_SECOND, HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { type Seams, STAGES } from "./stages.ts";
import { findStems, type ReadStems, readStems, STEMS } from "./stems.ts";

/** A track whose stems are given. */
export interface Track {
  /** Absolute path that names the track in the result. */
  readonly path: string;
  /** Name of its result files. */
  readonly name: string;
  /** Folder with the four stems. */
  readonly stemsDirectory: string;
}

/** How a track is analysed. */
export interface TrackOptions {
  /** The weights, which may still be loading. */
  readonly model: Promise<NetworkModel>;
  /** Whether embeddings are wanted. */
  readonly embeddings: boolean;
  /** Threads for stages that take a number. */
  readonly threads?: number;
  /** Told of starts, progress and timings. */
  readonly observer?: RunObserver;
  /** `performance.now()` at the origin of the timings; now when absent. */
  readonly origin?: number;
}

/** What came of a track. */
export interface AnalyzedTrack {
  /** The track. */
  readonly track: Track;
  /** The answer, as it is written. */
  readonly result: AnalysisResult;
  /** Every seam from `stems16` on. */
  readonly seams: Seams;
  /** Length of the longest stem. */
  readonly durationSeconds: number;
  /** What the user should know. */
  readonly warnings: readonly string[];
}

/**
 * Analyses one track.
 *
 * @param track where the stems lie
 * @param options weights and what is wanted
 * @throws {StemsError | KernelError} if the stems cannot be used
 */
export async function analyzeTrack(track: Track, options: TrackOptions): Promise<AnalyzedTrack> {
  const { observer = {}, origin = performance.now() } = options;
  const files = await findStems(track.stemsDirectory);
  const stems = await timed(origin, "decode", observer, () => readStems(files));
  const digest = crypto.subtle.digest("SHA-256", stems.stems16.data as Int16Array<ArrayBuffer>);
  const context = {
    model: options.model,
    embeddings: options.embeddings,
    ...(options.threads !== undefined && { threads: options.threads }),
  };
  const seams = await runStages({ stems16: stems.stems16 }, context, observer, origin) as Seams;
  const hash = new Uint8Array(await digest).toHex();
  return {
    track,
    result: analysisResult(
      track.path,
      seams,
      provenance(await options.model, files, stems, hash),
    ),
    seams,
    durationSeconds: stems.durationSeconds,
    warnings: stems.warnings,
  };
}

function provenance(
  model: NetworkModel,
  files: readonly string[],
  stems: ReadStems,
  stems16Sha256: string,
): Provenance {
  return {
    program: `${program.name} ${program.version}`,
    model: model.name,
    weights: model.checkpoints.map(({ name, sha256 }) => ({ name, sha256 })),
    demixer: "external",
    demix_shift: null,
    stems: files.map((file, stem) => ({
      name: STEMS[stem] ?? "",
      file: basename(file),
      codec: stems.sources[stem]?.codec ?? "",
      sample_rate: stems.sources[stem]?.sampleRateHz ?? NaN,
    })),
    stems16_sha256: stems16Sha256,
    backends: Object.fromEntries(STAGES.map(({ name, backend }) => [name, backend])),
    versions: {
      deno: Deno.version.deno,
      "onnxruntime-node": program.imports["onnxruntime-node"].split("@").at(-1) ?? "",
    },
    sample_rate: SAMPLE_RATE_HZ,
    hop: HOP_SAMPLES,
    fps: FRAMES_PER_SECOND,
  };
}
