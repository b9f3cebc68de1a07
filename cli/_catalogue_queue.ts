/**
 * The runs of `catalogue` that need the queue.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import {
  addTracks,
  type AnalysisSettings,
  type Audio,
  audioFile,
  audioObjects,
  CatalogueQueue,
  CatalogueWorker,
  type EndpointAddress,
  isBucketAddress,
  type JobLimits,
  jsonLog,
  keepSettings,
  openStore,
  openTellingStore,
  PATIENCE,
  Sources,
  startDashboard,
  startEndpoint,
  tellingPatience,
  workerMetrics,
} from "../catalogue/mod.ts";
import { untilStopped } from "../core/interruption.ts";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { textTable } from "../core/table.ts";
import { UsageError } from "../core/usage_error.ts";
import type { Precision } from "../kernels/mod.ts";
import { type Format, type FormatName, FORMATS } from "../outputs/mod.ts";
import { type Backend, demixShifts, providersOf } from "../pipeline/mod.ts";
import { pick, type Values } from "./command.ts";
import { type FINDING_OPTIONS, findingsOf } from "./_finding_options.ts";
import { expandInputs, type Failure } from "./_inputs.ts";
import {
  type AUDIO_OPTIONS,
  audioOf,
  backendOn,
  checkPrecision,
  type PART_OPTIONS,
} from "./_options.ts";
import { checkNames, chosenWeights, warnOfUntrained } from "./_weights.ts";

/** Options that name the queue. */
interface QueueValues {
  readonly redis: string;
  readonly queue: string;
}

/** Options of `catalogue add`. */
interface AddValues
  extends
    QueueValues,
    Values<typeof FINDING_OPTIONS>,
    Values<typeof PART_OPTIONS>,
    Values<typeof AUDIO_OPTIONS> {
  readonly store: string;
  readonly maxSeconds?: number;
  readonly recursive: boolean;
  readonly priority?: number;
  readonly attempts: number;
  readonly model: string;
  readonly demixer: string;
  readonly shifts: number;
  readonly demixSeed: number;
  readonly overlap: number;
  readonly weightsDir?: string;
  readonly backend?: Backend;
  readonly device: string;
  readonly threads?: number;
  readonly precision: Precision;
  readonly activ: boolean;
  readonly embed: boolean;
  readonly format?: readonly (readonly FormatName[])[];
  readonly json: boolean;
}

/** Adds tracks to the queue. */
export async function add(values: AddValues, inputs: readonly string[]): Promise<number> {
  const settings = await settingsOf(values);
  await using queue = await openQueue(values);
  const store = await openTellingStore(values.store, console.error);
  const sources = new Sources({ patience: tellingPatience(console.error) });
  const failures: Failure[] = [];
  const name = await keepSettings(settings, pick(values, "weightsDir", "threads"), store);
  const counts = await addTracks(
    audioOfInputs(inputs, values.recursive, sources, failures),
    name,
    queue,
    store,
    { attempts: values.attempts, ...pick(values, "priority"), limits: limitsOf(values) },
  );
  for (const { path, reason } of failures) console.error(`${printable(path)}: ${reason}`);
  await sources.close();
  store.close();
  if (values.json) {
    console.log(JSON.stringify({ settings: name, ...counts, failed: failures.length }));
  } else {
    const { added, queued, done, same } = counts;
    console.log(
      `${added} added, ${queued} in the queue before, ${done} done before, ${same} of the same audio, ${failures.length} failed`,
    );
  }
  return failures.length === 0 ? 0 : 1;
}

/** Returns the settings of a call. */
async function settingsOf(values: AddValues): Promise<AnalysisSettings> {
  checkNames(values);
  await providersOf(values.device);
  const backend = backendOn(values.device, values.backend);
  checkPrecision(values.precision, backend);
  const formats = [...new Set((values.format ?? []).flat())];
  for (const name of formats) {
    const { files, collection }: Format = FORMATS[name];
    // What reads the audio again, or all results, is no byproduct of a track.
    if (name === "wav-cues" || files.length === 0 && collection !== undefined) {
      throw new UsageError(`--format ${name} is not written for the tracks of a catalogue`);
    }
  }
  const { model, demixer, automatic } = await chosenWeights(values, values);
  const { ffmpeg: _, ...audio } = audioOf(values);
  warnOfUntrained([demixer, model]);
  return {
    options: {
      ...{ model, demixer, automatic, overlap: values.overlap, embeddings: values.embed },
      shifts: demixShifts(values.shifts, values.demixSeed),
      audio,
      findings: findingsOf(values),
      compute: { backend, ...pick(values, "device", "precision") },
    },
    byproducts: { activations: values.activ, formats: formats.filter((name) => name !== "json") },
  };
}

