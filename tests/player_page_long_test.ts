/** Tests the playback of the player page in real time. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Tensor, tensor } from "../core/tensor.ts";
import { encodeFlac } from "../kernels/mod.ts";
import { PAGE_LIMITS } from "../outputs/player/page_audio.ts";
import { type Example, exampleTrack } from "./support/analyzed_track.ts";
import { type Browser, browserTest } from "./support/browser.ts";
import {
  BURSTS,
  burstTrack,
  ensureInSync,
  open,
  pageOf,
  startPlayback,
  syncErrors,
} from "./support/player_page.ts";
import { blankCanvases, problems } from "./support/report_page.ts";

const RATE = 44_100;

/** Returns fifteen positions of the playhead, a tenth of a second apart, in seconds. */
function positionsOf(browser: Browser): Promise<number[]> {
  return browser.evaluate<number[]>(`(async () => {
    const found = [];
    for (let i = 0; i < 15; i++) {
      await new Promise((done) => setTimeout(done, 100));
      found.push(player.position());
    }
    return found;
  })()`);
}

browserTest(
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

browserTest(
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

browserTest(
  "a loop stays in its segment",
  () => pageOf(burstTrack()),
  async (browser, url) => {
    await open(browser, url);
    await browser.evaluate("player.seek(2.6)");
    await browser.press("l");
    await startPlayback(browser);
    const positions = await positionsOf(browser);
    ok(positions.every((position) => position >= 2 && position < 3), `${positions}`);
    ok(positions.some((position, i) => position < (positions[i - 1] ?? 0)), "It never turned");
    const inside = BURSTS.filter((time) => time >= 2 && time < 3);
    ensureInSync(await syncErrors(browser, inside, 1));
  },
);

browserTest(
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

browserTest(
  "a long track plays while it is decoded, with the playhead at the audio, and loops",
  () => pageOf(burstTrack(), (audio) => ({ ...audio, isDecoded: false })),
  async (browser, url) => {
    await open(browser, url);
    equal(await browser.evaluate("document.getElementById('clicks').disabled"), true);
    await startPlayback(browser);
    ensureInSync(await syncErrors(browser, BURSTS));
    await browser.evaluate("player.seek(2.5)");
    await browser.press("l");
    const turns = await positionsOf(browser);
    ok(turns.every((position) => position >= 2 && position < 3.3), `${turns}`);
    ok(turns.some((position, i) => position < (turns[i - 1] ?? 0)), "It never turned");
    equal(problems(browser), []);
  },
);

browserTest(
  "a track of 25 minutes is embedded, drawn and played like a short one",
  () => pageOf(exampleTrack({ seconds: 1500 })),
  async (browser, url) => {
    const { size } = await stat(fileURLToPath(url));
    // The mix as FLAC in base64, and little else.
    ok(size > 50e6 && size < 4 / 3 * PAGE_LIMITS.embeddedBytes + 2e6, `${size} bytes`);
    await open(browser, url);
    equal(await blankCanvases(browser), []);
    equal(await browser.evaluate("document.getElementById('seek').max"), "1500");
    // The fastest of many, so that a busy machine does not matter.
    const redrawn = await browser.evaluate<number>(`(() => {
      let least = Infinity;
      for (let at = 0; at < 1500; at += 25) {
        const start = performance.now();
        player.seek(at + 0.5);
        least = Math.min(least, performance.now() - start);
      }
      return least;
    })()`);
    ok(redrawn < 50, `A seek took ${redrawn} ms`);
    await browser.press("End");
    await browser.press("ArrowLeft");
    await browser.press("ArrowLeft");
    await startPlayback(browser);
    const positions = await positionsOf(browser);
    ok(positions.every((position, i) => position > (positions[i - 1] ?? 1490)), `${positions}`);
    equal(await browser.evaluate("document.getElementById('label').textContent"), "chorus");
    equal(problems(browser), []);
  },
);
