/** Tests the analyze command on unusual and damaged input, with a single seeded fold, which is fast. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { STEMS } from "../pipeline/stems.ts";
import { type Outcome, repository, tactus } from "./support/program.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

const RATE = 44_100;
const FORMATS = join(repository, "fixtures", "audio", "formats");

/** Stems by file name; `default` stands for those that are not named. */
type StemFiles = { readonly [name: string]: Uint8Array };

function stereo(samples: number, seed = 1, level = 1): Uint8Array {
  const values = noise(2 * samples, seed).map((value) => value * level);
  return wavFile({ sampleRateHz: RATE, channels: 2, bits: 16, samples: values });
}

/** Analyses the given stems and calls `check` with the outcome and the parsed result. */
async function analyze(
  files: StemFiles,
  // deno-lint-ignore no-explicit-any
  check: (outcome: Outcome, result: any, folder: string) => void | Promise<void>,
  more: readonly string[] = [],
): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const stems = join(folder, "song");
    await Deno.mkdir(stems);
    for (const stem of STEMS) {
      const own = Object.keys(files).find((name) => name.startsWith(`${stem}.`));
      const name = own ?? `${stem}.wav`;
      const bytes = files[own ?? "default"];
      if (bytes !== undefined) await Deno.writeFile(join(stems, name), bytes);
    }
    const out = join(folder, "out");
    const { stderr, ...outcome } = await tactus(
      ["analyze", "--stems-dir", stems, "-o", out, "-m", "seeded-fold0", ...more],
    );
    let result;
    try {
      result = JSON.parse(await Deno.readTextFile(join(out, "song.json")));
    } catch {
      // There is no result.
    }
    const own = stderr.replace(/^The weights .* are untrained.*\n/, "");
    await check({ ...outcome, stderr: own }, result, folder);
  });
}

Deno.test("analyze finds no beats in silence, and at least one segment", async () => {
  await analyze({ default: stereo(3 * RATE, 1, 0) }, ({ code }, result) => {
    equal(code, 0);
    ok(result.segments.length >= 1);
    equal(result.segments.at(-1).end, 3);
  });
});

for (const samples of [1, 441, Math.round(0.3 * RATE)]) {
  Deno.test(`analyze accepts ${samples} samples of audio`, async () => {
    await analyze({ default: stereo(samples) }, ({ code, stderr }, result) => {
      equal(code, 0, stderr);
      equal(result.segments[0].start, 0);
      equal(result.segments.at(-1).end, Math.ceil(samples / 441) / 100);
    });
  });
}

Deno.test("analyze accepts noise", async () => {
  await analyze({ default: stereo(5 * RATE) }, ({ code }, result) => {
    equal(code, 0);
    equal(result.beats.length, result.beat_positions.length);
  });
});

Deno.test("analyze accepts one silent stem", async () => {
  const files = { "vocals.wav": stereo(2 * RATE, 1, 0), default: stereo(2 * RATE) };
  await analyze(files, ({ code }) => equal(code, 0));
});

Deno.test("analyze names the file of a stem without samples", async () => {
  const files = { "vocals.wav": stereo(0), default: stereo(2 * RATE) };
  await analyze(files, ({ code, stderr }, result) => {
    equal([code, result], [1, undefined]);
    match(stderr, /vocals\.wav/);
  });
});

for (const sampleRateHz of [8000, 192_000]) {
  Deno.test(`analyze resamples ${sampleRateHz} Hz mono`, async () => {
    const bits = sampleRateHz === 8000 ? 8 : 16;
    const samples = noise(2 * sampleRateHz);
    const file = wavFile({ sampleRateHz, channels: 1, bits, samples });
    await analyze({ default: file }, ({ code }, result) => {
      equal(code, 0);
      equal(result.segments.at(-1).end, 2);
      equal(result.provenance.stems[0].sample_rate, sampleRateHz);
    });
  });
}

