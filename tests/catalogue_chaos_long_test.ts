/**
 * Tests that a catalogue loses no track and makes none twice: three hosts, workers that are killed, a Redis that is
 * restarted and cut off, and a store that fails.
 */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "../catalogue/open_store.ts";
import type { TrackRecord } from "../catalogue/record.ts";
import { PERMISSIONS } from "../reports/measure/process_bench.ts";
import { until, within } from "./support/deadline.ts";
import { type Host, makeHosts } from "./support/hosts.ts";
import { repository } from "./support/program.ts";
import {
  CATALOGUE_FLAGS,
  freePort,
  makeBucket,
  type Service,
  startRedis,
  startStore,
  storeVariables,
} from "./support/services.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { wavFile } from "./support/wav.ts";

const TRACKS = 500;
const KILLS = 20;
const CUT_SECONDS = 30;
const FAULTY_SECONDS = 30;

/** Tracks a minute over all hosts, so that the work lasts as long as the faults. */
const RATE = "200/min";

/** Time for what is left of the queue after the faults: ten times what all of it takes at that rate. */
const REST_SECONDS = 1500;

/** Time in which the worst of machines analyses all tracks alone. */
const ALONE_SECONDS = 1500;

/** Returns a piece of two seconds: clicks at a tempo of its own over a tone. */
function piece(nth: number): Uint8Array {
  const period = 11_025 + 37 * nth % 11_000;
  const samples = Float32Array.from(
    { length: 44_100 },
    (_, at) =>
      0.1 * Math.sin(at * (220 + nth) / 3509) +
      (at % period < 200 ? 0.5 * (1 - at % period / 200) : 0),
  );
  return wavFile({ sampleRateHz: 22_050, channels: 1, bits: 16, samples });
}

/** Numbers in [0, 1), the same in each run. */
function* numbers(): Generator<number, never> {
  for (let state = 7;;) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    yield state / 2 ** 32;
  }
}

Deno.test({
  name:
    `${TRACKS} tracks have one result each, after ${KILLS} killed workers and faults of Redis and the store`,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () => inTemporaryFolder(chaos),
});

