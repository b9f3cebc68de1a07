/**
 * Draws `docs/demo.svg`: the demo piece's stems with the beats and segments that were found in them.
 *
 *     deno run -A scripts/draw_demo.ts WEIGHTS_DIR
 *
 * @module
 */

import { join } from "node:path";
import { loadModel } from "../models/mod.ts";
import { FIXTURES_FOLDER } from "../core/program.ts";
import {
  type AnalysisResult,
  analyzeTrack,
  BANDS,
  FRAMES_PER_SECOND,
  networkModel,
  STEMS,
  type Tensor,
} from "../pipeline/mod.ts";

const WIDTH = 960;
const LEFT = 64;
const ROW = 44;
const GAP = 10;
const TOP = 34;

/** Number of frames for each bar of a stem's picture. */
const FRAMES_PER_BAR = 8;

const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #333 }
  .stem { fill: #4a7aa8 } .beat { stroke: #999 } .downbeat { stroke: #c0392b; stroke-width: 1.5 }
  .odd { fill: #eef2f6 } .even { fill: #dfe7ee } .label { font-weight: 600 } .axis { fill: #777 }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd } .stem { fill: #7fb0dc } .odd { fill: #1d242b } .even { fill: #27313a }
    .beat { stroke: #667 } .downbeat { stroke: #ff8a76 } .axis { fill: #999 }
  }`;

/** Returns the loudness of one stem over time, as a filled outline around the middle of its row. */
function stemOutline(spectrogram: Tensor<"f32">, stem: number, x: (s: number) => number): string {
  const frames = spectrogram.shape[1] ?? 0;
  const levels: number[] = [];
  for (let start = 0; start < frames; start += FRAMES_PER_BAR) {
    const first = (stem * frames + start) * BANDS;
    const last = (stem * frames + Math.min(frames, start + FRAMES_PER_BAR)) * BANDS;
    const values = spectrogram.data.subarray(first, last);
    levels.push(values.reduce((sum, value) => sum + value, 0) / values.length);
  }
  const largest = Math.max(...levels, 1e-9);
  const middle = TOP + stem * (ROW + GAP) + ROW / 2;
  const point = (level: number, i: number, sign: number): string =>
    `${x(i * FRAMES_PER_BAR / FRAMES_PER_SECOND).toFixed(1)},${
      (middle + sign * (level / largest) * ROW / 2).toFixed(1)
    }`;
  const upper = levels.map((level, i) => point(level, i, -1));
  const lower = levels.map((level, i) => point(level, i, 1)).reverse();
  return `<polygon class="stem" points="${[...upper, ...lower].join(" ")}"/>` +
    `<text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${STEMS[stem]}</text>`;
}

function draw(result: AnalysisResult, spectrogram: Tensor<"f32">, duration: number): string {
  const x = (seconds: number): number => LEFT + seconds / duration * (WIDTH - LEFT - 8);
  const bottom = TOP + STEMS.length * (ROW + GAP);
  // Upstream's first segment can be a single frame, too narrow for its name.
  const segments = result.segments.map(({ start, end, label }, i) =>
    `<rect class="${i % 2 === 0 ? "even" : "odd"}" x="${x(start).toFixed(1)}" y="24" width="${
      (x(end) - x(start)).toFixed(1)
    }" height="${bottom - 24}"/>` +
    (end - start < 0.5
      ? ""
      : `<text class="label" x="${(x(start) + 6).toFixed(1)}" y="18">${label}</text>`)
  );
  const beats = result.beats.map((time, beat) => {
    const isDownbeat = result.beat_positions[beat] === 1;
    return `<line class="${isDownbeat ? "downbeat" : "beat"}" x1="${x(time).toFixed(1)}" x2="${
      x(time).toFixed(1)
    }" y1="${bottom + 2}" y2="${bottom + (isDownbeat ? 22 : 12)}"/>`;
  });
  const seconds = Array.from({ length: Math.floor(duration / 10) + 1 }, (_, i) => 10 * i).map(
    (s) => `<text class="axis" x="${x(s).toFixed(1)}" y="${bottom + 40}">${s} s</text>`,
  );
  const title = `${result.bpm} bpm, ${result.beats.length} beats`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 66}" role="img">`,
    `<title>Four stems with the beats and segments found in them: ${title}</title>`,
    `<style>${STYLE}</style>`,
    ...segments,
    ...STEMS.map((_, stem) => stemOutline(spectrogram, stem, x)),
    ...beats,
    ...seconds,
    `<text x="${LEFT - 8}" y="${bottom + 16}" text-anchor="end">beats</text>`,
    `<text class="axis" x="${LEFT}" y="${bottom + 58}">${title}</text>`,
    "</svg>",
  ].join("\n") + "\n";
}

if (import.meta.main) {
  const [weightsDir] = Deno.args;
  if (weightsDir === undefined) {
    throw new Error("Usage: deno run -A scripts/draw_demo.ts WEIGHTS_DIR");
  }
  const stems = join(FIXTURES_FOLDER, "audio", "four_four");
  const name = "harmonix-all";
  const { result, seams, durationSeconds } = await analyzeTrack(
    { path: stems, name: "demo", stemsDirectory: stems },
    {
      model: loadModel(name, { weightsDir }).then((folds) => networkModel(name, folds)),
      embeddings: false,
    },
  );
  const svg = draw(result, seams.spectrogram, durationSeconds);
  await Deno.writeTextFile(join(import.meta.dirname ?? ".", "..", "docs", "demo.svg"), svg);
}
