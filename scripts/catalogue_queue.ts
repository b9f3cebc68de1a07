/**
 * Measures the queue of a catalogue: how many jobs a second it takes and passes, and the memory of Redis for each. The jobs are
 * as large as real ones, and do nothing.
 *
 *     redis-server --port 6390 --save '' &
 *     deno run --lock=catalogue/deno.lock --allow-read --allow-env --allow-sys --allow-net \
 *       scripts/catalogue_queue.ts redis://127.0.0.1:6390 100000
 *
 * @module
 */

import { library } from "../catalogue/libraries.ts";
import { CatalogueQueue, type Job, jobId } from "../catalogue/mod.ts";
import { textTable } from "../core/table.ts";

const [redis = "redis://127.0.0.1:6379", jobs = "100000", passed = "20000"] = Deno.args;
const count = Number(jobs);
/** Jobs that are made and added at a time. */
const BATCH = 10_000;

await using queue = await CatalogueQueue.open({ redis, name: `measured-${crypto.randomUUID()}` });
const memory = async (): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await queue.redis.info("memory"))?.[1]);
const processor = async (): Promise<number> => {
  const text = await queue.redis.info("cpu");
  return ["user", "sys"].reduce(
    (sum, kind) => sum + Number(new RegExp(`used_cpu_${kind}:([\\d.]+)`).exec(text)?.[1]),
    0,
  );
};
const before = await memory();
const [addStart, addCpu] = [performance.now(), await processor()];
for (let at = 0; at < count; at += BATCH) {
  const batch = new Map<string, Job>();
  for (let nth = at; nth < Math.min(count, at + BATCH); nth++) {
    const job: Job = {
      source: `s3://music/Some Artist/Some Album/${nth} - Some Title.mp3`,
      content: `etag:${crypto.randomUUID().replaceAll("-", "")}`,
      ...{ bytes: 7_000_000 + nth, settings: "t".padEnd(40, "0") },
    };
    batch.set(jobId(job), job);
  }
  await queue.add(batch, { attempts: 3 });
}
const addSeconds = (performance.now() - addStart) / 1000;
const addedCpu = await processor() - addCpu;
const bytes = await memory() - before;

const { Worker } = await library("bullmq");
const enough = Math.min(count, Number(passed));
const { promise, resolve } = Promise.withResolvers<void>();
let done = 0;
const worker = new Worker(queue.address.name, () => {
  if (++done === enough) resolve();
  return Promise.resolve({});
}, {
  connection: queue.redis as never,
  ...{ name: "measured", autorun: false, concurrency: 100, lockDuration: 30_000 },
  ...{ stalledInterval: 30_000, maxStalledCount: 1, metrics: { maxDataPoints: 10 } },
});
const [passStart, passCpu] = [performance.now(), await processor()];
void worker.run();
await promise;
const passSeconds = (performance.now() - passStart) / 1000;
const passedCpu = await processor() - passCpu;
console.log(
  textTable([
    ["measure", "value"],
    ["jobs added", String(count)],
    ["added a second", (count / addSeconds).toFixed(0)],
    ["processor time of Redis for an added job, µs", (1e6 * addedCpu / count).toFixed(0)],
    ["memory of Redis for a job, bytes", (bytes / count).toFixed(0)],
    ["memory of Redis for all, MiB", (bytes / 2 ** 20).toFixed(0)],
    ["passed a second", (enough / passSeconds).toFixed(0)],
    ["processor time of Redis for a passed job, µs", (1e6 * passedCpu / enough).toFixed(0)],
  ], (column) => column === 1).join("\n"),
);
Deno.exit(0);
