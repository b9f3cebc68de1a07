import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { DEMO } from "../../core/program.ts";
import { STAGES } from "../../pipeline/stages.ts";
import answers from "./answers.json" with { type: "json" };
import { type Answers, selfTest } from "./check_stages.ts";

const STORED = answers as Answers;

Deno.test("each stage passes the self-test, and each of its seams but rounded samples is stored", async () => {
  const checks = await selfTest(DEMO);
  equal(checks.map(({ stage }) => stage), ["decode", ...STAGES.map(({ name }) => name)]);
  equal(checks.filter(({ passed }) => !passed), []);
  const seams = STAGES.flatMap(({ outputs }) => outputs)
    .filter((seam) => seam !== "stems16" && seam !== "embeddings");
  equal(seams.filter((seam) => STORED[seam] === undefined), []);
  ok((STORED.beats?.values.length ?? 0) > 20 && (STORED.labels?.values.length ?? 0) > 1);
});

Deno.test("one wrong value fails its stage only", async () => {
  const [first = 0, ...values] = STORED.spectrogram!.values;
  const wrong = { ...STORED.spectrogram!, values: [first + 1e-5, ...values] };
  const checks = await selfTest(DEMO, { ...STORED, spectrogram: wrong });
  const failed = checks.filter(({ passed }) => !passed);
  equal(failed.map(({ stage }) => stage), ["spectrogram"]);
  match(failed[0]?.problem ?? "", /^spectrogram: the largest error is 1\.0\d*e-5$|^spectrogram: /);
});

Deno.test("a demo piece that is missing does not stop the stages that need no audio", async () => {
  const checks = await selfTest("/no/such/piece.flac");
  const passed = checks.filter((check) => check.passed).map(({ stage }) => stage);
  equal(passed, ["network", "activations", "metrical", "functional"]);
  match(checks[0]?.problem ?? "", /no such file|not found|cannot find/i);
});
