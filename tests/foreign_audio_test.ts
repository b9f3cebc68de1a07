/** Tests files that are not read here: decoded through ffmpeg, or refused by name. ffmpeg is a script. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import program from "../deno.json" with { type: "json" };
import { PERMISSIONS } from "../reports/measure/process_bench.ts";
import type { AnalysisResult } from "../pipeline/result.ts";
import { resultSchema } from "../pipeline/result_schema.ts";
import { STEMS } from "../pipeline/stems.ts";
import { outcomeOf } from "./support/deadline.ts";
import { fakeFfmpeg } from "./support/fake_ffmpeg.ts";
import { command, type Outcome, repository, tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const ignore = Deno.build.os === "windows";
const NETWORKS = ["-m", "seeded-fold0", "--demixer", "hpss"] as const;
/** Beginning of a WavPack file. */
const WAVPACK = Uint8Array.from([..."wvpk"].map((c) => c.charCodeAt(0)).concat(Array(200).fill(7)));

/** Two seconds of noise at 48 kHz, as ffmpeg writes it to a pipe: three channels, float, of unknown length. */
function pipedWav(): Uint8Array {
  const samples = noise(3 * 96_000);
  const file = wavFile({ sampleRateHz: 48_000, channels: 3, bits: 32, samples });
  file.fill(0xff, 4, 8);
  file.fill(0xff, 40, 44);
  return file;
}

async function readResult(folder: string): Promise<AnalysisResult> {
  const text = await Deno.readTextFile(join(folder, "struct", "song.json"));
  return resultSchema.parse(JSON.parse(text));
}

async function analyze(
  folder: string,
  file: string,
  env: Record<string, string>,
  ...more: string[]
): Promise<Outcome> {
  return await tactus(["analyze", file, ...NETWORKS, ...more], { cwd: folder, env });
}

Deno.test({
  name: "analyze decodes a format that is not read here through ffmpeg, and says so",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const audio = join(folder, "piped");
      await Deno.writeFile(audio, pipedWav());
      await Deno.writeFile(join(folder, "song.wv"), WAVPACK);
      const { env, calls } = await fakeFfmpeg(folder, `cat '${audio}'`);
      const { code, stderr } = await analyze(folder, "song.wv", env);
      equal(code, 0, stderr);
      match(stderr, /song\.wv: decoded through ffmpeg 9\.1-fake, since WavPack is not read here/);
      const { segments, provenance } = await readResult(folder);
      equal(segments.at(-1)?.end, 2);
      equal(provenance.decoder, "ffmpeg 9.1-fake");
      equal([provenance.mix?.codec, provenance.mix?.sample_rate], ["wavpack", 48_000]);
      match(provenance.mix?.pcm_sha256 ?? "", /^[0-9a-f]{64}$/);
      const [call, ...others] = await calls();
      equal(others, []);
      ok(call?.includes(`-protocol_whitelist file -i file:${join(folder, "song.wv")} -map 0:a:0`));
      equal([...Deno.readDirSync(env["TMPDIR"]!)], []);
    });
  },
});

Deno.test({
  name: "analyze decodes single stems through ffmpeg, and repeats its errors as a warning",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const stems = join(folder, "song");
      await Deno.mkdir(stems);
      await Deno.writeFile(join(folder, "piped"), pipedWav());
      for (const stem of STEMS) {
        if (stem === "vocals") await Deno.writeFile(join(stems, "vocals.ape"), WAVPACK);
        else await Deno.writeFile(join(stems, `${stem}.wav`), pipedWav());
      }
      const log = ["[wavpack @ 0x55] [error] Packet header is damaged"];
      const { env } = await fakeFfmpeg(folder, `cat '${join(folder, "piped")}'`, log);
      const args = ["analyze", "--stems-dir", stems, "-m", "seeded-fold0"];
      const { code, stderr } = await tactus(args, { cwd: folder, env });
      equal(code, 0, stderr);
      match(stderr, /Warning: .*vocals\.ape: ffmpeg reports an error: Packet header is damaged/);
      const { provenance } = await readResult(folder);
      equal(provenance.decoder, "symphonia 0.6.1, ffmpeg 9.1-fake");
      const hashes = new Set(provenance.stems.map(({ pcm_sha256 }) => pcm_sha256));
      equal(hashes.size, 1);
    });
  },
});

