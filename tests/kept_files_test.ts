/** Tests what `analyze -k` keeps and uses again, and the folders of arrays, with a single seeded fold. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { readNpy } from "../core/npy.ts";
import type { AnalysisResult } from "../pipeline/result.ts";
import { resultSchema } from "../pipeline/result_schema.ts";
import { STEMS } from "../pipeline/stems.ts";
import { repository, tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const RATE = 44_100;

function sound(seconds: number, seed: number, level = 1): Uint8Array {
  const samples = noise(2 * seconds * RATE, seed).map((value) => level * value);
  return wavFile({ sampleRateHz: RATE, channels: 2, bits: 16, samples });
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

/** Analyses, also where there is a result, and returns it and what was said. */
async function analyze(folder: string, ...args: string[]): Promise<[AnalysisResult, string]> {
  const call = ["analyze", "--overwrite=json", ...args, "-m", "seeded-fold0", "--json"];
  const { code, stdout, stderr } = await tactus(call, { cwd: folder });
  equal(code, 0, stderr);
  return [resultSchema.parse(JSON.parse(stdout)), stderr];
}

Deno.test("analyze -k keeps the spectrogram as allin1 does, and uses it again with the stems", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.writeFile(join(folder, "song.wav"), sound(2, 1));
    const run = (...more: string[]): Promise<[AnalysisResult, string]> =>
      analyze(folder, "song.wav", "--demixer", "hpss-mix", "-k", ...more);
    const [first, quiet] = await run();
    ok(!quiet.includes("earlier run"));
    equal(await namesIn(join(folder, "spec")), ["song.npy", "song.tactus.json"]);
    const path = join(folder, "spec", "song.npy");
    const { dtype, shape } = readNpy(await Deno.readFile(path));
    equal([dtype, shape], ["f32", [4, 200, 81]]);

    const [again, said] = await run();
    match(
      said,
      /song\.wav: stems of an earlier run, .*\n.*song\.wav: spectrogram of an earlier run, /,
    );
    equal(again, first);
    const [anew, saidOfStems] = await run("--overwrite=spec");
    match(saidOfStems, /stems of an earlier run/);
    ok(!saidOfStems.includes("spectrogram of an earlier run"));
    equal(anew, first);
    // Another demixer has other stems, and a changed array is made anew.
    const [, other] = await run("--demixer", "hpss");
    ok(!other.includes("spectrogram of an earlier run"));
    await run();
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.with(bytes.length - 2, 1));
    const [repaired, saidNothing] = await run();
    ok(!saidNothing.includes("spectrogram of an earlier run"));
    equal(repaired, first);
    equal(await Deno.readFile(path), bytes);
  });
});

Deno.test("analyze -k goes on in the folder of a call that was killed while it wrote stems", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.writeFile(join(folder, "song.wav"), sound(2, 1));
    const stems = join(folder, "demix", "hpss", "song");
    const unfinished = join(stems, ".bass.wav.1.unfinished");
    await Deno.mkdir(stems, { recursive: true });
    await Deno.writeTextFile(unfinished, "RIFF");
    const run = (...more: string[]): Promise<[AnalysisResult, string]> =>
      analyze(folder, "song.wav", "--demixer", "hpss-mix", "-k", ...more);
    const [first] = await run();
    const files = await namesIn(stems);
    equal(files, ["bass.wav", "drums.wav", "other.wav", "tactus.json", "vocals.wav"]);
    // The record is written first, so that the folder is known again, and an incomplete one as well.
    await Deno.remove(join(stems, "vocals.wav"));
    const [again, said] = await run();
    ok(!said.includes("finished before") && !said.includes("earlier run"), said);
    equal(again, first);
    equal(await namesIn(stems), files);
    equal(await namesIn(join(folder, "demix", "hpss")), ["song"]);
  });
});

Deno.test("analyze -k uses the stems that allin1 has kept of the same mix, and no others", async () => {
  await inTemporaryFolder(async (folder) => {
    const parts = STEMS.map((_, at) => noise(4 * RATE, 10 + at).map((value) => value / 4));
    const sum = parts[0]!.map((_, i) => parts.reduce((all, part) => all + part[i]!, 0));
    const wav = (samples: Float32Array): Uint8Array =>
      wavFile({ sampleRateHz: RATE, channels: 2, bits: 16, samples });
    await Deno.writeFile(join(folder, "song.wav"), wav(sum));
    const kept = join(folder, "demix", "htdemucs", "song");
    await Deno.mkdir(kept, { recursive: true });
    for (const [at, stem] of STEMS.entries()) {
      await Deno.writeFile(join(kept, `${stem}.wav`), wav(parts[at]!));
    }
    const [{ provenance }, said] = await analyze(folder, "song.wav", "-k");
    match(said, /song\.wav: stems that another program has kept, .*htdemucs\/song/);
    equal(provenance.demixer, "external");
    equal(provenance.stems.map(({ file }) => file), STEMS.map((stem) => `${stem}.wav`));
    equal(await namesIn(kept), STEMS.map((stem) => `${stem}.wav`).sort());

    // Without -k, and for a demixer that was named, they are not looked for.
    equal((await analyze(folder, "song.wav"))[0].provenance.demixer, "hpss-mix");
    const named = await analyze(folder, "song.wav", "-k", "--demixer", "hpss");
    equal(named[0].provenance.demixer, "hpss");

    for (const content of [sound(3, 1), sound(2, 1)]) {
      await Deno.writeFile(join(folder, "song.wav"), content);
      const [other, warned] = await analyze(folder, "song.wav", "-k");
      match(
        warned,
        /Warning: .*the stems in .*htdemucs\/song are of another track: they are not used/,
      );
      equal(other.provenance.demixer, "hpss-mix");
    }
    await Deno.writeTextFile(join(kept, "bass.wav"), "cut");
    const [, broken] = await analyze(folder, "song.wav", "-k");
    match(broken, /Warning: .*the stems in .*htdemucs\/song are not used: .*bass\.wav/);
  });
});

