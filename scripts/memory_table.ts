/**
 * Prints the README's tables of seconds and peak memory by length. The input is the demo mix, or with `--stems` its
 * stems, repeated to each length. Each length runs in a process of its own under GNU time.
 *
 *     deno run -A scripts/memory_table.ts [--stems] --minutes X... -- ANALYZE_OPTIONS...
 *
 * @module
 */

import { cpus } from "node:os";
import { join } from "node:path";
import { tolerance } from "../cli/argument_types.ts";
import { command, flag, option } from "../cli/command.ts";
import { markdownTable } from "../core/table.ts";
import { GLIBC_SETTINGS, HEAP_OPTION } from "../core/batch_memory.ts";
import { longStems, writeStems } from "../reports/measure/track.ts";
import { readMixture } from "../pipeline/mixture.ts";
import { firstSamples } from "../pipeline/stems.ts";
import { encodeWav } from "../pipeline/wav.ts";
import { runScript } from "./run_script.ts";

const repository = join(import.meta.dirname ?? ".", "..");
const PIECES = join(repository, "fixtures", "audio");
const SAMPLES_A_MINUTE = 60 * 44_100;

/** Writes the demo mix, repeated, in its 16-bit samples. */
async function writeTrack(path: string, minutes: number): Promise<void> {
  const piece = join(PIECES, "four_four", "mix.flac");
  const { mixture } = await readMixture(piece);
  const [, length = 1] = mixture.shape;
  const samples = Math.round(minutes * SAMPLES_A_MINUTE);
  const data = new Int16Array(2 * samples);
  for (let i = 0; i < samples; i++) {
    data[i] = mixture.data[i % length]! * 32_768;
    data[samples + i] = mixture.data[length + i % length]! * 32_768;
  }
  await Deno.writeFile(path, encodeWav(data));
}

/** Analyses a track as the task does and returns the seconds and the peak resident memory in MB. */
async function measure(
  track: readonly string[],
  options: readonly string[],
): Promise<{ seconds: number; peakMB: number }> {
  const folder = await Deno.makeTempDir();
  const main = join(repository, "main.ts");
  const start = performance.now();
  const { code, stderr } = await new Deno.Command("/usr/bin/time", {
    args: [
      ...["-v", Deno.execPath(), "run", HEAP_OPTION, "-A", main],
      ...["analyze", ...track, ...options, "-o", folder],
    ],
    env: GLIBC_SETTINGS,
    stdout: "null",
    stderr: "piped",
  }).output();
  const seconds = (performance.now() - start) / 1000;
  await Deno.remove(folder, { recursive: true });
  const text = new TextDecoder().decode(stderr);
  const [, kilobytes] = /Maximum resident set size \(kbytes\): (\d+)/.exec(text) ?? [];
  if (code !== 0 || kilobytes === undefined) throw new Error(text);
  return { seconds, peakMB: Number(kilobytes) / 1024 };
}

/** The script. */
const memoryTable = command({
  name: "deno run -A scripts/memory_table.ts",
  description: "Prints the table of time and memory by the length of a track.",
  arguments: { "[analyze...]": "arguments of analyze, after --" },
  options: {
    minutes: option(tolerance({ excludesZero: true }), "length of a track in minutes").repeated()
      .required(),
    stems: flag("analyse stems instead of a mix"),
  },
  async run({ minutes: lengths, stems: fromStems }, options): Promise<number> {
    console.log(`${options.join(" ")}; ${cpus().length} × ${cpus()[0]?.model}\n`);
    const rows = [
      ["minutes", "seconds", "times real time", "peak, MB", "MB a minute above the first"],
    ];
    let first: { minutes: number; peakMB: number } | undefined;
    for (const minutes of lengths) {
      const folder = await Deno.makeTempDir();
      const track = join(folder, "mix.wav");
      if (fromStems) {
        const stems = await longStems(join(PIECES, "four_four"), 60 * minutes);
        const samples = Math.round(minutes * SAMPLES_A_MINUTE);
        await writeStems(folder, firstSamples(stems, samples));
      } else await writeTrack(track, minutes);
      const { seconds, peakMB } = await measure(
        fromStems ? ["--stems-dir", folder] : [track],
        options,
      );
      await Deno.remove(folder, { recursive: true });
      first ??= { minutes, peakMB };
      const growth = (peakMB - first.peakMB) / (minutes - first.minutes);
      rows.push([
        String(minutes),
        seconds.toFixed(1),
        (60 * minutes / seconds).toFixed(1),
        peakMB.toFixed(0),
        Number.isNaN(growth) ? "" : growth.toFixed(0),
      ]);
    }
    console.log(markdownTable(rows).join("\n"));
    return 0;
  },
});

if (import.meta.main) await runScript(memoryTable);
