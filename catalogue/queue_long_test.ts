import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { queueTest } from "../tests/support/queue_tests.ts";
import { startRedis } from "../tests/support/services.ts";
import { library } from "./libraries.ts";
import type { Job, JobLimits } from "./job.ts";
import { CatalogueQueue } from "./queue.ts";

const job = (name: string): [string, Job] => [
  `t${name}`,
  { source: `s3://music/${name}.mp3`, content: `etag:${name}`, bytes: 1, settings: "ts" },
];

/** Takes jobs in turn until none waits; those whose name is in `bad` fail. */
async function takeAll(queue: CatalogueQueue, bad: RegExp = /^$/): Promise<string[]> {
  const { Worker, UnrecoverableError } = await library("bullmq");
  const taken: string[] = [];
  const worker = new Worker(queue.address.name, (job) => {
    taken.push(job.id ?? "");
    return bad.test(job.data.source)
      ? Promise.reject(new UnrecoverableError("not audio"))
      : Promise.resolve({});
  }, {
    connection: queue.redis as never,
    ...{ name: "one", autorun: false, concurrency: 1, lockDuration: 30_000 },
    ...{ stalledInterval: 30_000, maxStalledCount: 1, metrics: { maxDataPoints: 10 } },
  });
  const running = worker.run();
  for (let { waiting, active } = await queue.counts(); waiting + active > 0;) {
    await new Promise((done) => setTimeout(done, 20));
    ({ waiting, active } = await queue.counts());
  }
  await worker.close();
  await running;
  return taken;
}

queueTest(
  "a job is added once, and jobs without a rank come first, then by rank",
  async ({ queue }) => {
    const add = (names: string[], priority?: number): Promise<Set<string>> =>
      queue.add(new Map(names.map(job)), {
        attempts: 1,
        ...(priority !== undefined && { priority }),
      });
    equal(await add(["c"], 2), new Set());
    await add(["b"], 1);
    await add(["a"]);
    equal(await add(["a", "d"]), new Set(["ta"]));
    equal(await queue.counts(), { waiting: 4, delayed: 0, active: 0, dead: 0, done: 0 });
    equal(await takeAll(queue), ["ta", "td", "tb", "tc"]);
    equal(await queue.counts(), { waiting: 0, delayed: 0, active: 0, dead: 0, done: 4 });
  },
);

queueTest("a job that is done is added again: its record was removed", async ({ queue }) => {
  await queue.add(new Map([job("a")]), { attempts: 1 });
  equal(await takeAll(queue), ["ta"]);
  equal(await queue.add(new Map([job("a")]), { attempts: 1 }), new Set());
  equal(await takeAll(queue), ["ta"]);
});

queueTest(
  "a dead letter has its reason, waits again by pattern, and is cancelled",
  async ({ queue }) => {
    await queue.add(new Map(["a", "bad1", "bad2"].map(job)), { attempts: 3 });
    await takeAll(queue, /bad/);
    const dead = await Array.fromAsync(queue.list("failed"));
    equal(dead.map(({ id, attempts, reason }) => [id, attempts, reason]).sort(), [
      ["tbad1", 1, "not audio"],
      ["tbad2", 1, "not audio"],
    ]);
    // Adding does not revive it.
    equal(await queue.add(new Map([job("bad1")]), { attempts: 1 }), new Set(["tbad1"]));
    equal(await queue.retry(["nothing"]), []);
    equal(await queue.retry(["*bad1*"]), ["s3://music/bad1.mp3"]);
    equal((await queue.find("tbad1"))?.attempts, 0);
    equal(await takeAll(queue), ["tbad1"]);
    equal(await queue.cancel(["not audio"]), []);
    equal(await queue.retry(["not audio"]), ["s3://music/bad2.mp3"]);
    equal(await queue.cancel(["bad2"]), ["s3://music/bad2.mp3"]);
    equal(await queue.find("tbad2"), undefined);
    equal((await queue.counts()).done, 2);
  },
);

queueTest(
  "a job that waits or is dead is added again where its limits refuse what others allow",
  async ({ queue }) => {
    const add = async (limits: JobLimits): Promise<boolean> =>
      !(await queue.add(new Map([job("a")]), { attempts: 1, limits })).has("ta");
    const limitsOf = async (): Promise<unknown> => (await queue.engine.getJob("ta"))?.data.limits;
    equal([await add({ mostSeconds: 600 }), await limitsOf()], [true, { mostSeconds: 600 }]);
    equal([await add({ mostSeconds: 60 }), await limitsOf()], [false, { mostSeconds: 600 }]);
    equal([await add({ mostSeconds: 700, ffmpeg: false }), await limitsOf()], [true, {
      mostSeconds: 700,
    }]);
    equal((await queue.counts()).waiting, 1);
    equal(await takeAll(queue, /a/), ["ta"]);
    equal([await add({ mostSeconds: 700 }), (await queue.counts()).dead], [false, 1]);
    equal([await add({}), await limitsOf()], [true, undefined]);
    equal(await queue.counts(), { waiting: 1, delayed: 0, active: 0, dead: 0, done: 0 });
    equal([await add({ mostSeconds: 60 }), await takeAll(queue)], [false, ["ta"]]);
  },
);

queueTest("a queue is paused and resumed, and has a rate", async ({ queue }) => {
  await queue.add(new Map([job("a")]), { attempts: 1 });
  await queue.pause();
  equal([await queue.isPaused(), (await queue.counts()).waiting], [true, 1]);
  await queue.resume();
  equal([await queue.isPaused(), await queue.rate()], [false, null]);
  await queue.limit(5, 60);
  equal(await queue.rate(), { most: 5, seconds: 60 });
  await queue.limit(null, 1);
  equal([await queue.rate(), await takeAll(queue)], [null, ["ta"]]);
});

Deno.test("CatalogueQueue.open() refuses an address at which there is no Redis", async () => {
  const open = (redis: string): Promise<CatalogueQueue> =>
    CatalogueQueue.open({ redis, name: "x" });
  await rejects(open("redis://127.0.0.1:1"), /Cannot reach Redis at 127\.0\.0\.1:1 .*--redis$/);
  await rejects(open("http://127.0.0.1"), /Expected an address redis:\/\/HOST:PORT/);
});

Deno.test({
  name: "CatalogueQueue.open() tells that Redis wants a password, has no such database, or is none",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using service = await startRedis({ args: ["--requirepass", "secret"] });
    const address = (user: string, rest = ""): string =>
      service.url.replace("redis://", `redis://${user}`) + rest;
    const open = (redis: string): Promise<CatalogueQueue> =>
      CatalogueQueue.open({ redis, name: "x" }, () => {}, 2);
    await rejects(open(address("")), /refuses the connection.*NOAUTH.*--redis/);
    await rejects(open(address(":wrong@")), /refuses the connection.*WRONGPASS.*--redis/);
    await rejects(open(address(":secret@", "/99")), /refuses the connection.*DB index.*--redis/);
    await using queue = await open(address(":secret@", "/1"));
    equal((await queue.counts()).waiting, 0);
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await rejects(open(`redis://127.0.0.1:${silent.addr.port}`), /no answer for 2 s.*--redis/);
  },
});
