import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { hash32 } from "../core/counter_random.ts";
import { casesOf, sameFigures } from "../fixtures/evaluation_cases.ts";
import {
  beatFMeasure,
  continuity,
  eventFMeasure,
  fMeasure,
  matchCount,
  tempoAccuracy,
  trimBeats,
} from "./beat_measures.ts";

Deno.test("fMeasure() is 0 if nothing is correct, and NaN if a part is undefined", () => {
  equal(fMeasure(0, 0), { precision: 0, recall: 0, f: 0 });
  equal(fMeasure(1, 0.5).f, 2 / 3);
  ok(Number.isNaN(fMeasure(NaN, 0).f));
});

Deno.test("eventFMeasure() divides by the estimates for precision and by the references for recall", () => {
  equal(eventFMeasure([1, 2, 3, 4], [1, 2.2], 0.1), {
    precision: 0.5,
    recall: 0.25,
    f: 2 * 0.5 * 0.25 / 0.75,
  });
  equal(eventFMeasure([], [], 0.1).f, 0);
});

/** Counts a maximum matching with augmenting paths over all pairs, without use of their order. */
function naiveMatchCount(
  reference: readonly number[],
  estimate: readonly number[],
  window: number,
): number {
  const matchOf = new Map<number, number>();
  const assign = (e: number, seen: Set<number>): boolean => {
    const time = estimate[e]!;
    for (const [r, other] of reference.entries()) {
      if (seen.has(r) || other < time - window || other > time + window) continue;
      seen.add(r);
      const taken = matchOf.get(r);
      if (taken === undefined || assign(taken, seen)) {
        matchOf.set(r, e);
        return true;
      }
    }
    return false;
  };
  return estimate.filter((_, e) => assign(e, new Set())).length;
}

/** Events on a grid of 10 ms, so that many lie exactly a window apart, and some at one time. */
function events(seed: number, count: number): number[] {
  const times = Array.from({ length: count }, (_, at) => (hash32(1000 * seed + at) % 200) / 100);
  return times.sort((a, b) => a - b);
}

Deno.test("matchCount() finds as many pairs as a search over all matchings", () => {
  for (let seed = 0; seed < 200; seed++) {
    const reference = events(2 * seed, seed % 40);
    const estimate = events(2 * seed + 1, (7 * seed) % 40);
    for (const window of [0, 0.03, 0.07, 0.5]) {
      const message = `seed ${seed}, window ${window}`;
      equal(
        matchCount(reference, estimate, window),
        naiveMatchCount(reference, estimate, window),
        message,
      );
    }
  }
});

Deno.test("matchCount() includes the edge of the window and uses each event once", () => {
  equal(matchCount([1], [1.5], 0.5), 1);
  equal(matchCount([1], [1.5000001], 0.5), 0);
  equal(matchCount([1, 1], [1], 0.5), 1);
  equal(matchCount([1], [1, 1], 0.5), 1);
  equal(matchCount([], [1], 0.5), 0);
});

Deno.test("beatFMeasure() of trimmed beats equals mir_eval's", () => {
  for (const { name, reference, estimate, f } of casesOf("beats")) {
    sameFigures([beatFMeasure(trimBeats(reference), trimBeats(estimate))], [f], name);
  }
});

Deno.test("the comparison with mir_eval detects a damaged case of beats", () => {
  const { reference, estimate, f } = casesOf("beats").find(({ name }) => name === "jitter")!;
  const damaged = estimate.map((time, at) => at === 20 ? time + 0.2 : time);
  throws(() =>
    sameFigures([beatFMeasure(trimBeats(reference), trimBeats(damaged))], [f], "damaged")
  );
  throws(() => sameFigures([beatFMeasure(reference, trimBeats(estimate))], [f], "not trimmed"));
});

Deno.test("trimBeats() keeps a beat at 5 s", () => {
  equal(trimBeats([0, 4.999, 5, 6]), [5, 6]);
});

function figures(reference: readonly number[], estimate: readonly number[]): number[] {
  const { cmlc, cmlt, amlc, amlt } = continuity(trimBeats(reference), trimBeats(estimate));
  return [cmlc, cmlt, amlc, amlt];
}

Deno.test("continuity() of trimmed beats equals mir_eval's", () => {
  for (const { name, reference, estimate, continuity: expected } of casesOf("beats")) {
    sameFigures(figures(reference, estimate), expected, name);
  }
});

Deno.test("the comparison with mir_eval detects a damaged case of continuity", () => {
  const { reference, estimate, continuity: expected } = casesOf("beats").find(({ name }) =>
    name === "slowing, perfect"
  )!;
  const damaged = estimate.map((time, at) => at === 30 ? time + 0.1 : time);
  throws(() => sameFigures(figures(reference, damaged), expected, "damaged"));
});

Deno.test("tempoAccuracy() equals mir_eval's for each allowed multiple", () => {
  for (const { name, reference, estimate, accuracies } of casesOf("tempo")) {
    const { accuracy1, accuracy2 } = tempoAccuracy(reference, estimate);
    sameFigures([accuracy1, accuracy2], accuracies, name);
  }
});

Deno.test("tempoAccuracy() is 0 without an estimated tempo", () => {
  equal(tempoAccuracy(120, null), { accuracy1: 0, accuracy2: 0 });
});
