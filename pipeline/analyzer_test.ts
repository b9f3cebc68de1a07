import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { openAudio } from "../kernels/mod.ts";
import { ModelError } from "../models/model_error.ts";
import { FIXTURES_FOLDER, PROGRAM_FOLDER } from "../core/program.ts";
import { Analyzer, type AnalyzerOptions } from "./analyzer.ts";
import type { Progress } from "./progress.ts";
import type { RunObserver } from "./runner.ts";

const PIECE = join(FIXTURES_FOLDER, "audio", "four_four", "mix.flac");
const EMBEDDED = { model: "embedded", demixer: "hpss-mix" } as const;

/** Noise of a length in seconds, quiet enough not to be clipped. */
function noise(seconds: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: 44_100 * seconds }, () => {
    state = state * 48_271 % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  });
}

Deno.test("an Analyzer gives the same result for a file and for its samples, one after the other or together", async () => {
  await using analyzer = await Analyzer.load(EMBEDDED);
  const progress: Progress[] = [];
  const ofFile = await analyzer.analyze(PIECE, { onProgress: (now) => progress.push(now) });
  const file = await openAudio(PIECE, 44_100);
  const { data } = await file.read();
  file.close();
  const channels = [data.subarray(0, file.samples), data.subarray(file.samples)];
  const samples = { channels, sampleRate: 44_100, name: "in memory" };
  const together = await Promise.all([analyzer.analyze(samples), analyzer.analyze(PIECE)]);
  equal(together[1], ofFile);
  const [{ path, provenance, ...found }] = together;
  const { path: _path, provenance: expected, ...rest } = ofFile;
  equal([path, found], ["in memory", rest]);
  equal(provenance.mix, {
    ...{
      file: "in memory",
      identity: null,
      codec: "samples",
      sample_rate: 44_100,
      decoder: "none",
    },
    ...{ trimmed: [0, 0], pcm_sha256: expected.mix!.pcm_sha256 },
  });
  ok(progress.length > 7);
  equal(progress[0], { stage: "decode", done: 0, total: 1, fraction: 0 });
});

Deno.test("an Analyzer frees the arrays of an analysis, and does not leave them to the garbage collector", async () => {
  await using analyzer = await Analyzer.load(EMBEDDED);
  const samples = { channels: [noise(30)], sampleRate: 44_100, name: "noise" };
  await analyzer.analyze(samples);
  const before = Deno.memoryUsage().external;
  await analyzer.analyze(samples);
  // The mixture alone has 10.6 MB, the stems as many, the spectrogram 3.9 MB.
  const grown = Deno.memoryUsage().external - before;
  ok(grown < 3e6, `${grown} bytes are left of an analysis`);
});

Deno.test("analyses at the same time separate in turn, so that they do not take the memory twice", async () => {
  await using analyzer = await Analyzer.load(EMBEDDED);
  const samples = { channels: [noise(5)], sampleRate: 44_100, name: "noise" };
  const spans: { readonly start: number; readonly end: number }[] = [];
  const observer: RunObserver = {
    onTiming: (timing) => timing.stage === "demix" && spans.push(timing),
  };
  await Promise.all([1, 2, 3].map(() => analyzer.analyze(samples, { observer })));
  const [first, second, third] = spans.sort((one, other) => one.start - other.start);
  ok(first!.end <= second!.start && second!.end <= third!.start, JSON.stringify(spans));
});

Deno.test("an Analyzer takes samples at another rate, in one channel or in more than two", async () => {
  await using analyzer = await Analyzer.load(EMBEDDED);
  const channel = noise(3);
  const input = { channels: [channel], sampleRate: 22_050, name: "slow" };
  const mono = await analyzer.analyzeWithSeams(input);
  equal(mono.durationSeconds, 6);
  const many = await analyzer.analyzeWithSeams({
    ...input,
    channels: [channel, channel, noise(1), noise(1)],
  });
  equal(many.result.segments, mono.result.segments);
});

