/**
 * The separation stage as a contest.
 *
 * @module
 */

import { join } from "node:path";
import { FIXTURES_FOLDER } from "../../core/program.ts";
import type { Backend } from "../../pipeline/backends/backend.ts";
import { loadDemixer } from "../../pipeline/backends/demixers.ts";
import { demix } from "../../pipeline/demix.ts";
import { excerpt, readMixture } from "../../pipeline/mixture.ts";
import { SAMPLE_RATE_HZ } from "../../pipeline/spectrogram.ts";
import type { Bench } from "./bench.ts";
import type { Contestant } from "./contest.ts";
import { demucsPeer } from "./peers.ts";

/** The demo piece whose beginning is separated. */
const PIECE = "four_four";

/** Samples between the starts of two segments, and by which the first one starts early. */
const [STRIDE, LEAD] = [257_985, 22_050];

/** The same clip, network and threads for all. */
export interface DemixBenchOptions {
  /** Segments that the clip takes. */
  readonly segments: number;
  /** As in `loadDemixer()`. */
  readonly demixer: string;
  /** Threads. */
  readonly threads: number;
  /** Who computes the network. */
  readonly backends: readonly Backend[];
  /** An interpreter that has demucs; absent to go without. */
  readonly python?: string;
}

/**
 * From the mixture in memory to the stems in memory, 16 bit for tactus and floats for demucs.
 *
 * @param options clip, network, threads, who takes part
 */
export function demixBench(options: DemixBenchOptions): Bench {
  const { segments, demixer, threads, backends, python } = options;
  const samples = STRIDE * segments - LEAD;
  const peers = python === undefined
    ? []
    : [() => demucsPeer(python, PIECE, samples, demixer, threads)];
  return {
    stage: "demix",
    audioSeconds: samples / SAMPLE_RATE_HZ,
    contestants: [
      ...backends.map((backend) => () => tactusDemix(backend, samples, options)),
      ...peers,
    ],
  };
}

async function tactusDemix(
  backend: Backend,
  samples: number,
  { demixer: name, threads }: DemixBenchOptions,
): Promise<Contestant> {
  const { mixture } = await readMixture(join(FIXTURES_FOLDER, "audio", PIECE, "mix.flac"));
  const clip = excerpt(mixture, 0, samples);
  const demixer = await loadDemixer(name, { compute: { backend, threads } });
  return {
    name: `tactus, ${demixer.backend}`,
    async run(): Promise<number> {
      const start = performance.now();
      await demix(demixer, clip, { shifts: [0], stems: "stereo" });
      return (performance.now() - start) / 1000;
    },
    close: async () => await demixer.session?.release(),
  };
}
