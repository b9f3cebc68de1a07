/** Tests names of files that a file system or a terminal makes special. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { STEMS } from "../pipeline/stems.ts";
import { type Outcome, tactus, tactusEach } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const ignore = Deno.build.os === "windows";
const SOUND = wavFile({ sampleRateHz: 44_100, channels: 1, bits: 16, samples: noise(44_100) });
const NETWORKS = ["-m", "seeded-fold0", "--demixer", "hpss"] as const;

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

/** Analyses files in a folder. */
async function analyze(folder: string, ...args: string[]): Promise<Outcome> {
  return await tactus(["analyze", ...args, ...NETWORKS], { cwd: folder });
}

Deno.test({
  name:
    "analyze shortens the names of all results of a track with a name of 255 bytes, and says so",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      // Two bytes each; the names differ at the end only.
      const names = ["x", "y"].map((end) => `${"ä".repeat(125)}${end}.wav`);
      for (const name of names) await Deno.writeFile(join(folder, name), SOUND);
      const fits = `${"b".repeat(242)}.wav`;
      await Deno.writeFile(join(folder, fits), SOUND);
      const { code, stderr } = await analyze(folder, ...names, fits, "-a", "-e", "-k");
      equal(code, 0, stderr);
      const notes = stderr.split("\n").filter((line) => line.includes("too long"));
      equal(notes.length, 2);
      const results = await namesIn(join(folder, "struct"));
      equal(results.length, 9);
      for (const ending of [".json", ".activ.npz", ".embed.npy"]) {
        const own = results.filter((name) => name.endsWith(ending));
        ok(own.includes(`${"b".repeat(242)}${ending}`));
        const others = own.filter((name) => name.startsWith("ä"));
        equal(new Set(others).size, 2);
        for (const name of others) {
          match(name, /^ä+\.[0-9a-f]{8}\./);
          const stem = name.slice(0, -ending.length);
          ok(notes.some((note) => note.endsWith(`its results are named ${stem}`)), stem);
        }
      }
      equal((await namesIn(join(folder, "demix", "hpss"))).length, 3);
      for (const name of names) ok(notes.some((note) => note.startsWith(join(folder, name))));
      // They are found again.
      const again = await analyze(folder, ...names, "-k", "--overwrite", "json");
      equal(again.stderr.match(/stems of an earlier run/g)?.length, 2);
      equal((await namesIn(join(folder, "struct"))).length, 9);
    });
  },
});

Deno.test({
  name: "analyze names tracks whose names are not UTF-8 before any work, and analyses the others",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      await Deno.writeFile(join(folder, "good.wav"), SOUND);
      // A file with this very name can be opened.
      await Deno.writeFile(join(folder, "real \ufffd.wav"), SOUND);
      const made = await new Deno.Command("sh", {
        args: [
          "-c",
          "cp good.wav \"$(printf 'caf\\351.wav')\" && mkdir \"$(printf 'st\\344mme')\"",
        ],
        cwd: folder,
      }).output();
      ok(made.success);
      const args = ["caf\ufffd.wav", "good.wav", "real \ufffd.wav"];
      const { code, stdout, stderr } = await analyze(folder, ...args);
      equal(code, 1);
      match(stderr, /^.*caf\ufffd\.wav: the name is not UTF-8 .*rename it\n/);
      equal(stderr.match(/not UTF-8/g)?.length, 1);
      match(stdout, /good\.wav[^]*real \ufffd\.wav/);
      const stems = await analyze(folder, "--stems-dir", "st\ufffdmme");
      equal(stems.code, 1);
      match(stems.stderr, /st\ufffdmme: the name is not UTF-8/);
      const bench = await tactus(["evaluate", folder, "--results", folder]);
      equal(bench.code, 2);
      match(bench.stderr, /caf\ufffd\.wav: the name is not UTF-8/);
    });
  },
});

