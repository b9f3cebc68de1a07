import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { FaultError } from "./fault.ts";
import { isProven, prove } from "./prove.ts";
import { CORRECT, Trial, TRIAL_FAULTS } from "./trial.ts";

Deno.test("prove() compares the undamaged copy first and then one fault at a time", async () => {
  const trial = new Trial();
  const proof = await prove(trial, TRIAL_FAULTS);
  equal(trial.compared, [
    "hop = 441; sigmoid(x)",
    "hop = 441; same(x)",
    "hop = 440; sigmoid(x)",
  ]);
  equal(proof.controlSeams, 2);
  ok(proof.results.every(isProven));
  equal(proof.results.map(({ name, caughtAt }) => [name, caughtAt]), [
    ["no sigmoid", "activations"],
    ["wrong hop", "spectrogram"],
  ]);
});

Deno.test("prove() restores the copy, also after a fault that stops the program", async () => {
  const trial = new Trial((text) => text.includes("440") ? "it does not build" : []);
  const { results } = await prove(trial, TRIAL_FAULTS);
  equal([...trial.files.values()], ["hop = 441", "sigmoid(x)"]);
  equal(results[1]?.stopped, "it does not build");
});

Deno.test("a fault is not proven where no stage fails, another stage fails, or the program stops", async () => {
  for (const failing of [[], ["activations"], ["spectrogram", "activations"], "it crashed"]) {
    const trial = new Trial((text) => text.includes("440") ? failing : []);
    const { results: [result] } = await prove(trial, TRIAL_FAULTS.slice(0, 1));
    ok(!isProven(result!), JSON.stringify(failing));
    equal(result?.caughtAt, typeof failing === "string" ? null : failing.toSorted().at(-1) ?? null);
  }
});

Deno.test("prove() rejects an undamaged copy that fails, stops or compares nothing", async () => {
  for (const failing of [["activations"], "no cargo"]) {
    const trial = new Trial(() => failing);
    await rejects(
      prove(trial, TRIAL_FAULTS),
      /undamaged copy (does not pass|could not be compared)/,
    );
    equal(trial.compared.length, 1);
  }
  class Empty extends Trial {
    override async compare(suites: readonly string[]): ReturnType<Trial["compare"]> {
      return { ...await super.compare(suites), suites: [] };
    }
  }
  await rejects(prove(new Empty(), TRIAL_FAULTS), /no seam was compared/);
  class NotRun extends Trial {
    override async compare(suites: readonly string[]): ReturnType<Trial["compare"]> {
      const report = await super.compare(suites);
      const absent = {
        suite: "embedded",
        implementation: "native",
        model: "embedded",
        notRun: "no weights",
        results: [],
        growth: [],
        first: [],
      };
      return { ...report, suites: [...report.suites, absent] };
    }
  }
  await rejects(prove(new NotRun(), TRIAL_FAULTS), /embedded did not run: no weights/);
});

Deno.test("prove() compares the undamaged copy with the suites of all faults, and each fault with its own", async () => {
  const trial = new Trial();
  const [hop, sigmoid] = TRIAL_FAULTS;
  const loud = { ...hop!, suites: ["clips"] };
  const first = await prove(trial, [loud, sigmoid!]);
  equal(trial.suites, [["clips"], [], ["clips"]]);
  const resumed = new Trial();
  await prove(resumed, [loud, sigmoid!], { resume: first });
  equal(resumed.suites, [["clips"]]);
});

Deno.test("prove() rejects a patch that does not fit before the first trial", async () => {
  const trial = new Trial();
  const stale = { ...TRIAL_FAULTS[1]!, find: "softmax" };
  await rejects(prove(trial, [TRIAL_FAULTS[0]!, stale]), FaultError);
  equal(trial.compared, []);
});

Deno.test("prove() passes on all results so far after every fault", async () => {
  const counts: number[] = [];
  await prove(new Trial(CORRECT), TRIAL_FAULTS, {
    onResult: ({ results }) => Promise.resolve(void counts.push(results.length)),
  });
  equal(counts, [1, 2]);
});

Deno.test("prove() resumes an interrupted proof of the same program, and no other", async () => {
  const first = await prove(new Trial(), TRIAL_FAULTS.slice(1));
  const trial = new Trial();
  const proof = await prove(trial, TRIAL_FAULTS, { resume: first });
  equal(trial.compared, ["hop = 441; sigmoid(x)", "hop = 440; sigmoid(x)"]);
  equal(proof.results.map(({ name }) => name), ["no sigmoid", "wrong hop"]);
  const other = { ...first, program: "6".repeat(64) };
  await rejects(prove(new Trial(), TRIAL_FAULTS, { resume: other }), /of another state/);
  const { program: _, ...older } = first;
  await rejects(prove(new Trial(), TRIAL_FAULTS, { resume: older }), /of another state/);
});
