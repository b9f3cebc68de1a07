import { deepStrictEqual as equal } from "node:assert/strict";
import { casesOf, sameFigures } from "../fixtures/evaluation_cases.ts";
import { tempoAccuracy } from "./tempo_accuracy.ts";

Deno.test("tempoAccuracy() is mir_eval's for each of the allowed multiples", () => {
  for (const { name, reference, estimate, accuracies } of casesOf("tempo")) {
    const { accuracy1, accuracy2 } = tempoAccuracy(reference, estimate);
    sameFigures([accuracy1, accuracy2], accuracies, name);
  }
});

Deno.test("tempoAccuracy() is 0 where no tempo was found", () => {
  equal(tempoAccuracy(120, null), { accuracy1: 0, accuracy2: 0 });
});
