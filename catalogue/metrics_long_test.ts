import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { workerMetrics } from "./metrics.ts";
import type { QueueCounts } from "./queue.ts";

Deno.test("the metrics of a worker are told while Redis is away, without those of the queue", async () => {
  let counts: () => Promise<QueueCounts> = () =>
    Promise.resolve({ waiting: 7, delayed: 0, active: 1, dead: 2, done: 3 });
  const metrics = await workerMetrics(() => counts());
  metrics.track("done");
  const first = await metrics.text();
  ok(first.type.startsWith("application/openmetrics-text"));
  ok(first.text.includes('tactus_queue_tracks{state="waiting"} 7\n'), first.text);
  for (
    const away of [
      () => new Promise<never>(() => {}),
      () => Promise.reject(new Error("Connection is closed")),
    ]
  ) {
    counts = away;
    const { text } = await metrics.text();
    ok(text.includes('tactus_tracks_total{outcome="done"} 1\n'), text);
    equal(text.includes('state="waiting"'), false);
  }
});
