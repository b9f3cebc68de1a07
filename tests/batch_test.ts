/** Tests batches of the analyze command: many inputs, finished tracks, failures, interruption. */

import { deepStrictEqual as equal, match, notEqual, ok } from "node:assert/strict";
import { copyFile, mkdir, readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { AnalysisResult } from "../pipeline/result.ts";
import { outcomeOf, until } from "./support/deadline.ts";
import { command, type Outcome, repository, tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const FORMATS = join(repository, "fixtures", "audio", "formats");

/** Writes two seconds of noise, which differ by their seed. */
async function makeTrack(path: string, seed = 1): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  const samples = noise(44_100, seed);
  await writeFile(path, wavFile({ sampleRateHz: 22_050, channels: 1, bits: 16, samples }));
}

async function analyze(folder: string, ...args: string[]): Promise<Outcome> {
  return await tactus(["analyze", "-m", "embedded", "--demixer", "hpss-mix", ...args], {
    cwd: folder,
  });
}

async function resultsIn(folder: string): Promise<string[]> {
  return (await readdir(join(folder, "struct"))).filter((name) => name.endsWith(".json")).sort();
}

async function readResult(folder: string, name: string): Promise<AnalysisResult> {
  return JSON.parse(await readFile(join(folder, "struct", name), "utf8"));
}

async function changed(folder: string, name: string): Promise<number> {
  return (await stat(join(folder, "struct", name))).mtimeMs;
}

Deno.test("analyze takes folders, patterns and playlists, passes over bad tracks, and lists them for another call", async () => {
  await inTemporaryFolder(async (folder) => {
    for (const [seed, name] of ["a.wav", "deep/b.wav", "deep/er/a.wav", "x/1.wav"].entries()) {
      await makeTrack(join(folder, "in", name), seed + 1);
    }
    await writeFile(join(folder, "in", "deep", "bad.mp3"), "no music");
    await writeFile(join(folder, "list.m3u"), "#EXTM3U\nin/x/1.wav\nin/missing.flac\n");
    const args = ["in/*.wav", "in/deep", "--recursive", "list.m3u"];
    const done = await analyze(folder, ...args);
    equal(done.code, 1, done.stderr);
    match(done.stderr, /bad\.mp3: /);
    match(done.stderr, /missing\.flac: /);
    match(
      done.stderr,
      /4 done, 0 skipped, 2 failed; the failures are listed in .*failures\.m3u8\n$/,
    );
    const names = await resultsIn(folder);
    equal(names.map((name) => name.replace(/[0-9a-f]{8}\.json$/, "….json")), [
      ...["1.json", "a.….json", "a.json", "b.json"],
    ]);
    match(done.stderr, /deep\/er\/a\.wav: another track has its name; its results are named a\./);
    for (const name of names) ok((await readResult(folder, name)).provenance.mix?.identity);
    // In the order of the tracks.
    equal(done.stdout.match(/^\S+\.wav$/gm)?.map((path) => basename(path)), [
      ...["a.wav", "b.wav", "a.wav", "1.wav"],
    ]);

    await makeTrack(join(folder, "in", "deep", "bad.mp3"), 9);
    const again = await analyze(folder, "struct/failures.m3u8");
    match(again.stderr, /1 done, 0 skipped, 1 failed/);
    // A name that no line of a playlist can hold.
    const odd = join(folder, "in", "two\nlines.wav");
    await writeFile(odd, "no audio");
    await analyze(folder, "in/deep/bad.mp3", odd);
    await makeTrack(odd, 10);
    match((await analyze(folder, "struct/failures.m3u8")).stdout, /two\\nlines\.wav\n/);
    equal((await resultsIn(folder)).length, 6);

    // A call of one track keeps the list up to date.
    const list = join(folder, "struct", "failures.m3u8");
    await writeFile(list, `#EXTM3U\n# Cut off\n${join(folder, "in/a.wav")}\n`);
    await writeFile(join(folder, "in", "new.mp3"), "no music");
    equal((await analyze(folder, "in/new.mp3")).code, 1);
    match(await readFile(list, "utf8"), /# Cut off\n\S*a\.wav\n# .*\n\S*new\.mp3\n$/);
    equal((await analyze(folder, "in/a.wav")).code, 0);
    equal((await readFile(list, "utf8")).match(/^\/.*$/gm)?.map((path) => basename(path)), [
      "new.mp3",
    ]);
  });
});

Deno.test("analyze skips finished tracks, and does those anew whose audio or settings are others", async () => {
  await inTemporaryFolder(async (folder) => {
    for (const seed of [1, 2, 3]) await makeTrack(join(folder, "in", `${seed}.wav`), seed);
    await copyFile(join(FORMATS, "mp3_cbr.mp3"), join(folder, "in", "4.mp3"));
    equal((await analyze(folder, "in")).code, 0);
    const before = await Promise.all(
      (await resultsIn(folder)).map((name) => changed(folder, name)),
    );
    const skipped = await analyze(folder, "in");
    equal([skipped.code, skipped.stdout], [0, ""]);
    match(skipped.stderr, /0 done, 4 skipped, 0 failed\n$/);
    equal(
      await Promise.all((await resultsIn(folder)).map((name) => changed(folder, name))),
      before,
    );

    await makeTrack(join(folder, "in", "1.wav"), 7);
    await utimes(join(folder, "in", "2.wav"), new Date(), new Date());
    await writeFile(join(folder, "struct", "3.json"), '{"path": ');
    const absent = await analyze(folder, "absent.wav", "--dry-run");
    equal([absent.code, absent.stdout], [1, ""]);
    match(absent.stderr, /absent\.wav: There is no such file/);
    const noStems = await analyze(folder, "--stems-dir", "absent", "--dry-run");
    equal([noStems.code, noStems.stdout], [1, ""]);
    match(noStems.stderr, /absent: Could not read the stems folder absent/);
    const dry = await analyze(folder, "in", "--dry-run");
    equal(dry.code, 0, dry.stderr);
    const lines = dry.stdout.trim().split("\n").map((line) => line.replaceAll(folder, "…"));
    match(lines[0]!, /^analyse {2}\S*1\.wav: its audio has changed; to struct\/1\.json$/);
    match(lines[1]!, /^skip {5}\S*2\.wav: finished, struct\/2\.json$/);
    match(dry.stderr, /3\.wav: struct\/3\.json is no result of a track, and stays as it is;/);
    match(lines[2]!, /^analyse {2}\S*3\.wav: it has no result; to struct\/3\.[0-9a-f]{8}\.json$/);
    equal(await changed(folder, "1.json"), before[0]);

    const activations = await analyze(folder, "in/2.wav", "--activ");
    equal(activations.code, 0, activations.stderr);
    notEqual(await changed(folder, "2.json"), before[1]);
    match(activations.stderr, /2\.wav: analysed again: struct\/2\.activ\.npz is missing, and only/);
    // The clicks are made from the result, which does not make the activations those of an earlier one.
    const made = await changed(folder, "2.json");
    const clicks = await analyze(folder, "in/2.wav", "-s");
    equal([clicks.code, await changed(folder, "2.json")], [0, made], clicks.stderr);
    match(clicks.stderr, /finished before/);
    const both = await analyze(folder, "in/2.wav", "-s", "--activ", "--dry-run");
    match(both.stdout, /^skip /);
    const hpss = await analyze(folder, "in/2.wav", "--demixer", "hpss", "--dry-run");
    match(hpss.stdout, /its result is of another demixer \(hpss-mix\)/);
    const louder = await analyze(folder, "in/2.wav", "--gain", "3", "--dry-run");
    match(louder.stdout, /its result is of another gain/);
    const anew = await analyze(folder, "--dry-run", "--overwrite", "in/2.wav");
    match(anew.stdout, /2\.wav: --overwrite all/);
  });
});

Deno.test("analyze prints the result of a finished track as if it were new", async () => {
  await inTemporaryFolder(async (folder) => {
    await makeTrack(join(folder, "a.wav"));
    const first = await analyze(folder, "a.wav", "--json");
    const second = await analyze(folder, "a.wav", "--json", "--sonif-dir", "x", "--shifts", "2");
    match(second.stderr, /^Warning: --sonif-dir has no effect without --sonify$/m);
    match(second.stderr, /^Warning: --shifts has no effect with a demixer that has no network/m);
    equal(second.stdout, first.stdout);
    match(second.stderr, /a\.wav: finished before; --overwrite analyses it anew\n$/);
    const third = await analyze(folder, "a.wav");
    match(third.stdout, /a\.wav\n {2}tempo/);
  });
});

Deno.test("analyze reads paths from standard input, and fails where nothing is named", async () => {
  await inTemporaryFolder(async (folder) => {
    await makeTrack(join(folder, "a b.wav"));
    await mkdir(join(folder, "empty"));
    const child = new Deno.Command("sh", {
      args: ["-c", 'printf "a b.wav\\0" | "$@"', "sh", ...argumentsOf(folder, "-")],
      ...{ cwd: folder, stdout: "piped", stderr: "piped" },
    }).spawn();
    const { code, stdout, stderr } = await outcomeOf(child);
    equal(code, 0, stderr);
    match(stdout, /a b\.wav/);
    const empty = await analyze(folder, "empty");
    equal(empty.code, 1);
    match(empty.stderr, /^empty: The folder has no audio files; --recursive searches/);
    const nothing = new Deno.Command("sh", {
      args: ["-c", '"$@" < /dev/null', "sh", ...argumentsOf(folder, "-")],
      ...{ cwd: folder, stdout: "piped", stderr: "piped" },
    }).spawn();
    const none = await outcomeOf(nothing);
    equal(none.code, 1);
    match(none.stderr, /^-: Standard input has no paths/m);
  });
});

/** Returns a command line of the program as a shell takes it. */
function argumentsOf(_folder: string, ...args: string[]): string[] {
  const main = join(repository, "main.ts");
  const config = ["--config", join(repository, "deno.json")];
  const all = ["run", ...config, "--allow-all", main, "analyze", ...args];
  return [Deno.execPath(), ...all, "-m", "embedded", "--demixer", "hpss"];
}

Deno.test("an interruption keeps finished tracks, ends the others, and the next call goes on", async () => {
  await inTemporaryFolder(async (folder) => {
    await makeTrack(join(folder, "in", "1.wav"));
    const samples = noise(2 * 44_100 * 120, 5);
    const long = wavFile({ sampleRateHz: 44_100, channels: 2, bits: 16, samples });
    await writeFile(join(folder, "in", "2.wav"), long);
    await makeTrack(join(folder, "in", "3.wav"), 3);
    const args = ["analyze", "in", "-m", "seeded-all", "--demixer", "hpss-mix", "--jobs", "1"];
    const child = command(args, { cwd: folder }).spawn();
    const ended = outcomeOf(child);
    const result = join(folder, "struct", "1.json");
    await until("a result", () => stat(result).then(() => true, () => false));
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    equal(code, 130, stderr);
    match(stderr, /Stopping; finished tracks are kept/);
    match(stderr, /1 done, 0 skipped, 0 failed, 1 stopped, 1 not begun\n$/);
    equal(await readdir(join(folder, "struct")), ["1.json"]);
    const next = await tactus([...args.toSpliced(1, 1, "in/1.wav", "in/3.wav")], { cwd: folder });
    match(next.stderr, /1 done, 1 skipped, 0 failed\n$/);
  });
});
