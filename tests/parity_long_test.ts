/** Tests that whole suites pass: every stage of the published architectures on every stored reference. */

import { deepStrictEqual as equal, match } from "node:assert/strict";
import { publishedWeights, tactus } from "./support/program.ts";

Deno.test("parity passes on every seam of the seeded suite", async () => {
  const { code, stdout, stderr } = await tactus(["parity", "--suite", "seeded"]);
  equal(code, 0, stdout + stderr);
  match(stdout, / 0 failed/);
});

Deno.test({
  name: "parity passes on every seam of the published suite",
  ignore: publishedWeights() === undefined,
  fn: async () => {
    const args = ["parity", "--suite", "harmonix", "--weights-dir", publishedWeights() ?? ""];
    const { code, stdout, stderr } = await tactus(args);
    equal(code, 0, stdout + stderr);
    match(stdout, / 0 failed/);
  },
});

Deno.test("parity judges the separation alone, by 16-bit steps and the share of samples", async () => {
  const args = ["--suite", "seeded", "--stage", "demix", "--mode", "isolated", "--threads", "1"];
  const { code, stdout, stderr } = await tactus(["parity", ...args]);
  equal(code, 0, stdout + stderr);
  match(stdout, /demix +stems +[\d.e-]+ +[\d.e-]+ +1\.62e-6 +1\.00e-6 .* pass/);
  match(stdout, /demix +stems16 .* 1 in 0\.\d+ % +1 in 0\.193 % +1 in 1 % .* pass/);
  match(stdout, /2 seams passed, 0 failed, 0 reported/);
});
