/** Tests the harness on all of the examples, with stored references and without Python. */

import { deepStrictEqual as equal, match } from "node:assert/strict";
import { join } from "node:path";
import { repository, tactus } from "./support/program.ts";

const example = (name: string): string => join(repository, "examples", name, "parity.toml");

/** An environment without Python, in which the reference programs are not installed. */
const NO_PYTHON = { PATH: join(repository, "tests", "no_programs") };

for (
  const [name, program, stage] of [
    ["log_mel", "typescript", "filterbank (mel)"],
    ["onnx_network", "onnx runtime", "mixer (mixed)"],
  ] as const
) {
  Deno.test(`${name}: the port passes, the planted mistake is named, the reference is not run`, async () => {
    const whole = await tactus(["harness", "run", example(name)], { env: NO_PYTHON });
    equal(whole.code, 1, whole.stderr);
    const named = [...whole.stdout.matchAll(/^first wrong stage of (.*)$/gm)].map(([, text]) =>
      text
    );
    equal(named.length, 1);
    match(named[0]!, new RegExp(`^planted, .*: ${stage.replace(/[()]/g, "\\$&")}$`));
    match(
      whole.stdout,
      /^(librosa|torch): not run: its setup failed: there is no program python3$/m,
    );
    const call = ["harness", "run", example(name), "--implementation", program, "--rounds", "2"];
    const own = await tactus(call, { env: NO_PYTHON });
    equal([own.code, own.stderr], [0, ""]);
  });
}
