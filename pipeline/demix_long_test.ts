/** The separation at full size, compared with demucs. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { separationCheck, separationClip, separationStems } from "../fixtures/separation.ts";
import { buildHtdemucs } from "./backends/onnx/htdemucs_graph.ts";
import type { HtdemucsCheckpoint } from "../models/htdemucs/parameters.ts";
import { seededHtdemucs } from "../models/htdemucs/seeded.ts";
import { compare } from "../parity/compare.ts";
import type { Comparison } from "../parity/report.ts";
import { readSampled, takeSampled } from "../parity/references.ts";
import { naiveStems16 } from "./naive/stems16.ts";
import type { Backend } from "./backends/backend.ts";
import { createNativeDemixSession } from "./backends/native/htdemucs.ts";
import { createDemixSession } from "./backends/onnx/htdemucs.ts";
import { demix, type Demixer, releaseDemixer, wholeNetwork } from "./demix.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

const TOLERANCE = { absolute: 1e-6, relative: 1e-6 };

async function demixerOf(
  checkpoint: HtdemucsCheckpoint,
  backend: Backend = "native",
): Promise<Demixer> {
  const { name, sha256 } = checkpoint;
  const session = backend === "native"
    ? await createNativeDemixSession(checkpoint)
    : await createDemixSession(buildHtdemucs(checkpoint));
  return { name, sha256, backend, networks: [wholeNetwork(session)] };
}

const demixer = await demixerOf(seededHtdemucs());
Deno.test.afterAll(() => releaseDemixer(demixer));

/** Returns the stems of a mixture as floats and as 16 bit. */
async function demixed(
  mixture: Tensor<"f32">,
  shifts: readonly (number | null)[],
  onProgress: (done: number) => void = () => {},
  by = demixer,
): Promise<{ stems: Tensor<"f32">; stems16: Tensor<"i16"> }> {
  const { stems, stems16 } = await demix(by, mixture, { shifts, stems: "floats", onProgress });
  ok(stems);
  return { stems, stems16 };
}

/** Compares the stems of the clip with those that are stored under other settings. */
async function compareWithCheck(one: Demixer, name: string): Promise<Comparison> {
  const check = separationCheck(name);
  const shifts = [check.shiftOffset];
  const { stems } = await demix(one, await separationClip(), { shifts, stems: "floats" });
  ok(stems);
  equal(stems.shape, check.sampledFrom);
  const expected = await readSampled(check);
  const actual = takeSampled(check, expected, (index) => stems.data[index]!);
  return compare(actual, expected, TOLERANCE);
}

Deno.test("demix() equals true demucs in every sample of every stem", async (test) => {
  const mixture = await separationClip();
  const progress: number[] = [];
  const { stems, stems16 } = await demixed(mixture, [0], (done) => progress.push(done));
  const expected = await separationStems();
  const { passed, reason } = compare(stems, expected, TOLERANCE);
  ok(passed, reason);
  equal(progress, [1, 2]);

  await test.step("the 16 bit stems are within one step in one sample of a hundred", () => {
    const steps = { absolute: 1, relative: 0, differing: 0.01 };
    const { passed, reason } = compare(stems16, naiveStems16(expected), steps);
    ok(passed, reason);
  });

  await test.step("the comparison sees two stems that are swapped", () => {
    const length = stems.data.length / 4;
    const swapped = stems.data.slice();
    swapped.copyWithin(0, length, 2 * length);
    ok(!compare(tensor("f32", stems.shape, swapped), expected, TOLERANCE).passed);
  });
});

Deno.test("demix() by ONNX Runtime equals true demucs in every sample of every stem", async () => {
  const onnx = await demixerOf(seededHtdemucs(), "onnx");
  const { stems } = await demixed(await separationClip(), [0], () => {}, onnx);
  const { passed, reason } = compare(stems, await separationStems(), TOLERANCE);
  await releaseDemixer(onnx);
  ok(passed, reason);
});

for (const name of ["shift_12345", "no_shift"]) {
  Deno.test(`demix() equals true demucs with ${name}`, async () => {
    const { passed, reason } = await compareWithCheck(demixer, name);
    ok(passed, reason);
  });
}

Deno.test("demix() equals true demucs with weights of half precision, as they are published", async () => {
  const checkpoint = seededHtdemucs();
  const halves = [...checkpoint.tensors].map(([name, { shape, data }]) =>
    [name, tensor("f32", shape, data.map(Math.f16round))] as const
  );
  const half = await demixerOf({ ...checkpoint, name: "halves", tensors: new Map(halves) });
  const { passed, reason } = await compareWithCheck(half, "half_weights");
  await releaseDemixer(half);
  ok(passed, reason);
  // The rounding of the weights is visible in the stems.
  ok(!(await compareWithCheck(demixer, "half_weights")).passed);
});