Deno.test("an Analyzer refuses samples that it cannot analyse, and names them", async () => {
  await using analyzer = await Analyzer.load(EMBEDDED);
  const refused = async (channels: readonly Float32Array[], message: RegExp): Promise<void> => {
    await rejects(analyzer.analyze({ channels, sampleRate: 44_100, name: "mine" }), message);
  };
  await refused([], /'mine'/);
  await refused([new Float32Array(10), new Float32Array(9)], /right channel must have 10 values/);
  await refused([Float32Array.of(NaN)], /'mine'/);
  const doubles = [new Float64Array(10)] as unknown as Float32Array[];
  await refused(doubles, /channels of 'mine' must be Float32Arrays/);
  const channels = [new Float32Array(10)];
  for (const sampleRate of [44_100.5, -3, 0]) {
    await rejects(
      analyzer.analyze({ channels, sampleRate, name: "mine" }),
      new RegExp(`rate of 'mine' must be a whole number of Hz above 0, but is ${sampleRate}$`),
    );
  }
});

for (const [stage, seconds] of [["decode", 0], ["demix", 60], ["network", 120]] as const) {
  Deno.test(`an analysis is aborted within a second in the stage ${stage}`, async () => {
    const model = stage === "network" ? "seeded-all" : "embedded";
    const demixer = stage === "demix" ? "seeded-htdemucs" : "hpss-mix";
    await using analyzer = await Analyzer.load({ model, demixer });
    const input = seconds === 0
      ? PIECE
      : { channels: [noise(seconds)], sampleRate: 44_100, name: "noise" };
    const controller = new AbortController();
    let aborted = 0;
    const analysis = analyzer.analyze(input, {
      signal: controller.signal,
      onProgress: (now) => {
        if (now.stage !== stage || aborted > 0) return;
        // In the middle of the first call of the kernels.
        setTimeout(() => {
          aborted = performance.now();
          controller.abort(new Error("enough"));
        }, seconds === 0 ? 0 : 200);
      },
    });
    await rejects(analysis, /^Error: enough$/);
    // A second where the machine does nothing else; the whole stage takes far longer.
    const took = performance.now() - aborted;
    ok(took < 5000, `${took} ms`);
    if (stage === "decode") equal((await analyzer.analyze(PIECE)).bpm, 125, "of use afterwards");
  });
}

Deno.test("an analysis with an aborted signal does not begin", async () => {
  await using analyzer = await Analyzer.load(EMBEDDED);
  const signal = AbortSignal.abort();
  await rejects(analyzer.analyze("/no/such/file", { signal }), { name: "AbortError" });
});

for (const [backend, seconds] of [["native", 120], ["onnx", 60]] as const) {
  Deno.test(`a timer of 50 ms fires during a run of the networks, ${backend}`, async () => {
    await using analyzer = await Analyzer.load({
      ...{ model: "seeded-fold0", demixer: "hpss-mix", compute: { backend } },
    });
    const input = { channels: [noise(seconds)], sampleRate: 44_100, name: "noise" };
    let [isNetwork, fired] = [false, 0];
    const timer = setInterval(() => fired += Number(isNetwork), 50);
    let [startedAt, took] = [0, 0];
    await analyzer.analyze(input, {
      observer: {
        onStart: (stage) => {
          if (stage !== "network") return;
          isNetwork = true;
          startedAt = performance.now();
        },
        onTiming: ({ stage }) => {
          if (stage !== "network") return;
          isNetwork = false;
          took = performance.now() - startedAt;
        },
      },
    }).finally(() => clearInterval(timer));
    // A busy machine makes timers late too; a blocked thread fires none.
    ok(fired >= Math.min(2, Math.floor(took / 200)), `${fired} times in ${took} ms`);
  });
}