/** Returns which audio a call refuses. */
function limitsOf({ noFfmpeg, maxSeconds }: AddValues): JobLimits {
  return {
    ...(noFfmpeg && { ffmpeg: false }),
    ...(maxSeconds !== undefined && { mostSeconds: maxSeconds }),
  };
}

/** Yields the audio that arguments name. */
async function* audioOfInputs(
  inputs: readonly string[],
  isRecursive: boolean,
  sources: Sources,
  failures: Failure[],
): AsyncGenerator<Audio> {
  for (const address of inputs.filter(isBucketAddress)) {
    let found = 0;
    for await (const audio of audioObjects(address, sources)) {
      found++;
      yield audio;
    }
    if (found === 0) {
      failures.push({ path: address, reason: "There is no audio below this address" });
    }
  }
  const local = inputs.filter((input) => !isBucketAddress(input));
  const expanded = await expandInputs(local, {
    ...{ isRecursive, without: [] },
    standardInput: async () => await new Response(Deno.stdin.readable).bytes(),
  });
  failures.push(...expanded.failures);
  for (const path of expanded.paths) {
    try {
      yield await audioFile(path);
    } catch (error) {
      failures.push({ path, reason: reasonOf(error) });
    }
  }
}

/** Time in which Redis must answer a worker that starts: it may be started together with it. */
const START_SECONDS = 300;

/** Options of `catalogue worker`. */
interface WorkerValues extends QueueValues {
  readonly store: string;
  readonly weightsDir?: string;
  readonly threads?: number;
  readonly jobs: number;
  readonly untilEmpty: boolean;
  readonly grace: number;
  readonly lock: number;
  readonly name?: string;
  readonly listen?: EndpointAddress;
  readonly storePatience: number;
  readonly scratch?: string;
}

/** Analyses tracks of the queue. */
export async function work(values: WorkerValues): Promise<number> {
  const name = values.name ?? `${hostname()}-${process.pid}`;
  const { scratch } = values;
  if (scratch !== undefined && !await stat(scratch).then((it) => it.isDirectory(), () => false)) {
    throw new UsageError(`--scratch expects a folder that exists, but got ${printable(scratch)}`);
  }
  const log = jsonLog({ worker: name });
  await using queue = await openQueue(
    values,
    (error) => log("warn", "queue error", { reason: reasonOf(error) }),
    START_SECONDS,
  );
  const patience = {
    ...PATIENCE,
    seconds: values.storePatience,
    onRetry: (reason: string) => log("warn", "store request repeated", { reason }),
  };
  const store = await openStore(values.store, { patience });
  const metrics = await workerMetrics(() => queue.counts());
  const worker = new CatalogueWorker(
    queue,
    store,
    {
      ...{ name, patience, concurrency: values.jobs, graceSeconds: values.grace },
      ...{ untilEmpty: values.untilEmpty, lockSeconds: values.lock },
      ...pick(values, "weightsDir", "threads", "scratch"),
      onWaiting: (reason) => console.error(reason),
    },
    metrics,
    log,
  );
  const endpoint = values.listen &&
    await listening(
      values.listen,
      (address) => startEndpoint(address, { metrics, isReady: () => worker.isTaking }),
    );
  try {
    await untilStopped(() => worker.stop(), () => worker.run());
  } finally {
    await endpoint?.shutdown();
    store.close();
  }
  return 0;
}

