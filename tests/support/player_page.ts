/**
 * The player page in a browser, for tests.
 *
 * @module
 */

import { equal, ok } from "node:assert/strict";
import { type PageAudio, pageAudio } from "../../outputs/player/page_audio.ts";
import { playerPage } from "../../outputs/player/page.tsx";
import { trackView } from "../../outputs/pictures/track_view.ts";
import { type Example, exampleTrack } from "./analyzed_track.ts";
import type { Browser } from "./browser.ts";
import { until } from "./deadline.ts";

/** Largest distance of the drawn position from the heard one. */
const SYNC_SECONDS = 0.02;

/** Comparisons of playhead and audio. */
const MEASUREMENTS = 6;

/** Bursts at growing distances: the distance of two tells which they are. */
export const BURSTS: readonly number[] = Array.from(
  { length: 24 },
  (_, i) => 0.2 + 0.3 * i + 0.008 * i * i,
);

const BURST_SEGMENTS = [
  { start: 0, end: 2, label: "intro" },
  { start: 2, end: 3, label: "verse" },
  { start: 3, end: 11, label: "chorus" },
];

/** Returns a track with the bursts. */
export const burstTrack = (): Example =>
  exampleTrack({ seconds: 11, beats: BURSTS, segments: BURST_SEGMENTS });

/** Returns the page of a track, of which the audio may be changed. */
export async function pageOf(
  { analyzed, mixture }: Example,
  change: (audio: PageAudio) => PageAudio | Promise<PageAudio> = (audio) => audio,
): Promise<string> {
  const audio = await change(await pageAudio(analyzed, mixture, "/"));
  return playerPage(trackView(analyzed, mixture), audio);
}

/** Opens a page and waits until it can play. */
export async function open(
  browser: Browser,
  url: string,
  width = 1400,
  scheme?: "dark",
): Promise<void> {
  await browser.open(url, width, scheme);
  await until(
    "the audio to be decoded",
    () => browser.evaluate("document.documentElement.dataset.ready === 'true'"),
  );
}

/** Starts playback with the keyboard, as a listener does. */
export async function startPlayback(browser: Browser): Promise<void> {
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
export async function syncErrors(
  browser: Browser,
  bursts: readonly number[],
  loopSeconds = 1000,
): Promise<number[]> {
  return await browser.evaluate(`(async () => {
    const { engine } = player.state;
    // A media element plays into a context of this test, which takes its audio at the element's own time.
    const isElement = engine.element !== undefined;
    const context = isElement ? new AudioContext() : engine.context;
    const output = isElement ? context.createMediaElementSource(engine.element) : engine.output;
    if (isElement) output.connect(context.destination);
    await context.resume();
    const wait = (time) => new Promise((done) => setTimeout(done, time));
    const tap = context.createAnalyser();
    tap.fftSize = 32768;
    output.connect(tap);
    // What was played before a seek leaves the tap.
    await wait(1000);
    const seconds = Number(document.getElementById("seek").max);
    const bursts = ${JSON.stringify(bursts)};
    const samples = new Float32Array(tap.fftSize);
    const errors = [];
    for (let tries = 0; tries < 600 && errors.length < ${MEASUREMENTS}; tries++) {
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
      const late = isElement ? 0 : context.outputLatency || context.baseLatency || 0;
      const heard = rendered - late;
      const error = drawn - heard;
      errors.push(error - Math.round(error / ${loopSeconds}) * ${loopSeconds});
      await wait(150);
    }
    return errors;
  })()`);
}

/** Checks differences of the playhead from the audio. */
export function ensureInSync(errors: readonly number[]): void {
  equal(errors.length, MEASUREMENTS);
  const worst = Math.max(...errors.map(Math.abs));
  ok(worst <= SYNC_SECONDS, `The playhead is ${1000 * worst} ms from the audio: ${errors}`);
}
