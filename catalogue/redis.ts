/**
 * The connection to Redis or Valkey.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../core/reason.ts";
import { UsageError } from "../core/usage_error.ts";
import { library, type Redis } from "./libraries.ts";

/** Seconds in which Redis must answer at the start. */
export const CONNECT_SECONDS = 5;

/** Wait between two attempts to reach Redis at the start. */
const CONNECT_MILLISECONDS = 1000;

/**
 * Connects to Redis.
 *
 * @param address address
 * @param onError receives errors of the connection, which is made again until it succeeds
 * @param seconds time in which Redis must answer
 * @throws {UsageError} if the address is none, the library is not installed, or Redis does not answer
 */
export async function openRedis(
  address: string,
  onError: (error: Error) => void,
  seconds: number,
): Promise<Redis> {
  const url = URL.parse(address);
  if (url === null || !["redis:", "rediss:"].includes(url.protocol)) {
    throw new UsageError(`Expected an address redis://HOST:PORT, but got ${address}`);
  }
  const { Redis } = await library("ioredis");
  const hostname = url.hostname.replace(/^\[|\]$/g, "") || "127.0.0.1";
  const port = Number(url.port || 6379);
  const end = performance.now() + 1000 * seconds;
  for (;;) {
    const signal = AbortSignal.timeout(1000 * CONNECT_SECONDS);
    try {
      (await Deno.connect({ hostname, port, signal })).close();
      break;
    } catch (cause) {
      const reason = `Cannot reach Redis at ${hostname}:${port} (${reasonOf(cause)})`;
      if (seconds > CONNECT_SECONDS && performance.now() < end) {
        onError(new Error(reason, { cause }));
        await sleep(CONNECT_MILLISECONDS);
        continue;
      }
      throw new UsageError(`${reason}: start it, or name another one with --redis`, { cause });
    }
  }
  const redis = new Redis(address, { maxRetriesPerRequest: null });
  redis.on("error", onError);
  try {
    const left = Math.max(CONNECT_SECONDS, (end - performance.now()) / 1000);
    await answered(redis, Math.min(seconds, left));
  } catch (cause) {
    redis.disconnect();
    throw new UsageError(
      `Redis at ${hostname}:${port} refuses the connection, or does not answer (${
        reasonOf(cause)
      }): check the password and the number of the database in --redis, and that it is a Redis`,
      { cause },
    );
  }
  return redis;
}

/** Errors of a connection that waiting does not remove: no or a wrong password, no such database, no permission. */
const REFUSED = /^(?:NOAUTH|WRONGPASS|NOPERM|ERR (?:DB index|invalid DB|AUTH|Client sent AUTH))/;

/** Waits until Redis answers; throws what it refuses the connection with, or its last error. */
async function answered(redis: Redis, seconds: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let last = new Error(`no answer for ${seconds.toFixed(0)} s`);
  redis.on("error", (error) => {
    last = error;
    if (REFUSED.test(error.message)) reject(error);
  });
  const timer = setTimeout(() => reject(last), 1000 * seconds);
  redis.ping().then(() => resolve(), reject);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}
