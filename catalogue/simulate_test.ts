import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { simulate, type SimulationOptions } from "./simulate.ts";

const OPTIONS: SimulationOptions = {
  ...{ tracks: 2000, workers: 10, slots: 2, seconds: 1, spread: 0, bytes: 1e6, seed: 1 },
  ...{ queueRate: 1e4, getRate: 1e4, putRate: 1e4, latencySeconds: 0.01, bandwidth: 1e9 },
};

const near = (actual: number, expected: number, share: number): void =>
  ok(Math.abs(actual / expected - 1) < share, `${actual}, not ${expected}`);

Deno.test("simulate() keeps workers busy whose audio is copied during the analysis of another", () => {
  const { seconds, busy, bottleneck } = simulate(OPTIONS);
  near(seconds, 200, 0.01);
  near(busy.workers, 1, 0.01);
  equal(bottleneck, "workers");
});

Deno.test("simulate() finds each shared part that limits the workers", () => {
  const cases = [
    ["queue", { queueRate: 5 }, 400],
    ["reading", { getRate: 8 }, 500],
    ["writing", { putRate: 5 }, 400],
    ["network", { bandwidth: 5e6 }, 400],
  ] as const;
  for (const [part, limit, expected] of cases) {
    const { seconds, busy, bottleneck } = simulate({ ...OPTIONS, ...limit });
    equal(bottleneck, part);
    near(seconds, expected, 0.02);
    near(busy[part], 1, 0.02);
  }
});

Deno.test("simulate() keeps the mean of spread analyses, and takes one slot without overlap", () => {
  near(simulate({ ...OPTIONS, tracks: 20_000, spread: 0.8 }).seconds, 2000, 0.03);
  // Without a second slot each track waits for its requests: 2 reads, the data, 1 write, the queue.
  near(simulate({ ...OPTIONS, slots: 1 }).seconds, 200 * (1 + 0.03 + 0.001 + 0.0004), 0.01);
});
