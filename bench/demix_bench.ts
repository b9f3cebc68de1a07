/**
 * The separation stage as a contest.
 *
 * @module
 */

import { join } from "node:path";
import { fixturesDirectory } from "../parity/manifest.ts";
import type { Backend } from "../pipeline/backends/backend.ts";
import { loadDemixer } from "../pipeline/backends/demixers.ts";
import { demix } from "../pipeline/demix.ts";
import { excerpt, readMixture } from "../pipeline/mixture.ts";
import type { Contestant } from "./contest.ts";
import { startPeer } from "./peer_process.ts";

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
}

/** Samples of a clip of so many segments. */
export function clipSamples(segments: number): number {
  return STRIDE * segments - LEAD;
}

/**
 * tactus: from the mixture in memory to the 16-bit stems in memory.
 *
 * @param backend who computes the network
 * @param options clip, network, threads
 */
export async function tactusDemix(
  backend: Backend,
  options: DemixBenchOptions,
): Promise<Contestant> {
  const { mixture } = await readMixture(join(fixturesDirectory, "audio", PIECE, "mix.flac"));
  const clip = excerpt(mixture, 0, clipSamples(options.segments));
  const demixer = await loadDemixer(options.demixer, { backend, threads: options.threads });
  return {
    name: `tactus, ${demixer.backend}`,
    async run(): Promise<number> {
      const start = performance.now();
      await demix(demixer, clip, { shifts: [0], stems: "stereo" });
      return (performance.now() - start) / 1000;
    },
    close: () => demixer.session.release(),
  };
}

/**
 * demucs, which goes from the mixture in memory to float stems in memory.
 *
 * @param python an interpreter that has demucs, as `fixtures/upstream/install.sh` makes it
 * @param options clip, network, threads
 * @throws {PeerError} if it cannot be started
 */
export async function demucsDemix(
  python: string,
  options: DemixBenchOptions,
): Promise<Contestant> {
  const script = join(fixturesDirectory, "upstream", "peer_demix.py");
  const weights = options.demixer === "seeded-htdemucs" ? [] : ["--th", options.demixer];
  const clip = [PIECE, String(clipSamples(options.segments))];
  const args = [script, ...clip, "--threads", String(options.threads), ...weights];
  return await startPeer(python, args);
}
