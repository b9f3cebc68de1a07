/** Tests a batch of 200 tracks: broken ones among them, killed three times, and its memory. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { HEAP_OPTION } from "../core/batch_memory.ts";
import { resultSchema } from "../pipeline/result_schema.ts";
import { outcomeOf, until } from "./support/deadline.ts";
import { peakOf } from "./support/peak_memory.ts";
import { command, type Outcome, repository } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const TRACKS = 200;
const FAILURES_FILE = "failures.m3u8";
const FORMATS = join(repository, "fixtures", "audio", "formats");

/** Endings of stored files of other formats. */
const STORED = /\.(mp3|flac|ogg|opus|m4a|mkv|mka|aiff|aifc|caf|au|w64|webm|mp2|aac)$/;

/** Contents of ten broken files. */
const BROKEN: readonly (string | Uint8Array)[] = [
  "",
  "no music",
  "RIFF",
  "<html></html>",
  "ID3\x04\0\0\0\0\0\0",
  "fLaC",
  "OggS",
  new Uint8Array(5000),
  new Uint8Array(5000).fill(0xff),
  wavFile({
    sampleRateHz: 44_100,
    channels: 1,
    bits: 32,
    samples: new Float32Array(100).fill(NaN),
  }),
];

/** Makes 200 tracks of one to eight seconds in nested folders; returns the names of the broken ones. */
async function makeTracks(folder: string): Promise<string[]> {
  const stored = (await readdir(FORMATS)).filter((name) => STORED.test(name)).sort();
  const decodable = stored.filter((name) => !["ac3.mp4"].includes(name));
  const broken: string[] = [];
  for (let at = 0; at < TRACKS; at++) {
    const within = join(folder, `album ${Math.floor(at / 20)}`);
    await mkdir(within, { recursive: true });
    if (at % 20 === 7) {
      const name = `broken ${at}.mp3`;
      await writeFile(join(within, name), BROKEN[Math.floor(at / 20)]!);
      broken.push(name);
    } else if (at % 4 === 3) {
      const source = decodable[at % decodable.length]!;
      await copyFile(join(FORMATS, source), join(within, `track ${at} ${source}`));
    } else {
      const [channels, bits] = [1 + at % 2, ([8, 16, 32] as const)[at % 3]!];
      const sampleRateHz = [22_050, 44_100, 48_000][at % 3]!;
      // The longest is among the first twenty.
      const samples = noise(sampleRateHz * channels * (8 - at % 8), at + 1);
      const file = wavFile({ sampleRateHz, channels, bits, samples });
      // Names repeat from folder to folder.
      await writeFile(join(within, `track ${at % 20}.wav`), file);
    }
  }
  return broken;
}

const CALL = ["--recursive", "-m", "embedded", "--demixer", "hpss-mix"];

/** Runs a batch and returns its outcome and the largest memory that it had, bytes. */
async function batchPeak(
  cwd: string,
  inputs: readonly string[],
  out: string,
): Promise<[Outcome, number]> {
  return await peakOf(["analyze", ...inputs, ...CALL, "-o", out], cwd, [HEAP_OPTION]);
}

async function resultsIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json"));
}

Deno.test("200 tracks, ten of them broken, give 190 results and ten named failures, also when killed three times", async () => {
  await inTemporaryFolder(async (folder) => {
    const broken = await makeTracks(join(folder, "in"));
    const out = join(folder, "out");
    const times = new Map<string, number>();
    for (const kill of [1, 2, 3]) {
      const args = ["analyze", "in", ...CALL, "-o", out];
      const child = command(args, { cwd: folder }).spawn();
      const ended = outcomeOf(child);
      await until("some results", async () => (await resultsIn(out)).length >= 45 * kill);
      child.kill("SIGKILL");
      await ended;
      for (const name of await resultsIn(out)) {
        resultSchema.parse(JSON.parse(await readFile(join(out, name), "utf8")));
        const { mtimeMs } = await stat(join(out, name));
        equal(times.get(name) ?? mtimeMs, mtimeMs, `${name} was done twice`);
        times.set(name, mtimeMs);
      }
      ok(times.size < 190, "it was killed in between");
    }
    const last = command(["analyze", "in", ...CALL, "-o", out], { cwd: folder }).spawn();
    const { code, stderr } = await outcomeOf(last);
    equal(code, 1, stderr);
    const names = await readdir(out);
    equal(names.filter((name) => !name.endsWith(".json")), [FAILURES_FILE]);
    equal(names.length - 1, 190);
    for (const [name, time] of times) equal((await stat(join(out, name))).mtimeMs, time, name);
    const list = await readFile(join(out, FAILURES_FILE), "utf8");
    const failed = list.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    equal(failed.map((path) => basename(path)).sort(), broken.toSorted());
    for (const name of broken) ok(stderr.includes(name), name);
  });
});

/** Growth of the memory between 20 and 200 tracks that is allowed. */
const MOST_GROWTH = 0.1;

/**
 * Runs of which the least peak counts: what two tracks side by side hold at the same time differs from run to run, by up to 7 MB
 * on a busy machine, and only adds.
 */
const RUNS = 5;

Deno.test("the memory after 200 tracks is within 10 % of that after 20", async () => {
  await inTemporaryFolder(async (folder) => {
    await makeTracks(join(folder, "in"));
    const peaks = async (inputs: string, out: string): Promise<number> => {
      const found: number[] = [];
      for (let run = 0; run < RUNS; run++) {
        const [{ code }, peak] = await batchPeak(folder, [inputs], join(folder, `${out} ${run}`));
        equal(code, 1);
        found.push(peak);
      }
      return Math.min(...found);
    };
    const few = await peaks(join("in", "album 0"), "few");
    const all = await peaks("in", "all");
    ok(all <= (1 + MOST_GROWTH) * few, `${few} bytes after 20 tracks, ${all} after 200`);
  });
});