Deno.test("analyze decodes a truncated MP3 up to the damage, with a warning", async () => {
  const whole = await Deno.readFile(join(FORMATS, "mp3_cbr.mp3"));
  const cut = whole.slice(0, Math.floor(whole.length * 0.6));
  await analyze(
    { "bass.mp3": cut, "drums.mp3": cut, "other.mp3": cut, "vocals.mp3": cut },
    ({ code, stderr }, result) => {
      equal(code, 0, stderr);
      ok(result.segments.at(-1).end > 0.1);
      match(stderr, /Warning: .*bass\.mp3/);
    },
  );
});

Deno.test("analyze rejects a text file named .wav", async () => {
  const files = { "drums.wav": new TextEncoder().encode("no audio"), default: stereo(RATE) };
  await analyze(files, ({ code, stderr }, result) => {
    equal([code, result], [1, undefined]);
    match(stderr, /drums\.wav/);
  });
});

Deno.test("analyze rejects NaN samples and reports the position of the first", async () => {
  const samples = noise(2 * RATE);
  samples[1000] = NaN;
  const bad = wavFile({ sampleRateHz: RATE, channels: 2, bits: 32, samples });
  await analyze({ "other.wav": bad, default: stereo(RATE) }, ({ code, stderr }, result) => {
    equal([code, result], [1, undefined]);
    match(stderr, /other\.wav.*500/s);
  });
});

Deno.test("analyze names a missing stem", async () => {
  await analyze(
    { "bass.wav": stereo(RATE), "drums.wav": stereo(RATE), "vocals.wav": stereo(RATE) },
    ({ code, stderr }) => {
      equal(code, 1);
      match(stderr, /no file for other/);
    },
  );
});

Deno.test("analyze pads a stem that is two frames shorter, with a warning", async () => {
  const files = { "bass.wav": stereo(RATE - 882), default: stereo(RATE) };
  await analyze(files, ({ code, stderr }) => {
    equal(code, 0);
    match(stderr, /Warning: .*bass\.wav/);
  });
});

Deno.test("analyze pads a stem that is a second shorter with silence, with a warning", async () => {
  const files = { "bass.wav": stereo(2 * RATE), default: stereo(3 * RATE) };
  const padded = await new Promise<string>((resolve, reject) => {
    analyze(files, ({ code, stderr }, result) => {
      equal(code, 0, stderr);
      match(
        stderr,
        /Warning: .*bass\.wav has 2\.000 s where the longest stem has 3\.000 s; silence/,
      );
      equal(result.segments.at(-1).end, 3);
      resolve(result.provenance.stems16_sha256);
    }).catch(reject);
  });
  const silence = new Float32Array(6 * RATE);
  silence.set(noise(4 * RATE));
  const whole = wavFile({ sampleRateHz: RATE, channels: 2, bits: 16, samples: silence });
  await analyze({ "bass.wav": whole, default: stereo(3 * RATE) }, ({ stderr }, result) => {
    equal(stderr, "");
    equal(result.provenance.stems16_sha256, padded);
  });
});

Deno.test("analyze rejects a stem that is shorter than --stems-padding allows, and names the option", async () => {
  const files = { "bass.wav": stereo(RATE), default: stereo(7 * RATE) };
  await analyze(files, ({ code, stderr }, result) => {
    equal([code, result], [1, undefined]);
    match(
      stderr,
      /different lengths: .*bass\.wav has 1\.000 s.*more than 5\.000 s less.*--stems-padding/s,
    );
  });
  const padded = ["--stems-padding", "6"];
  await analyze(files, async ({ code, stderr }, result, folder) => {
    equal([code, result.provenance.stems_padding], [0, 6], stderr);
    // The padding counts for finished tracks as well.
    const args = ["analyze", "--stems-dir", join(folder, "song"), "-o", join(folder, "out")];
    const dry = async (...more: string[]): Promise<string> =>
      (await tactus([...args, "-m", "seeded-fold0", "--dry-run", ...more])).stdout;
    match(await dry(), /its stems needed 6\.000 s of silence, more than --stems-padding/);
    match(await dry(...padded), /^skip /);
  }, padded);
  const close = { "bass.wav": stereo(RATE - 883), default: stereo(RATE) };
  await analyze(close, ({ code }) => equal(code, 1), ["--stems-padding", "0"]);
});

