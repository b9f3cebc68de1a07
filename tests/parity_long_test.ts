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
