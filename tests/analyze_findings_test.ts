/** Tests the options of the analyze command for the part, the decoder, the tempo and the segments. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import type { AnalysisResult } from "../pipeline/result.ts";
import { resultSchema } from "../pipeline/result_schema.ts";
import { repository, tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const MIX = join(repository, "fixtures", "audio", "four_four", "mix.flac");
const NETWORKS = ["-m", "embedded", "--demixer", "hpss-mix"] as const;

async function analyzeFile(
  file: string,
  folder: string,
  ...args: string[]
): Promise<AnalysisResult> {
  const { code, stdout, stderr } = await tactus(
    ["analyze", file, "--json", ...NETWORKS, ...args],
    { cwd: folder },
  );
  equal(code, 0, stderr);
  return resultSchema.parse(JSON.parse(stdout));
}

async function analyze(folder: string, ...args: string[]): Promise<AnalysisResult> {
  return await analyzeFile(MIX, folder, ...args);
}

/**
 * Writes a loop of drums: a bass drum with a bass note on each downbeat, a snare drum on the other beats. Its second half
 * has another tempo where one is given.
 */
async function writeDrums(
  path: string,
  { bpm, metre, seconds, bpmAfter = bpm }: {
    bpm: number;
    metre: number;
    seconds: number;
    bpmAfter?: number;
  },
): Promise<string> {
  const sampleRateHz = 44_100;
  const samples = new Float32Array(seconds * sampleRateHz);
  const hiss = noise(8000);
  const half = Math.ceil(seconds * bpm / 120);
  for (let beat = 0;; beat++) {
    const after = Math.max(0, beat - half);
    const start = Math.floor(
      (0.5 + (beat - after) * 60 / bpm + after * 60 / bpmAfter) * sampleRateHz,
    );
    if (start + 8000 >= samples.length) break;
    for (let i = 0; i < 8000; i++) {
      const time = i / sampleRateHz;
      const snap = 0.2 * hiss[i]! * Math.exp(-150 * time);
      const thud = 0.7 * Math.sin(2 * Math.PI * 50 * time) * Math.exp(-15 * time) +
        0.3 * Math.sin(2 * Math.PI * 55 * time) * Math.exp(-5 * time);
      const rattle = 0.8 * hiss[i]! * Math.exp(-40 * time);
      samples[start + i] = samples[start + i]! + snap + (beat % metre === 0 ? thud : rattle);
    }
  }
  await Deno.writeFile(path, wavFile({ sampleRateHz, channels: 1, bits: 16, samples }));
  return path;
}

Deno.test("analyze fits the tempo, and its options change what they name and are recorded", async () => {
  await inTemporaryFolder(async (folder) => {
    const plain = await analyze(folder);
    ok(plain.tempo !== null && plain.metre !== null);
    ok(Math.abs(plain.tempo.bpm - 126) < 0.05, String(plain.tempo.bpm));
    equal([plain.tempo.constant, plain.metre.beats_per_bar], [true, 4]);
    const { part, beat_decoder, bpm_range, segment_changes } = plain.provenance;
    equal([part, beat_decoder, bpm_range, segment_changes], [null, null, null, null]);

    const changed = await analyze(
      folder,
      ...["--bpm-range", "60,120", "--snap", "downbeat", "--merge", "--min-segment", "2.5"],
      ...[
        "--min-bpm",
        "50",
        "--max-bpm",
        "240",
        "--beats-per-bar",
        "3",
        "--transition-lambda",
        "80",
      ],
    );
    equal(changed.provenance.bpm_range, [60, 120]);
    equal(changed.provenance.segment_changes, { snap: "downbeat", merge: true, min_segment: 2.5 });
    equal(changed.provenance.beat_decoder, {
      ...{ min_bpm: 50, max_bpm: 240, beats_per_bar: [3], transition_lambda: 80 },
    });
    equal([changed.metre?.beats_per_bar, changed.metre?.disagreement], [3, 0]);
    equal(Math.max(...changed.beat_positions), 3);
    equal(changed.tempo?.octaves, -1);
    const inner = changed.segments.slice(1).map(({ start }) => start);
    ok(inner.length > 0 && inner.every((start) => changed.downbeats.includes(start)), `${inner}`);
  });
});

