/** Tests the analyze command. */

import {
  deepStrictEqual as equal,
  match,
  notDeepStrictEqual as notEqual,
  ok,
} from "node:assert/strict";
import { basename, join } from "node:path";
import { beatFMeasure, trimBeats } from "../evaluation/beat_measures.ts";
import { HARMONIX_FILES } from "../models/download/published_files.ts";
import { compare } from "../parity/compare.ts";
import { readNpy } from "../core/npy.ts";
import { readNpz } from "../core/npz.ts";
import { LABELS } from "../pipeline/functional.ts";
import type { AnalysisResult } from "../pipeline/result.ts";
import { resultSchema } from "../pipeline/result_schema.ts";
import { STEMS } from "../pipeline/stems.ts";
import { timingSchema } from "../pipeline/timing_schema.ts";
import { outcomeOf } from "./support/deadline.ts";
import { command, publishedWeights, repository, tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const FOLD = ["-m", "seeded-fold0"] as const;

/** Makes a folder with four stems of two seconds of noise. */
async function makeStems(folder: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [seed, stem] of STEMS.entries()) {
    const samples = noise(2 * 88_200, seed + 1);
    const file = wavFile({ sampleRateHz: 44_100, channels: 2, bits: 16, samples });
    await Deno.writeFile(join(folder, `${stem}.wav`), file);
  }
  return folder;
}

async function readResult(path: string): Promise<AnalysisResult> {
  return resultSchema.parse(JSON.parse(await Deno.readTextFile(path)));
}

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("analyze without arguments finds the beats of the demo piece, and records demixer and model", async () => {
  await inTemporaryFolder(async (folder) => {
    const { code, stdout, stderr } = await tactus(["analyze"], { cwd: folder });
    equal(code, 0, stderr);
    match(stderr, /^Taking demixer hpss-mix and model embedded: .*no_weights has no published/);
    match(stderr, /deno task models pull htdemucs harmonix-all\n$/);
    match(stdout, /mix\.flac[^]*tempo[^]*beats[^]*segments/);
    const { path, bpm, beats, downbeats, provenance } = await readResult(
      join(folder, "struct", "demo.json"),
    );
    equal(basename(path), "mix.flac");
    const truth = JSON.parse(
      await Deno.readTextFile(join(repository, "fixtures", "audio", "four_four", "truth.json")),
    );
    // The last chord sounds for three beats without a new note; the published folds do not report them either.
    const heard = (times: number[]): number[] => trimBeats(times).filter((time) => time < 40.2);
    equal(beatFMeasure(heard(truth.beats), trimBeats(beats)), 1);
    equal(beatFMeasure(heard(truth.downbeats), trimBeats(downbeats)), 1);
    ok(Math.abs((bpm ?? 0) - truth.bpm) <= 1);
    const { demixer, model, automatic } = provenance;
    equal([demixer, model, automatic], ["hpss-mix", "embedded", ["demixer", "model"]]);
  });
});

Deno.test("analyze uses the published weights where they are installed, and a named model in any case", async () => {
  await inTemporaryFolder(async (folder) => {
    // The error about the damaged file shows which model is loaded.
    for (const { npz, yaml } of HARMONIX_FILES) {
      for (const { fileName } of [npz, yaml]) await Deno.writeTextFile(join(folder, fileName), "");
    }
    const stems = await makeStems(join(folder, "stems"));
    const args = ["analyze", "--stems-dir", stems, "-o", folder, "--weights-dir", folder];
    const { code, stderr } = await tactus(args);
    equal(code, 2);
    match(stderr, /^Taking model harmonix-all, installed in .*\n.*SHA-256/);
    const named = await tactus([...args, "-m", "embedded"]);
    equal([named.code, named.stderr], [0, ""]);
    equal((await readResult(join(folder, "stems.json"))).provenance.automatic, []);
  });
});

