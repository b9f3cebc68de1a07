import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { casesOf, sameFigures } from "../fixtures/evaluation_cases.ts";
import { beatFMeasure, trimBeats } from "./beat_f_measure.ts";

Deno.test("beatFMeasure() of trimmed beats is mir_eval's", () => {
  for (const { name, reference, estimate, f } of casesOf("beats")) {
    sameFigures([beatFMeasure(trimBeats(reference), trimBeats(estimate))], [f], name);
  }
});

Deno.test("a damaged case of beats is seen", () => {
  const { reference, estimate, f } = casesOf("beats").find(({ name }) => name === "jitter")!;
  const damaged = estimate.map((time, at) => at === 20 ? time + 0.2 : time);
  throws(() =>
    sameFigures([beatFMeasure(trimBeats(reference), trimBeats(damaged))], [f], "damaged")
  );
  throws(() => sameFigures([beatFMeasure(reference, trimBeats(estimate))], [f], "not trimmed"));
});

Deno.test("trimBeats() keeps a beat at 5 s", () => {
  equal(trimBeats([0, 4.999, 5, 6]), [5, 6]);
});
