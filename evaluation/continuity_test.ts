import { throws } from "node:assert/strict";
import { casesOf, sameFigures } from "../fixtures/evaluation_cases.ts";
import { trimBeats } from "./beat_f_measure.ts";
import { continuity } from "./continuity.ts";

function figures(reference: readonly number[], estimate: readonly number[]): number[] {
  const { cmlc, cmlt, amlc, amlt } = continuity(trimBeats(reference), trimBeats(estimate));
  return [cmlc, cmlt, amlc, amlt];
}

Deno.test("continuity() of trimmed beats is mir_eval's", () => {
  for (const { name, reference, estimate, continuity: expected } of casesOf("beats")) {
    sameFigures(figures(reference, estimate), expected, name);
  }
});

Deno.test("a damaged case of continuity is seen", () => {
  const { reference, estimate, continuity: expected } = casesOf("beats").find(({ name }) =>
    name === "slowing, perfect"
  )!;
  const damaged = estimate.map((time, at) => at === 30 ? time + 0.1 : time);
  throws(() => sameFigures(figures(reference, damaged), expected, "damaged"));
});
