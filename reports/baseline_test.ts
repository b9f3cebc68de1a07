import { deepStrictEqual as equal, match } from "node:assert/strict";
import { whyNotComparable, whyNotComparableVariant } from "./baseline.ts";
import { testRun } from "./testdata/test_runs.ts";

const run = testRun();

Deno.test("whyNotComparable() allows other rounds, warm-ups, seeds, programs and orders of tracks", () => {
  const other = testRun({
    program: { version: "0.2.0", commit: "ab", isModified: true },
    settings: { ...run.settings, rounds: 9, warmUps: 0, seed: 5 },
    tracks: run.tracks.toReversed(),
  });
  equal(whyNotComparable(run, other), null);
});

Deno.test("whyNotComparable() names another machine", () => {
  const machine = { ...run.machine, fingerprint: "fedcba9876543210", cpu: "Other", cores: 4 };
  equal(
    whyNotComparable(run, testRun({ machine })),
    "another machine: Other, 4 cores, 8 GiB (fedcba98), not Processor, 2 cores, 8 GiB (01234567)",
  );
});

Deno.test("whyNotComparable() names another model, another demixer and other weights", () => {
  const other = (settings: Partial<typeof run.settings>): string | null =>
    whyNotComparable(run, testRun({ settings: { ...run.settings, ...settings } }));
  equal(other({ model: "seeded-all" }), "another model: seeded-all, not embedded");
  equal(other({ demixer: "external" }), "another demixer: external, not hpss");
  equal(other({ weightsSha256: "bb" }), "other weights: bb, not aa");
});

Deno.test("whyNotComparable() names a track that is missing, added or changed", () => {
  const [one, two] = [run.tracks[0]!, run.tracks[1]!];
  const other = (...tracks: typeof one[]): string | null =>
    whyNotComparable(run, testRun({ tracks }));
  equal(other(one), "other tracks: without two");
  equal(other(one, two, { ...two, name: "three" }), "other tracks: with three");
  equal(other(one, { ...two, sha256: "33" }), "other tracks: other audio in two");
});

Deno.test("whyNotComparableVariant() requires the variant in both runs, computed in the same way", () => {
  const [native] = run.variants;
  const other = (...variants: typeof run.variants): string | null =>
    whyNotComparableVariant(run, testRun({ variants }), "native");
  equal(other({ name: "onnx", backend: "onnx", threads: 2 }, native!), null);
  equal(other(), "no variant native");
  match(other({ ...native!, threads: 1 })!, /native on 1 threads, not native on 2/);
  match(other({ ...native!, backend: "onnx" })!, /onnx on 2 threads, not native on 2/);
});
