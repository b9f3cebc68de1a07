import { deepStrictEqual as equal, match, ok, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { reportDocument, reportJson } from "./report_document.ts";
import { documentSchema, REPORT_SCHEMA, TOTAL } from "./run_report.ts";
import { stageFigures } from "./stage_figures.ts";
import { exampleDecision, exampleRun } from "./testdata/example.ts";

const SCHEMA = JSON.parse(
  readFileSync(new URL("./run_report.schema.json", import.meta.url), "utf8"),
);
const FROM_FILE = z.fromJSONSchema(SCHEMA);
const RUN = exampleRun(2);
const STAGE_NAMES = RUN.measurements[0]!.stages.map(({ stage }) => stage);
const DOCUMENT = reportJson(RUN, exampleDecision(RUN));

/** Returns whether the schema of the program and that of the file accept a document; both must agree. */
function isValid(document: unknown): boolean {
  const [own, file] = [documentSchema, FROM_FILE].map((one) => one.safeParse(document).success);
  equal(own, file);
  return own!;
}

/** Returns every object of a document, and of an array the first element. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return objectsIn(value[0]);
  if (value === null || typeof value !== "object") return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)];
}

Deno.test("reportJson() follows its schema, with and without a decision", () => {
  equal(SCHEMA.$id, REPORT_SCHEMA);
  for (const schema of [documentSchema, FROM_FILE]) {
    equal(schema.safeParse(JSON.parse(DOCUMENT)).error?.issues, undefined);
    equal(schema.safeParse(JSON.parse(reportJson(RUN, null))).error?.issues, undefined);
  }
});

Deno.test("run_report.schema.json rejects a document that lacks a field", () => {
  const count = objectsIn(JSON.parse(DOCUMENT)).length;
  ok(count >= 15);
  for (let nth = 0; nth < count; nth++) {
    const fields = Object.keys(objectsIn(JSON.parse(DOCUMENT))[nth]!);
    // The names of versions and variants are free.
    if (fields.includes("deno") || fields.includes(RUN.variants[0]!.name)) continue;
    for (const field of fields) {
      const document = JSON.parse(DOCUMENT);
      delete objectsIn(document)[nth]![field];
      ok(!isValid(document), `It accepts a document without ${field}`);
    }
  }
});

Deno.test("run_report.schema.json rejects unknown fields and values of the wrong type", () => {
  const count = objectsIn(JSON.parse(DOCUMENT)).length;
  for (let nth = 0; nth < count; nth++) {
    const document = JSON.parse(DOCUMENT);
    const object = objectsIn(document)[nth]!;
    const isVersions = "deno" in object;
    object.unheardOf = isVersions ? 1 : "text";
    ok(!isValid(document), `It accepts an unknown field next to ${Object.keys(object)[0]}`);
  }
  for (const [path, value] of [["finishedAt", "yesterday"], ["format", 2], ["id", ""]] as const) {
    const document = JSON.parse(DOCUMENT);
    document.run[path] = value;
    ok(!isValid(document), `It accepts ${value} as ${path}`);
  }
});

Deno.test("reportDocument() has the times of whole analyses by stage, and those of single stages", () => {
  const whole = reportDocument(RUN, null);
  equal(whole.benches.map(({ stage }) => stage), [...STAGE_NAMES, TOTAL]);
  equal(whole.benches.at(-1), {
    stage: TOTAL,
    audioSeconds: 201,
    seconds: Object.fromEntries(
      stageFigures(RUN).filter(({ stage }) => stage === TOTAL)
        .map(({ variant, samples }) => [variant, samples]),
    ),
  });
  equal([whole.threads, whole.machine], [2, RUN.machine]);
  const peer = { name: "madmom 0.16.1", backend: "peer", threads: 2 };
  const benches = [{ stage: "start", audioSeconds: null, seconds: { [peer.name]: [1, 2] } }];
  const run = { ...RUN, variants: [...RUN.variants, peer], measurements: [], benches };
  const single = reportDocument(run, null);
  equal([single.benches, single.run.benches], [benches, benches]);
  ok(isValid(JSON.parse(reportJson(run, null))));
  const other = { ...run, variants: [...run.variants, { ...peer, name: "other", threads: 1 }] };
  equal(reportDocument(other, null).threads, null);
});

Deno.test("reportJson() rejects a number that JSON cannot represent", () => {
  const [first, ...others] = RUN.measurements;
  const broken = { ...RUN, measurements: [{ ...first!, seconds: NaN }, ...others] };
  throws(() => reportJson(broken, null), (error: Error) => {
    match(
      error.message,
      /expected seconds to be a finite number, but it is NaN; write an unknown value as null/,
    );
    return true;
  });
});
