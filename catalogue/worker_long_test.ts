import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { orAborted } from "../core/abort.ts";
import { fileSha256 } from "../core/hash.ts";
import { Analyzer, resultToJson } from "../pipeline/mod.ts";
import { until } from "../tests/support/deadline.ts";
import { queueTest, workerOf } from "../tests/support/queue_tests.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { noise, wavFile } from "../tests/support/wav.ts";
import { analyzeJob } from "./analyze_job.ts";
import { addTracks, type Audio, audioFile } from "./add.ts";
import { type JobLimits, recordKey } from "./job.ts";
import type { Log } from "./log.ts";
import { workerMetrics } from "./metrics.ts";
import { PermanentError } from "./patience.ts";
import type { TrackRecord } from "./record.ts";
import { type AnalysisSettings, keepSettings } from "./settings.ts";
import { openStore } from "./open_store.ts";
import type { Sources } from "./sources.ts";
import type { Store } from "./store.ts";
import type { CatalogueWorker } from "./worker.ts";

const SETTINGS: AnalysisSettings = {
  options: { model: "embedded", demixer: "hpss-mix", shifts: [null] },
  byproducts: { activations: true, formats: ["beats"] },
};

/** Writes noise as a WAV file; returns its path. */
async function writeNoise(folder: string, name: string, seconds: number): Promise<string> {
  const path = join(folder, name);
  const samples = noise(seconds * 16_000);
  await Deno.writeFile(path, wavFile({ sampleRateHz: 16_000, channels: 1, bits: 16, samples }));
  return path;
}

/** Returns a store with another function that puts objects. */
function withPuts(store: Store, putNew: Store["putNew"]): Store {
  return Object.assign(Object.create(store) as Store, {
    find: store.find.bind(store),
    read: store.read.bind(store),
    addressOf: store.addressOf.bind(store),
    putNew,
  });
}

/** Returns a store that puts nothing before the run is aborted: no track is done. */
function endless(store: Store): Store {
  return withPuts(store, (_key, _content, signal) => orAborted(new Promise(() => {}), signal));
}

/** Yields the audio of files. */
async function* audioOf(...paths: readonly string[]): AsyncGenerator<Audio> {
  for (const path of paths) yield await audioFile(path);
}

queueTest(
  "a worker puts one record for each track, equal to an analysis, and knows what is done",
  async (test) => {
    const { queue, folder } = test;
    const paths = ["a", "b", "same", "broken"].map((name) => join(folder, `${name}.wav`));
    const [first, second, third, broken] = paths as [string, string, string, string];
    const wav = (seed: number): Uint8Array =>
      wavFile({
        ...{ sampleRateHz: 44_100, channels: 1, bits: 16 },
        samples: noise(3 * 44_100, seed),
      });
    await Deno.writeFile(first, wav(1));
    await Deno.writeFile(second, wav(2));
    await Deno.writeFile(third, wav(1));
    await Deno.writeTextFile(broken, "no audio");
    const store = await openStore(join(folder, "store"));
    const settings = await keepSettings(SETTINGS, {}, store);
    const add = async (): Promise<unknown> => {
      return await addTracks(audioOf(...paths), settings, queue, store, { attempts: 1 });
    };
    const work = async (): Promise<string[]> => {
      const events: string[] = [];
      const metrics = await workerMetrics(() => queue.counts());
      const log: Log = (_, event) => events.push(event);
      await (await workerOf(test, store, { concurrency: 2 }, log, metrics)).run();
      ok((await metrics.text()).text.includes(`tactus_tracks_total{outcome="failed"}`));
      return events.sort();
    };
    equal(await add(), { added: 3, queued: 0, done: 0, same: 1 });
    equal(await add(), { added: 0, queued: 3, done: 0, same: 1 });
    equal(await work(), [
      ...["track done", "track done", "track failed"],
      ...["worker started", "worker stopped", "worker stops"],
    ]);
    equal(await add(), { added: 0, queued: 1, done: 2, same: 1 });
    equal((await readdir(folder)).filter((name) => name.startsWith("tactus-worker-")), []);

    const records: TrackRecord[] = [];
    for await (const { key } of store.list("results/")) {
      records.push(JSON.parse(new TextDecoder().decode(await store.read(key))));
      equal(key, recordKey(records.at(-1)!.job));
    }
    equal(records.map(({ source }) => source).sort(), [first, second]);
    await using analyzer = await Analyzer.load(SETTINGS.options);
    for (const { source, result, content, byproducts, run } of records) {
      // The time of the analysis is no part of a result.
      equal(resultToJson(result), resultToJson(await analyzer.analyze(source)));
      equal(content, `sha256:${await fileSha256(source)}`);
      equal(Object.keys(byproducts).sort(), [".activ.npz", ".beats"]);
      for (const address of Object.values(byproducts)) ok((await Deno.stat(address)).isFile);
      equal([run.worker, run.attempt, run.audio_seconds], ["one", 1, 3]);
      ok((run.stages["network"] ?? 0) > 0 && run.seconds > 0);
    }

    // Another worker has put the record, and ended before it could tell.
    const { job, source, content, bytes } = records[0]!;
    await queue.engine.remove(job);
    await queue.add(new Map([[job, { source, content, bytes, settings }]]), { attempts: 1 });
    equal(await work(), ["track known", "worker started", "worker stopped", "worker stops"]);
  },
);

