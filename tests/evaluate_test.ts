/** Tests the evaluate command, with untrained weights on the stems of a demo piece. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { FIXTURES_FOLDER } from "../core/program.ts";
import { type Outcome, tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const PIECE = join(FIXTURES_FOLDER, "audio", "three_four");
const FAST = ["--system", "stems/seeded-fold0", "--seconds", "10"] as const;

async function evaluate(...args: string[]): Promise<Outcome> {
  return await tactus(["evaluate", ...args]);
}

/** Returns two seconds of noise. */
function sound(): Uint8Array {
  return wavFile({ sampleRateHz: 44_100, channels: 2, bits: 16, samples: noise(4 * 44_100) });
}

Deno.test("evaluate scores systems and stored results, and exports every figure", async () => {
  await inTemporaryFolder(async (folder) => {
    const results = join(folder, "results");
    await Deno.mkdir(results);
    await Deno.copyFile(join(PIECE, "truth.json"), join(results, "three_four.json"));
    const file = join(folder, "out", "figures.json");
    const { code, stdout, stderr } = await evaluate(
      ...[PIECE, ...FAST, "--system", "mix/seeded-fold0", "--results", results],
      ...["--export-json", file, "--threads", "2"],
    );
    equal(code, 0, stderr);
    match(stderr, /seeded-fold0 are untrained/);
    const headings = stdout.split("\n").filter((line) => line.startsWith("## "));
    equal(headings, ["## stems/seeded-fold0", "## mix/seeded-fold0", `## ${results}`, "## Means"]);
    equal(stdout.match(/^\| three_four \|/gm)?.length, 3);

    const report = JSON.parse(await Deno.readTextFile(file));
    equal([report.settings.seconds, report.settings.threads], [10, 2]);
    const [stems, mix, truth] = report.systems.map(
      (system: { tracks: { scores: object }[] }) => Object.values(system.tracks[0]!.scores),
    );
    equal(truth.filter((figure: number) => figure !== 1), []);
    for (const figures of [stems, mix]) {
      ok(figures.every((figure: number) => figure >= 0 && figure <= 1));
      ok(figures.some((figure: number) => figure < 1));
    }
    match(report.systems[0].weights[0].sha256, /^[0-9a-f]{64}$/);
  });
});

Deno.test("evaluate --seconds cuts the mix for a demixer to the length of the truth", async () => {
  await inTemporaryFolder(async (folder) => {
    const small = join(FIXTURES_FOLDER, "..", "models", "testdata", "small_htdemucs.th");
    await Deno.copyFile(join(PIECE, "mix.flac"), join(folder, "song.flac"));
    const jams = {
      annotations: [{
        namespace: "beat",
        data: [5.1, 5.6, 6.1, 7.1].map((time) => ({ time, duration: 0, value: null })),
      }],
    };
    await Deno.writeTextFile(join(folder, "song.jams"), JSON.stringify(jams));
    const file = join(folder, "figures.json");
    const { code, stderr } = await evaluate(
      ...[folder, "--system", `${small}/seeded-fold0`, "--seconds", "7", "--export-json", file],
    );
    equal(code, 0, stderr);
    const [system] = JSON.parse(await Deno.readTextFile(file)).systems;
    equal(system.weights.length, 2);
    const { beat_f, downbeat_f, boundary_f_3, tempo_accuracy_1 } = system.tracks[0].scores;
    ok(beat_f !== null && tempo_accuracy_1 !== null);
    equal([downbeat_f, boundary_f_3], [null, null]);
  });
});

Deno.test("evaluate continues after tracks that fail, and prints the reasons", async () => {
  await inTemporaryFolder(async (folder) => {
    const put = (name: string, content: string | Uint8Array): Promise<void> =>
      Deno.writeFile(
        join(folder, name),
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
    await put("no_truth.wav", sound());
    await put("text.wav", "no audio");
    await put("text.json", '{"beats": [0, 1]}');
    await put("unsorted.wav", sound());
    await put("unsorted.json", '{"beats": [1, 0]}');
    await put("whole.wav", sound());
    await put("whole.json", '{"beats": [0, 1]}');
    const systems = ["--system", "mix/seeded-fold0", "--system", "stems/seeded-fold0"];
    const { code, stdout, stderr } = await evaluate(folder, ...systems, "--seconds", "1");
    equal(code, 1);
    match(stderr, /^no_truth: There is no truth$/m);
    match(stderr, /^text, mix\/seeded-fold0: .*text\.wav/m);
    match(stderr, /^unsorted: Cannot use .*unsorted\.json: beats should be in ascending order/m);
    match(stderr, /^whole, stems\/seeded-fold0: There is no stems folder$/m);
    match(stdout, /^\| whole \|/m);
    match(stdout, /^\| mix\/seeded-fold0 \| 1 of 4 \|/m);
    match(stdout, /^\| stems\/seeded-fold0 \| 0 of 4 \|/m);
  });
});

Deno.test("evaluate scores results without any audio, and without any weights", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "song.json"), '{"beats": [5, 5.5, 6, 6.5]}');
    const { code, stdout, stderr } = await evaluate(folder, "--results", folder);
    equal([code, stderr], [0, ""]);
    match(stdout, /^\| song \| 1\.000 \| 1\.000 \|.*\| {2}\|/m);
  });
});

