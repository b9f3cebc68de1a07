/**
 * Measures what queue and store add to an analysis: processor time of a track of three minutes alone, and through a worker with
 * Redis and a bucket, in turn. The audio is generated, and as large as an MP3 of 350 kbit/s.
 *
 *     AWS_ENDPOINT_URL=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… \
 *     deno run --lock=catalogue/deno.lock --allow-all scripts/catalogue_overhead.ts redis://127.0.0.1:6379 BUCKET ROUNDS
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import {
  addTracks,
  type AnalysisSettings,
  audioObjects,
  CatalogueQueue,
  CatalogueWorker,
  keepSettings,
  openStore,
  Sources,
  workerMetrics,
} from "../catalogue/mod.ts";
import { median } from "../core/median.ts";
import { withScratchFolder } from "../core/scratch_folder.ts";
import { textTable } from "../core/table.ts";
import { Analyzer } from "../pipeline/mod.ts";
import { wavFile } from "../tests/support/wav.ts";

const [redis = "", bucket = "", rounds = "5"] = Deno.args;
const TRACKS = 2;
const SECONDS = 180;
const RATE_HZ = 22_050;

const SETTINGS: AnalysisSettings = {
  options: { model: "embedded", demixer: "hpss-mix", shifts: [null] },
  byproducts: { activations: false, formats: [] },
};

/** Returns a piece of clicks over chords. */
function piece(nth: number): Uint8Array {
  const period = Math.round(RATE_HZ * 60 / (100 + 7 * nth));
  const samples = Float32Array.from({ length: SECONDS * RATE_HZ }, (_, at) => {
    const note = 220 * 2 ** ([0, 3, 5, 7][Math.floor(at / period / 4) % 4]! / 12);
    const click = at % period;
    return 0.1 * Math.sin(2 * Math.PI * note * at / RATE_HZ) +
      (click < 900 ? 0.5 * Math.sin(click / 3) * (1 - click / 900) : 0);
  });
  return wavFile({ sampleRateHz: RATE_HZ, channels: 1, bits: 16, samples });
}

/** Returns the seconds of processor time of some work. */
async function processorSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

await withScratchFolder("tactus-overhead-", async (folder) => {
  const audio = await openStore(`s3://${bucket}/audio`);
  for (let nth = 0; nth < TRACKS; nth++) {
    const bytes = piece(nth);
    await Deno.writeFile(join(folder, `${nth}.wav`), bytes);
    await audio.putNew(`${nth}.wav`, bytes);
  }
  const [alone, shared, empty]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < Number(rounds); round++) {
    alone.push(
      await processorSeconds(async () => {
        await using analyzer = await Analyzer.load(SETTINGS.options);
        const paths = (await readdir(folder)).map((name) => join(folder, name));
        await Promise.all(paths.map((path) => analyzer.analyze(path)));
      }),
    );
    // A store of its own: no track is known.
    const store = await openStore(`s3://${bucket}/${crypto.randomUUID()}`);
    await using queue = await CatalogueQueue.open({ redis, name: crypto.randomUUID() });
    const settings = await keepSettings(SETTINGS, {}, store);
    const objects = audioObjects(`s3://${bucket}/audio/`, new Sources({}));
    await addTracks(objects, settings, queue, store, { attempts: 1 });
    const metrics = await workerMetrics(() => queue.counts());
    const worker = (): CatalogueWorker =>
      new CatalogueWorker(
        queue,
        store,
        {
          ...{ name: "one", concurrency: 2, graceSeconds: 25, untilEmpty: true, lockSeconds: 30 },
        },
        metrics,
        () => {},
      );
    shared.push(await processorSeconds(() => worker().run()));
    // What a worker takes once, and not for each track.
    empty.push(await processorSeconds(() => worker().run()));
  }
  const each = (all: readonly number[]): number => median(all) / TRACKS;
  const figures = (all: readonly number[]): string[] => [
    each(all).toFixed(3),
    `${(Math.min(...all) / TRACKS).toFixed(3)} to ${(Math.max(...all) / TRACKS).toFixed(3)}`,
  ];
  const ratios = alone.map((seconds, round) => (shared[round]! - empty[round]!) / seconds);
  console.log(
    textTable([
      ["processor time of a track, s", "median", "range"],
      ["alone", ...figures(alone)],
      ["through queue and store", ...figures(shared.map((all, round) => all - empty[round]!))],
      [
        "ratio of a round",
        median(ratios).toFixed(3),
        `${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}`,
      ],
    ], (column) => column > 0).join("\n"),
  );
});
Deno.exit(0);
