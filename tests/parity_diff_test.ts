/** Tests the commands parity record, diff and beats. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { readNpy, writeNpy } from "../core/npy.ts";
import { differencesSchema } from "../evaluation/differences.ts";
import { recordingDifferenceSchema } from "../parity/diff.ts";
import { recordingSchema } from "../parity/recording.ts";
import { SEAMS } from "../pipeline/seams.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { repository, tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const QUICK = ["-m", "seeded-fold0", "--demixer", "hpss"] as const;

/** Records the seams of two seconds of noise; returns the folder. */
async function recorded(
  folder: string,
  name: string,
  ...more: readonly string[]
): Promise<string> {
  const audio = join(folder, "noise.wav");
  const samples = noise(2 * 88_200, 1);
  await Deno.writeFile(audio, wavFile({ sampleRateHz: 44_100, channels: 2, bits: 16, samples }));
  const out = join(folder, name);
  const { code, stdout, stderr } = await tactus([
    "parity",
    "record",
    audio,
    "--out",
    out,
    ...QUICK,
    ...more,
  ]);
  equal(code, 0, stderr);
  match(stdout, /^18 seams: .*seams\.json\n$/);
  return out;
}

async function change(path: string, action: (tensor: Tensor) => Tensor): Promise<void> {
  await Deno.writeFile(path, writeNpy(action(readNpy(await Deno.readFile(path)))));
}

Deno.test("parity record writes every seam of a mix, and a manifest of them", async () => {
  await inTemporaryFolder(async (folder) => {
    const out = await recorded(folder, "out");
    const manifest = recordingSchema.parse(
      JSON.parse(await Deno.readTextFile(join(out, "seams.json"))),
    );
    equal([manifest.format, manifest.model, manifest.demixer], [1, "seeded-fold0", "hpss"]);
    equal(Object.keys(manifest.seams), Object.keys(SEAMS));
    for (const [name, { file, dtype, shape }] of Object.entries(manifest.seams)) {
      const stored = readNpy(await Deno.readFile(join(out, file)));
      equal([stored.dtype, stored.shape], [dtype, shape], name);
    }
    equal(manifest.seams["spectrogram"]?.shape, [4, 200, 81]);
    const again = await tactus([
      ...["parity", "record", join(folder, "noise.wav"), "--out", out, ...QUICK],
    ]);
    equal(again.code, 2);
    match(again.stderr, /--out .* is not empty/);
  });
});

Deno.test("parity record from stems has no mixture", async () => {
  await inTemporaryFolder(async (folder) => {
    const stems = join(folder, "stems");
    await Deno.mkdir(stems);
    for (const [seed, stem] of ["bass", "drums", "other", "vocals"].entries()) {
      const samples = noise(88_200, seed + 1);
      const file = wavFile({ sampleRateHz: 44_100, channels: 2, bits: 16, samples });
      await Deno.writeFile(join(stems, `${stem}.wav`), file);
    }
    const out = join(folder, "out");
    const { code, stderr } = await tactus([
      ...["parity", "record", "--stems-dir", stems, "--out", out, "-m", "seeded-fold0"],
    ]);
    equal(code, 0, stderr);
    const { demixer, seams } = JSON.parse(await Deno.readTextFile(join(out, "seams.json")));
    equal(demixer, null);
    equal(Object.keys(seams)[0], "stems16");
  });
});

