import { deepStrictEqual as equal } from "node:assert/strict";
import { describedPipeline } from "./described_pipeline.ts";
import type { SeamEntry } from "./parity_file.ts";
import type { Tolerance } from "../parity/mod.ts";

function toleranceOf(entry: SeamEntry): Tolerance {
  const { seams } = describedPipeline({
    ...{ name: "p", stages: [], inputs: [], implementations: {} },
    seams: { a: entry },
  } as never);
  return seams["a"]!.tolerance;
}

Deno.test("describedPipeline() judges by the standard of the type, and by what the file gives", () => {
  const micro = { absolute: 1e-6, relative: 1e-6 };
  equal(toleranceOf({ dtype: "f32" }), micro);
  equal(toleranceOf({ dtype: "i32" }), { absolute: 0, relative: 0 });
  equal(toleranceOf({ dtype: "f16" }), { absolute: 0, relative: 2 ** -10 });
  equal(toleranceOf({ dtype: "f32", atol: 1e-3 }), { absolute: 1e-3, relative: 1e-6 });
  equal(toleranceOf({ dtype: "f32", passing_share: 0.999 }), { ...micro, within: 0.999 });
  equal(toleranceOf({ dtype: "f32", float32_factor: 2 }), { absolute: 0, relative: 0 });
});

Deno.test("describedPipeline() lets a signal-to-noise ratio alone replace the tolerance of an element", () => {
  const all = { absolute: Number.MAX_VALUE, relative: 0 };
  equal(toleranceOf({ dtype: "f32", snr: 60 }), { ...all, leastSnrDecibels: 60 });
  equal(toleranceOf({ dtype: "f32", snr: 60, atol: 0.1, rtol: 0 }), {
    ...{ absolute: 0.1, relative: 0, leastSnrDecibels: 60 },
  });
});
