import { deepStrictEqual as equal, notDeepStrictEqual, ok, rejects } from "node:assert/strict";
import type { Measurement } from "../run_report.ts";
import type { MeasuredAnalysis } from "./measure_track.ts";
import { measureRounds, type TrackBenchOptions, turnsOf, warmUp } from "./track_bench.ts";

/** Returns options of a bench that measures nothing and records its calls. */
function options(asked: string[], more: Partial<TrackBenchOptions> = {}): TrackBenchOptions {
  return {
    tracks: ["a", "b"].map((name) => ({ name, path: name, sha256: name })),
    variants: [1, 2].map((threads) => ({ name: `v${threads}`, backend: "native", threads })),
    weights: { demixer: "hpss", model: "embedded" },
    ...{ warmUps: 1, rounds: 2, seed: 3, scratch: "scratch" },
    measure: (track, { threads }): Promise<MeasuredAnalysis> => {
      asked.push(`${track.name}${threads}`);
      return Promise.resolve({
        ...{
          audioSeconds: track.name === "a" ? 10 : 20,
          weights: ["x"],
          governor: "",
          cpuFlags: ["avx2"],
        },
        ...{ seconds: 1, cpuSeconds: 2, peakBytes: 3, bytesRead: null, stages: [] },
      });
    },
    ...more,
  };
}

Deno.test("warmUp() measures all once and returns the header of a run", async () => {
  const asked: string[] = [];
  const { settings, tracks, variants, machine } = await warmUp(options(asked));
  equal(asked.toSorted(), ["a1", "a2", "b1", "b2"]);
  equal(tracks.map(({ seconds }) => seconds), [10, 20]);
  equal(variants.length, 2);
  equal(machine.cpuFlags, ["avx2"]);
  equal([settings.demixer, settings.seed, settings.weightsSha256.length], ["hpss", 3, 64]);
});

Deno.test("warmUp() records given stems if no track was separated", async () => {
  const given = options([]);
  const tracks = given.tracks.map((track) => ({ ...track, stemsDirectory: "s" }));
  equal((await warmUp({ ...given, tracks })).settings.demixer, "external");
});

Deno.test("measureRounds() measures each track with each variant in every round, but nothing twice", async () => {
  const asked: string[] = [];
  const all: Measurement[] = [];
  await measureRounds(options(asked), [], (one) => all.push(one));
  equal(all.length, 8);
  equal(new Set(all.map(({ track, variant, round }) => `${track}/${variant}/${round}`)).size, 8);
  const rest: Measurement[] = [];
  const again: string[] = [];
  await measureRounds(options(again), all.slice(0, 5), (one) => rest.push(one));
  equal([rest, again], [all.slice(5), asked.slice(5)]);
});

Deno.test("measureRounds() keeps what was measured before a track fails", async () => {
  const kept: Measurement[] = [];
  const { measure, ...given } = options([]);
  let calls = 0;
  const failing: typeof measure = (...args) => {
    if (++calls === 4) return Promise.reject(new Error("no audio"));
    return measure!(...args);
  };
  const run = measureRounds({ ...given, measure: failing }, [], (one) => kept.push(one));
  await rejects(run, /no audio/);
  equal(kept.length, 3);
});

const OPTIONS = { tracks: 3, variants: 2, warmUps: 1, rounds: 4, seed: 7 };

Deno.test("turnsOf() has every track with every variant once a round, warm-ups first", () => {
  const turns = turnsOf(OPTIONS);
  equal(turns.length, 3 * 2 * 5);
  for (let round = -1; round < 4; round++) {
    const own = turns.slice(6 * (round + 1), 6 * (round + 2));
    ok(own.every((turn) => turn.round === round));
    equal(new Set(own.map(({ track, variant }) => `${track}/${variant}`)).size, 6);
  }
});

Deno.test("turnsOf() depends on the seed, and differs from round to round", () => {
  const order = (seed: number, round: number): number[] =>
    turnsOf({ ...OPTIONS, seed }).filter((turn) => turn.round === round)
      .map(({ track, variant }) => 3 * variant + track);
  equal(turnsOf(OPTIONS), turnsOf(OPTIONS));
  notDeepStrictEqual(turnsOf({ ...OPTIONS, seed: 8 }), turnsOf(OPTIONS));
  const orders = new Set([-1, 0, 1, 2, 3].map((round) => order(7, round).join()));
  ok(orders.size > 3);
});
