/** Tests the analyze command on a mix, with a small separation network in a file of PyTorch. */

import { deepStrictEqual as equal, match, notEqual, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { demixRecordSchema } from "../pipeline/demix_record_schema.ts";
import type { AnalysisResult } from "../pipeline/result.ts";
import { resultSchema } from "../pipeline/result_schema.ts";
import { STEMS } from "../pipeline/stems.ts";
import { timingSchema } from "../pipeline/timing_schema.ts";
import { type Outcome, repository, tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const SMALL = join(repository, "models", "testdata", "small_htdemucs.th");
const NETWORKS = ["-m", "seeded-fold0", "--demixer", SMALL] as const;

/** Writes two seconds of noise. */
async function makeMix(path: string, channels = 2, seed = 1): Promise<string> {
  const one = noise(88_200, seed);
  const samples = channels === 1
    ? one
    : Float32Array.from({ length: 2 * one.length }, (_, i) => one[i >> 1]!);
  await Deno.writeFile(path, wavFile({ sampleRateHz: 44_100, channels, bits: 16, samples }));
  return path;
}

/** Runs analyze in a folder, which also holds the cache of graphs. */
async function analyze(folder: string, ...args: string[]): Promise<Outcome> {
  const env = { TACTUS_CACHE_DIR: join(folder, "cache") };
  return await tactus(["analyze", ...args], { cwd: folder, env });
}

function result(outcome: Outcome): AnalysisResult {
  equal(outcome.code, 0, outcome.stderr);
  return resultSchema.parse(JSON.parse(outcome.stdout));
}

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("analyze separates a mix, records demixer and backend, and writes no files without an option for them", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "song.wav"));
    const done = await analyze(folder, mix, "--json", ...NETWORKS, "--timings-path", "times");
    const { path, provenance } = result(done);
    equal(path, mix);
    equal(provenance.demixer, "small_htdemucs.th");
    match(provenance.demixer_weights ?? "", /^[0-9a-f]{64}$/);
    equal(provenance.demix_shifts?.length, 1);
    const { pcm_sha256 = "", identity, ...noted } = provenance.mix ?? {};
    equal(identity?.bytes, (await Deno.stat(mix)).size);
    equal(noted, {
      ...{ file: "song.wav", codec: "pcm_s16le", sample_rate: 44_100 },
      ...{ decoder: "symphonia 0.6.1", trimmed: [0, 0] },
    });
    // The samples as interleaved floats, hashed by another implementation.
    const samples = new Int16Array((await Deno.readFile(mix)).slice(44).buffer);
    const floats = Float32Array.from(samples, (value) => value / 32_768);
    equal(pcm_sha256, createHash("sha256").update(floats).digest("hex"));
    equal([provenance.decoder, provenance.gain], ["symphonia 0.6.1", null]);
    equal(provenance.stems, []);
    equal(Object.keys(provenance.backends)[0], "demix");
    equal(await filesIn(folder), ["song.wav", "struct", "times"]);
    const stages = (await Deno.readTextFile(join(folder, "times"))).trim().split("\n")
      .map((line) => timingSchema.parse(JSON.parse(line)).stage);
    equal(stages.slice(0, 4).sort(), ["decode", "demix", "demixer weights", "weights"]);

    const mono = await makeMix(join(folder, "mono.wav"), 1);
    const same = result(await analyze(folder, mono, "--json", ...NETWORKS, "--threads", "1"));
    // The same audio in one channel, computed with another number of threads, gives the same stems.
    equal(same.provenance.stems16_sha256, provenance.stems16_sha256);
  });
});

Deno.test("analyze --backend onnx builds the graph once and gives the same result", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "song.wav"));
    const native = result(await analyze(folder, mix, "--json", ...NETWORKS));
    const cached: string[][] = [];
    for (let run = 0; run < 2; run++) {
      const onnx = result(
        await analyze(folder, mix, "--json", ...NETWORKS, "--backend", "onnx"),
      );
      equal(onnx.provenance.backends["demix"], "onnx");
      equal([onnx.beats, onnx.segments], [native.beats, native.segments]);
      cached.push(await filesIn(join(folder, "cache", "graphs")));
    }
    equal(native.provenance.backends["demix"], "native");
    equal(cached[0]?.length, 1);
    equal(cached[1], cached[0]);
  });
});

Deno.test("analyze -k keeps stems in the layout of demucs, and reuses them where nothing changed", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "song.wav"));
    const kept = join(folder, "demix", "small_htdemucs.th", "song");
    const run = (...more: string[]): Promise<Outcome> =>
      analyze(folder, mix, "-k", "--json", "--overwrite", "json", ...NETWORKS, ...more);
    const first = await run();
    const expected = result(first);
    equal(first.stderr.includes("earlier run"), false);
    equal(await filesIn(kept), [...STEMS.map((stem) => `${stem}.wav`), "tactus.json"].sort());
    const record = JSON.parse(await Deno.readTextFile(join(kept, "tactus.json")));
    equal(demixRecordSchema.parse(record).path, mix);

    const again = await run();
    match(again.stderr, /song\.wav: stems of an earlier run, /);
    equal(result(again), expected);

    const given = result(await analyze(folder, "--stems-dir", kept, "--json", ...NETWORKS));
    equal(given.provenance.stems16_sha256, expected.provenance.stems16_sha256);
    equal(given.beats, expected.beats);

    const shifted = await run("--demix-seed", "1");
    equal(shifted.stderr.includes("earlier run"), false);
    notEqual(
      result(shifted).provenance.stems16_sha256,
      expected.provenance.stems16_sha256,
    );

    const bass = await Deno.readFile(join(kept, "bass.wav"));
    bass[1000]! ^= 1;
    await Deno.writeFile(join(kept, "bass.wav"), bass);
    const repaired = await run("--demix-seed", "1");
    equal(repaired.stderr.includes("earlier run"), false);
    equal(result(repaired), result(shifted));
  });
});

