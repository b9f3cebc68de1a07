import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { bytesRead, cpuSeconds, StageMeter } from "./stage_meter.ts";

Deno.test("StageMeter records for each stage what the process used while it ran", async () => {
  const meter = new StageMeter();
  meter.onStart("idle");
  meter.onTiming({ stage: "idle", start: 0, end: 1 });
  meter.onStart("busy");
  const text = await Deno.readTextFile(new URL(import.meta.url));
  // Processor time, because on a busy machine this process runs only a part of the time.
  const before = cpuSeconds();
  while (cpuSeconds() - before < 0.05);
  meter.onTiming({ stage: "busy", start: 1, end: 2 });
  const [idle, busy] = meter.finish();
  equal([idle!.stage, busy!.stage, busy!.start, busy!.end], ["idle", "busy", 1, 2]);
  ok(busy!.cpuSeconds! > 0.05, `${busy!.cpuSeconds} s`);
  ok(busy!.cpuSeconds! > idle!.cpuSeconds!);
  ok(busy!.peakBytes! > 1e6);
  // Deno requires all permissions for this figure; tests/nightly_test.ts has them.
  if (bytesRead() === null) return equal([idle!.bytesRead, busy!.bytesRead], [null, null]);
  ok(busy!.bytesRead! >= text.length, `${busy!.bytesRead} bytes`);
  ok(idle!.bytesRead! < busy!.bytesRead!);
});
