import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import {
  type Example,
  type ExampleOptions,
  exampleTrack,
} from "../../tests/support/analyzed_track.ts";
import { drawTrack } from "./draw_track.ts";
import type { Scene, Shape, Text } from "./scene.ts";
import { sceneToSvg } from "./svg.ts";
import { trackView } from "./track_view.ts";

function sceneOf(options: ExampleOptions = {}): Scene {
  const { analyzed, mixture }: Example = exampleTrack(options);
  return drawTrack(trackView(analyzed, mixture));
}

function textsOf({ shapes }: Scene): string[] {
  return shapes.filter((shape): shape is Text => shape.kind === "text").map(({ text }) => text);
}

/** Returns all numbers of a shape. */
function numbersOf(shape: Shape): number[] {
  const fields = Object.values(shape).filter((value) => typeof value === "number");
  const commands = shape.kind === "path" ? shape.commands.split(/[MLZ ]/).filter((one) => one) : [];
  return [...fields, ...commands.map(Number)];
}

/** Checks that all coordinates are finite and within the page. */
function ensureInside(scene: Scene): void {
  for (const shape of scene.shapes) {
    ok(numbersOf(shape).every(Number.isFinite), JSON.stringify(shape).slice(0, 200));
    if (shape.kind !== "path") continue;
    for (const [, x, y] of shape.commands.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)) {
      ok(Number(x) >= 0 && Number(x) <= scene.width, `x ${x}`);
      ok(Number(y) >= 0 && Number(y) <= scene.height, `y ${y}`);
    }
  }
}

Deno.test("drawTrack() names the track, its rows, its segments and their starts", () => {
  const scene = sceneOf();
  ensureInside(scene);
  const texts = textsOf(scene);
  for (
    const text of [
      ...["example.wav", "120 bpm · 24 beats · bars of 4 · 0:12", "mix", "bass", "vocals"],
      ...["intro", "verse", "chorus", "0:04", "0:08", "activations", "tempo"],
    ]
  ) ok(texts.includes(text), `${text} is missing`);
  match(scene.title, /^example\.wav: 120 bpm, 24 beats, 4 segments$/);
});

Deno.test("drawTrack() draws a line at each beat and downbeat of its time", () => {
  const { shapes } = sceneOf({ seconds: 10, beats: [0, 2.5, 5, 7.5, 10] });
  const lines = (stroke: string): number[] =>
    shapes.flatMap((shape) =>
      shape.kind === "path" && shape.stroke === stroke && shape.dashes === undefined
        ? [...shape.commands.matchAll(/M([\d.]+) /g)].map(([, x]) => Number(x))
        : []
    ).filter((x, i, all) => all.indexOf(x) === i);
  // The plot is 1088 wide from 92 on.
  equal(lines("beat"), [364, 636, 908]);
  equal(lines("downbeat"), [92, 1180]);
});

Deno.test("drawTrack() draws a part of a track at times of the whole", () => {
  const { analyzed, mixture } = exampleTrack({
    ...{ seconds: 10, beats: [61, 62, 63, 64, 65] },
    segments: [{ start: 60, end: 65, label: "solo" }, { start: 65, end: 70, label: "outro" }],
  });
  const scene = drawTrack({ ...trackView(analyzed, mixture), startSeconds: 60 });
  ensureInside(scene);
  const outro = scene.shapes.find((shape) =>
    shape.kind === "rectangle" && shape.title?.startsWith("outro")
  );
  equal(outro?.kind === "rectangle" && [outro.x, outro.title], [
    92 + 544,
    "outro, 1:05.0 to 1:10.0",
  ]);
  for (const text of ["1:00", "1:05", "1:09"]) ok(textsOf(scene).includes(text), text);
});

Deno.test("drawTrack() draws tracks without beats, without segments, of one frame, and of silence", () => {
  const nothing = sceneOf({ beats: [], segments: [] });
  ensureInside(nothing);
  for (const text of ["no beats found", "no segments found", "no tempo found"]) {
    ok(textsOf(nothing).includes(text), text);
  }
  ensureInside(sceneOf({ beats: [], segments: [], seconds: 0.005 }));
  ensureInside(sceneOf({ beats: [0.2], seconds: 0.5 }));
  ensureInside(sceneOf({ stemChannels: 0 }));
});

Deno.test("drawTrack() thins a track of three hours out", () => {
  const beats = Array.from({ length: 3 * 3600 * 2 }, (_, i) => 0.25 + i / 2);
  const segments = Array.from({ length: 300 }, (_, i) => ({
    ...{ start: i * 36, end: (i + 1) * 36, label: ["verse", "chorus", "bridge"][i % 3]! },
  }));
  const { analyzed, mixture } = exampleTrack({ seconds: 20 });
  const view = trackView(analyzed, mixture);
  const frames = 3 * 360_000;
  const long = (rows = 1) => ({ shape: [rows, frames], data: new Float32Array(rows * frames) });
  const scene = drawTrack({
    ...{ ...view, durationSeconds: 3 * 3600 },
    result: { ...view.result, beats, downbeats: beats.filter((_, i) => i % 4 === 0), segments },
    waves: [{
      name: "mix",
      envelope: { peak: new Float32Array(frames).fill(0.5), power: new Float32Array(frames) },
    }],
    activations: {
      ...view.activations,
      ...Object.fromEntries(
        ["beat", "downbeat", "section"].map((name) => [`activations.${name}`, long()]),
      ),
      "activations.function": { dtype: "f32", ...long(10) },
    },
  });
  ensureInside(scene);
  ok(textsOf(scene).includes("every 16th bar"), textsOf(scene).join("; "));
  // The labels have no room in their segments; a legend explains their colours.
  for (const label of ["verse", "chorus", "bridge"]) ok(textsOf(scene).includes(label), label);
  ok(sceneToSvg(scene).length < 400_000, `${sceneToSvg(scene).length} bytes`);
});

Deno.test("sceneToSvg() escapes names and adapts to a dark ground", () => {
  const path = "/music/<b>&\"'\u0001\ud800 日本.mp3";
  const svg = sceneToSvg(sceneOf({ path }));
  ok(svg.includes("&lt;b&gt;&amp;&quot;'\ufffd\ufffd 日本.mp3"));
  ok(!svg.includes("<b>"));
  match(svg, /prefers-color-scheme:dark/);
  ok(!sceneToSvg(sceneOf(), { adapts: false }).includes("<style>"));
});
