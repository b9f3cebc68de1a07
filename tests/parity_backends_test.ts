/** Tests the command parity backends. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { backendReportSchema } from "../parity/backend_comparison.ts";
import { repository, tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const STEMS = ["--stems-dir", join(repository, "fixtures", "audio", "four_four")] as const;
const QUICK = [...STEMS, "-m", "seeded-fold0", "--seconds", "3", "--threads", "1"] as const;

Deno.test("parity backends compares native with onnx, and exports its figures", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "backends.json");
    // Single folds differ by more than the mean of eight.
    const loose = ["--atol", "5e-6", "--rtol", "5e-6"];
    const { code, stdout, stderr } = await tactus([
      ...["parity", "backends", ...QUICK, ...loose, "--export-json", file],
    ]);
    equal(code, 0, stdout + stderr);
    match(stdout, /^network +logits\.beat +native .* first$/m);
    match(stdout, /^network +logits\.beat +onnx .* pass$/m);
    const { results } = backendReportSchema.parse(JSON.parse(await Deno.readTextFile(file)));
    equal(results.slice(0, 2).map(({ backend }) => backend), ["native", "onnx"]);
  });
});

Deno.test("parity backends fails where backends differ by more than the tolerance", async () => {
  const { code, stdout } = await tactus([
    ...["parity", "backends", ...QUICK, "--atol", "1e-12", "--rtol", "0"],
  ]);
  equal(code, 1);
  match(stdout, /^fail: network, logits\.beat, onnx: \d+ of 300 elements miss the tolerance/m);
});

Deno.test("parity backends rejects invalid calls", async () => {
  const calls: [string[], RegExp][] = [
    [["a.wav", "b.wav"], /Too many arguments. Expected 1 argument/],
    [["a.wav", ...STEMS], /Expected one AUDIO/],
    [["--stage", "spectrogram"], /--stage expects one of demix, network/],
    [[...STEMS, "--stage", "demix"], /--stage demix needs a mix/],
    [["--demixer", "hpss"], /hpss is not a network/],
    [["--demixer", "hpss-mix"], /hpss-mix is not a network/],
    [["--seconds", "0"], /--seconds expects/],
    [["--atol=-1"], /--atol expects/],
    [["-m", "nothing"], /Unknown model/],
    [["missing.wav"], /missing\.wav/],
  ];
  const outcomes = await tactusEach(calls.map(([args]) => ["parity", "backends", ...args]));
  for (const [at, { code, stdout, stderr }] of outcomes.entries()) {
    equal([code, stdout], [2, ""], calls[at]![0].join(" "));
    match(stderr, calls[at]![1]);
  }
  const { code, stdout } = await tactus(["parity", "backends", "--help"]);
  equal(code, 0);
  ok(stdout.startsWith("Usage: deno task parity backends"));
});
