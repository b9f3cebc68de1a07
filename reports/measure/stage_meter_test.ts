import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { bytesRead, cpuSeconds, StageMeter } from "./stage_meter.ts";

Deno.test("StageMeter gives each stage what the process used while it ran", async () => {
  const meter = new StageMeter();
  meter.onStart("idle");
  meter.onTiming({ stage: "idle", start: 0, end: 1 });
  meter.onStart("busy");
  const text = await Deno.readTextFile(new URL(import.meta.url));
  // Time of the processor, because a busy machine gives this process only some of the time on the clock.
  const before = cpuSeconds();
  while (cpuSeconds() - before < 0.05);
  meter.onTiming({ stage: "busy", start: 1, end: 2 });
  const [idle, busy] = meter.finish();
  equal([idle!.stage, busy!.stage, busy!.start, busy!.end], ["idle", "busy", 1, 2]);
  ok(busy!.cpuSeconds > 0.05, `${busy!.cpuSeconds} s`);
  ok(busy!.cpuSeconds > idle!.cpuSeconds);
  ok(busy!.peakBytes > 1e6);
  // Deno shows the system's account only to a process that may do all; tests/nightly_test.ts has one.
  if (bytesRead() === null) return equal([idle!.bytesRead, busy!.bytesRead], [null, null]);
  ok(busy!.bytesRead! >= text.length, `${busy!.bytesRead} bytes`);
  ok(idle!.bytesRead! < busy!.bytesRead!);
});
