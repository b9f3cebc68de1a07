import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Tensor, tensor } from "../core/tensor.ts";
import { encodeFlac } from "../kernels/mod.ts";
import { type PageAudio, pageAudio } from "../outputs/player/page_audio.ts";
import { playerPage } from "../outputs/player/page.tsx";
import { trackView } from "../outputs/pictures/track_view.ts";
import { type Example, exampleTrack } from "./support/analyzed_track.ts";
import { Browser, browserPath } from "./support/browser.ts";
import { until } from "./support/deadline.ts";
import { accessibilityFindings, blankCanvases, overflow, problems } from "./support/report_page.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";

const PATH = browserPath();
const NOTE = PATH === null ? " (not run: no Chromium on the path, nor in $CHROMIUM)" : "";
const AXE = readFileSync(new URL("./axe.min.js", import.meta.resolve("axe-core")), "utf8");
const RATE = 44_100;

/** Largest distance of the drawn position from the heard one. */
const SYNC_SECONDS = 0.02;

/** Bursts at growing distances: the distance of two tells which they are. */
const BURSTS = Array.from({ length: 24 }, (_, i) => 0.2 + 0.3 * i + 0.008 * i * i);

const BURST_SEGMENTS = [
  { start: 0, end: 2, label: "intro" },
  { start: 2, end: 3, label: "verse" },
  { start: 3, end: 11, label: "chorus" },
];

const burstTrack = (): Example =>
  exampleTrack({ seconds: 11, beats: BURSTS, segments: BURST_SEGMENTS });

/** Declares a test with a browser and a page that is ready to play, which is ignored where there is no browser. */
function playerTest(
  name: string,
  page: () => Promise<string>,
  test: (browser: Browser, url: string) => Promise<void>,
): void {
  Deno.test({
    name: name + NOTE,
    ignore: PATH === null,
    fn: () =>
      inTemporaryFolder(async (folder) => {
        const file = join(folder, "page.html");
        writeFileSync(file, await page());
        await using browser = await Browser.start(PATH!);
        await test(browser, pathToFileURL(file).href);
      }),
  });
}

async function pageOf(
  { analyzed, mixture }: Example,
  change: (audio: PageAudio) => PageAudio | Promise<PageAudio> = (audio) => audio,
): Promise<string> {
  const audio = await change(await pageAudio(analyzed, mixture, "/"));
  return playerPage(trackView(analyzed, mixture), audio);
}

async function open(browser: Browser, url: string, width = 1400, scheme?: "dark"): Promise<void> {
  await browser.open(url, width, scheme);
  await until(
    "the audio to be decoded",
    () => browser.evaluate("document.documentElement.dataset.ready === 'true'"),
  );
}

/** Starts playback with the keyboard, as a listener does. */
async function startPlayback(browser: Browser): Promise<void> {
  await browser.press(" ");
  await until("playback", () => browser.evaluate("player.state.engine.isPlaying"));
}

/**
 * Compares, several times, the playhead on the page with the audio: the last two bursts that were rendered tell where
 * the audio is.
 *
 * @param bursts times of the bursts
 * @param loopSeconds length of the loop, after which positions come again; without a loop longer than the track
 * @returns differences in seconds
 */
async function syncErrors(
  browser: Browser,
  bursts: readonly number[],
  loopSeconds = 1000,
): Promise<number[]> {
  return await browser.evaluate(`(async () => {
    const { engine } = player.state;
    const { context } = engine;
    const wait = (time) => new Promise((done) => setTimeout(done, time));
    const tap = context.createAnalyser();
    tap.fftSize = 32768;
    engine.output.connect(tap);
    // What was played before a seek leaves the tap.
    await wait(1000);
    const seconds = Number(document.getElementById("seek").max);
    const bursts = ${JSON.stringify(bursts)};
    const samples = new Float32Array(tap.fftSize);
    const errors = [];
    for (let tries = 0; tries < 600 && errors.length < 12; tries++) {
      await wait(20);
      const now = context.currentTime;
      player.draw();
      tap.getFloatTimeDomainData(samples);
      // The audio went on meanwhile: try again.
      if (context.currentTime !== now) continue;
      const line = document.querySelector(".whole .playhead");
      const drawn = parseFloat(line.style.left) / 100 * seconds;
      // The starts of bursts, after silence of 50 ms.
      const starts = [];
      let loud = -1e9;
      for (let i = 0; i < samples.length; i++) {
        if (Math.abs(samples[i]) < 0.3) continue;
        if (i - loud > 2205 && i > 2205) starts.push(i);
        loud = i;
      }
      if (starts.length < 2) continue;
      const [before, last] = starts.slice(-2);
      const gap = (last - before) / context.sampleRate;
      const which = bursts.findIndex((time, i) => Math.abs(time - bursts[i - 1] - gap) < 0.003);
      if (which < 0) continue;
      const rendered = bursts[which] + (samples.length - last) / context.sampleRate;
      const heard = rendered - (context.outputLatency || context.baseLatency || 0);
      const error = drawn - heard;
      errors.push(error - Math.round(error / ${loopSeconds}) * ${loopSeconds});
      await wait(150);
    }
    return errors;
  })()`);
}

