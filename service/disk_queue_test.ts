import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bytesSha256 } from "../core/hash.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { DiskQueue, type DiskQueueOptions, idOf } from "./disk_queue.ts";
import type { Added, JobQueue, Work, WorkOutcome } from "./job_queue.ts";

const SETTINGS = "5".repeat(64);
const DONE: WorkOutcome = { result: '{"path":"x"}', seconds: 1, warnings: [] };

const done: Work = () => Promise.resolve(DONE);

/** Runs until it is aborted. */
const endless: Work = (_, { signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

function open(
  folder: string,
  work: Work,
  more: Partial<DiskQueueOptions> = {},
): Promise<DiskQueue> {
  return DiskQueue.open({
    ...{
      folder,
      settings: SETTINGS,
      work,
      jobs: 1,
      mostWaiting: 10,
      mostBytes: 1e6,
      mostKept: 100,
    },
    ...more,
  });
}

/** Adds an upload of some bytes. */
async function add(
  queue: JobQueue,
  number: number,
  bytes = 10,
  sha256 = String(number).padStart(64, "0"),
): Promise<Added> {
  const folder = await queue.incoming();
  await writeFile(join(folder, "audio.wav"), new Uint8Array(bytes));
  return await queue.add({
    name: `${number}.wav`,
    bytes,
    sha256,
    source: { folder, file: "audio.wav" },
  });
}

/** Waits until an analysis has ended. */
async function ended(queue: JobQueue, id: string): Promise<string | undefined> {
  const events = queue.events(id, undefined, AbortSignal.timeout(5000));
  if (typeof events === "object") { for await (const _ of events); }
  return (await queue.get(id))?.state;
}

Deno.test("an analysis runs, its result is kept over a restart, and equal audio is not analysed again", () =>
  inTemporaryFolder(async (folder) => {
    let runs = 0;
    const work: Work = (item, options) => {
      runs++;
      return done(item, options);
    };
    let queue = await open(folder, work);
    const { analysis: { id, state }, isNew } = await add(queue, 1);
    equal([isNew, state, id], [true, "queued", idOf("1".padStart(64, "0"), SETTINGS)]);
    equal(await ended(queue, id), "done");
    equal(await queue.result(id), DONE.result);
    await queue.close(1);
    queue = await open(folder, work);
    const again = await add(queue, 1);
    equal([again.isNew, again.analysis.id, again.analysis.state, runs], [false, id, "done", 1]);
    equal(await readFile((await queue.audio(id))!), Buffer.alloc(10));
    equal(await readdir(join(folder, "incoming")), []);
    await queue.close(1);
  }));

Deno.test("what is interrupted runs again at the next start, in its order, three times at most", () =>
  inTemporaryFolder(async (folder) => {
    let queue = await open(folder, endless);
    const first = (await add(queue, 1)).analysis.id;
    const second = (await add(queue, 2)).analysis.id;
    const record = async (id: string): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(join(folder, "analyses", id, "analysis.json"), "utf8"));
    while ((await record(first))["state"] !== "running") {
      await new Promise((done) => setTimeout(done, 1));
    }
    await queue.close(0);
    // It was given back: that is no attempt.
    equal([(await record(first))["state"], (await record(first))["attempts"]], ["queued", 0]);
    const order: string[] = [];
    const crashed = {
      ...await record(second),
      state: "running",
      attempts: 3,
      started: new Date().toISOString(),
    };
    await writeFile(join(folder, "analyses", second, "analysis.json"), JSON.stringify(crashed));
    queue = await open(folder, (item) => {
      order.push(item.name);
      return Promise.resolve(DONE);
    });
    equal(await ended(queue, first), "done");
    equal(await ended(queue, second), "failed");
    match((await queue.get(second))!.error!, /ended 3 times during the analysis/);
    equal(order, ["1.wav"]);
    // Who sends it again wants another attempt.
    equal((await add(queue, 2)).isNew, true);
    equal(await ended(queue, second), "done");
    await queue.close(1);
  }));

Deno.test("half-written files are never shown, and are removed or set aside at the next start", () =>
  inTemporaryFolder(async (folder) => {
    let queue = await open(folder, done);
    const { id } = (await add(queue, 1)).analysis;
    equal(await ended(queue, id), "done");
    await queue.close(1);
    const broken = join(folder, "analyses", "0".repeat(32));
    await mkdir(broken);
    await writeFile(join(broken, "analysis.json"), '{"id": "0');
    await mkdir(join(folder, "incoming", "half"));
    await writeFile(join(folder, "incoming", "half", "audio"), "half");
    await writeFile(join(folder, "analyses", id, "result.json"), '{"path"');
    queue = await open(folder, done);
    equal((await queue.list({ limit: 10 })).map((one) => one.id), [id]);
    equal(await readdir(join(folder, "incoming")), []);
    equal(await readdir(join(folder, "analyses")), [id]);
    const [aside = ""] = await readdir(join(folder, "damaged"));
    equal(await readdir(join(folder, "damaged", aside)), ["analysis.json"]);
    // Its result was damaged, so that it ran again.
    equal(await ended(queue, id), "done");
    equal(await queue.result(id), DONE.result);
    await queue.close(1);
  }));

Deno.test("other settings at the next start do not run what was sent with the earlier ones", () =>
  inTemporaryFolder(async (folder) => {
    let queue = await open(folder, endless);
    const { id } = (await add(queue, 1)).analysis;
    await queue.close(0);
    queue = await open(folder, done, { settings: "6".repeat(64) });
    match((await queue.get(id))!.error!, /with other settings/);
    equal((await add(queue, 1)).isNew, true);
    await queue.close(1);
  }));

Deno.test("only one service uses a folder", () =>
  inTemporaryFolder(async (folder) => {
    const queue = await open(folder, done);
    await rejects(open(folder, done), /Another service uses the folder/);
    await queue.close(0);
  }));

Deno.test("equal audio takes the place of a file that was moved since", () =>
  inTemporaryFolder(async (folder) => {
    const [data, here, there] = ["data", "here.wav", "there.wav"].map((name) =>
      join(folder, name)
    ) as [string, string, string];
    await writeFile(here, new Uint8Array(10));
    let queue = await open(data, done);
    const sha256 = bytesSha256(new Uint8Array(10));
    const named = (path: string): Promise<Added> =>
      queue.add({ name: "1.wav", bytes: 10, sha256, source: { path, modified: "" } });
    const { analysis: { id } } = await named(here);
    equal([await ended(queue, id), await queue.audio(id)], ["done", here]);
    await rename(here, there);
    equal(await queue.audio(id), undefined);
    equal([(await named(there)).isNew, await queue.audio(id)], [false, there]);
    await rm(there);
    equal((await add(queue, 1, 10, sha256)).isNew, false);
    await queue.close(1);
    queue = await open(data, done);
    equal(await queue.audio(id), join(data, "analyses", id, "audio.wav"));
    await queue.close(1);
  }));

Deno.test("a folder that cannot be written is refused with the remedy", () =>
  inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, "file"), "");
    await rejects(open(join(folder, "file", "data"), done), {
      name: "UsageError",
      message: /^Cannot write the folder .*: name another with --data-dir$/,
    });
  }));

