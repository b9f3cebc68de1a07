/** Tests that the stream of a track gives what the stages give from whole arrays. */

import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { PROGRAM_FOLDER } from "../core/program.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { noise, type WavContent, wavFile } from "../tests/support/wav.ts";
import type { AudioOptions } from "./audio_files.ts";
import { loadDemixer } from "./backends/demixers.ts";
import { releaseDemixer } from "./demix.ts";
import type { NetworkModel } from "./network.ts";
import { progressOf } from "./progress.ts";
import type { RunObserver, StageTiming } from "./runner.ts";
import type { Separated, SeparationOptions, StemsRun, Track } from "./separated.ts";
import { spectrogram } from "./spectrogram.ts";
import { STAGES } from "./stages.ts";
import { streamStems } from "./stem_stream.ts";
import { readStems } from "./stems.ts";
import { sha256OfStems } from "./stems_hash.ts";
import { separate } from "./track_stems.ts";

const SMALL = join(PROGRAM_FOLDER, "models", "testdata", "small_htdemucs.th");

/** A mix, and how it is read. */
interface Case {
  readonly name: string;
  readonly seconds?: number;
  readonly rate?: number;
  readonly channels?: 1 | 2;
  readonly bits?: 16 | 32;
  /** Level at a second. */
  readonly level?: (second: number) => number;
  /** Whether the right channel is the left one inverted. */
  readonly isInverted?: boolean;
  readonly audio?: AudioOptions;
}

const LATE = (second: number): number => second > 2 ? 4 : 0.3;

const CASES: readonly Case[] = [
  { name: "stereo" },
  { name: "one sample", seconds: 1 / 44_100 },
  { name: "one frame", seconds: 441 / 44_100 },
  { name: "a chunk and a sample", seconds: (256 * 512 + 1) / 44_100 },
  { name: "mono of 48 kHz", rate: 48_000, channels: 1, bits: 16 },
  { name: "22.05 kHz, loud from the start", rate: 22_050, level: () => 3 },
  { name: "channels that cancel each other", isInverted: true },
  { name: "silence", level: () => 0 },
  { name: "a part", audio: { part: { startSeconds: 0.6, endSeconds: 2.7 } } },
  { name: "a part to the end, louder", audio: { part: { startSeconds: 1 }, gain: 9.5 } },
  { name: "normalised", level: () => 0.2, audio: { gain: "normalize" } },
];

/** Decaying tones and noise. */
function contentOf(
  { seconds = 3, rate = 44_100, channels = 2, bits = 32, level, isInverted }: Case,
): WavContent {
  const length = Math.max(1, Math.round(seconds * rate));
  const [left, right] = [noise(length, 3), noise(length, 4)];
  const samples = new Float32Array(length * channels);
  for (let at = 0; at < length; at++) {
    const second = at / rate;
    const tone = Math.sin(700 * second) * Math.exp(-4 * (second % 0.5));
    const gain = level?.(second) ?? 0.5;
    samples[channels * at] = gain * (0.7 * tone + 0.5 * left[at]!);
    if (channels === 1) continue;
    samples[2 * at + 1] = isInverted ? -samples[2 * at]! : gain * (0.7 * tone + 0.5 * right[at]!);
  }
  return { sampleRateHz: rate, channels, bits, samples };
}

function runOf(keepsStems: boolean, audio: AudioOptions, observer: RunObserver = {}): StemsRun {
  return {
    context: { model: Promise.race([]) as Promise<NetworkModel>, embeddings: false },
    ...{ observer, origin: performance.now(), audio, keepsStems, takesUpstreams: false },
    stages: STAGES.slice(0, 1),
  };
}

/** Separates a track both ways and compares all that is told and made. */
async function compareWays(
  track: Track,
  options: SeparationOptions,
  audio: AudioOptions,
): Promise<void> {
  const { seams, sha256, ...whole } = await separate(track, options, runOf(true, audio));
  const stream = await separate(track, options, runOf(false, audio));
  const { seams: made, sha256: hash, ...told } = stream;
  equal(told, whole);
  equal(Object.keys(made), ["spectrogram"]);
  const { stems16 } = seams;
  ok(stems16 !== undefined);
  equal([await hash, await sha256], Array(2).fill(sha256OfStems(stems16)));
  equal(made.spectrogram, await spectrogram(stems16));
}

Deno.test("a mix in a stream gives the spectrogram, the hash and the warnings of whole arrays", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "mix.wav");
    for (const [at, one] of CASES.entries()) {
      await Deno.writeFile(path, wavFile(contentOf(one)));
      const demixer = loadDemixer(at % 3 === 0 ? "hpss" : "hpss-mix");
      await compareWays({ path, name: "mix" }, { demixer, shifts: [null] }, one.audio ?? {});
    }
  });
});

Deno.test("a network in a stream gives the same as from whole arrays", async () => {
  const demixer = await loadDemixer(SMALL);
  try {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "mix.wav");
      await Deno.writeFile(path, wavFile(contentOf({ name: "", seconds: 6.5, level: LATE })));
      const options = { demixer: Promise.resolve(demixer), shifts: [777] };
      await compareWays({ path, name: "mix" }, options, { gain: "normalize" });
    });
  } finally {
    await releaseDemixer(demixer);
  }
});