function ensureInSync(errors: readonly number[]): void {
  equal(errors.length, 12);
  const worst = Math.max(...errors.map(Math.abs));
  ok(worst <= SYNC_SECONDS, `The playhead is ${1000 * worst} ms from the audio: ${errors}`);
}

playerTest(
  "the player page draws everything without messages, in both widths and schemes",
  () => pageOf(exampleTrack({ stemChannels: 2 })),
  async (browser, url) => {
    for (const width of [1400, 400]) {
      for (const scheme of [undefined, "dark"] as const) {
        await open(browser, url, width, scheme);
        equal(await browser.evaluate("document.querySelectorAll('canvas').length"), 6);
        equal(await blankCanvases(browser), []);
        equal(problems(browser), []);
        equal(await overflow(browser), 0);
        await browser.evaluate("document.querySelector('details').open = true");
        equal(await accessibilityFindings(browser, AXE), []);
      }
    }
  },
);

playerTest(
  "the playhead is at the audio that is heard, within 20 ms, also after a seek",
  () => pageOf(burstTrack()),
  async (browser, url) => {
    await open(browser, url);
    await startPlayback(browser);
    ensureInSync(await syncErrors(browser, BURSTS));
    await browser.evaluate("player.seek(1.234)");
    ensureInSync(await syncErrors(browser, BURSTS));
    equal(problems(browser), []);
  },
);

playerTest(
  "a file that the browser decodes with more silence at its start is found to be late",
  () =>
    pageOf(burstTrack(), async (audio) => {
      const { mixture } = burstTrack();
      // As of an encoder with a delay of 2112 samples that the browser does not cut.
      const bytes = await encodeFlac(delayed(mixture, 2112), 2, RATE);
      return { ...audio, isExact: false, sources: [{ name: "mix", type: "audio/flac", bytes }] };
    }),
  async (browser, url) => {
    await open(browser, url);
    const lead = await browser.evaluate<number>("player.state.engine.lead");
    ok(Math.abs(lead - 2112 / RATE) <= 0.0025, `${lead}`);
    await startPlayback(browser);
    ensureInSync(await syncErrors(browser, BURSTS));
  },
);

function delayed({ data, shape }: Tensor<"f32">, delay: number): Int16Array {
  const length = shape[1]!;
  const moved = new Int16Array(2 * (length + delay));
  for (const channel of [0, 1]) {
    for (let i = 0; i < length; i++) {
      moved[channel * (length + delay) + delay + i] = Math.round(
        data[channel * length + i]! * 32767,
      );
    }
  }
  return moved;
}

playerTest(
  "a loop stays in its segment",
  () => pageOf(burstTrack()),
  async (browser, url) => {
    await open(browser, url);
    await browser.evaluate("player.seek(2.6)");
    await browser.press("l");
    await startPlayback(browser);
    const positions = await browser.evaluate<number[]>(`(async () => {
      const found = [];
      for (let i = 0; i < 15; i++) {
        await new Promise((done) => setTimeout(done, 100));
        found.push(player.position());
      }
      return found;
    })()`);
    ok(positions.every((position) => position >= 2 && position < 3), `${positions}`);
    ok(positions.some((position, i) => position < (positions[i - 1] ?? 0)), "It never turned");
    const inside = BURSTS.filter((time) => time >= 2 && time < 3);
    ensureInSync(await syncErrors(browser, inside, 1));
  },
);