queueTest(
  "a track that runs is cancelled, or given back without counting when the worker has to stop",
  async (test) => {
    const { queue, folder } = test;
    const path = await writeNoise(folder, "long.wav", 300);
    const store = await openStore(join(folder, "store"));
    const settings = await keepSettings(SETTINGS, {}, store);
    await addTracks(audioOf(path), settings, queue, store, { attempts: 1 });
    const started = async (): Promise<{ worker: CatalogueWorker; running: Promise<void> }> => {
      const options = { graceSeconds: 0, untilEmpty: false };
      const worker = await workerOf(test, endless(store), options);
      const running = worker.run();
      await until("the track to run", async () => (await queue.counts()).active === 1);
      return { worker, running };
    };
    const first = await started();
    equal(await queue.cancel(["*long.wav"]), [path]);
    await until("the track to end", async () => (await queue.counts()).active === 0);
    const [dead] = await Array.fromAsync(queue.list("failed"));
    equal([dead?.source, dead?.reason], [path, "Cancelled"]);
    first.worker.stop();
    await first.running;

    equal(await queue.retry(["Cancelled"]), [path]);
    const second = await started();
    second.worker.stop();
    await second.running;
    const { waiting, active, dead: letters } = await queue.counts();
    equal([waiting, active, letters], [1, 0, 0]);
    const [waits] = await Array.fromAsync(queue.list("waiting"));
    equal(waits?.attempts, 0);
    equal(await Array.fromAsync(store.list("results/")), []);
  },
);

queueTest(
  "a worker that is to end with the queue tells that the queue is paused, and ends when it was resumed",
  async (test) => {
    const { queue, folder } = test;
    const path = await writeNoise(folder, "a.wav", 1);
    const store = await openStore(join(folder, "store"));
    const settings = await keepSettings(SETTINGS, {}, store);
    await addTracks(audioOf(path), settings, queue, store, { attempts: 1 });
    await queue.pause();
    const [reasons, events]: [string[], string[]] = [[], []];
    const worker = await workerOf(
      test,
      store,
      { onWaiting: (reason) => reasons.push(reason) },
      (_, event) => events.push(event),
    );
    const running = worker.run();
    await until("a message", () => Promise.resolve(reasons.length > 0));
    match(
      reasons[0]!,
      /^The queue test-\S+ is paused \(tracks that wait: 1\): .* catalogue resume --queue test-/,
    );
    ok(events.includes("worker waits") && worker.isTaking);
    await queue.resume();
    await running;
    equal([(await queue.counts()).done, reasons.length], [1, 1]);
  },
);

queueTest(
  "a worker whose store refuses it gives its tracks back and ends, and another store is another catalogue",
  async (test) => {
    const { queue, folder } = test;
    const path = await writeNoise(folder, "a.wav", 3);
    const [store, other] = [
      await openStore(join(folder, "store")),
      await openStore(join(folder, "other")),
    ];
    const settings = await keepSettings(SETTINGS, {}, store);
    equal(await keepSettings(SETTINGS, {}, store), settings);
    const add = async (name: string, to: Store): Promise<unknown> =>
      await addTracks(
        audioOf(path),
        name,
        queue,
        to,
        { attempts: 1 },
      );
    const work = async (on: Store): Promise<void> => await (await workerOf(test, on)).run();
    const isNew = { added: 1, queued: 0, done: 0, same: 0 };
    equal(await add(settings, store), isNew);
    const readOnly = withPuts(store, () => Promise.reject(new PermanentError("read-only")));
    await rejects(work(readOnly), { name: "StoreRefusedError", message: "read-only" });
    equal((await queue.counts()).waiting, 1);
    await rejects(work(other), { name: "OtherSettingsError", message: /give the --store/ });
    equal((await queue.counts()).waiting, 1);
    await work(store);
    equal((await queue.counts()).done, 1);
    equal(await add(await keepSettings(SETTINGS, {}, other), other), isNew);
    await work(other);
    for (const { address } of [store, other]) {
      equal((await Array.fromAsync((await openStore(address)).list("results/"))).length, 1);
    }
    // As the message about a damaged record tells.
    await Deno.remove(join(store.address, "results"), { recursive: true });
    equal(await add(settings, store), isNew);
  },
);

