import { deepStrictEqual as equal } from "node:assert/strict";
import { formatCase } from "../fixtures/format_cases.ts";
import { UNSURE_LABEL } from "../models/mod.ts";
import { summary } from "./_summary.ts";

/** Returns the lines of a summary that have segments. */
function segmentLines(model: string, confidences: number[]): string[] {
  const segments = [[0, 8, "verse"], [8, 16, "chorus"]] as const;
  const plain = formatCase("/song.wav", [1, 2, 3], [1, 2, 3], segments);
  const provenance = { ...plain.provenance, model };
  const text = summary({ ...plain, label_confidence: confidences, provenance }, "song.json");
  return text.split("\n").filter((line) => line.includes(" - "));
}

Deno.test("summary() marks labels of the embedded model below the threshold as unsure", () => {
  const below = UNSURE_LABEL - 0.01;
  equal(segmentLines("embedded", [below, UNSURE_LABEL]), [
    "  segments  0:00.00 - 0:08.00  verse (unsure)",
    "            0:08.00 - 0:16.00  chorus",
  ]);
});

Deno.test("summary() marks no label of other models, nor of results without confidences", () => {
  for (const lines of [segmentLines("harmonix-all", [0, 0]), segmentLines("embedded", [])]) {
    equal(lines, [
      "  segments  0:00.00 - 0:08.00  verse",
      "            0:08.00 - 0:16.00  chorus",
    ]);
  }
});