/** Prints what the queue holds. */
export async function status(
  values: QueueValues & { readonly dead: boolean; readonly json: boolean },
): Promise<number> {
  await using queue = await openQueue(values);
  const [counts, workers, isPaused, rate] = await Promise.all([
    queue.counts(),
    queue.workers(),
    queue.isPaused(),
    queue.rate(),
  ]);
  const running = await Array.fromAsync(queue.list("active"));
  const dead = values.dead ? await Array.fromAsync(queue.list("failed")) : [];
  if (values.json) {
    console.log(JSON.stringify({
      ...{ queue: values.queue, paused: isPaused, rate, ...counts, workers, running },
      ...(values.dead && { dead_letters: dead }),
    }));
    return 0;
  }
  const { waiting, delayed, active, dead: failed, done } = counts;
  const lines = [
    `queue    ${values.queue}${isPaused ? ", paused" : ""}${
      rate === null ? "" : `, at most ${rate.most} tracks in ${rate.seconds} s`
    }`,
    `tracks   ${waiting} waiting, ${delayed} waiting for another attempt, ${active} running, ${done} done, ${failed} dead letters`,
    `workers  ${workers.length}${workers.length === 0 ? "" : `: ${workers.join(", ")}`}`,
  ];
  const seconds = (since = Date.now()): string => ((Date.now() - since) / 1000).toFixed(0);
  const table = (head: string[], rows: string[][]): string[] =>
    rows.length === 0 ? [] : ["", ...textTable([head, ...rows])];
  lines.push(
    ...table(
      ["running", "s", "worker"],
      running.map(({ source, since, worker = "" }) => [source, seconds(since), worker]),
    ),
    ...table(
      ["dead letter", "attempts", "reason"],
      dead.map(({ source, attempts, reason }) => [source, String(attempts), reason]),
    ),
  );
  console.log(lines.join("\n"));
  return 0;
}

/** Lets dead letters wait again. */
export async function retry(values: QueueValues, patterns: readonly string[]): Promise<number> {
  await using queue = await openQueue(values);
  return told(await queue.retry(patterns), "waiting again");
}

/** Takes tracks out of the queue. */
export async function cancel(values: QueueValues, patterns: readonly string[]): Promise<number> {
  await using queue = await openQueue(values);
  return told(await queue.cancel(patterns), "cancelled");
}

function told(sources: readonly string[], what: string): number {
  for (const source of sources) console.log(printable(source));
  console.error(`${sources.length} ${what}`);
  return sources.length === 0 ? 1 : 0;
}

/** Lets workers take no further tracks. */
export async function pause(values: QueueValues & { readonly drain: boolean }): Promise<number> {
  await using queue = await openQueue(values);
  await queue.pause();
  while (values.drain && (await queue.counts()).active > 0) await sleep(500);
  return 0;
}

/** Lets workers take tracks again. */
export async function resume(values: QueueValues): Promise<number> {
  await using queue = await openQueue(values);
  await queue.resume();
  return 0;
}

/** Prints or sets the rate of the queue. */
export async function rate(
  values: QueueValues,
  given: { readonly most: number; readonly seconds: number } | null | undefined,
): Promise<number> {
  await using queue = await openQueue(values);
  if (given !== undefined) await queue.limit(given?.most ?? null, given?.seconds ?? 1);
  const found = await queue.rate();
  console.log(found === null ? "no limit" : `${found.most} tracks in ${found.seconds} s`);
  return 0;
}

/** Shows the queue as a page. */
export async function dashboard(
  values: QueueValues & { readonly listen: EndpointAddress },
): Promise<number> {
  await using queue = await openQueue(values);
  const server = await listening(values.listen, (address) => startDashboard(address, queue));
  const { hostname, port } = server.addr as Deno.NetAddr;
  console.log(`http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}/queues`);
  await untilStopped(() => void server.shutdown(), () => server.finished);
  return 0;
}

/** Starts a server; throws {@linkcode UsageError} where its address cannot be had. */
async function listening<Server>(
  address: EndpointAddress,
  start: (address: EndpointAddress) => Server | Promise<Server>,
): Promise<Server> {
  try {
    return await start(address);
  } catch (cause) {
    const { hostname, port } = address;
    throw new UsageError(
      `Cannot listen at ${hostname}, port ${port} (${reasonOf(cause)}): name another with --listen`,
      { cause },
    );
  }
}

async function openQueue(
  { redis, queue }: QueueValues,
  onError?: (error: Error) => void,
  seconds?: number,
): Promise<CatalogueQueue> {
  return await CatalogueQueue.open({ redis, name: queue }, onError, seconds);
}
