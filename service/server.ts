/**
 * The running service: analyser, queue, application and socket.
 *
 * @module
 */

import { createAdaptorServer } from "@hono/node-server";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { printable } from "../core/printable.ts";
import { reasonOf } from "../core/reason.ts";
import { UsageError } from "../core/usage_error.ts";
import { openMix, UnreadFormatError } from "../kernels/mod.ts";
import { Analyzer, type NamedAnalyzerOptions, SAMPLE_RATE_HZ } from "../pipeline/mod.ts";
import { isLoopback, LOOPBACK_HOSTS, SHORTEST_TOKEN } from "./access.ts";
import { analysisWork } from "./analysis_work.ts";
import { serviceApp } from "./app.ts";
import type { CatalogueAddress } from "./catalogue_work.ts";
import { DiskQueue } from "./disk_queue.ts";
import type { Work } from "./job_queue.ts";
import { Metrics } from "./metrics.ts";
import { Problem } from "./problem.ts";

/** Settings of a service. */
export interface ServiceOptions {
  /** Address to listen at. */
  readonly host: string;
  /** Port to listen at; 0 for any that is free. */
  readonly port: number;
  /** Token that requests must have; absent for none, which only a service on this machine may have. */
  readonly token?: string;
  /** Names that the header Host may have, besides those of this machine. */
  readonly allowedHosts: readonly string[];
  /** Folder of uploads and results. */
  readonly dataFolder: string;
  /** Folder whose files may be named; absent for none. */
  readonly audioFolder?: string;
  /** Weights and settings of the analyses. */
  readonly analyzer: NamedAnalyzerOptions;
  /** Analyses at the same time, where there is no catalogue. */
  readonly jobs: number;
  /** Catalogue whose workers analyse; absent to analyse in this process. */
  readonly catalogue?: CatalogueAddress;
  /** Limits. */
  readonly limits: ServiceLimits;
}

/** Limits of a service. */
export interface ServiceLimits {
  /** Most bytes of an upload. */
  readonly uploadBytes: number;
  /** Seconds without a byte after which an upload is refused. */
  readonly idleSeconds: number;
  /** Seconds after which an upload is refused. */
  readonly uploadSeconds: number;
  /** Uploads at the same time. */
  readonly uploads: number;
  /** Seconds that an analysis may take. */
  readonly analysisSeconds: number;
  /** Analyses that wait. */
  readonly waiting: number;
  /** Bytes of all files. */
  readonly storedBytes: number;
  /** Analyses that are kept. */
  readonly kept: number;
  /** Connections at the same time. */
  readonly connections: number;
  /** Seconds that running analyses have to end when the service ends. */
  readonly graceSeconds: number;
}

/** A service that listens. */
export interface RunningService {
  /** Its address. */
  readonly url: string;
  /** Settles when it has ended. */
  readonly ended: Promise<void>;
  /** Ends it: running analyses have some seconds to end, and are given back then. */
  stop(): void;
}

/** Bytes of the line and the headers of a request; the application has a lower limit with a better message. */
const HEADER_BYTES = 32 * 1024;

/** Milliseconds in which the headers of a request must arrive. */
const HEADER_MS = 10_000;

/** Milliseconds without a byte in either direction after which a connection is closed: of a client that does not read. */
const SILENT_MS = 120_000;

/** Milliseconds for which a connection stays open without a request. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Starts a service. Afterwards the program has no permission to open connections, but for those to a catalogue, and to
 * run programs only where ffmpeg may be used.
 *
 * @throws {UsageError | ModelError} if the settings contradict each other, or weights or folders cannot be used
 */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { host, port, limits } = options;
  const hosts = allowedHosts(options);
  const audioFolder = await folderOf(options);
  const ending = new AbortController();
  const metrics = new Metrics();
  const engine = await engineOf(options);
  let queue: DiskQueue | undefined;
  try {
    queue = await DiskQueue.open({
      ...{ folder: resolve(options.dataFolder), settings: engine.settings, jobs: engine.jobs },
      work: told(engine.work, metrics),
      ...{ mostWaiting: limits.waiting, mostBytes: limits.storedBytes, mostKept: limits.kept },
    });
    const app = serviceApp({
      ...{ queue, metrics, signal: ending.signal, mostUploads: limits.uploads },
      access: {
        ...(options.token !== undefined && { token: options.token }),
        ...(hosts !== undefined && { hosts }),
      },
      upload: {
        ...{ bytes: limits.uploadBytes, idleSeconds: limits.idleSeconds },
        seconds: limits.uploadSeconds,
      },
      // Half of the connections are left for other requests.
      mostFollowers: Math.max(1, Math.floor(limits.connections / 2)),
      ...(audioFolder !== undefined && { audioFolder }),
      checkAudio: (path) => checkAudio(path, options.analyzer.audio?.ffmpeg ?? false),
    });
    const server = createAdaptorServer({
      fetch: app.fetch,
      overrideGlobalObjects: false,
      serverOptions: {
        ...{ maxHeaderSize: HEADER_BYTES, headersTimeout: HEADER_MS },
        ...{ keepAliveTimeout: KEEP_ALIVE_MS, connectionsCheckingInterval: 1000 },
        requestTimeout: 1000 * limits.uploadSeconds + HEADER_MS,
      },
    }) as Server;
    server.maxConnections = limits.connections;
    server.setTimeout(SILENT_MS);
    await listen(server, host, port);
    await giveUpPermissions(options);
    const ended = Promise.withResolvers<void>();
    const end = async (): Promise<void> => {
      ending.abort(new Problem("busy", "The service ends", { "Retry-After": "10" }));
      server.close();
      await queue!.close(limits.graceSeconds);
      server.closeAllConnections();
      await engine[Symbol.asyncDispose]();
    };
    return {
      url: urlOf(server, host),
      ended: ended.promise,
      stop: () => void end().then(ended.resolve, ended.reject),
    };
  } catch (error) {
    await queue?.close(0);
    await engine[Symbol.asyncDispose]();
    throw error;
  }
}