Deno.test("analyze names silence, and channels that cancel each other", async () => {
  const opposite = noise(4 * RATE).map((_, i, all) => i % 2 === 0 ? all[i]! : -all[i - 1]!);
  const file = wavFile({ sampleRateHz: RATE, channels: 2, bits: 16, samples: opposite });
  await analyze({ "drums.wav": file, default: stereo(2 * RATE) }, ({ code, stderr }) => {
    equal(code, 0);
    match(stderr, /^Warning: .*song: the channels of drums\.wav cancel each other[^\n]*\n$/);
  });
  await analyze({ default: stereo(2 * RATE, 1, 0) }, ({ stderr }) => {
    match(stderr, /^Warning: .*song: the audio is silent[^\n]*\n$/);
  });
});

Deno.test("analyze names channels that cancel each other in a part of the audio", async () => {
  // Three quarters of eight seconds in antiphase.
  const half = noise(8 * RATE);
  const samples = Float32Array.from({ length: 16 * RATE }, (_, i) => {
    const [frame, channel] = [i >> 1, i & 1];
    return frame >= 2 * RATE && channel === 1 ? -half[frame]! : half[frame]!;
  });
  const antiphase = wavFile({ sampleRateHz: RATE, channels: 2, bits: 16, samples });
  const plain = stereo(8 * RATE);
  await analyze({ "drums.wav": antiphase, default: plain }, ({ code, stderr }) => {
    equal(code, 0);
    match(
      stderr,
      /^Warning: .*song: the channels of drums\.wav cancel each other in 6 of 8 s with sound[^\n]*\n$/,
    );
  });
  // Channels that have nothing in common are usual.
  await analyze({ default: plain }, ({ stderr }) => equal(stderr, ""));
});

Deno.test("analyze warns of quiet stems; --gain and --normalize raise them and are noted", async () => {
  const loud = stereo(2 * RATE);
  const float = (level: number): Uint8Array =>
    wavFile({
      ...{ sampleRateHz: RATE, channels: 2, bits: 32 },
      samples: noise(4 * RATE).map((value) => level * Math.round(value * 32767) / 32768),
    });
  const stems16 = async (
    files: StemFiles,
    ...more: string[]
  ): Promise<[string, string, unknown]> => {
    let found: [string, string, unknown] = ["", "", ""];
    await analyze(files, ({ code, stderr }, { provenance }) => {
      equal(code, 0, stderr);
      found = [provenance.stems16_sha256, stderr, provenance.gain];
    }, more);
    return found;
  };
  const [expected, silence, none] = await stems16({ default: loud });
  equal([silence, none], ["", null]);
  const quiet = { default: float(0.001) };
  const [rounded, warning, gain] = await stems16(quiet);
  match(warning, /^Warning: .*song: the audio is quiet \(-\d+\.\d dBFS.*--normalize, or --gain/);
  equal([gain, rounded === expected], [null, false]);
  const raised = await stems16(quiet, "--gain", "60");
  equal(raised, [expected, "", { db: 60, normalized: false }]);
  const [, quietly, normalized] = await stems16(quiet, "--normalize");
  equal(quietly, "");
  ok(Math.abs((normalized as { db: number }).db - 65.02) < 0.01);
  const [, clipped] = await stems16(quiet, "--gain", "80");
  match(clipped, /bass\.wav: the gain of 80\.0 dB clips \d+ samples/);
});

Deno.test("analyze rejects two gains", async () => {
  const args = ["analyze", "song.mp3", "--gain", "3", "--normalize"];
  const { code, stderr } = await tactus(args);
  equal(code, 2);
  match(stderr, /--gain or --normalize/);
});

Deno.test("analyze does not start on a folder that cannot be written", async () => {
  await analyze({ default: stereo(RATE) }, async (_, __, folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "in the way");
    const stems = join(folder, "song");
    const outcome = await tactus(
      ["analyze", "--stems-dir", stems, "-o", join(file, "out"), "-m", "seeded-fold0"],
    );
    equal(outcome.code, 2);
    match(outcome.stderr, /out/);
    equal(await Deno.readTextFile(file), "in the way");
  });
});
