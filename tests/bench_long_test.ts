/** Tests the times of the bench command, of its own stages and of peers. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { analyzeBench } from "../reports/measure/process_bench.ts";
import { writeStems } from "../reports/measure/track.ts";
import { documentSchema, type ReportDocument } from "../reports/run_report.ts";
import { tensor } from "../core/tensor.ts";
import { repository, tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const SMALL = join(repository, "models", "testdata", "small_htdemucs.th");

/** Reads a report, which must follow its schema. */
async function reportIn(file: string): Promise<ReportDocument> {
  return documentSchema.parse(JSON.parse(await Deno.readTextFile(file)));
}

Deno.test("each timed run of the whole program does its work, though results of the last run exist", async () => {
  await inTemporaryFolder(async (folder) => {
    const data = Int16Array.from({ length: 8 * 44_100 }, (_, i) => 9999 * Math.sin(i * i));
    await writeStems(
      join(folder, "demix", "htdemucs", "track"),
      tensor("i16", [4, 2, 44_100], data),
    );
    const track = { name: "track", seconds: 1, sha256: "" };
    const start = analyzeBench(folder, track, ["-m", "seeded-fold0"], [], []).variants[0];
    ok(start);
    const { run } = await start();
    const result = join(folder, "struct", "track.json");
    await run();
    const first = await Deno.stat(result);
    await run();
    const second = await Deno.stat(result);
    ok(second.mtime! > first.mtime!, "the second run wrote no result");
  });
});

Deno.test("bench times the separation and keeps every time", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "bench.json");
    const { code, stdout, stderr } = await tactus([
      ...["bench", "--stage", "demix", "--demixer", SMALL, "--segments", "1", "--rounds", "3"],
      ...["--threads", "1", "--export-json", file, "--precision", "f32", "--precision", "bf16"],
    ], { env: { TACTUS_CACHE_DIR: folder } });
    equal(code, 0, stderr);
    match(stdout, /^1 threads; [^]*### demix, 5\.3 s of audio[^]*\| tactus, native \| \d/);
    const { format, threads, machine, benches, run } = await reportIn(file);
    equal([format, threads, benches.length], [3, 1, 1]);
    equal([run.settings.demixer, run.settings.rounds], [SMALL, 3]);
    equal(run.tracks.map(({ name, seconds }) => [name, seconds]), [[
      "four_four, mix",
      benches[0]?.audioSeconds,
    ]]);
    ok(machine.cores >= 1);
    const seconds = benches[0]?.seconds ?? {};
    equal(Object.keys(seconds), ["tactus, native", "tactus, native, bf16", "tactus, onnx"]);
    for (const times of Object.values(seconds)) {
      equal(times.length, 3);
      ok(times.every((time) => time > 0));
    }
  });
});

/** A script in place of Python with the peers; a peer answers only if the inputs of its stage are there. */
const FAKE_PYTHON = `#!/bin/sh
case "$1" in
  *checkpoints.py) exit 0 ;;
  *peer_demix.py) input="$0" ;;
esac
case "$2" in
  spectrogram) input="$3/stems16.npy" ;;
  network) input="$3/spectrogram.npy" ;;
  metrical) input="$3/activations.downbeat.npy" ;;
  analyze) input="$3/demix/htdemucs/track/vocals.wav" ;;
esac
test -s "$input" || { echo "no input for $2" >&2; exit 3; }
echo "{\\"name\\": \\"fake $5\\"}"
while read -r line; do echo "{\\"seconds\\": 2}"; done
`;

Deno.test({
  name: "bench runs peers at the stages that they support, on the same inputs",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inTemporaryFolder(async (folder) => {
      const data = Int16Array.from({ length: 8 * 44_100 }, (_, i) => 9999 * Math.sin(i * i));
      await writeStems(folder, tensor("i16", [4, 2, 44_100], data));
      const python = join(folder, "python");
      await Deno.writeTextFile(python, FAKE_PYTHON, { mode: 0o755 });
      const file = join(folder, "bench.json");
      const stages = ["spectrogram", "network", "activations", "metrical", "functional"];
      const { code, stdout, stderr } = await tactus([
        ...["bench", "--peers", "--peer-python", python, "--infer-python", python],
        ...[...stages, "analyze", "start"].flatMap((stage) => ["--stage", stage]),
        ...["--stems-dir", folder, "--seconds", "4", "--backend", "native", "--rounds", "1"],
        ...["--export-json", file],
      ]);
      equal(code, 0, stderr);
      const both = ["fake allin1", "fake all-in-one-infer"];
      match(stdout, /### network, 4\.0 s of audio[^]*\| fake allin1 \| 2\.00 \|/);
      const { benches, run: { variants, measurements } } = await reportIn(file);
      equal(measurements, []);
      equal(variants.map(({ name, backend }) => [name, backend]), [
        ["tactus, native", "native"],
        ...both.map((name) => [name, "peer"]),
        ["tactus, typescript", "typescript"],
        ["tactus, whole process", "process"],
        ["tactus analyze --help", "process"],
        ["an empty script", "process"],
      ]);
      equal(
        benches.map(({ stage, audioSeconds, seconds }) =>
          [stage, audioSeconds, Object.keys(seconds)] as const
        ),
        [
          ["spectrogram", 4, ["tactus, native", ...both]],
          ["network", 4, ["tactus, native", ...both]],
          ["activations", 4, ["tactus, typescript"]],
          ["metrical", 4, ["tactus, native", ...both]],
          ["functional", 4, ["tactus, typescript"]],
          ["analyze", 4, ["tactus, whole process", ...both]],
          ["start", null, ["tactus analyze --help", "an empty script"]],
        ],
      );
      ok(!stderr.includes("Without all-in-one-infer"), stderr);
    }),
});