Deno.test("analyze --start --end analyses a part, in times of the whole", async () => {
  await inTemporaryFolder(async (folder) => {
    const whole = await analyze(folder);
    const part = await analyze(folder, "--start", "10.5", "--end", "0:30");
    equal(part.provenance.part, { start: 10.5, end: 30, ends_with_track: false });
    equal([part.segments[0]?.start, part.segments.at(-1)?.end], [10.5, 30]);
    ok(part.beats.length > 30 && part.beats.every((beat) => beat >= 10.5 && beat < 30));
    const like = part.beats.filter((beat) =>
      whole.beats.some((other) => Math.abs(other - beat) < 0.025)
    );
    ok(like.length >= 0.9 * part.beats.length, `${like.length} of ${part.beats.length}`);
    ok(part.downbeats.every((beat) => part.beats.includes(beat)));
    const phase = (part.tempo!.anchor - whole.tempo!.anchor) / (60 / whole.tempo!.bpm);
    ok(Math.abs(phase - Math.round(phase)) < 0.1, `${phase}`);
    const { code, stderr } = await tactus(
      ["analyze", MIX, ...NETWORKS, "--start", "30", "--end", "1:00"],
      { cwd: folder },
    );
    equal(code, 0, stderr);
    match(stderr, /mix\.flac: the part ends with the track, at 42\.\d+ s rather than 60 s/);
    // Any end behind that of the track asks for the same part, an end before it does not.
    const again = async (...ends: string[]): Promise<string> =>
      (await tactus(
        ["analyze", MIX, ...NETWORKS, "--start", "30", ...ends, "--dry-run"],
        { cwd: folder },
      )).stdout;
    match(await again("--end", "2:00"), /^skip /);
    match(await again(), /^skip /);
    match(await again("--end", "40"), /its result is of another part/);
  });
});

for (
  const { bpm, metre, options } of [
    { bpm: 120, metre: 5, options: ["--beats-per-bar", "2,3,4,5,6,7"] },
    { bpm: 120, metre: 7, options: ["--beats-per-bar", "2,3,4,5,6,7"] },
    { bpm: 240, metre: 4, options: ["--max-bpm", "260"] },
    { bpm: 50, metre: 4, options: ["--min-bpm", "40", "--max-bpm", "90"] },
    { bpm: 174, metre: 4, options: [] },
  ]
) {
  const named = `${bpm} bpm and bars of ${metre} with ${options.join(" ") || "allin1's limits"}`;
  Deno.test(`analyze finds ${named}`, async () => {
    await inTemporaryFolder(async (folder) => {
      const drums = await writeDrums(join(folder, "drums.wav"), { bpm, metre, seconds: 24 });
      const found = await analyzeFile(drums, folder, ...options);
      ok(Math.abs(found.tempo!.bpm / bpm - 1) < 0.001, String(found.tempo!.bpm));
      equal([found.tempo!.constant, found.metre!.beats_per_bar], [true, metre]);
      // A beat of the loop is at 0.5 s.
      const phase = (found.tempo!.anchor - 0.5) * bpm / 60;
      ok(Math.abs(phase - Math.round(phase)) < 0.1, String(phase));
    });
  });
}

Deno.test("analyze prints whether the tempo is constant", async () => {
  await inTemporaryFolder(async (folder) => {
    const options = { bpm: 100, metre: 4, seconds: 24 };
    const steady = await writeDrums(join(folder, "steady.wav"), options);
    const changing = await writeDrums(join(folder, "changing.wav"), { ...options, bpmAfter: 130 });
    const args = ["analyze", steady, changing, ...NETWORKS];
    const { code, stdout, stderr } = await tactus(args, { cwd: folder });
    equal(code, 0, stderr);
    match(stdout, /steady\.wav\n {2}tempo {5}100 bpm, fitted 100\.\d\d\n/);
    match(stdout, /changing\.wav\n {2}tempo {5}\d+ bpm, fitted 1[0-3]\d\.\d\d, not constant\n/);
  });
});

Deno.test("analyze refuses ranges that contradict each other", async () => {
  const refused: readonly (readonly [RegExp, ...string[]])[] = [
    [/Expected --end after --start/, "--start", "20", "--end", "0:10"],
    [/--start expects a time such as 90/, "--start", "1:75:x"],
    [/--start expects a time such as 90/, "--start", "1:75"],
    [/--end expects a time such as 90/, "--end", "1:60:00"],
    [/keeps the stems of whole tracks/, "-k", "--start", "20"],
    [/--bpm-range expects two tempi/, "--bpm-range", "90,170"],
    [/--beats-per-bar expects different whole numbers/, "--beats-per-bar", "3,3"],
    [/Expected --min-bpm below --max-bpm/, "--min-bpm", "220"],
    [/--max-bpm expects a number from 10 to 360/, "--max-bpm", "400"],
    [/--snap expects one of downbeat/, "--snap", "beat"],
  ];
  const outcomes = await tactusEach(refused.map(([, ...args]) => ["analyze", MIX, ...args]));
  for (const [at, { code, stderr }] of outcomes.entries()) {
    equal(code, 2, stderr);
    match(stderr, refused[at]![0]);
  }
});
