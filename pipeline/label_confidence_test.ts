import { deepStrictEqual as equal } from "node:assert/strict";
import { tensor } from "../core/tensor.ts";
import { LABELS } from "./functional.ts";
import { labelConfidences } from "./label_confidence.ts";

/** Probabilities of four frames: of `verse` 0.5, 0.75, 0, 0, of `chorus` 0.25, 0.25, 1, 0.5, else 0. */
function probabilities(): Float32Array<ArrayBuffer> {
  const rows = new Float32Array(LABELS.length * 4);
  rows.set([0.5, 0.75, 0, 0], LABELS.indexOf("verse") * 4);
  rows.set([0.25, 0.25, 1, 0.5], LABELS.indexOf("chorus") * 4);
  return rows;
}

Deno.test("labelConfidences() gives the mean probability of each label over its segment", () => {
  const segments = [
    { start: 3, end: 3.02, label: "verse" },
    { start: 3.02, end: 3.04, label: "chorus" },
  ];
  const given = tensor("f32", [LABELS.length, 4], probabilities());
  equal(labelConfidences(segments, given, 3), [0.625, 0.75]);
  const joined = [{ start: 0, end: 0.04, label: "chorus" }];
  equal(labelConfidences(joined, given), [0.5]);
});