playerTest(
  "mute and solo choose the stems that are heard",
  () => pageOf(toneStems()),
  async (browser, url) => {
    await open(browser, url);
    await startPlayback(browser);
    const loudness = (): Promise<number> =>
      browser.evaluate(`(async () => {
        const { engine } = player.state;
        engine.tap ??= engine.context.createAnalyser();
        engine.tap.fftSize = 4096;
        engine.output.connect(engine.tap);
        await new Promise((done) => setTimeout(done, 350));
        const samples = new Float32Array(4096);
        engine.tap.getFloatTimeDomainData(samples);
        return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / 4096) /
          engine.volume;
      })()`);
    const click = (selector: string): Promise<void> =>
      browser.evaluate(`document.querySelector('${selector}').click()`);
    const near = async (expected: number): Promise<void> => {
      const found = await loudness();
      ok(Math.abs(found - expected) < 0.12 * expected + 1e-3, `${found}, not ${expected}`);
    };
    const rms = (...peaks: number[]): number =>
      Math.sqrt(peaks.reduce((sum, peak) => sum + peak * peak / 2, 0));
    await near(rms(...TONES));
    await click("[data-mute=bass]");
    await near(rms(...TONES.slice(1)));
    await click("[data-solo=drums]");
    await near(rms(TONES[1]!));
    await click("[data-solo=bass]");
    await near(rms(TONES[0]!, TONES[1]!));
    for (const name of ["drums", "bass"]) await click(`[data-solo=${name}]`);
    for (const name of ["drums", "other", "vocals"]) await click(`[data-mute=${name}]`);
    await near(0);
  },
);

const TONES = [0.05, 0.1, 0.15, 0.2];

/** Returns a track of 30 s with four steady tones as stems. */
function toneStems(): Example {
  const example = exampleTrack({ seconds: 30, stemChannels: 2, beats: [] });
  const samples = example.mixture.shape[1]!;
  const data = new Int16Array(8 * samples);
  for (const [stem, peak] of TONES.entries()) {
    for (let i = 0; i < 2 * samples; i++) {
      const value = peak * Math.sin(2 * Math.PI * 441 * (stem + 1) * (i % samples) / RATE);
      data[2 * stem * samples + i] = Math.round(value * 32767);
    }
  }
  const stems16 = tensor("i16", [4, 2, samples], data);
  const { analyzed } = example;
  return { ...example, analyzed: { ...analyzed, seams: { ...analyzed.seams, stems16 } } };
}

playerTest(
  "the keyboard alone moves, loops and plays",
  () => pageOf(exampleTrack({ stemChannels: 2 })),
  async (browser, url) => {
    await open(browser, url);
    const position = (): Promise<number> => browser.evaluate("player.position()");
    const press = async (keys: string, expected: number): Promise<void> => {
      for (const key of keys.split(" ")) await browser.press(key);
      const found = await position();
      ok(Math.abs(found - expected) < 0.011, `After ${keys}: ${found}, not ${expected}`);
    };
    await press("ArrowRight", 5);
    await press("]", 8);
    await press("[ [", 0.01);
    await press(".", 0.25);
    await press(". .", 1.25);
    await press(",", 0.75);
    await press(">", 2.25);
    await press("<", 0.25);
    await press("End", 12);
    await press("Home", 0);
    await press("ArrowRight l", 5);
    equal(await browser.evaluate("document.querySelector('#loop').ariaPressed"), "true");
    equal(
      await browser.evaluate("document.querySelector('[data-segment][aria-current]').title"),
      "verse, 0:04.0 to 0:08.0",
    );
    const before = await browser.evaluate("player.state.span");
    await browser.press("-");
    ok(before !== await browser.evaluate("player.state.span"));
    await startPlayback(browser);
    await browser.press(" ");
    await until("a pause", () => browser.evaluate("!player.state.engine.isPlaying"));
    // Tab reaches the controls, and Enter uses the one that has the focus.
    for (let presses = 0; presses < 40; presses++) {
      await browser.press("Tab");
      if (await browser.evaluate("document.activeElement.id === 'next'")) break;
    }
    await browser.press("Enter");
    ok(Math.abs(await position() - 8) < 0.011);
  },
);

playerTest(
  "a long track plays while it is decoded, and moves at the pace of the clock",
  () => pageOf(burstTrack(), (audio) => ({ ...audio, isDecoded: false })),
  async (browser, url) => {
    await open(browser, url);
    equal(await browser.evaluate("document.getElementById('clicks').disabled"), true);
    await browser.evaluate("player.seek(2.5)");
    await browser.press("l");
    await startPlayback(browser);
    const drift = await browser.evaluate<number>(`(async () => {
      const wait = (time) => new Promise((done) => setTimeout(done, time));
      await wait(1500);
      const { element } = player.state.engine;
      return Math.abs(player.position() - element.currentTime) +
        (element.currentTime >= 2 && element.currentTime < 3.1 ? 0 : 1);
    })()`);
    ok(drift < SYNC_SECONDS, `${drift}`);
    equal(problems(browser), []);
  },
);

playerTest(
  "a track without beats and segments can be played",
  () => pageOf(exampleTrack({ beats: [], segments: [], seconds: 3 })),
  async (browser, url) => {
    await open(browser, url, 400);
    for (const key of ["[", "]", ",", ">", "l"]) await browser.press(key);
    await startPlayback(browser);
    equal(problems(browser), []);
    equal(await accessibilityFindings(browser, AXE), []);
  },
);