Deno.test("Analyzer.load() throws where weights are missing, and start() throws at the first analysis", async () => {
  const missing = { ...EMBEDDED, demixer: "htdemucs", weightsDir: "/no/such/folder" };
  await rejects(Analyzer.load(missing), ModelError);
  const analyzer = Analyzer.start(missing);
  const error = await analyzer.analyze(PIECE).catch((error) => error);
  ok(error instanceof ModelError && analyzer.concernsAllTracks(error));
  await analyzer[Symbol.asyncDispose]();
});

Deno.test("an Analyzer goes on after a track that fails, and not after it is closed", async () => {
  const analyzer = await Analyzer.load(EMBEDDED);
  const error = await analyzer.analyze("/no/such/folder/one.wav").catch((error) => error);
  match(error.message, /one\.wav/);
  equal(analyzer.concernsAllTracks(error), false);
  const running = analyzer.analyze(PIECE);
  await analyzer[Symbol.asyncDispose]();
  equal((await running).bpm, 125);
  await rejects(analyzer.analyze(PIECE), /The analyzer is closed/);
});

Deno.test("Analyzer.load() chooses the weights that ship with the program where no others are installed", async () => {
  await using analyzer = await Analyzer.load({ weightsDir: "/no/such/folder" });
  const { provenance } = await analyzer.analyze(PIECE);
  equal(
    [provenance.demixer, provenance.model, provenance.automatic],
    ["hpss-mix", "embedded", ["demixer", "model"]],
  );
});

Deno.test("an Analyzer never writes a file", async () => {
  const program = `
    import { Analyzer } from ${JSON.stringify(import.meta.resolve("./mod.ts"))};
    await using analyzer = await Analyzer.load(${JSON.stringify(EMBEDDED)});
    console.log((await analyzer.analyze(${JSON.stringify(PIECE)})).bpm);`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--config",
      join(PROGRAM_FOLDER, "deno.json"),
      "--no-prompt",
      "--allow-read",
      "--allow-env",
      "--allow-sys",
    ]
      .concat(
        "--allow-ffi",
        "--deny-write",
        `data:application/typescript,${encodeURIComponent(program)}`,
      ),
  }).output();
  ok(success, new TextDecoder().decode(stderr));
  equal(new TextDecoder().decode(stdout).trim(), "125");
});

Deno.test("settingsKey() differs where a setting, the demixer or the model does", async () => {
  const keyOf = async (options: AnalyzerOptions): Promise<string> => {
    await using analyzer = await Analyzer.load({ ...EMBEDDED, ...options });
    return await analyzer.settingsKey();
  };
  const keys = await Promise.all([
    keyOf({}),
    keyOf({ demixer: "hpss" }),
    keyOf({ demixer: null }),
    keyOf({ embeddings: true }),
    keyOf({ audio: { gain: 3 } }),
    keyOf({ audio: { part: { endSeconds: 10 } } }),
    keyOf({ findings: { bpmRange: [70, 140] } }),
    keyOf({ model: "seeded-fold0" }),
  ]);
  equal(new Set(keys).size, keys.length);
  // A limit, and what is said of the choice, do not change a result.
  equal(await keyOf({ audio: { mostSeconds: 100, ffmpeg: false } }), keys[0]);
});

Deno.test("audio that is longer than the limit is an error, in every way of reading it", async () => {
  const seconds = 42.4;
  for (const keepsStems of [false, true]) {
    for (const demixer of ["hpss", "hpss-mix"]) {
      const load = (mostSeconds: number): Promise<Analyzer> =>
        Analyzer.load({ ...EMBEDDED, demixer, audio: { mostSeconds } });
      await using short = await load(5);
      await rejects(
        short.analyzeWithSeams(PIECE, { keepsStems }),
        /mix\.flac' is longer than 5 s, the limit/,
      );
      if (keepsStems || demixer === "hpss") continue;
      await using long = await load(seconds);
      const { durationSeconds, result } = await long.analyzeWithSeams(PIECE, { keepsStems });
      ok(durationSeconds <= seconds && durationSeconds > seconds - 0.1, `${durationSeconds}`);
      equal(result.provenance.part, null);
    }
  }
});
