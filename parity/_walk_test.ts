import { deepStrictEqual as equal, match } from "node:assert/strict";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Elements } from "../core/elements.ts";
import { compareArrays, type Sample, takeSample } from "./compare_arrays.ts";
import { ErrorMap } from "./_picture.ts";
import { pictureText, walkText } from "./render/walk_text.ts";
import type { SeamRule } from "./pipeline_description.ts";
import type { Walk } from "./report.ts";
import { TOLERANCES } from "./tolerances.ts";
import { type Step, walkOf } from "./_walk.ts";

const AXES = ["frames", "bands"] as const;
const SOURCES = { a: [], b: [], c: ["a", "b"], d: ["c"] };
const shape = [40, 30];
const values = Float32Array.from({ length: 1200 }, (_, i) => Math.sin(i));

/** Returns an array with a change of its elements. */
function changed(change: (value: number, at: number) => number): Tensor<"f32"> {
  return tensor("f32", shape, values.map(change));
}

/** Compares an array with 200 elements and the statistics of the correct one. */
async function stepOf(
  seam: string,
  from: readonly string[],
  output: Tensor | undefined,
): Promise<Step> {
  const { elements, sample } = await sampled();
  const array = tensor("f32", [200], elements as Float32Array);
  const rule: SeamRule = { axes: AXES, judgement: "float", tolerance: TOLERANCES.float };
  const compared = await compareArrays(output, array, {
    toleranceFor: () => rule.tolerance,
    sample,
  });
  const reference = { path: seam, array, upstreamFloat32: null, sample };
  return { seam, from, rule, reference, output, ...compared };
}

function sampled(): Promise<{ readonly elements: Elements; readonly sample: Sample }> {
  return takeSample(tensor("f32", shape, values), 200);
}

/** Walks with `change` added to all elements of some seams. */
async function walked(
  changes: Readonly<Record<string, number>>,
  missing?: string,
): Promise<Walk> {
  const steps: Step[] = [];
  for (const [seam, from] of Object.entries(SOURCES)) {
    const output = seam === missing ? undefined : changed((x) => x + (changes[seam] ?? 0));
    steps.push(await stepOf(seam, from, output));
  }
  return await walkOf("network", "noise", steps);
}

Deno.test("walkOf() names the first wrong seam all of whose sources are correct", async () => {
  const first = async (changes: Readonly<Record<string, number>>): Promise<string | undefined> =>
    (await walked(changes)).first?.seam;
  equal(await first({ c: 1e-3, d: 1e-3 }), "c");
  equal(await first({ b: 1e-3, c: 1e-3, d: 1e-3 }), "b");
  equal(await first({ d: 1e-3 }), "d");
  equal(await first({}), undefined);
  // Within the tolerance.
  equal(await first({ a: 5e-7 }), undefined);
});

Deno.test("walkOf() does not take a source that was not compared for a wrong one", async () => {
  const step = await stepOf("d", ["absent"], changed((x) => x + 1));
  equal((await walkOf("network", "noise", [step])).first?.seam, "d");
});

Deno.test("walkOf() returns the index of the worst element along every axis, and both values", async () => {
  const { worst, picture } = (await walked({ c: 1 })).first!;
  const at = worst!.index[0]! * 30 + worst!.index[1]!;
  equal(worst!.index.length, 2);
  equal(worst!.expected, values[at]);
  equal(worst!.actual, Math.fround(values[at]! + 1));
  equal([picture?.rowAxis, picture?.columnAxis], ["bands", "frames"]);
});

Deno.test("walkOf() fails a seam that was not computed", async () => {
  const { first } = await walked({}, "b");
  equal([first?.seam, first?.reason], ["b", "the output is missing"]);
});

/** Changes of elements that are not in the sample, each of which shows in one statistic first. */
const CHANGES: Readonly<
  Record<"mean" | "rms" | "max", (values: Float32Array, outside: readonly number[]) => void>
> = {
  mean: (values, outside) => outside.forEach((at) => values[at]! += 1e-3),
  rms: (values, outside) => {
    for (let nth = 0; nth + 1 < outside.length; nth += 2) {
      const [one, other] = [outside[nth]!, outside[nth + 1]!];
      const sign = values[one]! > values[other]! ? 1 : -1;
      values[one]! += sign * 1e-2;
      values[other]! -= sign * 1e-2;
    }
  },
  max: (values, outside) => {
    values[outside.reduce((best, at) => values[at]! > values[best]! ? at : best)] = 1 + 9e-4;
  },
};

for (const [statistic, change] of Object.entries(CHANGES)) {
  Deno.test(`walkOf() finds an error outside of the sample by the ${statistic} of all elements`, async () => {
    const correct = await stepOf("a", [], tensor("f32", shape, values));
    const stored = new Set((await sampled()).elements as Float32Array);
    const output = changed((x) => x);
    const outside = Array.from(values.keys()).filter((at) => !stored.has(values[at]!));
    change(output.data as Float32Array, outside);
    const { reference, rule } = correct;
    const compared = await compareArrays(output, reference!.array, {
      toleranceFor: () => rule.tolerance,
      sample: reference!.sample!,
    });
    const { first } = await walkOf("network", "noise", [{ ...correct, output, ...compared }]);
    equal([first?.seam, first?.elements, first?.failing], ["a", 200, 0]);
    match(
      first!.reason!,
      new RegExp(`^the ${statistic} of all elements is .*, while all stored elements pass$`),
    );
    const { actual, expected } = first!.statistics![statistic as "mean"]!;
    equal(Math.abs(actual - expected) > 1e-6, true);
  });
}

Deno.test("walkText() has every seam, the first wrong one and its heat map", async () => {
  const text = walkText(await walked({ c: 1e-3, d: 1e-3 }));
  match(text, /^d +\[40, 30\] +200 +200 .* fail$/m);
  match(text, /^first wrong: c \[40, 30\], while a and b are correct where sampled$/m);
  match(text, /^error over frames \(across\) and bands \(up\), @ is 1\.00e-3\n {2}\|[ @]+\|/m);
});

Deno.test("ErrorMap has the largest error of each cell, and null where nothing was compared", () => {
  const errors = [[0, 1e-3], [0, 1e-6], [99 * 12 + 11, 1], ...Array(400).fill([50 * 12 + 5, 0])];
  const map = ErrorMap.over([100, 12], ["frames", "bands"], errors.length)!;
  for (const [at, error] of errors) map.add(at!, error!);
  const drawn = map.picture();
  equal([drawn.rowAxis, drawn.columnAxis, drawn.cells.length], ["bands", "frames", 12]);
  const columns = drawn.cells[0]!.length;
  equal([drawn.cells[0]![0], drawn.cells[11]![columns - 1], drawn.cells[3]![0]], [1e-3, 1, null]);
  const [, top, ...rest] = pictureText(drawn).split("\n");
  // The highest band is on top.
  match(top!, /^ {2}\| +@\|$/);
  match(rest.at(-1)!, /^ {2}\|\. +\|$/);
});

Deno.test("ErrorMap has one row without a frequency axis, and is undefined without a time axis", () => {
  const map = ErrorMap.over([10], ["samples"], 1)!;
  map.add(9, 1);
  equal(map.picture().cells, [[1]]);
  equal(ErrorMap.over([2], ["metres"], 1), undefined);
});
