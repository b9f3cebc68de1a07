import { deepStrictEqual as equal, match } from "node:assert/strict";
import { innerSeam, type InnerSeamDescription } from "./inner_seams/table.ts";
import { tensor } from "../core/tensor.ts";
import type { SampledSeam } from "./manifest.ts";
import { ErrorMap } from "./_picture.ts";
import { sampledIndex } from "./references.ts";
import { pictureText, walkText } from "./render/walk_text.ts";
import type { Walk } from "./report.ts";
import { walk } from "./_walk.ts";

const AXES = ["frames", "bands"] as const;
const table: readonly InnerSeamDescription[] = [
  { name: "a", axes: AXES, inputs: [] },
  { name: "b", axes: AXES, inputs: [] },
  { name: "c", axes: AXES, inputs: ["a", "b"] },
  { name: "d", axes: AXES, inputs: ["c"] },
];
const shape = [40, 30];
const values = Float32Array.from({ length: 1200 }, (_, i) => Math.sin(i));

/** Walks with `change` added to all elements of some seams. */
function walked(changes: Readonly<Record<string, number>>, missing?: string): Walk {
  const entry = (seam: string): SampledSeam => ({
    ...{ seam, path: "", sha256: "", sampledFrom: shape, upstreamFloat32: null },
    statistics: { mean: 0, rms: 1 },
  });
  const stored = tensor(
    "f32",
    [200],
    Float32Array.from({ length: 200 }, (_, at) => values[sampledIndex(entry(""), at)]!),
  );
  const seams = table.filter(({ name }) => name !== missing).map(({ name }) =>
    [name, innerSeam(tensor("f32", shape, values.map((x) => x + (changes[name] ?? 0))))] as const
  );
  return walk({
    ...{ stage: "network", subject: "noise", table },
    references: new Map(table.map(({ name }) => [name, { entry: entry(name), stored }])),
    seams: new Map(seams),
  });
}

Deno.test("walk() names the first wrong seam all of whose inputs are correct", () => {
  equal(walked({ c: 1e-3, d: 1e-3 }).first?.seam, "c");
  equal(walked({ b: 1e-3, c: 1e-3, d: 1e-3 }).first?.seam, "b");
  equal(walked({ d: 1e-3 }).first?.seam, "d");
  equal(walked({}).first, null);
  // Within the tolerance.
  equal(walked({ a: 5e-7 }).first, null);
});

Deno.test("walk() returns the index of the worst element along every axis, and both values", () => {
  const { worst } = walked({ c: 1 }).first!;
  const at = worst!.index[0]! * 30 + worst!.index[1]!;
  equal(worst!.index.length, 2);
  equal(worst!.expected, values[at]);
  equal(worst!.actual, Math.fround(values[at]! + 1));
});

Deno.test("walk() fails a seam that was not computed", () => {
  const { first } = walked({}, "b");
  equal([first?.seam, first?.reason], ["b", "the output is missing"]);
});

Deno.test("walkText() has every seam, the first wrong one and its heat map", () => {
  const text = walkText(walked({ c: 1e-3, d: 1e-3 }));
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