Deno.test({
  name: "analyze escapes control characters of names in its messages, and not in its results",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const name = "a\x1b[2J\nb\u202e";
      await Deno.writeFile(join(folder, `${name}.wav`), SOUND);
      await Deno.writeTextFile(join(folder, `${name}.mp3`), "text");
      const stems = join(folder, `${name} stems`);
      await Deno.mkdir(stems);
      for (const stem of STEMS.slice(1)) await Deno.writeFile(join(stems, `${stem}.wav`), SOUND);
      const mixes = await analyze(folder, `${name}.wav`, `${name}.mp3`);
      const given = await analyze(folder, "--stems-dir", stems);
      for (const { code, stdout, stderr } of [mixes, given]) {
        equal(code, 1);
        // deno-lint-ignore no-control-regex
        ok(!/[\x1b\u202e]/.test(stdout + stderr), stderr);
      }
      const shown = "a\\x1b[2J\\nb\\u202e";
      ok(mixes.stdout.startsWith(`${join(folder, shown)}.wav\n`), mixes.stdout);
      ok(mixes.stderr.includes(`${join(folder, shown)}.mp3: Decoding`), mixes.stderr);
      ok(given.stderr.includes(`${shown} stems has no file for bass`), given.stderr);
      const result = await Deno.readTextFile(join(folder, "struct", `${name}.json`));
      equal(JSON.parse(result).path, join(folder, `${name}.wav`));
    });
  },
});

Deno.test({
  name: "no command names a flag of Deno where it cannot use a folder of the operating system",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      await Deno.writeFile(join(folder, "song.wav"), SOUND);
      const calls: string[][] = [
        ["analyze", "song.wav", "-o", "/proc/x"],
        ["analyze", "song.wav", "-k", "--demix-dir", "/sys/x"],
        ["analyze", "song.wav", "-k", "--spec-dir", "/dev/x/y"],
        ["analyze", "song.wav", "--timings-path", "/proc/x.jsonl"],
        ["analyze", "song.wav", "--weights-dir", "/proc/x", "-m", "harmonix-fold0"],
        ["analyze", "song.wav", "--demixer", "/proc/x.th"],
        ["analyze", "/proc/x/"],
        ["analyze", "/proc/x.m3u"],
        ["analyze", "/proc/x/*.mp3"],
        ["analyze", "song.wav", "-v", "--viz-dir", "/proc/x"],
        ["analyze", "song.wav", "-s", "--sonif-dir", "/proc/x"],
        ["analyze", "--stems-dir", "/proc/x"],
        ["analyze", "--tracks", "/proc/x.json"],
        ["analyze", "--stems-pattern", "{track}_{stem}.wav", "--stems-dir", "/proc/x"],
        ["evaluate", "/proc/x"],
        ["evaluate", folder, "--results", "/proc/x"],
        ["bench", "/proc/x"],
        ["report", "timings", "/proc/x.jsonl"],
        ["history", "list", "--history", "/proc/x.sqlite"],
        ["history", "import", "/proc/x", "--history", join(folder, "h.sqlite")],
        ["nightly", "--settings", "/proc/x.toml", "-o", folder],
        ["parity", "--fixtures-dir", "/proc/x"],
        ["parity", "diff", "/proc/x", "/proc/y"],
        ["parity", "beats", "/proc/x", "/proc/y"],
        ["parity", "record", "song.wav", "--out", "/proc/x"],
        ["models", "list", "--weights-dir", "/proc/x"],
        ["models", "pull", "htdemucs", "--weights-dir", "/proc/x"],
        ["models", "remove", "htdemucs", "--weights-dir", "/proc/x"],
      ];
      // Calls of one process have the permissions of one command.
      const byCommand = Map.groupBy(calls, ([name]) => ["bench", "nightly"].includes(name!));
      const outcomes = (await Promise.all(
        [...byCommand.values()].map((some) => tactusEach(some, { cwd: folder })),
      )).flat();
      for (const [at, { code, stdout, stderr }] of outcomes.entries()) {
        const said = `${[...byCommand.values()].flat()[at]!.join(" ")}: ${stdout}${stderr}`;
        ok(code === 1 || code === 2, said);
        ok(/\/(?:proc|sys|dev)\b/.test(stderr), said);
        ok(!/--allow-|NotCapable/.test(stdout + stderr), said);
      }
    });
  },
});
