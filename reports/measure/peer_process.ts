/**
 * A program that does the same work in a process of its own.
 *
 * It prints one line of JSON when it is ready, `{"name": …}`, and then for each line on its standard
 * input does the work once and prints the seconds that it took, `{"seconds": …}`.
 *
 * @module
 */

import type { Contestant } from "./contest.ts";

/** A peer could not be started or gave up; the message has the end of what it wrote on stderr. */
export class PeerError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "PeerError";

  /** It could not be started at all. */
  static ofStart(program: string, cause: unknown): PeerError {
    const message = cause instanceof Error ? cause.message : String(cause);
    return new PeerError(`Could not start the peer ${program}: ${message}`, { cause });
  }

  /** It ended before it should. */
  static ofEnd(program: string, code: number, complaints: string): PeerError {
    const last = complaints.trim().split("\n").slice(-5).join("\n");
    return new PeerError(`The peer ${program} ended with ${code}: ${last}`);
  }
}

/**
 * Starts a peer.
 *
 * @param program path of the program
 * @param args its arguments
 * @returns the peer, ready to run
 * @throws {PeerError} if it cannot be started or does not say that it is ready
 */
export async function startPeer(program: string, args: readonly string[]): Promise<Contestant> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (cause) {
    throw PeerError.ofStart(program, cause);
  }
  const lines = linesOf(child.stdout);
  const complaints = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  const answer = async (): Promise<{ name?: unknown; seconds?: unknown }> => {
    const { value } = await lines.next();
    if (value !== undefined) return JSON.parse(value);
    throw PeerError.ofEnd(program, (await child.status).code, await complaints);
  };
  const { name } = await answer();
  return {
    name: String(name),
    async run(): Promise<number> {
      await writer.write(new TextEncoder().encode("run\n"));
      return Number((await answer()).seconds);
    },
    async close(): Promise<void> {
      await writer.close();
      await child.status;
      await lines.return(undefined);
      await complaints;
    },
  };
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