Deno.test("analyze writes result, activations, embeddings and timings, and nothing else", async () => {
  await inTemporaryFolder(async (folder) => {
    const stems = await makeStems(join(folder, "stems"));
    const out = join(folder, "deep", "out");
    const timings = join(folder, "deep", "logs", "timings.jsonl");
    const audio = join(folder, "My Song.v2.mp3");
    const { code, stdout, stderr } = await tactus([
      "analyze",
      ...["--stems-dir", stems, audio, "-o", out, "-a", "-e", "--json", ...FOLD],
      ...["--timings-path", timings, "--threads", "1"],
    ]);
    equal(code, 0, stderr);
    equal(await filesIn(out), [
      "My Song.v2.activ.npz",
      "My Song.v2.embed.npy",
      "My Song.v2.json",
    ]);
    const result = await readResult(join(out, "My Song.v2.json"));
    equal(JSON.parse(stdout), result);
    equal(Object.keys(result), [
      ...["path", "bpm", "beats", "downbeats", "beat_positions", "segments"],
      ...["tempo", "metre", "label_confidence", "provenance"],
    ]);
    equal(result.path, audio);
    equal(result.segments.at(-1)?.end, 2);
    ok(result.segments.every(({ label }) => (LABELS as readonly string[]).includes(label)));

    const activations = readNpz(await Deno.readFile(join(out, "My Song.v2.activ.npz")));
    equal([...activations].map(([name, { dtype, shape }]) => [name, dtype, shape]), [
      ["beat", "f32", [200]],
      ["downbeat", "f32", [200]],
      ["segment", "f32", [200]],
      ["label", "f32", [10, 200]],
    ]);
    const embeddings = readNpy(await Deno.readFile(join(out, "My Song.v2.embed.npy")));
    equal(embeddings.shape, [4, 200, 24]);

    const lines = (await Deno.readTextFile(timings)).trimEnd().split("\n");
    const rows = lines.map((line) => timingSchema.parse(JSON.parse(line)));
    equal(
      new Set(rows.map(({ stage }) => stage)),
      new Set([
        ...["weights", "decode", "spectrogram", "network", "activations", "metrical", "functional"],
      ]),
    );
    for (const row of rows) {
      equal(Object.keys(row), [
        ...["stage", "start", "end", "duration", "device", "model", "track"],
      ]);
      equal(row.duration, row.end - row.start);
      equal([row.model, row.track], ["seeded-fold0", audio]);
    }
  });
});

Deno.test("analyze gives the same result for any number of threads", async () => {
  await inTemporaryFolder(async (folder) => {
    const stems = await makeStems(join(folder, "stems"));
    const outcomes = await Promise.all(
      ["1", "2", "3"].map(async (threads) => {
        const out = join(folder, threads);
        await tactus([
          "analyze",
          "--stems-dir",
          stems,
          "-o",
          out,
          "-a",
          ...FOLD,
          "--threads",
          threads,
        ]);
        return readNpz(await Deno.readFile(join(out, "stems.activ.npz")));
      }),
    );
    const [one, ...others] = outcomes;
    for (const other of others) {
      for (const [name, expected] of one ?? []) {
        const { passed, reason } = compare(other.get(name), expected, {
          absolute: 1e-6,
          relative: 1e-6,
        });
        ok(passed, reason);
      }
    }
  });
});

Deno.test("analyze continues after a track that fails, and ends with 1", async () => {
  await inTemporaryFolder(async (folder) => {
    const good = await makeStems(join(folder, "good"));
    const bad = join(folder, "bad");
    const out = join(folder, "out");
    const { code, stderr } = await tactus(
      ["analyze", "--stems-dir", bad, "--stems-dir", good, "-o", out, ...FOLD],
    );
    equal(code, 1);
    ok(stderr.includes(bad), stderr);
    equal(await filesIn(out), ["failures.m3u8", "good.json"]);
  });
});

Deno.test("analyze never overwrites the result of another track of the same name", async () => {
  await inTemporaryFolder(async (folder) => {
    const one = await makeStems(join(folder, "one", "song"));
    const two = await makeStems(join(folder, "two", "song"));
    const out = join(folder, "out");
    await tactus(["analyze", "--stems-dir", one, "-o", out, ...FOLD]);
    await tactus(["analyze", "--stems-dir", two, "--stems-dir", one, "-o", out, ...FOLD]);
    const files = await filesIn(out);
    equal(files.length, 2);
    const paths = await Promise.all(
      files.map(async (name) => (await readResult(join(out, name))).path),
    );
    equal(new Set(paths), new Set([one, two]));
    equal((await readResult(join(out, "song.json"))).path, one);
  });
});

Deno.test("analyze keeps a file of the same name that is not a result", async () => {
  await inTemporaryFolder(async (folder) => {
    const stems = await makeStems(join(folder, "song"));
    await Deno.writeTextFile(join(folder, "song.json"), "my notes");
    const { code } = await tactus(["analyze", "--stems-dir", stems, "-o", folder, ...FOLD]);
    equal(code, 0);
    equal(await Deno.readTextFile(join(folder, "song.json")), "my notes");
  });
});

Deno.test({
  name: "analyze leaves no half-written file when it is interrupted",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const stems = await makeStems(join(folder, "stems"));
      for (const delay of [100, 250, 400, 550, 700]) {
        const out = join(folder, String(delay));
        const args = ["analyze", "--stems-dir", stems, "-o", out, "-a", "-e", ...FOLD];
        const child = command(args).spawn();
        await new Promise((resolve) => setTimeout(resolve, delay));
        try {
          child.kill("SIGINT");
        } catch {
          // It has ended.
        }
        const { code } = await outcomeOf(child);
        ok([0, 130].includes(code), `exit code ${code}`);
        const files: string[] = await filesIn(out).catch(() => []);
        ok(files.every((name) => /^stems\.(json|activ\.npz|embed\.npy)$/.test(name)), files.join());
        if (files.includes("stems.activ.npz")) {
          equal(readNpz(await Deno.readFile(join(out, "stems.activ.npz"))).size, 4);
        }
      }
    });
  },
});

