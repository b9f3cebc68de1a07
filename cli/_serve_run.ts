/**
 * The run of `serve`: starts the service and waits for its end.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { untilStopped } from "../core/interruption.ts";
import { reasonOf } from "../core/reason.ts";
import { UsageError } from "../core/usage_error.ts";
import type { Precision } from "../kernels/mod.ts";
import type { Backend, FindingOptions } from "../pipeline/mod.ts";
import { builtInDevices, demixShifts, providersOf } from "../pipeline/mod.ts";
import { ensureToken, startService } from "../service/mod.ts";
import { pick } from "./command.ts";
import { defaultJobs } from "./_jobs.ts";
import { checkNames, chosenWeights, warnOfUntrained } from "./_weights.ts";

/** The settings of a call. */
export interface ServeCall {
  readonly host: string;
  readonly port: number;
  readonly tokenFile?: string;
  readonly allowHost?: readonly string[];
  readonly dataDir: string;
  readonly audioDir?: string;
  readonly jobs?: number;
  readonly redis?: string;
  readonly queue: string;
  readonly store: string;
  readonly ffmpeg: boolean;
  /** Megabytes. */
  readonly maxUpload: number;
  /** Seconds of audio. */
  readonly maxSeconds: number;
  /** Seconds of an analysis. */
  readonly maxTime: number;
  readonly maxQueue: number;
  /** Gigabytes. */
  readonly maxStorage: number;
  readonly maxKept: number;
  readonly maxConnections: number;
  readonly maxUploads: number;
  readonly uploadTime: number;
  readonly idleTime: number;
  readonly grace: number;
  readonly model: string;
  readonly demixer: string;
  readonly shifts: number;
  readonly demixSeed: number;
  readonly overlap: number;
  readonly findings: FindingOptions;
  readonly weightsDir?: string;
  readonly backend: Backend;
  readonly device: string;
  readonly threads?: number;
  readonly precision: Precision;
}

/** Name of the environment variable with the token. */
const TOKEN_VARIABLE = "TACTUS_TOKEN";

/**
 * Serves until the program is interrupted.
 *
 * @returns the exit code
 * @throws {UsageError | ModelError | DeviceError | RuntimeLoadError} if the service cannot start
 */
export async function runServe(call: ServeCall): Promise<number> {
  checkNames(call);
  await providersOf(call.device);
  // Without ONNX Runtime each analysis would fail.
  if (call.backend === "onnx") await builtInDevices();
  const token = await tokenOf(call);
  const { model, demixer, automatic } = await chosenWeights(call, call);
  warnOfUntrained([demixer, model]);
  const { host, port, maxSeconds, audioDir, redis } = call;
  const kind = demixer.startsWith("hpss") ? "filters" : "network";
  const service = await startService({
    ...{ host, port, allowedHosts: call.allowHost ?? [], dataFolder: call.dataDir },
    ...(token !== undefined && { token }),
    ...(audioDir !== undefined && { audioFolder: audioDir }),
    analyzer: {
      ...{ model, demixer, automatic, shifts: demixShifts(call.shifts, call.demixSeed) },
      ...pick(call, "weightsDir", "overlap", "findings"),
      compute: pick(call, "backend", "device", "threads", "precision"),
      audio: { ffmpeg: call.ffmpeg, mostSeconds: maxSeconds },
    },
    jobs: call.jobs ?? defaultJobs(kind),
    ...(redis !== undefined && { catalogue: { redis, ...pick(call, "queue", "store") } }),
    limits: {
      ...{ uploadBytes: 1e6 * call.maxUpload, idleSeconds: call.idleTime },
      ...{ uploadSeconds: call.uploadTime, uploads: call.maxUploads },
      ...{ analysisSeconds: call.maxTime, waiting: call.maxQueue, kept: call.maxKept },
      ...{ storedBytes: 1e9 * call.maxStorage, connections: call.maxConnections },
      graceSeconds: call.grace,
    },
  });
  console.log(service.url);
  console.error(`Try it at ${service.url}/docs; Ctrl-C ends the service`);
  const stop = (): void => {
    console.error(
      "Ending; what does not end soon runs again at the next start. Press Ctrl-C again to end at once",
    );
    service.stop();
  };
  await untilStopped(stop, () => service.ended);
  return 0;
}

/** Returns the token that requests must have. */
async function tokenOf({ tokenFile }: ServeCall): Promise<string | undefined> {
  const token = tokenFile === undefined
    ? Deno.env.get(TOKEN_VARIABLE)
    : await readFile(tokenFile, "utf8").then((text) => text.trim(), (cause) => {
      throw new UsageError(`The token cannot be read: ${reasonOf(cause)}`, { cause });
    });
  if (token === undefined || token === "" && tokenFile === undefined) return undefined;
  ensureToken(token);
  return token;
}
