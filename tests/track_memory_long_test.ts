/** Tests that the memory of an analysis grows by little with the length of the track. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { peakOf } from "./support/peak_memory.ts";
import { repository } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

/** Lengths in minutes; behind the first, all buffers of constant size are in use. */
const [SHORT, LONG] = [5, 25] as const;

const SMALL = join(repository, "models", "testdata", "small_htdemucs.th");

/** Largest growth for each minute: 7.8 MB are the spectrogram, 4.6 MB the values of the network between its layers. */
const MOST_BYTES = 14e6;

/** Calls of one length: the peak of a call varies by up to a hundred MB with the time at which threads free their memory. */
const TRIES = 3;

/** Analyses by name; `{}` stands for the track. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  "filters": ["{}.wav", "--demixer", "hpss-mix"],
  "filters, stems kept": ["{}.wav", "--demixer", "hpss-mix", "-k"],
  "a network": ["{}.wav", "--demixer", SMALL],
  "a network, stems kept": ["{}.wav", "--demixer", SMALL, "-k"],
  "stems": ["--stems-dir", "{}"],
};

/** Writes a mix, and four links to it as stems. Its last second is too loud for 16 bit. */
async function writeTrack(folder: string, name: string, minutes: number): Promise<void> {
  const samples = noise(2 * 44_100 * 60, 1);
  const wav = { sampleRateHz: 44_100, channels: 2, bits: 32 } as const;
  const piece = wavFile({ ...wav, samples });
  for (let at = samples.length - 2 * 44_100; at < samples.length; at++) samples[at]! *= 5;
  const last = wavFile({ ...wav, samples });
  const headerBytes = piece.length - samples.byteLength;
  const header = piece.slice(0, headerBytes);
  const view = new DataView(header.buffer);
  view.setUint32(4, headerBytes - 8 + minutes * samples.byteLength, true);
  view.setUint32(headerBytes - 4, minutes * samples.byteLength, true);
  const path = join(folder, `${name}.wav`);
  const pieces = Array.from({ length: minutes - 1 }, () => piece.subarray(headerBytes));
  await writeFile(path, [header, ...pieces, last.subarray(headerBytes)]);
  await Deno.mkdir(join(folder, name));
  for (const stem of ["bass", "drums", "other", "vocals"]) {
    await Deno.symlink(path, join(folder, name, `${stem}.wav`));
  }
}

/** The options that keep stems and spectrograms in a folder. */
function keptIn(folder: string): string[] {
  return ["--demix-dir", join(folder, "demix"), "--spec-dir", join(folder, "spec")];
}

for (const [name, call] of Object.entries(CALLS)) {
  Deno.test(`no stage holds the samples of a whole track: ${name}`, async () => {
    await inTemporaryFolder(async (folder) => {
      const peak = async (minutes: number): Promise<number> => {
        const args = call.map((arg) => arg.replace("{}", `${minutes} minutes`));
        const out = await Deno.makeTempDir({ dir: folder });
        const folders = ["-o", out, ...(call.includes("-k") ? keptIn(out) : [])];
        const [outcome, peak] = await peakOf(
          ["analyze", ...args, "-m", "embedded", ...folders],
          folder,
        );
        await Deno.remove(out, { recursive: true });
        equal(outcome.code, 0, outcome.stderr);
        return peak;
      };
      for (const minutes of [SHORT, LONG]) await writeTrack(folder, `${minutes} minutes`, minutes);
      const short = Math.min(await peak(SHORT), await peak(SHORT));
      let long = Infinity;
      let growth = Infinity;
      for (let round = 0; round < TRIES && growth > MOST_BYTES; round++) {
        long = Math.min(long, await peak(LONG));
        growth = (long - short) / (LONG - SHORT);
      }
      ok(growth <= MOST_BYTES, `${short} and ${long} bytes: ${growth} for each minute`);
    });
  });
}