Deno.test("analyze -k uses different folders for two mixes of one name and for stems of other programs", async () => {
  await inTemporaryFolder(async (folder) => {
    for (const name of ["a", "b"]) await Deno.mkdir(join(folder, name));
    const first = await makeMix(join(folder, "a", "song.wav"), 2, 1);
    const second = await makeMix(join(folder, "b", "song.wav"), 2, 2);
    const parent = join(folder, "stems", "small_htdemucs.th");
    await Deno.mkdir(join(parent, "song"), { recursive: true });
    await Deno.writeTextFile(join(parent, "song", "bass.wav"), "other");
    const { code, stderr } = await analyze(
      folder,
      ...[first, second, "-k", "--demix-dir", "stems", ...NETWORKS],
    );
    equal(code, 0, stderr);
    equal((await filesIn(parent)).length, 3);
    equal(await filesIn(join(parent, "song")), ["bass.wav"]);
    equal(await Deno.readTextFile(join(parent, "song", "bass.wav")), "other");
    equal((await filesIn(join(folder, "struct"))).length, 2);
  });
});

Deno.test("analyze takes the mean of several shifts, or none", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "song.wav"));
    const shifts = async (...args: string[]): Promise<readonly (number | null)[]> => {
      const { provenance } = result(
        await analyze(folder, mix, "--json", ...NETWORKS, ...args),
      );
      return provenance.demix_shifts ?? [];
    };
    equal(await shifts("--shifts", "0"), [null]);
    const [one] = await shifts("--demix-seed", "3");
    equal((await shifts("--shifts", "2", "--demix-seed", "3"))[0], one);
    const random = await shifts("--demix-seed", "random");
    ok(random[0] !== null && random[0]! <= 22_050);
  });
});

Deno.test("analyze without the weights of HTDemucs names the command that downloads them, and does not fall back", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "song.wav"));
    const args = ["-m", "seeded-fold0", "--demixer", "htdemucs"];
    const { code, stdout, stderr } = await analyze(folder, mix, ...args);
    equal([code, stdout], [2, ""]);
    match(stderr, /weights of htdemucs are not in .*deno task models pull htdemucs/);
    equal(await filesIn(folder), ["song.wav"]);
  });
});

Deno.test("analyze continues after a mix that cannot be separated, and finds no beats in silence", async () => {
  await inTemporaryFolder(async (folder) => {
    const text = join(folder, "notes.txt");
    await Deno.writeTextFile(text, "no audio at all");
    const silent = join(folder, "silent.wav");
    const samples = new Float32Array(44_100);
    await Deno.writeFile(
      silent,
      wavFile({ sampleRateHz: 22_050, channels: 1, bits: 16, samples }),
    );
    const { code, stdout, stderr } = await analyze(folder, text, silent, "--json", ...NETWORKS);
    equal(code, 1);
    match(stderr, /notes\.txt/);
    equal(basename(JSON.parse(stdout).path), "silent.wav");
  });
});

Deno.test("analyze rejects invalid options of the separation", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "song.wav"));
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    const cases: [string[], RegExp][] = [
      [["--shifts", "-1"], /--shifts/],
      [["--shifts", "1.5"], /--shifts expects a whole number/],
      [["--shifts", "1000000"], /--shifts expects/],
      [["--demix-seed", "often"], /--demix-seed expects random or/],
      [["--demix-seed", "4294967296"], /--demix-seed expects/],
      [["--demixer", "spleeter"], /Unknown demixer "spleeter": expected one of htdemucs/],
      [["--demixer", "missing.th"], /Cannot read the weights file missing\.th/],
      [["--demixer", mix.replace(".wav", ".th")], /Cannot read the weights file/],
      [["-d", "cuda"], /does not support cuda: choose one of cpu|could not be started on cuda/],
      [["--backend", "abacus"], /--backend expects one of native, onnx/],
      [["--backend", "native", "-d", "webgpu"], /native computes on the cpu only/],
      [["-d", "abacus"], /--device expects one of cpu, cuda, coreml, webgpu, dml, but got abacus/],
      [["-k", "--demix-dir", join(file, "x")], /Cannot write .*--demix-dir/],
    ];
    await Deno.writeTextFile(join(folder, "broken.th"), "not a checkpoint");
    cases.push([["--demixer", "broken.th"], /broken\.th|zip/]);
    const outcomes = await tactusEach(
      cases.map(([args]) => ["analyze", mix, "-m", "seeded-fold0", ...args]),
      { cwd: folder },
    );
    for (const [at, { code, stdout, stderr }] of outcomes.entries()) {
      equal([code, stdout], [2, ""], cases[at]![0].join(" "));
      match(stderr, cases[at]![1]);
    }
    equal(await filesIn(folder), ["broken.th", "file", "song.wav"]);
  });
});

