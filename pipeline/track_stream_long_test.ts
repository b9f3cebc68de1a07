/** Tests long streams: stems that are too loud behind the first steps and segments are made again. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { PROGRAM_FOLDER } from "../core/program.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { noise, wavFile } from "../tests/support/wav.ts";
import { loadDemixer } from "./backends/demixers.ts";
import { releaseDemixer } from "./demix.ts";
import type { NetworkModel } from "./network.ts";
import type { Separated, StemsRun, Track } from "./separated.ts";
import { spectrogram } from "./spectrogram.ts";
import { STAGES } from "./stages.ts";
import { separate } from "./track_stems.ts";

const SMALL = join(PROGRAM_FOLDER, "models", "testdata", "small_htdemucs.th");

function runOf(keepsStems: boolean, onProgress: (done: number) => void): StemsRun {
  return {
    context: { model: Promise.race([]) as Promise<NetworkModel>, embeddings: false },
    observer: { onProgress: (_stage, done) => onProgress(done) },
    ...{ origin: performance.now(), audio: {}, keepsStems, takesUpstreams: false },
    stages: STAGES.slice(0, 1),
  };
}

Deno.test("stems that become loud late are made again from the start, with the same result", async () => {
  await inTemporaryFolder(async (folder) => {
    const track: Track = { path: join(folder, "mix.wav"), name: "mix" };
    const seconds = 150;
    const samples = noise(2 * seconds * 44_100, 5);
    for (const loudFrom of [149.9, 40, 20, Infinity]) {
      const loud = samples.map((value, at) => (at / 88_200 > loudFrom ? 4 : 0.3) * value);
      const content = { sampleRateHz: 44_100, channels: 2, bits: 32, samples: loud } as const;
      await Deno.writeFile(track.path, wavFile(content));
      for (const name of ["hpss-mix", "hpss", SMALL]) {
        // The small network takes longer than the filters.
        if (name === SMALL && loudFrom !== 40) continue;
        const demixer = await loadDemixer(name);
        const options = { demixer: Promise.resolve(demixer), shifts: [null] };
        let restarts = 0;
        let last = 0;
        const count = (done: number): void => {
          restarts += done < last ? 1 : 0;
          last = done;
        };
        const way = async (keepsStems: boolean): Promise<Separated> =>
          await separate(track, options, runOf(keepsStems, count));
        const stream = await way(false);
        equal(restarts, loudFrom === Infinity ? 0 : 1, `${name}, ${loudFrom}`);
        const whole = await way(true);
        ok(whole.seams.stems16 !== undefined);
        equal(await stream.sha256, await whole.sha256);
        equal(stream.seams.spectrogram, await spectrogram(whole.seams.stems16));
        await releaseDemixer(demixer);
      }
    }
  });
});
