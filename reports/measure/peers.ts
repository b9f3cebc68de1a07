/**
 * Runs the programs that tactus is compared with, each in a process of its own.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import { FIXTURES_FOLDER } from "../../core/program.ts";
import { reasonOf } from "../../core/reason.ts";
import { firstIssue } from "../../core/schema.ts";
import type { BenchVariant, PeerPythons } from "./time_variants.ts";

const SCRIPTS = join(FIXTURES_FOLDER, "upstream");

/**
 * Returns functions that start allin1, and all-in-one-infer if available, at a stage that `peer_stages.py` supports.
 *
 * @param pythons interpreters of the peers
 * @param stage name of the stage
 * @param folder folder with inputs and checkpoints
 * @param threads number of threads of torch
 */
export function stagePeers(
  pythons: PeerPythons,
  stage: string,
  folder: string,
  threads: number,
): (() => Promise<BenchVariant>)[] {
  const start = (python: string, program: string): Promise<BenchVariant> =>
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
 * Writes the folds in the format that the loaders of the peers read.
 *
 * @param python an interpreter that has allin1
 * @param folder output folder
 * @param weights folder with the published `.npz`; absent for the seeded weights
 * @throws {PeerError} if the interpreter cannot be started or fails
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
 * Starts demucs, which separates the mixture in memory into float stems in memory.
 *
 * @param python an interpreter that has demucs
 * @param piece name of the demo piece
 * @param samples number of samples of its mix
 * @param demixer `seeded-htdemucs` or a `.th` file
 * @param threads number of threads of torch
 * @throws {PeerError} if it cannot be started
 */
export async function demucsPeer(
  python: string,
  piece: string,
  samples: number,
  demixer: string,
  threads: number,
): Promise<BenchVariant> {
  const weights = demixer === "seeded-htdemucs" ? [] : ["--th", demixer];
  const args = [join(SCRIPTS, "peer_demix.py"), piece, String(samples)];
  return await startPeer(python, [...args, "--threads", String(threads), ...weights]);
}

/** Programs of {@linkcode todaysPeers}. */
const TODAY = ["demucs", "demucs-infer", "demucs-onnx"] as const;

/**
 * Returns functions that start today's versions of demucs and its relatives, which separate as {@linkcode demucsPeer}.
 *
 * @param python an interpreter that has them
 * @param piece name of the demo piece
 * @param samples number of samples of its mix
 * @param threads number of threads of torch and ONNX Runtime
 */
export function todaysPeers(
  python: string,
  piece: string,
  samples: number,
  threads: number,
): (() => Promise<BenchVariant>)[] {
  const script = join(SCRIPTS, "peer_demix_today.py");
  return TODAY.map((program) => () =>
    startPeer(python, [
      ...[script, piece, String(samples), "--program", program],
      ...["--threads", String(threads)],
    ])
  );
}

/** Variables with which a user limits or redirects the libraries of numbers; peers are timed as they are installed. */
const TUNING = /^(?:OPENBLAS|GOTO|MKL|OMP|KMP|GOMP|DNNL|ONEDNN|ATEN|TORCH|NPY|ORT)_/;

/** Returns the environment of the peers: that of this process without what slows down or tunes their libraries. */
function peerEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => !TUNING.test(name)),
  );
}

/** Reply of a peer that is ready; a peer may add fields. */
const READY = z.object({ name: z.string().min(1) });

/** Reply of a peer that ran once. */
const RAN = z.object({ seconds: z.number().min(0) });

/** A peer could not be started or failed; the message ends with the last lines of stderr. */
export class PeerError extends Error {
  /** Name of the class in printed errors. */
  override name = "PeerError";

  /** Returns the error of a program that could not be started. */
  static ofStart(program: string, cause: unknown): PeerError {
    const message = reasonOf(cause);
    return new PeerError(`Could not start the peer ${program}: ${message}`, { cause });
  }

  /** Returns the error of a peer that ended early. */
  static ofEnd(program: string, code: number, stderr: string): PeerError {
    const last = stderr.trim().split("\n").slice(-5).join("\n");
    return new PeerError(`The peer ${program} ended with ${code}: ${last}`);
  }

  /** Returns the error of a peer with an invalid reply. */
  static ofReply(program: string, line: string, reason: string, cause: unknown): PeerError {
    const reply = line.slice(0, 80);
    return new PeerError(`The peer ${program} replied ${reply}: ${reason}`, { cause });
  }
}

/**
 * Starts a peer.
 *
 * @param program path of the program
 * @param args its arguments
 * @returns the peer, ready to run
 * @throws {PeerError} if it cannot be started, or a reply is missing or invalid
 */
export async function startPeer(program: string, args: readonly string[]): Promise<BenchVariant> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      clearEnv: true,
      env: peerEnvironment(),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw PeerError.ofStart(program, cause);
  }
  const lines = linesOf(child.stdout);
  const stderr = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  const answer = async <Schema extends z.ZodType>(schema: Schema): Promise<z.output<Schema>> => {
    const { value } = await lines.next();
    if (value === undefined) {
      throw PeerError.ofEnd(program, (await child.status).code, await stderr);
    }
    return parsedReply(program, value, schema);
  };
  const close = async (): Promise<void> => {
    await writer.close();
    await child.status;
    await lines.return(undefined);
    await stderr;
  };
  const { name } = await answer(READY).catch(async (error) => {
    // Closed input ends the peer; one that has ended cannot be written to.
    await close().catch(() => {});
    throw error;
  });
  return {
    ...{ name, backend: "peer", close },
    async run(): Promise<number> {
      await writer.write(new TextEncoder().encode("run\n"));
      return (await answer(RAN)).seconds;
    },
  };
}

/** @throws {PeerError} if the line does not follow the schema */
function parsedReply<Schema extends z.ZodType>(
  program: string,
  line: string,
  schema: Schema,
): z.output<Schema> {
  let reply: unknown;
  try {
    reply = JSON.parse(line);
  } catch (cause) {
    throw PeerError.ofReply(program, line, "it is not JSON", cause);
  }
  const { data, error } = schema.safeParse(reply);
  if (error === undefined) return data;
  throw PeerError.ofReply(program, line, firstIssue(error), error);
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  return undefined;
}