async function chaos(folder: string): Promise<void> {
  await using made = await makeHosts(4);
  // Without namespaces the hosts are addresses of this machine, and Redis is stopped instead of cut off.
  const local = (address: string): Host => ({
    address,
    prefix: [],
    connect: () => Promise.resolve(),
  });
  const [redisHost, ...workerHosts] = made?.hosts ??
    ["127.0.1.1", "127.0.1.2", "127.0.1.3", "127.0.1.4"].map(local);
  const gateway = made?.gateway ?? "127.0.0.1";
  const [proxyPort, controlPort, redisPort] = [freePort(), freePort(), freePort()];
  await using store = await startStore();
  const bucket = "catalogue";
  await makeBucket(store.url, bucket);
  await using _proxy = program([
    "run",
    "--quiet",
    "--no-config",
    "--no-lock",
    "--allow-net",
    join(repository, "tests", "support", "store_proxy.ts"),
    ...[gateway, String(proxyPort), String(controlPort), store.url],
  ]);
  const control = async (
    path: string,
  ): Promise<{ puts: Record<string, number>; faults: Record<string, number> }> =>
    await (await fetch(`http://127.0.0.1:${controlPort}/${path}`)).json();
  await until("the proxy to answer", () => control("").then(() => true, () => false));
  const redisFolder = join(folder, "redis");
  await Deno.mkdir(redisFolder);
  const redisOf = (): Promise<Service> =>
    startRedis({
      ...{
        port: redisPort,
        folder: redisFolder,
        host: redisHost!.address,
        prefix: redisHost!.prefix,
      },
      args: ["--appendonly", "yes", "--appendfsync", "always"],
      isChecked: false,
    });
  let redis = await redisOf();
  const environment = {
    ...storeVariables(`http://${gateway}:${proxyPort}`),
    TACTUS_REDIS: `redis://${redisHost!.address}:${redisPort}`,
    TACTUS_STORE: `s3://${bucket}/results`,
    TMPDIR: folder,
  };
  const catalogue = (args: readonly string[], prefix: readonly string[] = []): Program =>
    program(
      [
        ...["run", "--config", join(repository, "deno.json"), ...PERMISSIONS],
        ...CATALOGUE_FLAGS.filter((flag) => !flag.startsWith("--allow-net")),
        "--allow-net",
        ...[join(repository, "main.ts"), "catalogue", ...args],
      ],
      environment,
      prefix,
    );
  const call = async (...args: string[]): Promise<string> => {
    await using one = catalogue(args);
    const what = `catalogue ${args.join(" ")}`;
    const text = new Response(one.process.stdout).text();
    equal((await within(`${what} to end`, one.process.status)).code, 0, what);
    return await text;
  };

  const audio = join(folder, "audio");
  await Deno.mkdir(audio);
  for (let nth = 0; nth < TRACKS; nth++) {
    const name = `${String(nth).padStart(3, "0")}.wav`;
    await Deno.writeFile(join(audio, name), piece(nth));
    const put = await fetch(`${store.url}/${bucket}/audio/${name}`, {
      method: "PUT",
      body: piece(nth) as BodyInit,
    });
    await put.body?.cancel();
  }
  const add = [
    "add",
    `s3://${bucket}/audio/`,
    "--model",
    "embedded",
    "--demixer",
    "hpss-mix",
    "--attempts",
    "10",
  ];
  await until("Redis to answer", () => call("status").then(() => true, () => false));
  ok((await call(...add)).startsWith(`${TRACKS} added`));
  await call("rate", RATE);

  const worker = (host: Host): Program =>
    catalogue(["worker", "--lock", "5", "--store-patience", "240", "--jobs", "2"], host.prefix);
  const workers = workerHosts.map(worker);
  const log = workers.map((one) => linesOf(one));
  const chance = numbers();
  const kill = async (): Promise<void> => {
    for (let nth = 0; nth < KILLS; nth++) {
      await sleep(2000 + 7000 * chance.next().value);
      const at = Math.floor(workers.length * chance.next().value);
      workers[at]!.process.kill("SIGKILL");
      await workers[at]!.process.status;
      workers[at] = worker(workerHosts[at]!);
      log.push(linesOf(workers[at]!));
    }
  };
  const breakServices = async (): Promise<void> => {
    await sleep(8000);
    redis.process!.kill("SIGKILL");
    await redis[Symbol.asyncDispose]();
    redis = await redisOf();
    await sleep(8000);
    if (made === undefined) redis.process!.kill("SIGSTOP");
    await redisHost!.connect(false);
    await sleep(1000 * CUT_SECONDS);
    await redisHost!.connect(true);
    if (made === undefined) redis.process!.kill("SIGCONT");
    await sleep(8000);
    await control("mode/faulty");
    await sleep(1000 * FAULTY_SECONDS);
    await control("mode/ok");
  };
  try {
    await Promise.all([kill(), breakServices()]);
    let status = "";
    const open = async (): Promise<number> => {
      status = await call("status", "--json");
      const { waiting, delayed, active } = JSON.parse(status);
      return waiting + delayed + active;
    };
    try {
      await until("no track to be left", async () => {
        await sleep(2000);
        return await open() === 0;
      }, REST_SECONDS);
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${status}`);
    }
    const { dead_letters } = JSON.parse(await call("status", "--dead", "--json"));
    equal(dead_letters, []);
    const { faults, puts } = await control("");
    ok(Object.keys(faults).length === 5, JSON.stringify(faults));
    equal(JSON.parse(await call(...add, "--json")).done, TRACKS);

    // A worker that is asked to stop ends by itself.
    for (const { process } of workers) process.kill("SIGTERM");
    for (const { process } of workers) {
      equal((await within("a worker to stop", process.status)).code, 143);
    }

    await analyzeAlone(audio, folder);
    for (const [name, value] of Object.entries(storeVariables(store.url))) {
      Deno.env.set(name, value);
    }
    const results = await openStore(`s3://${bucket}/results`);
    const sources = new Set<string>();
    for await (const { key } of results.list("results/")) {
      const record: TrackRecord = JSON.parse(new TextDecoder().decode(await results.read(key)));
      sources.add(record.source);
      const name = record.source.slice(-"000.wav".length, -".wav".length);
      const alone = await Deno.readTextFile(join(folder, "alone", `${name}.json`));
      equal(withoutProvenance(record.result), withoutProvenance(JSON.parse(alone)), name);
      equal(puts[`/${bucket}/results/${key}`], 1, `${name} was put once`);
    }
    results.close();
    equal(sources.size, TRACKS);
    const told = (await Promise.all(log)).flat();
    console.log(
      `faults of the store ${JSON.stringify(faults)}, events of the workers ${
        JSON.stringify(
          Object.fromEntries(
            [...Map.groupBy(told, (line) => line)].map(([line, all]) => [line, all.length]),
          ),
        )
      }`,
    );
  } finally {
    for (const one of workers) await one[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  }
}

/** Analyses all tracks in one process. */
async function analyzeAlone(audio: string, folder: string): Promise<void> {
  await using one = program([
    ...["run", "--config", join(repository, "deno.json"), ...PERMISSIONS],
    ...[join(repository, "main.ts"), "analyze", audio, "--out-dir", join(folder, "alone")],
    ...["--model", "embedded", "--demixer", "hpss-mix"],
  ]);
  await one.process.stdout.cancel();
  equal((await within("the analysis to end", one.process.status, ALONE_SECONDS)).code, 0);
}

/** Returns the JSON of a result without what tells where and when it was made. */
function withoutProvenance(result: Record<string, unknown> | TrackRecord["result"]): string {
  const { path: _, provenance: _made, ...rest } = result as Record<string, unknown>;
  return JSON.stringify(rest);
}

interface Program extends AsyncDisposable {
  readonly process: Deno.ChildProcess;
}

function program(
  args: readonly string[],
  env: Record<string, string> = {},
  prefix: readonly string[] = [],
): Program {
  const [command = "", ...rest] = [...prefix, Deno.execPath(), ...args];
  const process = new Deno.Command(command, {
    ...{ args: rest, env: { ...env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" } },
    ...{ stdin: "null", stdout: "piped", stderr: "inherit" },
  }).spawn();
  let ended = false;
  const status = process.status.then(() => ended = true);
  return {
    process,
    async [Symbol.asyncDispose](): Promise<void> {
      if (!ended) process.kill("SIGKILL");
      await status;
      if (!process.stdout.locked) await process.stdout.cancel();
    },
  };
}

/** Reads the events of a worker's log to its end. */
async function linesOf({ process }: Program): Promise<string[]> {
  const text = await new Response(process.stdout).text();
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line).event as string];
    } catch {
      // The line that a killed worker was writing.
      return [];
    }
  });
}