/** What analyses. */
interface Engine extends AsyncDisposable {
  readonly work: Work;
  /** Hash of weights, settings and program version. */
  readonly settings: string;
  /** Analyses at the same time. */
  readonly jobs: number;
}

/** Loads the weights, or connects to the catalogue. */
async function engineOf(
  { analyzer: options, jobs, catalogue, limits }: ServiceOptions,
): Promise<Engine> {
  if (catalogue === undefined) {
    const analyzer = await Analyzer.load(options);
    return {
      ...{ work: analysisWork(analyzer, limits.analysisSeconds), jobs },
      settings: await analyzer.settingsKey(),
      [Symbol.asyncDispose]: () => analyzer[Symbol.asyncDispose](),
    };
  }
  const { CatalogueWork } = await import("./catalogue_work.ts");
  const { weightsDir, compute: { threads, ...compute } = {}, observer: _, origin: _o, ...rest } =
    options;
  const { ffmpeg, mostSeconds, ...audio } = rest.audio ?? {};
  const remote = await CatalogueWork.open(
    catalogue,
    { options: { ...rest, audio, compute }, byproducts: { activations: false, formats: [] } },
    {
      ...(ffmpeg === false && { ffmpeg }),
      ...(mostSeconds !== undefined && { mostSeconds }),
    },
    {
      ...(weightsDir !== undefined && { weightsDir }),
      ...(threads !== undefined && { threads }),
    },
  );
  return {
    // All of them wait in the queue of the catalogue.
    ...{ work: remote.work, settings: remote.settings, jobs: limits.waiting },
    [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose](),
  };
}

/** Returns the names that the header Host may have; undefined for any. */
function allowedHosts({ host, token, allowedHosts }: ServiceOptions): string[] | undefined {
  const names = allowedHosts.map((name) => name.toLowerCase());
  const invalid = names.find((name) => !/^(?:[\w.-]+|\[[\da-f:.]+\])$/.test(name));
  if (invalid !== undefined) {
    throw new UsageError(`--allow-host expects a name without scheme and port, but got ${invalid}`);
  }
  if (isLoopback(host)) return [...LOOPBACK_HOSTS, ...names];
  if (token === undefined) {
    throw new UsageError(
      `Listening at ${host}, which other machines reach, needs a token: name a file with --token-file, ` +
        "or set TACTUS_TOKEN",
    );
  }
  return names.length === 0 ? undefined : [...LOOPBACK_HOSTS, ...names];
}

/**
 * Checks a token.
 *
 * @throws {UsageError} if it can be guessed, or is no header
 */
export function ensureToken(token: string): void {
  if (new RegExp(`^[!-~]{${SHORTEST_TOKEN},}$`).test(token)) return;
  throw new UsageError(
    `Expected a token of at least ${SHORTEST_TOKEN} printable characters of ASCII without spaces, such as that of ` +
      "openssl rand -hex 32",
  );
}

async function folderOf({ audioFolder }: ServiceOptions): Promise<string | undefined> {
  if (audioFolder === undefined) return undefined;
  if (!await stat(audioFolder).then((found) => found.isDirectory(), () => false)) {
    throw new UsageError(`--audio-dir expects a folder that exists, but got ${audioFolder}`);
  }
  return await realpath(audioFolder);
}

/** Throws where the kernels cannot read the beginning of a file. */
async function checkAudio(path: string, mayUseFfmpeg: boolean): Promise<void> {
  try {
    (await openMix(path, SAMPLE_RATE_HZ)).close();
  } catch (error) {
    if (mayUseFfmpeg && error instanceof UnreadFormatError) return;
    throw error;
  }
}

/** Tells what becomes of analyses, on stderr and in the metrics. */
function told(work: Work, metrics: Metrics): Work {
  return async (item, options) => {
    const start = performance.now();
    const name = printable(item.name);
    try {
      const outcome = await work(item, options);
      const seconds = (performance.now() - start) / 1000;
      metrics.countAnalysis("done", seconds, outcome.seconds);
      console.error(`${name}: done in ${seconds.toFixed(1)} s`);
      return outcome;
    } catch (error) {
      if (!options.signal.aborted) {
        metrics.countAnalysis("failed", 0, 0);
        console.error(`${name}: ${printable(reasonOf(error))}`);
      }
      throw error;
    }
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (cause) {
    throw new UsageError(`Cannot listen at ${host}, port ${port}: ${reasonOf(cause)}`, { cause });
  }
  server.removeListener("error", reject);
  server.on("error", (error) => console.error(`The server has an error: ${reasonOf(error)}`));
}

/** What is not needed any more cannot be misused: uploads come from anywhere. */
async function giveUpPermissions({ analyzer, catalogue }: ServiceOptions): Promise<void> {
  if (catalogue === undefined) await Deno.permissions.revoke({ name: "net" });
  if (!analyzer.audio?.ffmpeg) await Deno.permissions.revoke({ name: "run" });
}

function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