Deno.test("stems in a stream give the spectrogram, the hash and the warnings of whole arrays", async () => {
  await inTemporaryFolder(async (folder) => {
    const lengths = [3, 2.9, 3.2, 3];
    const paths = lengths.map((_, at) => join(folder, `${at}.wav`));
    for (const [at, seconds] of lengths.entries()) {
      const more = at === 0
        ? { channels: 1, bits: 16 } as const
        : { rate: [44_100, 48_000][at % 2]! };
      await Deno.writeFile(paths[at]!, wavFile(contentOf({ name: "", seconds, ...more })));
    }
    const part = { startSeconds: 0.7, endSeconds: 2.95 };
    for (const audio of [{}, { gain: 8 }, { gain: "normalize" }, { part }] as const) {
      const { spectrogram: made, sha256, seconds, ...told } = await streamStems(paths, audio);
      const { stems16, ...whole } = await readStems(paths, audio);
      equal(told, whole);
      equal(sha256, sha256OfStems(stems16));
      equal(made, await spectrogram(stems16));
      ok(seconds.decode > 0 && seconds.spectrogram > 0);
    }
    await rejects(streamStems(paths, { stemsPaddingSeconds: 0.1 }), /different lengths/);
  });
});

Deno.test("the hash of stems is that of the hashes of the mean of their channels", () => {
  const stereo = Int16Array.of(1, 5, -4, 2, 4, -5, 7, 0, 1, 0, 0, 3);
  const digest = (...mono: number[]): Uint8Array =>
    createHash("sha256").update(Int16Array.from(mono)).digest();
  const expected = createHash("sha256").update(digest(1, 4, -4)).update(digest(3, 0, 2));
  equal(
    sha256OfStems({ dtype: "i16", shape: [2, 2, 3], data: stereo }),
    expected.digest("hex"),
  );
});

Deno.test("a stream reports the busy time of its stages, and kept stems are those of whole arrays", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "mix.wav");
    await Deno.writeFile(path, wavFile(contentOf({ name: "", seconds: 4, level: LATE })));
    const track = { path, name: "mix" };
    const keep = async (keepsStems: boolean, keepIn: string): Promise<[Separated, string[]]> => {
      const timings: StageTiming[] = [];
      const options = { demixer: loadDemixer("hpss-mix"), shifts: [null], keepIn };
      const events: string[] = [];
      const observer = {
        ...progressOf(({ stage }) => void events.push(stage)),
        onTiming: (timing: StageTiming): void => void timings.push(timing),
      };
      const separated = await separate(track, options, runOf(keepsStems, {}, observer));
      ok(timings.every(({ start, end }) => end > start));
      if (timings.length === 3) equal([...new Set(events)], ["decode", "demix"]);
      return [separated, timings.map(({ stage }) => stage)];
    };
    const folders = [join(folder, "whole"), join(folder, "stream")] as const;
    const [whole] = await keep(true, folders[0]);
    const [stream, stages] = await keep(false, folders[1]);
    equal(stages, ["decode", "demix", "spectrogram"]);
    equal(await stream.sha256, await whole.sha256);
    equal(stream.seams.spectrogram, await spectrogram(whole.seams.stems16!));
    const files = await namesIn(join(folders[0], "hpss", "mix"));
    equal(files, ["bass.wav", "drums.wav", "other.wav", "tactus.json", "vocals.wav"]);
    equal(await namesIn(join(folders[1], "hpss", "mix")), files);
    for (const file of files) {
      const [one, other] = await Promise.all(
        folders.map((kept) => Deno.readFile(join(kept, "hpss", "mix", file))),
      );
      equal(one, other, file);
    }
    // They are used again, either way.
    for (const keepsStems of [false, true]) {
      const [again] = await keep(keepsStems, folders[1]);
      equal(await again.sha256, await whole.sha256);
      equal(again.notes?.length, 1);
      const found = again.seams.spectrogram ?? await spectrogram(again.seams.stems16!);
      equal(found, stream.seams.spectrogram);
    }
    // What fails leaves nothing.
    const damaged = join(folder, "damaged.wav");
    await Deno.writeFile(damaged, new Uint8Array(100));
    const failing = { demixer: loadDemixer("hpss"), shifts: [null], keepIn: join(folder, "no") };
    await rejects(separate({ path: damaged, name: "damaged" }, failing, runOf(false, {})));
    await rejects(namesIn(failing.keepIn));
  });
});

Deno.test("a stream ends soon after its signal is aborted", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "mix.wav");
    await Deno.writeFile(path, wavFile(contentOf({ name: "", seconds: 60, bits: 16 })));
    const controller = new AbortController();
    const options = { demixer: loadDemixer("hpss-mix"), shifts: [null] };
    let steps = 0;
    const observer = {
      onProgress: (): void => {
        steps++;
        controller.abort(new Error("enough"));
      },
    };
    const run = runOf(false, { signal: controller.signal }, observer);
    await rejects(separate({ path, name: "mix" }, options, run), /enough/);
    equal(steps, 1);
  });
});

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}
