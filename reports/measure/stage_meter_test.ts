import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { WorkCounts } from "../run_report.ts";
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

Deno.test("StageMeter records what was counted while a stage ran, also of stages that overlap", () => {
  let instructions = 0;
  const counts = (): WorkCounts => ({
    instructions: instructions += 10,
    cycles: 0,
    cacheMisses: 1,
  });
  const meter = new StageMeter(counts);
  meter.onStart("a");
  meter.onStart("b");
  meter.onTiming({ stage: "a", start: 0, end: 1 });
  meter.onTiming({ stage: "b", start: 0, end: 2 });
  const [a, b] = meter.finish();
  equal([a!.work?.instructions, b!.work?.instructions, a!.work?.cacheMisses], [20, 20, 0]);
  equal(meter.work().work?.instructions, 60);
});

Deno.test("StageMeter names the reason why nothing was counted", () => {
  const meter = new StageMeter(() => "none here");
  meter.onStart("a");
  meter.onTiming({ stage: "a", start: 0, end: 1 });
  const [a] = meter.finish();
  equal([Object.hasOwn(a!, "work"), meter.work()], [false, { noWork: "none here" }]);
});
