/**
 * Redis and an S3-compatible store for tests. `.ci/run` starts both; without it, a test starts its own.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { until } from "./deadline.ts";
import { repository } from "./program.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

/** Addresses of services that run. */
const REDIS_VARIABLE = "TACTUS_TEST_REDIS";
const STORE_VARIABLE = "TACTUS_TEST_S3";

const INSTALL =
  "run tests/support/install_services.sh, which installs redis-server (Debian) and moto (PyPI)";

/** Flags of Deno with which a program finds the libraries of the catalogue. */
export const CATALOGUE_FLAGS: readonly string[] = [
  `--lock=${join(repository, "catalogue", "deno.lock")}`,
  "--allow-net=127.0.0.1,localhost",
];

/** Variables with which the client of S3 reaches a store for tests. */
export function storeVariables(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: "us-east-1",
  };
}

/** Returns a port that is free now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** A service that a test has started. */
export interface Service extends AsyncDisposable {
  /** Its address. */
  readonly url: string;
  /** Its process; absent for one that runs anyway. */
  readonly process?: Deno.ChildProcess;
}

/**
 * Starts Redis.
 *
 * @param options port, folder of its files, and further arguments
 * @throws if it is not installed
 */
export async function startRedis(
  { port = freePort(), folder, args = [], host = "127.0.0.1", prefix = [], isChecked = true }: {
    readonly port?: number;
    readonly folder?: string;
    readonly args?: readonly string[];
    readonly host?: string;
    /** Command that starts the program elsewhere, such as `ip netns exec NAME`. */
    readonly prefix?: readonly string[];
    /** Whether to wait until it answers, which a test may not do on another network. */
    readonly isChecked?: boolean;
  } = {},
): Promise<Service> {
  const program = found("redis-server");
  const options = ["--port", String(port), "--bind", host, "--save", "", ...args];
  const process = spawn([
    ...prefix,
    program,
    ...options,
    ...(folder === undefined ? [] : ["--dir", folder]),
    "--protected-mode",
    "no",
  ]);
  return await started(`redis://${host}:${port}`, host, port, process, isChecked);
}

/**
 * Starts a store: moto's server.
 *
 * @throws if it is not installed
 */
export async function startStore(
  { host = "127.0.0.1", port = freePort(), prefix = [] }: {
    readonly host?: string;
    readonly port?: number;
    readonly prefix?: readonly string[];
  } = {},
): Promise<Service> {
  const program = found("moto_server");
  const process = spawn([...prefix, program, "-H", host, "-p", String(port)]);
  return await started(`http://${host}:${port}`, host, port, process);
}

/** Runs work with the Redis of `.ci/run`, or with an own one. */
export async function withRedis<Result>(work: (url: string) => Promise<Result>): Promise<Result> {
  const running = Deno.env.get(REDIS_VARIABLE);
  if (running !== undefined) return await work(running);
  return await inTemporaryFolder(async (folder) => {
    await using redis = await startRedis({ folder });
    return await work(redis.url);
  });
}

/** Runs work with the store of `.ci/run`, or with an own one, in which there is a new bucket. */
export async function withStore<Result>(
  work: (endpoint: string, bucket: string) => Promise<Result>,
): Promise<Result> {
  const bucket = `test-${crypto.randomUUID()}`;
  const running = Deno.env.get(STORE_VARIABLE);
  if (running !== undefined) {
    await makeBucket(running, bucket);
    return await work(running, bucket);
  }
  await using store = await startStore();
  await makeBucket(store.url, bucket);
  return await work(store.url, bucket);
}

/** Makes a bucket. */
export async function makeBucket(endpoint: string, bucket: string): Promise<void> {
  await (await fetch(`${endpoint}/${bucket}`, { method: "PUT" })).body?.cancel();
}

function found(name: string): string {
  const folders = [
    join(repository, "tests", ".services", "bin"),
    ...(Deno.env.get("PATH") ?? "").split(delimiter),
  ];
  const path = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (path === undefined) throw new Error(`${name} was not found: ${INSTALL}`);
  return path;
}

function spawn([program = "", ...args]: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
}

async function started(
  url: string,
  hostname: string,
  port: number,
  process: Deno.ChildProcess,
  isChecked = true,
): Promise<Service> {
  let ended = false;
  const status = process.status.then(() => ended = true);
  if (isChecked) {
    await until(`${url} to answer`, async () => {
      if (ended) throw new Error(`The program of ${url} ended`);
      try {
        (await Deno.connect({ hostname, port })).close();
        return true;
      } catch {
        return false;
      }
    });
  }
  return {
    ...{ url, process },
    async [Symbol.asyncDispose](): Promise<void> {
      if (!ended) process.kill("SIGKILL");
      await status;
    },
  };
}