Deno.test("parity diff passes on two recordings of one track, and names the seams that differ", async () => {
  await inTemporaryFolder(async (folder) => {
    const [one, two] = [await recorded(folder, "one"), await recorded(folder, "two")];
    const diff = (...more: string[]) => tactus(["parity", "diff", one, two, ...more]);
    const alike = await diff();
    equal(alike.code, 0, alike.stderr);
    match(alike.stdout, /18 seams passed, 0 failed, 0 reported, 0 extra\n$/);

    const path = (seam: string): string => join(two, `${seam}.npy`);
    await change(path("spectrogram"), (seam) => {
      seam.data[4 * 200 * 81 - 1] = Number(seam.data[4 * 200 * 81 - 1]) + 1e-4;
      return seam;
    });
    const file = join(folder, "diff.json");
    const off = await diff("--export-json", file);
    equal(off.code, 1);
    match(off.stdout, /^fail: spectrogram: 1 of 64800 elements .* \[3, 199, 80\]/m);
    const difference = JSON.parse(await Deno.readTextFile(file));
    const { seams } = recordingDifferenceSchema.parse(difference);
    equal(
      seams.filter(({ verdict }) => verdict === "fail").map(({ seam }) => seam),
      ["spectrogram"],
    );
    equal((await diff("--atol", "0.001")).code, 0);
    equal((await diff("--atol", "0", "--rtol", "1")).code, 0);
    const own = await diff("--tolerance", "spectrogram=0.001,0");
    equal(own.code, 0, own.stdout);

    await change(path("logits.beat"), ({ data }) => {
      return tensor("f64", [200], Float64Array.from(data as Float32Array));
    });
    await change(path("logits.section"), (seam) => {
      seam.data[5] = NaN;
      return seam;
    });
    await change(path("labels"), (seam) => {
      seam.data[0] = Number(seam.data[0]) + 1;
      return seam;
    });
    await Deno.remove(path("bpm"));
    await Deno.truncate(path("stems"), 1000);
    await Deno.copyFile(path("labels"), path("mine"));
    const { stdout } = await diff("--atol", "0.001");
    match(stdout, /^fail: logits\.beat: the type is f64, expected f32$/m);
    match(stdout, /^fail: logits\.section: the output has NaN at \[5\]$/m);
    match(stdout, /^fail: labels: 1 of /m);
    match(stdout, /^fail: bpm: the output is missing$/m);
    match(stdout, /^fail: stems: .*cut short$/m);
    match(stdout, /^mine .* extra$/m);
    match(stdout, /^13 seams passed, 5 failed, 0 reported, 1 extra$/m);
  });
});

Deno.test("parity record writes the mix as other and vocals of hpss-mix, and diff finds it there", async () => {
  await inTemporaryFolder(async (folder) => {
    const one = await recorded(folder, "one");
    const two = await recorded(folder, "two", "--demixer", "hpss-mix");
    const read = async (out: string, seam: string): Promise<Tensor> =>
      readNpy(await Deno.readFile(join(out, `${seam}.npy`)));
    const mixture = await read(two, "mixture");
    for (const seam of ["stems", "stems16", "spectrogram"]) {
      const rows = async (out: string): Promise<unknown[]> => {
        const { data } = await read(out, seam);
        const length = data.length / 4;
        return [0, 1, 2, 3].map((row) => data.slice(row * length, (row + 1) * length));
      };
      const [separated, mixing] = [await rows(one), await rows(two)];
      equal(mixing.slice(0, 2), separated.slice(0, 2), seam);
      equal(mixing[2], mixing[3], seam);
      if (seam === "stems") equal(mixing[2], mixture.data);
    }
    const file = join(folder, "diff.json");
    const { code } = await tactus(["parity", "diff", one, two, "--export-json", file]);
    equal(code, 1);
    const { seams } = JSON.parse(await Deno.readTextFile(file));
    equal(
      seams.slice(1, 4).map((one: { seam: string; verdict: string }) => [one.seam, one.verdict]),
      [["stems", "fail"], ["stems16", "fail"], ["spectrogram", "reported"]],
    );
  });
});

Deno.test("parity diff reads large files in parts", async () => {
  await inTemporaryFolder(async (folder) => {
    for (const name of ["one", "two"]) await Deno.mkdir(join(folder, name));
    // More than one part; the only difference is in the last.
    const shape = [2, 1_500_000] as const;
    const seam = tensor("f64", shape, new Float64Array(3_000_000).fill(0.5));
    await Deno.writeFile(join(folder, "one", "a.npy"), writeNpy(seam));
    seam.data[2_999_999] = 0.75;
    await Deno.writeFile(join(folder, "two", "a.npy"), writeNpy(seam));
    const { code, stdout } = await tactus([
      ...["parity", "diff", join(folder, "one"), join(folder, "two")],
    ]);
    equal(code, 1);
    match(stdout, /1 of 3000000 elements miss the tolerance, worst at \[1, 1499999\]: 0\.75/);
  });
});