Deno.test("analyze names the folder in which weights are missing", async () => {
  await inTemporaryFolder(async (folder) => {
    const stems = await makeStems(join(folder, "stems"));
    const args = ["analyze", "--stems-dir", stems, "-o", join(folder, "out"), "-m", "harmonix-all"];
    for (const more of [["--weights-dir", folder], []]) {
      const { code, stdout, stderr } = await tactus([...args, ...more]);
      equal([code, stdout], [2, ""]);
      match(stderr, /harmonix-fold0/);
      match(stderr, more.length > 0 ? new RegExp(basename(folder)) : /no_weights/);
      match(stderr, /deno task models pull/);
    }
  });
});

Deno.test({
  name: "analyze rejects weights with a damaged byte",
  ignore: publishedWeights() === undefined,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      for (const ending of ["npz", "yaml"]) {
        const name = `harmonix-fold0_mlx.${ending}`;
        await Deno.copyFile(join(publishedWeights() ?? "", name), join(folder, name));
      }
      const path = join(folder, "harmonix-fold0_mlx.npz");
      await Deno.chmod(path, 0o644);
      const bytes = await Deno.readFile(path);
      bytes[100_000]! ^= 1;
      await Deno.writeFile(path, bytes);
      const stems = await makeStems(join(folder, "stems"));
      const { code, stderr } = await tactus([
        "analyze",
        ...["--stems-dir", stems, "-o", join(folder, "out"), "-m", "harmonix-fold0"],
        ...["--weights-dir", folder],
      ]);
      equal(code, 2);
      match(stderr, /SHA-256/);
    });
  },
});

Deno.test("analyze prints its help and writes nothing", async () => {
  await inTemporaryFolder(async (folder) => {
    const { code, stdout, stderr } = await tactus(["analyze", "--help"], { cwd: folder });
    equal([code, stderr], [0, ""]);
    match(stdout, /--stems-dir/);
    equal(await filesIn(folder), []);
  });
});

Deno.test("analyze rejects invalid calls", async () => {
  const calls = [
    [["--no-such-option"], /no-such-option/],
    [["song.mp3", "--demixer", "htdemucs"], /models pull htdemucs/],
    [["--stems-dir", "a", "x.wav", "y.wav"], /one AUDIO for each/],
    [["--stems-dir", "a", "--threads", "many"], /--threads/],
    [["-m", "no-such-model"], /no-such-model/],
    [["--precision", "bf16", "--backend", "onnx"], /--precision bf16 needs --backend native/],
    [["--precision", "f16"], /--precision.*f16/],
    [["--stems-dir", ""], /empty/],
  ] as const;
  await inTemporaryFolder(async (folder) => {
    const lines = calls.map(([args]) => ["analyze", ...args]);
    const outcomes = await tactusEach(lines, { cwd: folder });
    for (const [at, { code, stdout, stderr }] of outcomes.entries()) {
      equal([code, stdout], [2, ""]);
      match(stderr, calls[at]![1]);
    }
    equal(await filesIn(folder), []);
  });
});

Deno.test("analyze resolves paths from the folder of the user", async () => {
  await inTemporaryFolder(async (folder) => {
    await makeStems(join(folder, "Mr. Song"));
    const args = ["analyze", "--stems-dir", "Mr. Song", "-o", "out", ...FOLD];
    const { code, stderr } = await tactus(args, { env: { TACTUS_CWD: folder } });
    equal(code, 0, stderr);
    equal(await filesIn(join(folder, "out")), ["Mr. Song.json"]);
  });
});

Deno.test("analyze ends before the work where it cannot write its timings", async () => {
  await inTemporaryFolder(async (folder) => {
    const stems = await makeStems(join(folder, "stems"));
    const args = ["analyze", "--stems-dir", stems, "-o", join(folder, "out"), ...FOLD];
    const { code, stderr } = await tactus([...args, "--timings-path", folder]);
    equal(code, 2);
    match(stderr, /--timings-path/);
    equal(await filesIn(folder), ["stems"]);
  });
});

Deno.test("the program prints its commands without a command and for an unknown one", async () => {
  const outcomes = await Promise.all([tactus([]), tactus(["sing"]), tactus(["--help"])]);
  equal(outcomes.map(({ code }) => code), [2, 2, 0]);
  match(outcomes[1]?.stderr ?? "", /expected one of analyze, .*models/);
  notEqual(outcomes[2]?.stdout, "");
});
