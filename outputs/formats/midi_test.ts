import { deepStrictEqual as equal, ok } from "node:assert/strict";
import toneMidi from "@tonejs/midi";
import { FORMAT_CASES } from "../../fixtures/format_cases.ts";
import { encodeMidi } from "./midi.ts";

const { Midi } = toneMidi;

/** A tick of 960 a beat at 40 bpm, the slowest here. */
const TICK = 60 / 40 / 960;

Deno.test("@tonejs/midi reads beats, segments, bars and the name", () => {
  for (const [name, result] of Object.entries(FORMAT_CASES)) {
    const midi = new Midi(encodeMidi(result));
    const times = midi.tracks.flatMap(({ notes }) => notes).map(({ time }) => time);
    equal(times.length, result.beats.length, name);
    const tolerance = result.tempo?.constant ? TICK / 2 : 2e-6;
    times.forEach((time, beat) =>
      ok(Math.abs(time - result.beats[beat]!) <= tolerance, `${name} ${time}`)
    );
    const notes = midi.tracks.flatMap(({ notes }) => notes);
    if (!result.tempo?.constant) {
      ok(notes.every(({ ticks }) => ticks % 120 === 0), `${name}: a beat is off the ticks`);
    }
    const markers = midi.header.meta.filter(({ type }) => type === "marker");
    equal(markers.map(({ text }) => text), result.segments.map(({ label }) => label));
    markers.forEach(({ ticks }, at) => {
      const { start } = result.segments[at]!;
      ok(Math.abs(midi.header.ticksToSeconds(ticks) - start) <= TICK / 2, `${name} ${start}`);
    });
    for (const { ticks } of notes.filter(({ midi }) => midi === 76)) {
      const last = midi.header.timeSignatures.findLast((one) => one.ticks <= ticks + 20)!;
      const [beats = 0, unit = 0] = last.timeSignature;
      const bars = (ticks - last.ticks) / (beats * 4 * 960 / unit);
      // Beats stray from a constant tempo by a frame or so.
      const stray = result.tempo?.constant ? 0.01 : 1e-9;
      ok(Math.abs(bars - Math.round(bars)) < stray, `${name}: no bar at ${ticks}`);
    }
  }
});

Deno.test("the file has two tracks of format 1, and ends with the last segment", () => {
  const bytes = encodeMidi(FORMAT_CASES.steady!);
  equal([...bytes.subarray(0, 14)], [...b("MThd"), 0, 0, 0, 6, 0, 1, 0, 2, 960 >> 8, 960 & 255]);
  const midi = new Midi(bytes);
  equal(midi.tracks.length, 1, "the first track holds no notes");
  ok(Math.abs(midi.header.ticksToSeconds(midi.tracks[0]!.endOfTrackTicks!) - 23.1) < TICK);
});

function b(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