Deno.test({
  name: "analyze names a format that is not read here, and how it can be read, without ffmpeg",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      await Deno.writeFile(join(folder, "song.wv"), WAVPACK);
      const { env, calls } = await fakeFfmpeg(folder, "exit 1");
      const forbidden = await analyze(folder, "song.wv", env, "--no-ffmpeg");
      equal(forbidden.code, 1);
      match(forbidden.stderr, /found WavPack, which is not read; .*without --no-ffmpeg/);
      equal(await calls(), []);
      const missing = await analyze(folder, "song.wv", { PATH: join(folder, "nothing") });
      equal(missing.code, 1);
      match(missing.stderr, /found WavPack, which is not read; .*install ffmpeg/);
    });
  },
});

Deno.test({
  name:
    "analyze does not try ffmpeg on damaged files of a supported format, or on what is not audio",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      await Deno.writeFile(join(folder, "piped"), pipedWav());
      const flac = await Deno.readFile(join(repository, "fixtures/audio/formats/flac_16.flac"));
      const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
      const files = {
        "damaged.flac": flac.fill(0x55, 100),
        "cut.wav": pipedWav().slice(0, 30),
        "text.wv": bytes("Nothing to hear\n".repeat(100)),
        "picture.wv": Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13]),
        "program.wv": bytes("\x7fELF\x02\x01\x01"),
        "unknown.wv": Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919) >> 3),
        "empty.wv": new Uint8Array(),
      };
      const { env, calls } = await fakeFfmpeg(folder, `cat '${join(folder, "piped")}'`);
      for (const [name, content] of Object.entries(files)) {
        await Deno.writeFile(join(folder, name), content);
      }
      const args = ["analyze", ...Object.keys(files), ...NETWORKS];
      const { code, stderr } = await tactus(args, { cwd: folder, env });
      equal(code, 1);
      for (const name of Object.keys(files)) ok(stderr.includes(name), stderr);
      match(stderr, /picture\.wv.*PNG picture, which is not audio/);
      equal(await calls(), []);
    });
  },
});

Deno.test({
  name: "analyze repeats the last lines of an ffmpeg that fails",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      await Deno.writeFile(join(folder, "song.wv"), WAVPACK);
      const { env } = await fakeFfmpeg(folder, "echo 'Invalid data \x1b[2J found' >&2; exit 69");
      const { code, stderr } = await analyze(folder, "song.wv", env);
      equal(code, 1);
      match(
        stderr,
        /song\.wv.* through ffmpeg failed: exit code 69 .*Invalid data \\x1b\[2J found/,
      );
      equal([...Deno.readDirSync(env["TMPDIR"]!)], []);
    });
  },
});

Deno.test({
  name: "analyze does not report the output of a broken ffmpeg as damage of the file",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      await Deno.writeFile(join(folder, "song.wv"), WAVPACK);
      await Deno.writeFile(join(folder, "empty"), pipedWav().slice(0, 44));
      for (
        const [body, finding] of [
          ["printf 'RIFF....WAVEfmt and no more'", "expected those of a WAV file, found damage"],
          [`cat '${join(folder, "empty")}'`, "expected audio, found 0 samples"],
        ] as const
      ) {
        const { env } = await fakeFfmpeg(folder, body);
        const { code, stderr } = await analyze(folder, "song.wv", env);
        equal(code, 1);
        match(stderr, /song\.wv' through ffmpeg failed: its output cannot be analyzed \(/);
        ok(stderr.includes(`(${finding}`), stderr);
        match(stderr, /check that the ffmpeg on the PATH works/);
        ok(!stderr.includes("intact copy") && !stderr.includes("tactus_ffmpeg_"), stderr);
      }
    });
  },
});

