/** Tests the plots, player pages and click tracks of the analyze command. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { readMixture } from "../pipeline/mixture.ts";
import { type Outcome, tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { wavFile } from "./support/wav.ts";

const WEIGHTS = ["-m", "embedded", "--demixer", "hpss-mix"] as const;

/** Writes four seconds of a low tone with a click each half second. */
async function makeMix(path: string): Promise<string> {
  const samples = Float32Array.from(
    { length: 4 * 44_100 },
    (_, i) => 0.2 * Math.sin(i / 60) + (i % 22_050 < 400 ? 0.7 * Math.sin(i / 3) : 0),
  );
  await Deno.writeFile(path, wavFile({ sampleRateHz: 44_100, channels: 1, bits: 16, samples }));
  return path;
}

async function analyze(folder: string, ...args: string[]): Promise<Outcome> {
  return await tactus(["analyze", ...args, ...WEIGHTS], { cwd: folder });
}

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("analyze -v -s --html writes upstream's files into upstream's folders, and a page", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "Lied ü.wav"));
    const done = await analyze(folder, mix, "-v", "-s", "--html");
    equal(done.code, 0, done.stderr);
    equal(await filesIn(folder), ["Lied ü.wav", "sonif", "struct", "viz"]);
    equal(await filesIn(join(folder, "viz")), ["Lied ü.html", "Lied ü.pdf"]);
    equal(await filesIn(join(folder, "sonif")), ["Lied ü.sonif.wav"]);
    const { mixture } = await readMixture(join(folder, "sonif", "Lied ü.sonif.wav"));
    equal(mixture.shape, [2, 4 * 44_100]);
    const page = await Deno.readTextFile(join(folder, "viz", "Lied ü.html"));
    match(page, /<title>Lied ü\.wav<\/title>/);
    match(page, /id="audio-mix">[\w+/=]{1000,}</);
    ok(!/id="audio-(bass|rest)"/.test(page), "stems are embedded only where they are kept");
  });
});

Deno.test("analyze chooses folders and formats, and embeds kept stems", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "a.wav"));
    const done = await analyze(
      ...[folder, mix, "-k", "-v", "--viz-dir", "p", "--viz-format", "svg,png"],
      ...["-s", "--sonif-dir", "c", "--sonif-format", "flac", "--html"],
    );
    equal(done.code, 0, done.stderr);
    equal(await filesIn(join(folder, "p")), ["a.html", "a.png", "a.svg"]);
    equal(await filesIn(join(folder, "c")), ["a.sonif.flac"]);
    const page = await Deno.readTextFile(join(folder, "p", "a.html"));
    equal([...page.matchAll(/id="audio-(\w+)"/g)].map(([, name]) => name), [
      "bass",
      "drums",
      "rest",
    ]);
  });
});

Deno.test("analyze refuses formats without their option, and folders that are files, before the work", async () => {
  await inTemporaryFolder(async (folder) => {
    const mix = await makeMix(join(folder, "a.wav"));
    const calls = [
      [["--viz-format", "svg"], /--viz-format has no effect without --visualize/],
      [["--sonif-format", "wav"], /--sonif-format has no effect without --sonify/],
      [["-v", "--viz-format", "gif"], /names out of pdf, svg, png/],
      [["-v", "--viz-dir", mix], /name another with --viz-dir/],
      [["--html", "--viz-dir", mix], /name another with --viz-dir/],
      [["-s", "--sonif-dir", mix], /name another with --sonif-dir/],
    ] as const;
    const outcomes = await tactusEach(
      calls.map(([args]) => ["analyze", mix, ...args, ...WEIGHTS]),
      { cwd: folder },
    );
    for (const [at, { code, stderr }] of outcomes.entries()) {
      equal(code, 2);
      match(stderr, calls[at]![1]);
    }
    equal(await filesIn(folder), ["a.wav"]);
  });
});
