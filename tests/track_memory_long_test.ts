/** Tests that the memory of an analysis grows by little with the length of the track. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { peakOf } from "./support/peak_memory.ts";
import { repository } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

/** Lengths in minutes; behind the first, all buffers of constant size are in use. */
const [SHORT, LONG] = [4, 12] as const;

const SMALL = join(repository, "models", "testdata", "small_htdemucs.th");

/**
 * Largest growth for each minute. The spectrogram takes 7.8 MB; the peaks of one call vary by a hundred MB with the time at
 * which threads free their memory, 12 to 29 MB a minute. A stage that held the samples of a whole track would take 42 MB more.
 */
const MOST_BYTES = 36e6;

/** Analyses by name; `{}` stands for the track. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  "filters": ["{}.wav", "--demixer", "hpss-mix"],
  "filters, stems kept": ["{}.wav", "--demixer", "hpss-mix", "-k"],
  "a network": ["{}.wav", "--demixer", SMALL],
  "a network, stems kept": ["{}.wav", "--demixer", SMALL, "-k"],
  "stems": ["--stems-dir", "{}"],
};

/** Writes a mix, and four links to it as stems. Its last seconds are too loud for 16 bit. */
async function writeTrack(folder: string, name: string, minutes: number): Promise<void> {
  const piece = noise(2 * 44_100 * 60, 1);
  const samples = new Float32Array(piece.length * minutes);
  for (let at = 0; at < minutes; at++) samples.set(piece, at * piece.length);
  for (let at = samples.length - 44_100; at < samples.length; at++) samples[at]! *= 5;
  const path = join(folder, `${name}.wav`);
  await writeFile(path, wavFile({ sampleRateHz: 44_100, channels: 2, bits: 32, samples }));
  await Deno.mkdir(join(folder, name));
  for (const stem of ["bass", "drums", "other", "vocals"]) {
    await Deno.symlink(path, join(folder, name, `${stem}.wav`));
  }
}

for (const [name, call] of Object.entries(CALLS)) {
  Deno.test(`no stage holds the samples of a whole track: ${name}`, async () => {
    await inTemporaryFolder(async (folder) => {
      const peaks: number[] = [];
      for (const minutes of [SHORT, LONG]) {
        const track = `${minutes} minutes`;
        await writeTrack(folder, track, minutes);
        const args = call.map((arg) => arg.replace("{}", track));
        const [outcome, peak] = await peakOf(["analyze", ...args, "-m", "embedded"], folder);
        equal(outcome.code, 0, outcome.stderr);
        peaks.push(peak);
      }
      const [short = 0, long = 0] = peaks;
      const growth = (long - short) / (LONG - SHORT);
      ok(growth <= MOST_BYTES, `${short} and ${long} bytes: ${growth} for each minute`);
    });
  });
}
