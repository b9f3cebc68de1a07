/** Tests the harness on all of the examples, with stored references and without Python. */

import { deepStrictEqual as equal, match } from "node:assert/strict";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { documentSchema } from "../reports/run_report.ts";
import { repository, tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

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

const HAS_PYTHON = await new Deno.Command("python3", { args: ["--version"], stdout: "null" })
  .output().then(({ success }) => success, () => false);

Deno.test({
  name: "the how-to of docs/harness.md leads to the failing seam that it shows",
  ignore: !HAS_PYTHON,
  fn: async () => {
    const page = await Deno.readTextFile(join(repository, "docs", "harness.md"));
    const block = (language: string): string => {
      const [, text] =
        new RegExp(`^ *\`\`\`${language}[^\n]*\n([^]*?)^ *\`\`\`$`, "m").exec(page) ?? [];
      return text!.replace(/^ {3}/gm, "");
    };
    await inTemporaryFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "pi.txt"), "3 1 4 1 5 9 2 6");
      for (
        const [name, language] of [
          ["original.py", "python"],
          ["port.ts", "ts"],
          ["parity.toml", "toml"],
        ] as const
      ) await Deno.writeTextFile(join(folder, name), block(language));
      const call = ["harness", "run", join(folder, "parity.toml"), "--implementation", "port"];
      const wrong = await tactus(call);
      equal([wrong.code, wrong.stderr], [1, ""]);
      const shown = block("text").trim().split("\n").filter((line) => line !== "...");
      for (const line of shown) match(wrong.stdout, new RegExp(`^${RegExp.escape(line)}$`, "m"));
      const port = join(folder, "port.ts");
      const text = await Deno.readTextFile(port);
      await Deno.writeTextFile(port, text.replace("Math.fround(value / peak)", "value / peak"));
      equal((await tactus(call)).code, 0);
    });
  },
});

Deno.test("nightly of a described pipeline is quiet, and ends with 1 when a seam became wrong", async () => {
  await inTemporaryFolder(async (folder) => {
    const at = (name: string): string => join(folder, name);
    await Deno.mkdir(at("log_mel"));
    await cp(join(repository, "examples", "npy.ts"), at("npy.ts"));
    await cp(join(repository, "examples", "log_mel"), at("log_mel"), { recursive: true });
    const file = at("log_mel/parity.toml");
    const text = await Deno.readTextFile(file);
    // Without the planted mistake, and its comment.
    await Deno.writeTextFile(file, text.slice(0, text.indexOf("# The same with")));
    // With the path of the machine: nightly asks ps for the memory, whose limit could not be held without it.
    const call = ["nightly", file, "-o", at("out"), "--rounds", "3", "--seed", "5"];
    const first = await tactus(call);
    equal([first.code, first.stderr], [0, ""]);
    match(first.stdout, /^typescript +stft +[\d.]+/m);
    const report = JSON.parse(await Deno.readTextFile(at("out/report.json")));
    const { run } = documentSchema.parse(report);
    equal([run.settings.pipeline, run.measurements.length, run.parity.length], [
      ...["log-mel spectrogram", 3, 6],
    ]);
    equal(run.measurements[0]?.stages.map(({ stage }) => stage), [
      "stft",
      "filterbank",
      "logarithm",
    ]);
    match(await Deno.readTextFile(at("out/report.html")), /log-mel spectrogram/);
    const settings = at("regression.toml");
    await Deno.writeTextFile(settings, "[minimum]\nfilterbank = 0.2\n");
    const history = at("out/history.sqlite");
    const shown = await tactus(["report", "--history", history, "--settings", settings]);
    equal([shown.code, shown.stdout], [0, first.stdout]);
    const program = at("log_mel/log_mel.ts");
    const damaged = (await Deno.readTextFile(program)).replace("(bin + offByOne)", "(bin + 1)");
    await Deno.writeTextFile(program, damaged);
    const second = await tactus(call);
    equal(second.code, 1, second.stderr);
    match(second.stdout, /mel/);
    const { decision } = JSON.parse(await Deno.readTextFile(at("out/report.json")));
    equal(decision.parity[0].seam, "mel", JSON.stringify(decision.parity));
    const wrong = await tactus(["nightly", file, "--model", "embedded", "-o", at("out")]);
    equal(wrong.code, 2);
    match(wrong.stderr, /^--model cannot be combined with .*parity\.toml/);
  });
});