Deno.test("parity beats compares results", async () => {
  await inTemporaryFolder(async (folder) => {
    const beats = Array.from({ length: 40 }, (_, beat) => beat / 2);
    const result = { bpm: 120, beats, downbeats: beats.filter((_, beat) => beat % 4 === 0) };
    const [one, two] = [join(folder, "one.json"), join(folder, "two.json")];
    await Deno.writeTextFile(one, JSON.stringify(result));
    const same = await tactus(["parity", "beats", one, one]);
    equal(same.code, 0, same.stderr);
    match(same.stdout, /^beats {7}40 same, 0 moved, 0 missing, 0 inserted$/m);
    const downbeats = beats.filter((_, beat) => beat % 4 === 1);
    const moved = beats.map((time, beat) => beat === 9 ? time + 0.03 : time).slice(0, -1);
    await Deno.writeTextFile(two, JSON.stringify({ ...result, beats: moved, downbeats }));
    const file = join(folder, "differences.json");
    const { code, stdout } = await tactus(["parity", "beats", one, two, "--export-json", file]);
    equal(code, 1);
    match(stdout, /^beats {7}38 same, 1 moved \(at most 30 ms\), 1 missing, 0 inserted$/m);
    match(stdout, /moved: 4\.500 s to 4\.530 s$/m);
    match(stdout, /missing: 19\.500 s$/m);
    match(stdout, /^bars {8}begin 1 beats later at 90 % of the downbeats$/m);
    const differences = differencesSchema.parse(JSON.parse(await Deno.readTextFile(file)));
    equal(differences.downbeatPhase?.beats, 1);
  });
});

Deno.test("parity record, diff and beats reject invalid calls", async () => {
  await inTemporaryFolder(async (folder) => {
    const empty = join(folder, "empty");
    await Deno.mkdir(empty);
    const audio = join(repository, "fixtures", "audio", "four_four", "mix.flac");
    const calls: [string[], RegExp][] = [
      [["diff"], /Missing required argument 'expected'/],
      [["diff", empty], /Missing required argument 'actual'/],
      [["diff", empty, empty], /has no \.npy, \.npz, \.safetensors or \.bin arrays/],
      [["diff", join(folder, "missing"), empty], /Cannot read the recording .*missing/],
      [["diff", empty, empty, "--atol=-1"], /--atol expects/],
      [["diff", empty, empty, "--rtol", "many"], /--rtol expects/],
      [
        ["diff", empty, empty, "--tolerance", "beats=1"],
        /--tolerance expects a seam and two numbers/,
      ],
      [["diff", empty, empty, "--tolerances", audio], /Cannot read the tolerances/],
      [["record", "--out", empty], /Expected one AUDIO, or --stems-dir/],
      [["record", audio], /Required option '--out <dir>'/],
      [["record", audio, "--out", join(folder, "out"), "-m", "nothing"], /Unknown model/],
      [["record", join(folder, "x.wav"), "--out", join(folder, "out"), ...QUICK], /x\.wav/],
      [["beats", audio], /Missing required argument 'actual'/],
      [["beats", audio, audio], /not JSON/],
    ];
    const actions = ["record", "diff", "beats"];
    const outcomes = await tactusEach([
      ...calls.map(([args]) => ["parity", ...args]),
      ...actions.map((action) => ["parity", action, "--help"]),
    ]);
    for (const [at, [args, message]] of calls.entries()) {
      const { code, stdout, stderr } = outcomes[at]!;
      equal([code, stdout], [2, ""], args.join(" "));
      match(stderr, message);
    }
    for (const [at, { code, stdout }] of outcomes.slice(calls.length).entries()) {
      equal(code, 0);
      ok(stdout.startsWith(`Usage: deno task parity ${actions[at]}`));
    }
  });
});
