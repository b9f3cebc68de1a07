/**
 * Measures what queue and store add to an analysis: processor time of this process and time on the clock of a track of three
 * minutes alone, and through a worker with Redis and a bucket, in turn. The audio is generated, and as large as an MP3 of
 * 350 kbit/s. Prints each round as JSON to stderr. Where only the first seconds of each track are analysed, the difference is
 * that of the whole track, and less of it is noise.
 *
 *     AWS_ENDPOINT_URL=… AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… \
 *     deno run --lock=catalogue/deno.lock --allow-all scripts/catalogue_overhead.ts redis://127.0.0.1:6379 BUCKET ROUNDS SECONDS TRACKS
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

const [redis = "", bucket = "", rounds = "5", analysed = "180", tracks = "4"] = Deno.args;
const TRACKS = Number(tracks);
/** Tracks side by side. */
const CONCURRENCY = 2;
const SECONDS = 180;
const RATE_HZ = 22_050;

const SETTINGS: AnalysisSettings = {
  options: {
    ...{ model: "embedded", demixer: "hpss-mix", shifts: [null] },
    ...(Number(analysed) < SECONDS && { audio: { part: { endSeconds: Number(analysed) } } }),
  },
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

/** Seconds of some work. */
interface Seconds {
  /** Processor time of this process. */
  readonly cpu: number;
  /** Time on the clock. */
  readonly wall: number;
}

/** Returns the seconds of some work. */
async function secondsOf(work: () => Promise<unknown>): Promise<Seconds> {
  const [before, start] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6, wall: (performance.now() - start) / 1000 };
}

function ofTrack({ cpu, wall }: Seconds): Seconds {
  return { cpu: cpu / TRACKS, wall: wall / TRACKS };
}

/** Analyses all tracks of a folder. */
async function alone(folder: string): Promise<Seconds> {
  return await secondsOf(async () => {
    await using analyzer = await Analyzer.load(SETTINGS.options);
    const paths = (await readdir(folder)).map((name) => join(folder, name));
    // As many side by side as the worker has.
    await inParallel(paths, (path) => analyzer.analyze(path));
  });
}

async function inParallel(
  paths: readonly string[],
  work: (path: string) => Promise<unknown>,
): Promise<void> {
  const rest = [...paths];
  await Promise.all(Array.from({ length: CONCURRENCY }, async () => {
    for (let path = rest.pop(); path !== undefined; path = rest.pop()) await work(path);
  }));
}

/** Analyses all tracks of a bucket through queue and store, without what a worker takes for an empty queue. */
async function shared(): Promise<Seconds> {
  // A store of its own: no track is known.
  const store = await openStore(`s3://${bucket}/${crypto.randomUUID()}`);
  await using queue = await CatalogueQueue.open({ redis, name: crypto.randomUUID() });
  const settings = await keepSettings(SETTINGS, {}, store);
  const objects = audioObjects(`s3://${bucket}/audio/`, new Sources({}));
  await addTracks(objects, settings, queue, store, { attempts: 1 });
  const metrics = await workerMetrics(() => queue.counts());
  // The worker looks every half second whether the queue is empty.
  let [started, done] = [0, 0];
  const run = (): Promise<void> =>
    new CatalogueWorker(
      queue,
      store,
      {
        ...{ name: "one", concurrency: CONCURRENCY, graceSeconds: 25 },
        ...{ untilEmpty: true, lockSeconds: 30 },
      },
      metrics,
      (_, event) => {
        if (event === "worker started") started = performance.now();
        if (event === "track done") done = performance.now();
      },
    ).run();
  const { cpu } = await secondsOf(run);
  const wall = (done - started) / 1000;
  return { cpu: cpu - (await secondsOf(run)).cpu, wall };
}

await withScratchFolder("tactus-overhead-", async (folder) => {
  const audio = await openStore(`s3://${bucket}/audio`);
  for (let nth = 0; nth < TRACKS; nth++) {
    const bytes = piece(nth);
    await Deno.writeFile(join(folder, `${nth}.wav`), bytes);
    await audio.putNew(`${nth}.wav`, bytes);
  }
  const found: Record<"alone" | "through", Seconds>[] = [];
  for (let round = 0; round < Number(rounds); round++) {
    // Each goes first in every other round.
    const first = round % 2 === 0 ? await alone(folder) : undefined;
    const through = await shared();
    found.push({
      alone: ofTrack(first ?? await alone(folder)),
      through: ofTrack(through),
    });
    console.error(JSON.stringify(found.at(-1)));
  }
  const figures = (all: readonly number[]): string[] => [
    median(all).toFixed(3),
    `${Math.min(...all).toFixed(3)} to ${Math.max(...all).toFixed(3)}`,
  ];
  const rows = (["cpu", "wall"] as const).map((kind) => {
    const each = found.map(({ alone, through }) => [alone[kind], through[kind]] as const);
    return [
      [`${kind === "cpu" ? "processor time" : "time on the clock"} of a track, s`, "", ""],
      ["  alone", ...figures(each.map(([alone]) => alone))],
      ["  through queue and store", ...figures(each.map(([, through]) => through))],
      ["  ratio of a round", ...figures(each.map(([alone, through]) => through / alone))],
      ["  difference of a round", ...figures(each.map(([alone, through]) => through - alone))],
    ];
  });
  console.log(
    textTable([["measure", "median", "range"], ...rows.flat()], (column) => column > 0).join("\n"),
  );
});
Deno.exit(0);