Deno.test("a full queue refuses, and a removed analysis makes room and leaves no file", () =>
  inTemporaryFolder(async (folder) => {
    const queue = await open(folder, endless, { mostWaiting: 1 });
    const running = (await add(queue, 1)).analysis.id;
    const waiting = (await add(queue, 2)).analysis.id;
    await rejects(add(queue, 3), { kind: "queue-full" });
    equal(await readdir(join(folder, "incoming")), []);
    equal((await queue.get(waiting))!.position, 0);
    const events = queue.events(running, undefined, AbortSignal.timeout(5000));
    ok(typeof events === "object");
    const followed = Array.fromAsync(events);
    equal(await Promise.all([queue.remove(running), queue.remove(running)]), [true, false]);
    equal((await followed).at(-1)?.type, "removed");
    equal(await queue.get(running), undefined);
    while ((await queue.get(waiting))!.state !== "running") {
      await new Promise((done) => setTimeout(done, 1));
    }
    await queue.remove(waiting);
    equal(await readdir(join(folder, "analyses")), []);
    await queue.close(0);
  }));

Deno.test("the oldest finished analyses make room, and none where that does not suffice", () =>
  inTemporaryFolder(async (folder) => {
    const queue = await open(folder, done, { mostBytes: 1000, mostKept: 3 });
    for (const number of [1, 2, 3]) await ended(queue, (await add(queue, number, 300)).analysis.id);
    await rejects(queue.ensureRoom(1001), { kind: "storage-full" });
    equal((await queue.list({ limit: 10 })).length, 3);
    await ended(queue, (await add(queue, 4, 300)).analysis.id);
    const names = (await queue.list({ limit: 10 })).map(({ name }) => name);
    equal(names[0], "4.wav");
    ok(!names.includes("1.wav"), names.join());
    await queue.close(0);
  }));

Deno.test("a file is made from a result once, also for several clients, and goes with the analysis", () =>
  inTemporaryFolder(async (folder) => {
    const queue = await open(folder, done);
    const { id } = (await add(queue, 1)).analysis;
    await ended(queue, id);
    let made = 0;
    const make = (): Promise<string> => Promise.resolve(`page ${++made}`);
    const paths = await Promise.all([1, 2, 3].map(() => queue.derived(id, "page.html", make)));
    equal(new Set(paths).size, 1);
    equal(await readFile(paths[0]!, "utf8"), "page 1");
    await rejects(
      queue.derived(id, "other.html", async () => {
        await queue.remove(id);
        return "late";
      }),
      { kind: "not-found" },
    );
    equal(await readdir(join(folder, "analyses")), []);
    await queue.close(0);
  }));

Deno.test("an analysis whose state cannot be written ends, and the queue goes on", () =>
  inTemporaryFolder(async (folder) => {
    const queue = await open(folder, async ({ name, path }) => {
      // As a disk that is full, writing fails.
      if (name === "1.wav") await rm(dirname(path), { recursive: true });
      if (name === "1.wav") await writeFile(dirname(path), "");
      return DONE;
    });
    const { error } = console;
    console.error = (): void => {};
    try {
      const failing = (await add(queue, 1)).analysis.id;
      equal(await ended(queue, (await add(queue, 2)).analysis.id), "done");
      equal((await queue.get(failing))!.state, "failed");
    } finally {
      console.error = error;
    }
    await queue.close(0);
  }));

Deno.test("an analysis that fails tells why, and the next one runs", () =>
  inTemporaryFolder(async (folder) => {
    const queue = await open(
      folder,
      ({ name }) =>
        name === "1.wav" ? Promise.reject(new Error("It is damaged")) : Promise.resolve(DONE),
    );
    const failing = (await add(queue, 1)).analysis.id;
    const next = (await add(queue, 2)).analysis.id;
    equal(await ended(queue, next), "done");
    equal((await queue.get(failing))!.error, "It is damaged");
    equal(await queue.counts(), { queued: 0, running: 0, done: 1, failed: 1 });
    await queue.close(0);
  }));
