import { deepStrictEqual as equal, match } from "node:assert/strict";
import type { GuardFinding } from "./guard.ts";
import { fallbackWarning, guardNotes, guardProvenance } from "./guard_words.ts";

const TRACK = { path: "/a/loud.flac" };
const FOUND: GuardFinding = {
  ...{ stage: "demix", alternative: "onnx", seam: "stems", needs: 3.1e-6, fellBack: false },
};
const RAISED: GuardFinding = {
  ...FOUND,
  raised: { allowed: 5.2e-6, peak: 1.846, snrDecibels: 119 },
};

Deno.test("a note tells that the level of the stems raised the tolerance, and results record it", () => {
  const options = { seconds: 10 };
  equal(guardNotes(TRACK, [RAISED], options), [
    "/a/loud.flac: demix differs from onnx in stems by 3.1e-6 in the first 10 s: 5.2e-6 is allowed, since the stems " +
    "peak at 1.85 and single precision holds no 1e-6 there",
  ]);
  equal(guardNotes(TRACK, [FOUND, { ...RAISED, fellBack: true }], options), []);
  const { allowed, snr_db } = guardProvenance(RAISED);
  equal([allowed, snr_db], [5.2e-6, 119]);
  equal(Object.keys(guardProvenance(FOUND)), ["stage", "judge", "seam", "needs", "fell_back"]);
});

Deno.test("a warning tells what decided: the error, the signal-to-noise ratio, or the kind", () => {
  const words = (finding: Partial<GuardFinding>): string =>
    fallbackWarning(TRACK, { ...RAISED, fellBack: true, ...finding });
  match(words({ needs: 7e-6 }), /in stems by 7\.0e-6: onnx computed it instead$/);
  match(words({}), /in stems with a signal-to-noise ratio of 119\.0 dB: onnx/);
  match(words({ needs: Infinity }), /in stems in kind: onnx/);
});
