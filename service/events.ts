/**
 * GET /analyses/{id}/events: server-sent events.
 *
 * @module
 */

import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Shared } from "./context.ts";
import { Problem } from "./problem.ts";
import { known } from "./results.ts";

/** Milliseconds without an event after which a comment keeps the connection open. */
const HEARTBEAT_MS = 10_000;

/** Milliseconds after which a client connects again. */
const RETRY_MS = 2000;

/** Answers GET /analyses/{id}/events. */
export function getEvents(c: Context, { queue, now, mostFollowers, signal }: Shared): Response {
  const id = c.req.param("id") ?? "";
  const left = new AbortController();
  const stopped = AbortSignal.any([signal, left.signal]);
  const events = known(id, queue.events(id, c.req.header("last-event-id"), stopped));
  // A client that has the last event is told not to connect again.
  if (events === "ended") return new Response(null, { status: 204 });
  const headers = { "Cache-Control": "no-store", "X-Accel-Buffering": "no" };
  if (c.req.method === "HEAD") {
    return new Response(null, { headers: { ...headers, "Content-Type": "text/event-stream" } });
  }
  if (now.followers >= mostFollowers) {
    throw new Problem("busy", `${now.followers} clients follow events`, { "Retry-After": "10" });
  }
  now.followers++;
  const response = streamSSE(c, async (stream) => {
    stream.onAbort(() => left.abort());
    const iterator = events[Symbol.asyncIterator]();
    try {
      await stream.write(`retry: ${RETRY_MS}\n\n`);
      for (let next = iterator.next(); !stream.aborted;) {
        const { promise: silence, resolve } = Promise.withResolvers<undefined>();
        const timer = setTimeout(() => resolve(undefined), HEARTBEAT_MS);
        const event = await Promise.race([next, silence]).finally(() => clearTimeout(timer));
        if (event === undefined) {
          await stream.write(": still here\n\n");
          continue;
        }
        if (event.done) break;
        const { id, type, data } = event.value;
        await stream.writeSSE({ id, event: type, data: JSON.stringify(data) });
        next = iterator.next();
      }
    } finally {
      left.abort();
      now.followers--;
    }
  });
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}