queueTest(
  "a worker that has lost the lock of a track takes it twice, and neither run disturbs the other",
  async (test) => {
    const { queue, folder } = test;
    const path = await writeNoise(folder, "a.wav", 3);
    const store = await openStore(join(folder, "store"));
    const settings = await keepSettings(SETTINGS, {}, store);
    await addTracks(audioOf(path), settings, queue, store, { attempts: 1 });
    const failures: unknown[] = [];
    const worker = await workerOf(
      test,
      endless(store),
      { concurrency: 2, graceSeconds: 0, lockSeconds: 1, untilEmpty: false },
      (_, event, fields) => {
        if (event === "track failed") failures.push(fields);
      },
    );
    const running = worker.run();
    await until("the track to run", async () => (await queue.counts()).active === 1);
    const [track] = await Array.fromAsync(queue.list("active"));
    const redisOf = queue.redis as unknown as { del(key: string): Promise<number> };
    const foldersOf = async (): Promise<number> => {
      const own = (await readdir(folder)).find((name) => name.startsWith("tactus-worker-"));
      return (await readdir(join(folder, own!))).filter((name) => name.startsWith("t")).length;
    };
    // As after a time in which Redis could not be reached.
    await until("the track to run twice", async () => {
      await redisOf.del(`${queue.engine.toKey(track!.id)}:lock`);
      return failures.length > 0 || await foldersOf() === 2;
    });
    equal(failures, []);
    worker.stop();
    await running;
  },
);

queueTest(
  "a track that limits refused is done once they allow it, what is done is not done again, and changed audio is refused",
  async (test) => {
    const { queue, folder } = test;
    const long = await writeNoise(folder, "long.wav", 3);
    const [unread, changed] = [join(folder, "unread.wv"), join(folder, "changed.wav")];
    await Deno.writeTextFile(unread, `wvpk${"\x07".repeat(200)}`);
    const store = await openStore(join(folder, "store"));
    const settings = await keepSettings(SETTINGS, {}, store);
    const add = async (limits: JobLimits, ...paths: string[]): Promise<number> => {
      const options = { attempts: 3, limits };
      return (await addTracks(audioOf(...paths), settings, queue, store, options)).added;
    };
    const work = async (): Promise<string[]> => {
      const outcomes: string[] = [];
      const log: Log = (_, event, { source, reason = "" } = {}) => {
        if (source !== undefined) outcomes.push(`${event}: ${reason}`);
      };
      await (await workerOf(test, store, {}, log)).run();
      return outcomes;
    };
    equal(await add({ mostSeconds: 2 }, long), 1);
    const [tooLong, ...others] = await work();
    match(tooLong!, /^track failed: '.*long\.wav' is longer than 2 s/);
    // Another attempt would find the same.
    equal(others, []);
    equal(await add({ mostSeconds: 2 }, long), 0);
    equal(await add({ mostSeconds: 3600 }, long), 1);
    equal(await work(), ["track done: "]);
    equal([await add({}, long), await add({ mostSeconds: 2 }, long)], [0, 0]);

    const options = { attempts: 1, limits: { ffmpeg: false } } as const;
    await addTracks(audioOf(unread), settings, queue, store, options);
    match((await work()).join(), /^track failed: .*without --no-ffmpeg$/);
    equal((await addTracks(audioOf(unread), settings, queue, store, { attempts: 1 })).added, 1);
    ok(!(await work()).join().includes("--no-ffmpeg"));

    const wav = (seed: number): Uint8Array =>
      wavFile({ sampleRateHz: 16_000, channels: 1, bits: 16, samples: noise(16_000, seed) });
    // Of equal size: other samples, and no audio.
    for (const [seed, other] of [[1, wav(2)], [3, new Uint8Array(wav(3).length)]] as const) {
      await Deno.writeFile(changed, wav(seed));
      equal(await add({}, changed), 1);
      await Deno.writeFile(changed, other);
      const [failure, ...rest] = await work();
      match(
        failure!,
        /^track failed: .*changed\.wav has changed since it was added: add it again$/,
      );
      equal(rest, []);
    }
    await Deno.writeFile(changed, wav(2));
    equal([await add({}, changed), await work()], [1, ["track done: "]]);
  },
);

Deno.test("the reason why an object cannot be analysed names the object, and not its copy", () =>
  inTemporaryFolder(async (folder) => {
    const store = await openStore(join(folder, "store"));
    await store.putNew("bad.wav", new TextEncoder().encode("no audio"));
    const source = "s3://music/bad.wav";
    const { etag } = (await store.find("bad.wav"))!;
    await using analyzer = await Analyzer.load(SETTINGS.options);
    const job = { source, content: `etag:${etag}`, bytes: 8, settings: "ts" };
    const context = {
      settings: { ...SETTINGS, program: "", key: "" },
      ...{ analyzer, store, folder, signal: new AbortController().signal },
      sources: { remote: () => Promise.resolve({ store, key: "bad.wav" }) } as unknown as Sources,
      run: { worker: "one", attempt: 1 },
    };
    await rejects(analyzeJob("t1", job, context), /: Decoding 's3:\/\/music\/bad\.wav'/);
  }));
