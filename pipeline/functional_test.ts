import { deepStrictEqual as equal, notDeepStrictEqual as notEqual } from "node:assert/strict";
import { edgeCaseFloats, edgeCaseList } from "../fixtures/edge_cases.ts";
import { type Functional, functional } from "./functional.ts";
import type { InnerSeamObserver } from "./inner_seam_observer.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

interface FunctionalCase {
  readonly input: { readonly name: string };
  readonly first_frame: number;
  readonly frame_count: number;
  readonly boundaries?: readonly number[];
  readonly labels?: readonly number[];
  readonly raises?: string;
}

const inputs = await edgeCaseFloats("functional_inputs.npy");
const cases = await edgeCaseList<FunctionalCase>("functional.json");

/** Runs the stage on the frames of one case, changed by `change` first. */
function run(
  { first_frame: first, frame_count: frames }: FunctionalCase,
  change: (section: Float32Array) => void = () => {},
  observe?: InnerSeamObserver,
): Functional {
  const [rows = 0, all = 0] = inputs.shape;
  const row = (index: number): Float32Array =>
    inputs.data.slice(index * all + first, index * all + first + frames);
  const section = row(0);
  change(section);
  const labels = new Float32Array((rows - 1) * frames);
  for (let label = 1; label < rows; label++) labels.set(row(label), (label - 1) * frames);
  const probabilities = tensor("f32", [rows - 1, frames], labels);
  return functional(tensor("f32", [frames], section), probabilities, observe);
}

for (const one of cases) {
  if (one.raises !== undefined) continue;
  Deno.test(`functional() equals upstream's on ${one.input.name}`, () => {
    const { boundaries, labels } = run(one);
    equal([...labels.data], one.labels);
    equal([...boundaries.data], one.boundaries);
  });
}

Deno.test("functional() gives one segment where upstream finds none and fails", () => {
  const failing = cases.filter((one) => one.raises !== undefined);
  notEqual(failing.length, 0);
  for (const one of failing) {
    const { boundaries, labels } = run(one);
    equal(labels.shape, [1]);
    equal([...boundaries.data], [0, one.frame_count / 100]);
  }
});

Deno.test("functional() shows its inner seams, which do not change the result", () => {
  const one = cases.find(({ input }) => input.name === "peaks_far_apart") as FunctionalCase;
  const seams = new Map<string, Tensor>();
  const observed = run(one, () => {}, (name, values) => seams.set(name, values));
  equal(observed, run(one));
  const starts = [...observed.boundaries.data].slice(0, -1).map((time) => Math.round(time * 100));
  equal([...seams.get("starts")!.data], starts);
  const peaks = [...seams.get("peaks")!.data].flatMap((value, at) => value === 0 ? [] : [at]);
  const found = [...seams.get("strengths")!.data]
    .flatMap((value, at) => Number(value) > 0 ? [at] : []);
  equal(found.filter((at) => at > 0), starts.slice(1));
  equal(found.every((at) => peaks.includes(at)), true);
  const { shape, data } = seams.get("label_means")!;
  equal(shape, [10, starts.length]);
  const best = starts.map((_, segment) => {
    const own = Array.from(
      { length: 10 },
      (_, label) => Number(data[label * starts.length + segment]),
    );
    return own.indexOf(Math.max(...own));
  });
  equal(best, one.labels);
});

Deno.test("functional() sees a boundary that moved by one frame", () => {
  const one = cases.find(({ input }) => input.name === "peaks_far_apart") as FunctionalCase;
  const moved = run(one, (section) => section.copyWithin(1, 0, section.length - 1));
  notEqual([...moved.boundaries.data], one.boundaries);
});
