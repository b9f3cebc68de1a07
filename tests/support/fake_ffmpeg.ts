/**
 * A stand-in for ffmpeg, for tests: a shell script on the PATH.
 *
 * @module
 */

import { equal } from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "./temporary_folder.ts";

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

/**
 * Runs work in this process with a stand-in for ffmpeg on the PATH, which must leave no temporary files.
 *
 * @param body shell commands after the log
 * @param log further lines on stderr
 * @param work gets the folder for temporary files
 */
export async function withFakeFfmpeg(
  body: string,
  log: readonly string[],
  work: (temporary: string) => Promise<void>,
  version?: string,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const { env } = await fakeFfmpeg(folder, body, log, version);
    const before = Object.keys(env).map((name) => [name, Deno.env.get(name)] as const);
    for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
    try {
      await work(join(folder, "temporary"));
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    }
    equal([...Deno.readDirSync(join(folder, "temporary"))].length, 0);
  });
}
