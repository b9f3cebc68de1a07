import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Patience, patiently, PermanentError, tellingPatience } from "./patience.ts";

const PATIENCE: Patience = { seconds: 0.5, idleSeconds: 0.05, longestWaitSeconds: 0.02 };

Deno.test("patiently() repeats a request that fails", async () => {
  const reasons: string[] = [];
  let attempts = 0;
  const result = await patiently(
    "Reading x",
    { ...PATIENCE, seconds: 60, onRetry: (reason) => reasons.push(reason) },
    () => ++attempts < 3 ? Promise.reject(new Error("no")) : Promise.resolve(attempts),
  );
  equal([result, reasons], [3, ["Reading x failed: no", "Reading x failed: no"]]);
});

Deno.test("patiently() gives an attempt up that is idle, also one that does not heed its signal", async () => {
  let attempts = 0;
  const result = await patiently("Reading x", { ...PATIENCE, seconds: 60 }, async ({ alive }) => {
    if (++attempts === 1) return await new Promise<never>(() => {});
    // Longer than an attempt may be idle, but with data.
    for (let part = 0; part < 5; part++) {
      await new Promise((done) => setTimeout(done, 20));
      alive();
    }
    return "whole";
  });
  equal([result, attempts], ["whole", 2]);
});

Deno.test("patiently() gives each attempt twice the time of one that was idle, for a store that is slow each time", async () => {
  const result = await patiently(
    "Listing x",
    { ...PATIENCE, seconds: 10 },
    async ({ signal }) => await sleep(400, "slow", { signal }),
  );
  equal(result, "slow");
});

Deno.test("patiently() ends after its time with the last reason", async () => {
  const start = performance.now();
  await rejects(
    patiently("Reading x", PATIENCE, () => Promise.reject(new Error("no"))),
    /^Error: Reading x failed \d+ times in \d s, the last time: no$/,
  );
  ok(performance.now() - start < 5000);
});

Deno.test("patiently() does not repeat what no repetition changes, nor aborted work", async () => {
  let attempts = 0;
  const fails = (): Promise<never> => {
    attempts++;
    return Promise.reject(new PermanentError("gone"));
  };
  await rejects(patiently("Reading x", PATIENCE, fails), {
    name: "PermanentError",
    message: "gone",
  });
  equal(attempts, 1);
  const signal = AbortSignal.abort(new Error("stopped"));
  await rejects(patiently("Reading x", PATIENCE, fails, signal), /stopped/);
  equal(attempts, 1);
});

Deno.test("tellingPatience() tells at once that a request is repeated, and not each time", () => {
  const told: string[] = [];
  const { onRetry } = tellingPatience((message) => told.push(message));
  for (let attempt = 0; attempt < 3; attempt++) onRetry?.("Reading x failed: no");
  equal(told, ["Reading x failed: no; trying again for up to 300 s"]);
});
