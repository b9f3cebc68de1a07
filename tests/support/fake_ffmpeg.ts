/**
 * A stand-in for ffmpeg, for tests: a shell script on the PATH.
 *
 * @module
 */

import { join } from "node:path";

/** A folder with an `ffmpeg`, and what it does. */
export interface FakeFfmpeg {
  /** Environment in which the program finds it. */
  readonly env: Record<string, string>;
  /** Returns the arguments of each call, without those that only ask for the version. */
  calls(): Promise<string[]>;
}

/**
 * Writes an `ffmpeg` that logs like the real one.
 *
 * @param folder folder for the script and its record
 * @param body shell commands after the log; their stdout is the audio
 * @param log further lines on stderr
 * @param version shell commands that answer -version
 */
export async function fakeFfmpeg(
  folder: string,
  body: string,
  log: readonly string[] = [],
  version: string = "echo 'ffmpeg version 9.1-fake'",
): Promise<FakeFfmpeg> {
  const bin = join(folder, "bin");
  const temporary = join(folder, "temporary");
  const record = join(folder, "calls");
  await Deno.mkdir(bin, { recursive: true });
  await Deno.mkdir(temporary, { recursive: true });
  const lines = [
    "[info] ffmpeg version 9.1-fake Copyright (c) the developers",
    "[info] Input #0, wv, from 'song':",
    "[info]   Stream #0:0: Audio: wavpack, 48000 Hz, stereo, s16p",
    ...log,
  ];
  await Deno.writeTextFile(
    join(bin, "ffmpeg"),
    [
      "#!/bin/sh",
      `if [ "$1" = -version ]; then ${version}; exit 0; fi`,
      `echo "$*" >> '${record}'`,
      ...lines.map((line) => `echo "${line}" >&2`),
      body,
      "",
    ].join("\n"),
    { mode: 0o755 },
  );
  return {
    env: { PATH: `${bin}:${Deno.env.get("PATH")}`, TMPDIR: temporary },
    async calls(): Promise<string[]> {
      const text = await Deno.readTextFile(record).catch(() => "");
      return text.split("\n").filter((line) => line !== "");
    },
  };
}
