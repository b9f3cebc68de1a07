import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { constantParts, type GridBeat, type TempoMap, tempoMap } from "./beat_grid.ts";

function beatsAt(seconds: readonly number[], first = 1, beatsPerBar = 4): GridBeat[] {
  return seconds.map((seconds, beat) => ({
    seconds,
    position: (first - 1 + beat) % beatsPerBar + 1,
  }));
}

function steady(count: number, start: number, period: number): number[] {
  return Array.from({ length: count }, (_, beat) => start + beat * period);
}

const EXACT = { tolerance: 1e-9 };

/** Returns starts in quarters and tempi, rounded. */
function bpms({ tempi }: TempoMap): [number, number][] {
  return tempi.map(({ quarter, secondsPerQuarter }) => [
    quarter,
    Math.round(6000 / secondsPerQuarter) / 100,
  ]);
}

function signatures({ signatures }: TempoMap): string[] {
  return signatures.map(({ quarter, beats, unit }) => `${quarter}: ${beats}/${unit}`);
}

Deno.test("a track that starts on a downbeat has one tempo and one time signature", () => {
  const map = tempoMap(beatsAt(steady(12, 0, 0.5)), EXACT);
  equal(bpms(map), [[0, 120]]);
  equal(signatures(map), ["0: 4/4"]);
  equal(map.quarterAt(3.25), 6.5);
  equal(map.quarterAt(100), 200);
});

Deno.test("the time before the first beat has its tempo, and the first quarter takes the rest", () => {
  const map = tempoMap(beatsAt(steady(12, 4.7, 0.5)), EXACT);
  // 9.4 quarters of 0.5 s become 9: one of 0.7 s and eight of 0.5 s; a bar of one and two of four precede the downbeat.
  equal(bpms(map), [[0, 85.71], [1, 120]]);
  equal(signatures(map), ["0: 1/4", "1: 4/4"]);
  ok(Math.abs(map.quarterAt(4.7) - 9) < 1e-9);
});

Deno.test("an upbeat and the quarters before it share a bar", () => {
  const map = tempoMap(beatsAt(steady(10, 0.5, 0.5), 3), EXACT);
  equal(signatures(map), ["0: 3/4", "3: 4/4"]);
  equal(bpms(map), [[0, 120]]);
});

Deno.test("a bar of a short note precedes a first beat that comes early", () => {
  for (
    const [start, quarters, signature] of [
      [0.04, 1 / 8, "1/32"],
      [0.12, 1 / 4, "1/16"],
      [0.3, 1 / 2, "1/8"],
    ] as const
  ) {
    const map = tempoMap(beatsAt(steady(8, start, 0.5)), EXACT);
    equal(signatures(map), [`0: ${signature}`, `${quarters}: 4/4`]);
    ok(Math.abs(map.quarterAt(start) - quarters) < 1e-9);
    ok(bpms(map).every(([, bpm]) => bpm > 40 && bpm < 200), `${bpms(map)}`);
    const upbeat = tempoMap(beatsAt(steady(8, start, 0.5), 4), EXACT);
    equal(signatures(upbeat), [
      `0: ${signature}`,
      `${quarters}: 1/4`,
      `${quarters + 1}: 4/4`,
    ]);
  }
});

Deno.test("bars of another length get a time signature of their own", () => {
  const positions = [1, 2, 3, 4, 1, 2, 3, 1, 2, 3, 4, 1];
  const beats = positions.map((position, beat) => ({ seconds: beat / 2, position }));
  equal(signatures(tempoMap(beats, EXACT)), ["0: 4/4", "4: 3/4", "7: 4/4"]);
});

Deno.test("every beat falls on a quarter note where the tempo moves", () => {
  const times = steady(50, 1.37, 0.5).map((time, beat) => time + 0.1 * Math.sin(beat / 3));
  const map = tempoMap(beatsAt(times, 2, 3), EXACT);
  const first = map.quarterAt(times[0]!);
  times.forEach((time, beat) => ok(Math.abs(map.quarterAt(time) - first - beat) < 1e-7));
  const rounded = tempoMap(beatsAt(times, 2, 3), {
    tolerance: 1e-6,
    round: (seconds) => Math.round(seconds * 1e6) / 1e6,
  });
  // The rounding of the tempi does not add up.
  times.forEach((time, beat) => {
    const tempo = rounded.tempi.findLast(({ quarter }) => quarter <= first + beat)!;
    const at = tempo.seconds + (first + beat - tempo.quarter) * tempo.secondsPerQuarter;
    ok(Math.abs(at - time) < 1.1e-6);
  });
});

Deno.test("no beat, one beat and beats without a downbeat give a tempo map too", () => {
  const none = tempoMap([], EXACT);
  equal([bpms(none), signatures(none), none.quarterAt(3)], [[[0, 120]], ["0: 4/4"], 6]);
  const one = tempoMap(beatsAt([0.5]), EXACT);
  equal([bpms(one), signatures(one)], [[[0, 120]], ["0: 1/4", "1: 4/4"]]);
  const upbeats = tempoMap(beatsAt([0, 0.5], 2, 3), EXACT);
  equal([bpms(upbeats), signatures(upbeats)], [[[0, 120]], ["0: 2/4", "2: 3/4"]]);
  const early = tempoMap(beatsAt([0.04], 2), EXACT);
  equal(signatures(early), ["0: 1/32", "0.125: 1/4", "1.125: 2/4"]);
});

Deno.test("constantParts() finds one tempo for a steady track on the decoder's frames", () => {
  const times = steady(400, 0.37, 60 / 174).map((time) => Math.round(time * 100) / 100);
  const parts = constantParts(beatsAt(times), 0.01, (bpm) => Math.round(bpm * 100) / 100);
  equal(parts.map(({ bpm }) => bpm), [174]);
});

Deno.test("constantParts() begins a part where the tempo changes, and keeps each beat within the tolerance", () => {
  const times = [...steady(22, 1, 0.5), ...steady(30, 1 + 22 * 0.5, 0.4)];
  const beats = beatsAt(times);
  const parts = constantParts(beats, 0.01, (bpm) => Math.round(bpm * 100) / 100);
  // The tempo changes within a bar.
  equal(parts.map(({ start, bpm }) => [start.position, bpm]), [[1, 120], [3, 150]]);
  times.forEach((time) => {
    const { start, bpm } = parts.findLast(({ start }) => start.seconds <= time)!;
    const beats = (time - start.seconds) * bpm / 60;
    ok(Math.abs(beats - Math.round(beats)) * 60 / bpm < 0.011, `${time}`);
  });
});

Deno.test("constantParts() begins a part at a downbeat where the tempo moves slowly", () => {
  const times = steady(200, 0, 0.5).map((time, beat) => time + beat * beat / 20_000);
  const parts = constantParts(beatsAt(times), 0.01, (bpm) => Math.round(bpm * 100) / 100);
  ok(parts.length > 3 && parts.every(({ start }) => start.position === 1), JSON.stringify(parts));
});

Deno.test("constantParts() of fewer than two beats is empty", () => {
  equal(constantParts([], 0.01, Math.round), []);
  equal(constantParts(beatsAt([1]), 0.01, Math.round), []);
});