Deno.test({
  name: "analyze ends ffmpeg and removes its file when it is interrupted",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const pidFile = join(folder, "pid");
      await Deno.writeFile(join(folder, "piped"), pipedWav());
      await Deno.writeFile(join(folder, "song.wv"), WAVPACK);
      const { env } = await fakeFfmpeg(
        folder,
        `cat '${
          join(folder, "piped")
        }'; echo $$ > '${pidFile}.new'; mv '${pidFile}.new' '${pidFile}'; exec sleep 600`,
      );
      const child = command(["analyze", "song.wv", ...NETWORKS], { cwd: folder, env }).spawn();
      let pid = "";
      while (pid === "") {
        await new Promise((resolve) => setTimeout(resolve, 20));
        pid = await Deno.readTextFile(pidFile).catch(() => "");
      }
      equal([...Deno.readDirSync(env["TMPDIR"]!)].length, 1);
      child.kill("SIGINT");
      equal((await outcomeOf(child)).code, 130);
      equal([...Deno.readDirSync(env["TMPDIR"]!)], []);
      // Its parent is gone: the system takes its exit status, and the number is free.
      for (let round = 0; isRunning(Number(pid)); round++) {
        ok(round < 500, "ffmpeg still runs");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
  },
});

/** Returns whether a process exists and has not ended. */
function isRunning(pid: number): boolean {
  const { stdout } = new Deno.Command("ps", { args: ["-o", "stat=", "-p", String(pid)] })
    .outputSync();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}

Deno.test("the tasks that decode audio may run ffmpeg, and no other program", () => {
  const tasks: Record<string, string | { command: string }> = program.tasks;
  const allowed = PERMISSIONS.filter((one) => one.startsWith("--allow")).toSorted();
  equal(allowed.filter((one) => one.includes("run")), ["--allow-run=ffmpeg"]);
  for (const name of ["analyze", "evaluate", "parity"]) {
    const task = tasks[name];
    const words = (typeof task === "object" ? task.command : "").split(" ");
    equal(words.filter((word) => word.startsWith("--allow")).toSorted(), allowed, name);
  }
});

Deno.test({
  name: "an ffmpeg that is none, or does not work, is not told as damage of the file",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      await Deno.writeFile(join(folder, "song.wv"), WAVPACK);
      const cases: [body: string, version: string, message: RegExp][] = [
        [
          "exit 0",
          "exit 1",
          /needs ffmpeg, but the ffmpeg on the PATH does not work: ffmpeg -version/,
        ],
        ["exit 0", "echo another program", /ffmpeg -version does not tell a version of ffmpeg/],
        ["head -c 100000 /dev/zero", "echo ffmpeg version 1", /is not the WAV that was asked for/],
      ];
      for (const [body, version, message] of cases) {
        const { env } = await fakeFfmpeg(folder, body, [], version);
        const { code, stderr } = await analyze(folder, "song.wv", env);
        equal(code, 1);
        match(stderr, message);
        match(stderr, /song\.wv'.*[;:] repair or replace it, or convert the file to FLAC or WAV/);
        ok(!/damaged|plays elsewhere/.test(stderr), stderr);
      }
    });
  },
});

Deno.test({
  name: "every command that decodes audio can be kept from running ffmpeg",
  ignore,
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const mix = join(folder, "song.wv");
      await Deno.writeFile(mix, WAVPACK);
      await Deno.writeTextFile(join(folder, "song.json"), '{"beats": [1, 2]}');
      const { env, calls } = await fakeFfmpeg(folder, "exit 1");
      const untrained = ["-m", "seeded-fold0", "--demixer", "hpss"];
      const commands = [
        ["evaluate", folder, "--system", "hpss/seeded-fold0"],
        ["bench", mix, ...untrained, "--rounds", "1"],
        ["nightly", mix, ...untrained, "--skip", "parity", "-o", join(folder, "nightly")],
        ["parity", "record", mix, ...untrained, "--out", join(folder, "seams")],
        ["parity", "backends", mix, "--demixer", "seeded-htdemucs", "--stage", "network"],
      ];
      for (const args of commands) {
        const { code, stderr } = await tactus([...args, "--no-ffmpeg"], { cwd: folder, env });
        ok(code > 0, args.join(" "));
        match(stderr, /found WavPack, which is not read; .*without --no-ffmpeg/, args.join(" "));
      }
      equal(await calls(), []);
    });
  },
});