Deno.test("evaluate rejects invalid calls and missing weights", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    const cases: [string[], RegExp][] = [
      [[], /Missing required argument 'folder'/],
      [[PIECE, PIECE], /Too many arguments. Expected 1 argument but got 2/],
      [[join(folder, "missing"), ...FAST], /Cannot read the folder .*missing/],
      [[folder, ...FAST], /There are no tracks in /],
      [
        [PIECE, "--system", "seeded-fold0"],
        /--system expects DEMIXER\/MODEL, such as hpss\/embedded/,
      ],
      [[PIECE, "--system", "stems/"], /--system expects DEMIXER\/MODEL/],
      [[PIECE, "--system", "stems/nothing"], /Unknown model "nothing"/],
      [[PIECE, "--system", "spleeter/seeded-fold0"], /Unknown demixer "spleeter"/],
      [[PIECE, ...FAST, ...FAST], /--system stems\/seeded-fold0 was given twice/],
      [[PIECE, "--seconds", "0"], /--seconds expects a number of seconds above 0, but got 0/],
      [[PIECE, "--seconds", "1e3"], /--seconds expects/],
      [[PIECE, "--threads", "none"], /--threads expects/],
      [[PIECE, "--results", join(folder, "missing")], /Cannot read the results folder/],
      [[PIECE, ...FAST, "--export-json", join(file, "x")], /Cannot write .*--export-json/],
      [[PIECE, "--loud"], /Unknown option '--loud'.*deno task evaluate --help/],
      [
        [PIECE, "--system", "stems/harmonix-all"],
        /weights of harmonix-all are not in .*deno task models pull harmonix-all/,
      ],
    ];
    const outcomes = await tactusEach(cases.map(([args]) => ["evaluate", ...args]));
    for (const [at, { code, stdout, stderr }] of outcomes.entries()) {
      equal([code, stdout], [2, ""], cases[at]![0].join(" "));
      match(stderr, cases[at]![1]);
    }
  });
  const { code, stdout } = await evaluate("--help");
  equal(code, 0);
  match(stdout, /--system <demixer\/model>/);
});

Deno.test("evaluate applies a gain to the audio, and states it in its report", async () => {
  await inTemporaryFolder(async (folder) => {
    const samples = noise(4 * 44_100).map((value) => value / 200);
    const quiet = wavFile({ sampleRateHz: 44_100, channels: 2, bits: 16, samples });
    await Deno.writeFile(join(folder, "song.wav"), quiet);
    await Deno.writeTextFile(
      join(folder, "song.json"),
      JSON.stringify({ beats: [0.5, 1], beat_positions: [1, 2], segments: [] }),
    );
    const file = join(folder, "out", "figures.json");
    const run = async (...more: string[]): Promise<[unknown, string]> => {
      const { code, stderr } = await evaluate(
        ...[folder, "--system", "mix/seeded-fold0", "--export-json", file, ...more],
      );
      equal(code, 0, stderr);
      return [JSON.parse(await Deno.readTextFile(file)).settings.gain, stderr];
    };
    const [none, warned] = await run();
    equal(none, undefined);
    match(warned, /Warning: .*the audio is quiet/);
    for (const [args, gain] of [[["--gain", "30"], 30], [["--normalize"], "normalize"]] as const) {
      const [stated, said] = await run(...args);
      equal(stated, gain);
      ok(!said.includes("quiet"), said);
    }
    const both = await evaluate(folder, "--gain", "3", "--normalize");
    equal(both.code, 2);
    match(both.stderr, /Expected --gain or --normalize, but got both/);
  });
});