Deno.test("analyze --array-dir has the arrays in a folder of their own", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.writeFile(join(folder, "song.wav"), sound(1, 1));
    await analyze(folder, "song.wav", "--demixer", "hpss", "-a", "-e", "--array-dir", "x/arrays");
    equal(await namesIn(join(folder, "struct")), ["song.json"]);
    equal(await namesIn(join(folder, "x", "arrays")), ["song.activ.npz", "song.embed.npy"]);
  });
});

Deno.test("analyze takes six stems, one file a stem, a pattern and a JSON of tracks, with equal results", async () => {
  await inTemporaryFolder(async (folder) => {
    const names = [...STEMS, "guitar", "piano"];
    for (const [at, name] of names.entries()) {
      const bytes = sound(2, at + 1, 0.3);
      await Deno.mkdir(join(folder, "six"), { recursive: true });
      await Deno.writeFile(join(folder, "six", `${name}.wav`), bytes);
      await Deno.writeFile(join(folder, `song_${name}.wav`), bytes);
    }
    const stems = Object.fromEntries(names.map((name) => [name, `song_${name}.wav`]));
    await Deno.writeTextFile(join(folder, "tracks.json"), JSON.stringify({ "song.mp3": stems }));
    const results = [
      await analyze(folder, "song.mp3", "--stems-dir", "six"),
      await analyze(
        folder,
        ...["song.mp3", ...names.flatMap((name) => ["--stem", `${name}=song_${name}.wav`])],
      ),
      await analyze(folder, "song.mp3", "--stems-pattern", "{track}_{stem}.wav"),
      await analyze(folder, "--tracks", "tracks.json"),
    ].map(([{ path, beats, segments, provenance }]) => ({
      ...{ path, beats, segments, hash: provenance.stems16_sha256 },
      names: provenance.stems.map(({ name }) => name),
    }));
    const [first, ...others] = results;
    equal(first?.path, join(folder, "song.mp3"));
    equal(first?.names, [...STEMS, "other", "other"]);
    for (const other of others) equal(other, first);
    // Guitar and piano are heard.
    await Deno.remove(join(folder, "six", "guitar.wav"));
    await Deno.remove(join(folder, "six", "piano.wav"));
    const [{ provenance }] = await analyze(folder, "song.mp3", "--stems-dir", "six");
    ok(provenance.stems16_sha256 !== first?.hash && provenance.stems.length === 4);
  });
});

Deno.test("analyze --overlap is recorded where it is not a quarter, and kept stems are of one overlap", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.writeFile(join(folder, "song.wav"), sound(2, 1));
    const small = join(repository, "models", "testdata", "small_htdemucs.th");
    const run = (...more: string[]): Promise<[AnalysisResult, string]> =>
      analyze(folder, "song.wav", "--demixer", small, "-k", ...more);
    const [usual] = await run();
    equal(usual.provenance.demix_overlap, undefined);
    const [same, said] = await run("--overlap", "0.25");
    ok(said.includes("stems of an earlier run"));
    equal(same, usual);
    const [more, quiet] = await run("--overlap", "0.9");
    ok(!quiet.includes("earlier run"));
    equal(more.provenance.demix_overlap, 0.9);
    ok(more.provenance.stems16_sha256 !== usual.provenance.stems16_sha256);
    // Of no meaning without a network.
    const [filters] = await analyze(folder, "song.wav", "--demixer", "hpss", "--overlap", "0.5");
    equal(filters.provenance.demix_overlap, undefined);
  });
});

Deno.test("analyze --precision bf16 is recorded, guarded by its signal-to-noise ratio, and takes no stems of f32", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.writeFile(join(folder, "song.wav"), sound(2, 1));
    const small = join(repository, "models", "testdata", "small_htdemucs.th");
    const run = (...more: string[]): Promise<[AnalysisResult, string]> =>
      analyze(folder, "song.wav", "--demixer", small, "-k", ...more);
    const [usual] = await run();
    equal(usual.provenance.demix_precision, undefined);
    const [rounded, said] = await run("--precision", "bf16", "--guard");
    equal(rounded.provenance.demix_precision, "bf16");
    ok(!said.includes("earlier run"));
    ok(rounded.provenance.stems16_sha256 !== usual.provenance.stems16_sha256);
    const found = rounded.provenance.guard?.stages.find(({ stage }) => stage === "demix");
    ok((found?.snr_db ?? 0) > 30 && found?.fell_back === false, JSON.stringify(found));
    match(said, /demix in bf16 has a signal-to-noise ratio of \d+\.\d dB in the first 10 s/);
    const dryRun = async (...more: string[]): Promise<string> => {
      const call = ["analyze", "song.wav", "--demixer", small, "-k", "-m", "seeded-fold0"];
      return (await tactus([...call, "--dry-run", ...more], { cwd: folder })).stdout;
    };
    match(await dryRun(), /its result is of another precision/);
    ok(!(await dryRun("--precision", "bf16")).includes("precision"));
    ok((await run("--precision", "bf16"))[1].includes("stems of an earlier run"));
    ok(!(await run())[1].includes("stems of an earlier run"));
    const [, none] = await analyze(
      folder,
      ...["song.wav", "--demixer", "hpss", "--precision", "bf16"],
    );
    match(none, /Warning: --precision has no effect with a demixer that has no network/);
  });
});
