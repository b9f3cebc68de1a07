import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeNpy } from "../core/npy.ts";
import { recordedArrays, SINGLE_ARRAY } from "../core/recorded_arrays.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { compareArrays, type Sample, type StoredArray, takeSample } from "./compare_arrays.ts";
import { TOLERANCES } from "./tolerances.ts";

const toleranceFor = (): typeof TOLERANCES.float => TOLERANCES.float;

function ramp(length: number): Tensor<"f32"> {
  return tensor("f32", [2, length / 2], Float32Array.from({ length }, (_, at) => at / length));
}

function storedAt(path: string): StoredArray {
  return { path, open: async () => (await recordedArrays(path)).get(SINGLE_ARRAY)!() };
}

/** Stores tensors in a temporary folder. */
async function stored(
  tensors: readonly Tensor[],
  work: (arrays: readonly StoredArray[]) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const arrays = tensors.map((_, at) => storedAt(join(folder, `${at}.npy`)));
    for (const [at, { path }] of arrays.entries()) await writeFile(path, writeNpy(tensors[at]!));
    await work(arrays);
  });
}

/** Takes a sample of a tensor, as a tensor. */
async function sampleOf(
  whole: Tensor<"f32">,
  count: number,
): Promise<{ elements: Tensor<"f32">; sample: Sample }> {
  const { elements, sample } = await takeSample(whole, count);
  return { elements: tensor("f32", [count], elements as Float32Array), sample };
}

Deno.test("compareArrays() compares files as tensors in memory", async () => {
  const wrong = ramp(1000);
  wrong.data[700]! += 1e-3;
  await stored([ramp(1000), wrong], async ([expected, actual]) => {
    for (const [a, e] of [[actual, expected], [wrong, expected], [actual, ramp(1000)]] as const) {
      const { comparison } = await compareArrays(a, e!, { toleranceFor, timeAxis: 1 });
      equal([comparison.passed, comparison.worst?.index], [false, [1, 200]]);
      equal(comparison.profile?.filter((one) => one > 0).length, 1);
    }
    const same = await compareArrays(expected, ramp(1000), { toleranceFor });
    ok(same.comparison.passed);
  });
});

Deno.test("compareArrays() fails where a file is missing, damaged or of another shape", async () => {
  await stored([ramp(10), ramp(12)], async ([expected, longer]) => {
    const reasons: (string | undefined)[] = [];
    for (const actual of [undefined, storedAt(`${expected!.path}x`), longer]) {
      const { comparison } = await compareArrays(actual, expected!, { toleranceFor });
      ok(!comparison.passed);
      reasons.push(comparison.reason);
    }
    await writeFile(longer!.path, "no array");
    reasons.push((await compareArrays(longer, expected!, { toleranceFor })).comparison.reason);
    const [missing, absent, shape, damaged] = reasons;
    equal(missing, "the output is missing");
    match(absent ?? "", /0\.npyx: .*No such file|ENOENT|no such file/i);
    equal(shape, "the shape is [2, 6], expected [2, 5]");
    match(damaged ?? "", /1\.npy: Not a \.npy file/);
  });
});

Deno.test("a sample finds an error at a stored element and names its place in the whole array", async () => {
  const whole = ramp(10_000);
  const { elements, sample } = await sampleOf(whole, 64);
  equal(elements.data.length, 64);
  const wrong = ramp(10_000);
  const at = whole.data.indexOf(elements.data[5]!);
  wrong.data[at] = 2;
  const { comparison } = await compareArrays(wrong, elements, { toleranceFor, sample });
  ok(!comparison.passed);
  const place = [Math.floor(at / 5000), at % 5000];
  equal(comparison.worst?.index, place);
  match(comparison.reason!, new RegExp(`worst at \\[${place.join(", ")}\\]: 2, expected`));
  wrong.data[at] = NaN;
  const { reason } = (await compareArrays(wrong, elements, { toleranceFor, sample })).comparison;
  equal(reason, `the output has NaN at [${place.join(", ")}]`);
  ok((await compareArrays(whole, elements, { toleranceFor, sample })).comparison.passed);
});

Deno.test("a sample has listed elements after those of the hash", async () => {
  const whole = ramp(10_000);
  const { elements, sample } = await sampleOf(whole, 64);
  const listed = [7, 4321, 9999];
  const values = [...elements.data, ...listed.map((at) => whole.data[at]!)];
  const expected = tensor("f32", [67], Float32Array.from(values));
  const options = { toleranceFor, sample: { ...sample, listed } };
  const { comparison } = await compareArrays(whole, expected, options);
  ok(comparison.passed);
  const { statistics, ...counts } = comparison.sampled!;
  equal(counts, { of: 10_000, listed: 3 });
  const of = (value: number): { actual: number; expected: number } => ({
    ...{ actual: value, expected: value },
  });
  const { mean, rms, max } = sample.statistics;
  equal(statistics, { mean: of(mean), rms: of(rms), max: of(max!) });
  equal(max, Math.fround(0.9999));
  const wrong = ramp(10_000);
  wrong.data[4321]! += 1e-4;
  const { failing, worst } = (await compareArrays(wrong, expected, options)).comparison;
  equal([failing, worst?.index], [1, [0, 4321]]);
});

Deno.test("a sample finds errors outside of it by the statistics of all elements, and another shape", async () => {
  const whole = ramp(10_000);
  const { elements, sample } = await sampleOf(whole, 4);
  const stored = new Set(elements.data);
  const shifted = tensor("f32", whole.shape, whole.data.map((x) => stored.has(x) ? x : x + 1e-4));
  const { comparison } = await compareArrays(shifted, elements, { toleranceFor, sample });
  match(comparison.reason ?? "", /^the mean of all elements is 0\.5\d+, expected 0\.4/);
  const nan = tensor("f32", whole.shape, whole.data.map((x) => stored.has(x) ? x : NaN));
  ok(!(await compareArrays(nan, elements, { toleranceFor, sample })).comparison.passed);
  const other = await compareArrays(ramp(9_998), elements, { toleranceFor, sample });
  match(other.comparison.reason ?? "", /^the shape is \[2, 4999\]/);
});
