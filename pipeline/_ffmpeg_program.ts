/**
 * The program `ffmpeg` on the PATH, and whether it is ffmpeg and works.
 *
 * @module
 */

import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";

/** What the PATH has under the name ffmpeg; a fault says what is wrong with it. */
export type FoundFfmpeg = "works" | "missing" | { readonly fault: string };

/** Text that every ffmpeg begins its messages with. */
const VERSION = /ffmpeg version (\S+)/;

/** Seconds in which ffmpeg tells its version; a program that does not end must not be waited for. */
const VERSION_SECONDS = 60;

/** Finds out whether this process may run ffmpeg, and whether the one on the PATH works. */
export async function findFfmpeg(seconds: number = VERSION_SECONDS): Promise<FoundFfmpeg> {
  const { state } = await Deno.permissions.query({ name: "run", command: "ffmpeg" });
  if (state !== "granted") return "missing";
  const signal = AbortSignal.timeout(seconds * 1000);
  try {
    const { code, signal: ended, stdout, stderr } = await new Deno.Command("ffmpeg", {
      args: ["-version"],
      ...{ stdin: "null", stdout: "piped", stderr: "piped", signal },
    }).output();
    if (signal.aborted) return { fault: `ffmpeg -version does not end within ${seconds} s` };
    const said = new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "";
    const saying = said === "" ? "" : ` (${printable(said)})`;
    if (code !== 0) {
      return { fault: `ffmpeg -version ends with ${ended ?? `exit code ${code}`}${saying}` };
    }
    if (versionIn(new TextDecoder().decode(stdout)) === undefined) {
      return { fault: `ffmpeg -version does not tell a version of ffmpeg${saying}` };
    }
    return "works";
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return "missing";
    return { fault: `it cannot be started (${reasonOf(cause)})` };
  }
}

/** Returns the version that ffmpeg's messages tell; undefined for another program's. */
export function versionIn(text: string): string | undefined {
  return VERSION.exec(text)?.[1];
}

/** Number of bytes that {@linkcode beginsAsWav} looks at. */
export const WAV_START_BYTES = 16;

/** Returns whether bytes begin as the WAV that ffmpeg is asked for. */
export function beginsAsWav(bytes: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, WAV_START_BYTES));
  return /^(?:RIFF|RF64)[^]{4}WAVEfmt $/.test(text);
}
