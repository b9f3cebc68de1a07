/**
 * The programs that tactus is timed beside.
 *
 * @module
 */

import { join } from "node:path";
import { FIXTURES_FOLDER } from "../../core/program.ts";
import type { PeerPythons } from "./bench.ts";
import type { Contestant } from "./contest.ts";
import { PeerError, startPeer } from "./peer_process.ts";

const SCRIPTS = join(FIXTURES_FOLDER, "upstream");

/**
 * allin1, and all-in-one-infer where there is one, at a stage that `peer_stages.py` knows.
 *
 * @param pythons their interpreters
 * @param stage name of the stage
 * @param folder with inputs and checkpoints
 * @param threads of torch
 */
export function stagePeers(
  pythons: PeerPythons,
  stage: string,
  folder: string,
  threads: number,
): (() => Promise<Contestant>)[] {
  const start = (python: string, program: string): Promise<Contestant> =>
    startPeer(python, [
      ...[join(SCRIPTS, "peer_stages.py"), stage, folder],
      ...["--program", program, "--threads", String(threads)],
    ]);
  const { allin1, infer } = pythons;
  return [
    () => start(allin1, "allin1"),
    ...(infer === undefined ? [] : [() => start(infer, "all-in-one-infer")]),
  ];
}

/**
 * Writes the folds as the peers' own loaders read them.
 *
 * @param python an interpreter that has allin1
 * @param folder where they go
 * @param weights folder with the published `.npz`; absent for the seeded weights
 * @throws {PeerError} if it cannot
 */
export async function writeCheckpoints(
  python: string,
  folder: string,
  weights: string | undefined,
): Promise<void> {
  const args = [join(SCRIPTS, "checkpoints.py"), folder];
  if (weights !== undefined) args.push("--weights", weights);
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(python, { args, stdout: "null", stderr: "piped" }).output();
  } catch (cause) {
    throw PeerError.ofStart(python, cause);
  }
  if (output.code !== 0) {
    throw PeerError.ofEnd(python, output.code, new TextDecoder().decode(output.stderr));
  }
}

/**
 * demucs, which goes from the mixture in memory to float stems in memory.
 *
 * @param python an interpreter that has demucs
 * @param piece name of the demo piece
 * @param samples how much of its mix
 * @param demixer `seeded-htdemucs` or a `.th` file
 * @param threads of torch
 * @throws {PeerError} if it cannot be started
 */
export async function demucsPeer(
  python: string,
  piece: string,
  samples: number,
  demixer: string,
  threads: number,
): Promise<Contestant> {
  const weights = demixer === "seeded-htdemucs" ? [] : ["--th", demixer];
  const args = [join(SCRIPTS, "peer_demix.py"), piece, String(samples)];
  return await startPeer(python, [...args, "--threads", String(threads), ...weights]);
}