Deno.test("analyze --demixer hpss needs no weights, records this, and keeps its stems", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "song.wav"));
    const run = (...more: string[]): Promise<Outcome> =>
      analyze(folder, mix, "--demixer", "hpss", "-m", "seeded-fold0", "--json", ...more);
    const { provenance, beats } = result(await run());
    equal([provenance.demixer, provenance.demixer_weights, provenance.demix_shifts], [
      "hpss",
      null,
      null,
    ]);
    equal(provenance.backends["demix"], "native");
    const kept = result(await run("-k"));
    equal(kept.provenance, provenance);
    equal(kept.beats, beats);
    const again = await run("-k", "--threads", "1", "--overwrite", "json");
    match(again.stderr, /song\.wav: stems of an earlier run, .*hpss/);
    equal(result(again).beats, beats);
    equal(
      await filesIn(join(folder, "demix", "hpss", "song")),
      [...STEMS.map((stem) => `${stem}.wav`), "tactus.json"].sort(),
    );
  });
});

Deno.test("analyze --demixer hpss-mix records this, keeps the stems of hpss, and reuses those of either", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "song.wav"));
    const run = async (demixer: string, ...more: string[]): Promise<[AnalysisResult, string]> => {
      const anew = ["--json", "--overwrite", "json"];
      const call = [mix, "--demixer", demixer, "-m", "seeded-fold0", ...anew, ...more];
      const outcome = await analyze(folder, ...call);
      return [result(outcome), outcome.stderr];
    };
    const [{ provenance, ...findings }] = await run("hpss-mix");
    const { demixer, demixer_weights, demix_shifts, backends, mix: heard } = provenance;
    equal([demixer, demixer_weights, demix_shifts], ["hpss-mix", null, null]);
    equal([backends["demix"], heard?.file], ["native", "song.wav"]);

    const [first, quiet] = await run("hpss-mix", "-k");
    equal(quiet.includes("earlier run"), false);
    const { stems16_sha256 } = first.provenance;
    equal(first, { ...findings, provenance });
    const kept = join(folder, "demix", "hpss", "song");
    equal(await filesIn(join(folder, "demix")), ["hpss"]);
    equal(await filesIn(kept), [...STEMS.map((stem) => `${stem}.wav`), "tactus.json"].sort());
    const files = async (): Promise<Uint8Array[]> =>
      await Promise.all(STEMS.map((stem) => Deno.readFile(join(kept, `${stem}.wav`))));
    const stems = await files();

    const [again, said] = await run("hpss-mix", "-k");
    match(said, /song\.wav: stems of an earlier run, .*hpss/);
    equal(again, first);
    // hpss itself analyses all four kept stems, so that its input differs.
    const [separated, saidToo] = await run("hpss", "-k");
    match(saidToo, /stems of an earlier run/);
    notEqual(separated.provenance.stems16_sha256, stems16_sha256);
    const given = result(
      await analyze(folder, "--stems-dir", kept, "--json", "-m", "seeded-fold0"),
    );
    equal(given.provenance.stems16_sha256, separated.provenance.stems16_sha256);

    // Changed stems are not reused, also those that the analysis does not read.
    for (const stem of ["bass", "vocals"]) {
      const changed = await Deno.readFile(join(kept, `${stem}.wav`));
      changed[1000]! ^= 1;
      await Deno.writeFile(join(kept, `${stem}.wav`), changed);
      const [repaired, saidNothing] = await run("hpss-mix", "-k");
      equal([repaired, saidNothing.includes("earlier run")], [first, false]);
      equal(await files(), stems);
    }
    // Stems that hpss kept serve as well.
    await Deno.remove(join(folder, "demix"), { recursive: true });
    equal((await run("hpss", "-k"))[0], separated);
    const [last, saidLast] = await run("hpss-mix", "-k");
    match(saidLast, /stems of an earlier run/);
    equal(last, first);
  });
});

Deno.test("analyze separates kept stems again where the gain is another", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "song.wav"));
    const run = async (...more: string[]): Promise<Outcome> => {
      const outcome = await analyze(folder, mix, ...NETWORKS, "-k", "--overwrite=json", ...more);
      equal(outcome.code, 0, outcome.stderr);
      return outcome;
    };
    await run();
    match((await run()).stderr, /stems of an earlier run/);
    ok(!(await run("--gain", "-6")).stderr.includes("earlier run"));
    match((await run("--gain", "-6")).stderr, /stems of an earlier run/);
    const result = JSON.parse(await Deno.readTextFile(join(folder, "struct", "song.json")));
    equal(result.provenance.gain, { db: -6, normalized: false });
    ok(!(await run()).stderr.includes("earlier run"));
  });
});
