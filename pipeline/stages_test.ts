import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { type SeamName, SEAMS } from "./seams.ts";
import { STAGES } from "./stages.ts";

Deno.test("every seam but the first is made by exactly one stage", () => {
  const made = STAGES.flatMap(({ outputs }) => outputs);
  equal(new Set(made).size, made.length);
  equal(new Set<SeamName>(["mixture", ...made]), new Set(Object.keys(SEAMS)));
});

Deno.test("every stage comes after those that it needs", () => {
  const available = new Set<SeamName>(["mixture"]);
  for (const { inputs, outputs } of STAGES) {
    for (const input of inputs) ok(available.has(input), input);
    for (const output of outputs) available.add(output);
  }
});

Deno.test("every stage is found in the file of its name", () => {
  for (const { name } of STAGES) ok(existsSync(new URL(`./${name}.ts`, import.meta.url)), name);
});
