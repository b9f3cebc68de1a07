import { deepStrictEqual as equal, notDeepStrictEqual, ok } from "node:assert/strict";
import { turnsOf } from "./track_order.ts";

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

Deno.test("turnsOf() is decided by the seed, and differs from round to round", () => {
  const order = (seed: number, round: number): number[] =>
    turnsOf({ ...OPTIONS, seed }).filter((turn) => turn.round === round)
      .map(({ track, variant }) => 3 * variant + track);
  equal(turnsOf(OPTIONS), turnsOf(OPTIONS));
  notDeepStrictEqual(turnsOf({ ...OPTIONS, seed: 8 }), turnsOf(OPTIONS));
  const orders = new Set([-1, 0, 1, 2, 3].map((round) => order(7, round).join()));
  ok(orders.size > 3);
});
