import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { exampleTrack } from "../../tests/support/analyzed_track.ts";
import { clock, factsOf, localTempi, trackView } from "./track_view.ts";

Deno.test("trackView() shows the mix and each stem, but not stems that are the mix itself", () => {
  const names = (options: Parameters<typeof exampleTrack>[0]): string[] => {
    const { analyzed, mixture } = exampleTrack(options);
    return trackView(analyzed, mixture).waves.map(({ name }) => name);
  };
  for (const stemChannels of [1, 2] as const) {
    equal(names({ stemChannels }), ["mix", "bass", "drums", "other", "vocals"]);
    equal(names({ stemChannels, mixIsOther: true }), ["mix", "bass", "drums"]);
  }
  // The example's spectrograms of all stems are equal.
  equal(names({ stemChannels: 0 }), ["mix"]);
});

Deno.test("factsOf() tells tempo, beats, metre and length, and what is missing", () => {
  const facts = (options: Parameters<typeof exampleTrack>[0]): string[] => {
    const { analyzed, mixture } = exampleTrack(options);
    return factsOf(trackView(analyzed, mixture));
  };
  equal(facts({}), ["120 bpm", "24 beats", "bars of 4", "0:12"]);
  equal(facts({ beats: [], seconds: 3 }), ["no tempo", "no beats", "0:03"]);
});

Deno.test("localTempi() follows a tempo that changes and smooths steps of 10 ms", () => {
  equal(localTempi([]), []);
  equal(localTempi([1]), []);
  equal(localTempi([1, 1.5]).map(({ bpm }) => bpm), [120, 120]);
  const beats = [0];
  for (let i = 0; i < 100; i++) beats.push(beats.at(-1)! + (i < 50 ? 0.5 : 0.4));
  const rounded = beats.map((time) => Math.round(time * 100 + (i(time) ? 1 : 0)) / 100);
  const tempi = localTempi(rounded);
  equal(tempi.length, 101);
  ok(Math.abs(tempi[10]!.bpm - 120) < 0.7, `${tempi[10]!.bpm}`);
  ok(Math.abs(tempi[90]!.bpm - 150) < 0.8, `${tempi[90]!.bpm}`);

  function i(time: number): boolean {
    return Math.round(time * 10) % 3 === 0;
  }
});

Deno.test("clock() rounds before it splits into minutes and seconds", () => {
  equal(clock(59.96, 1), "1:00.0");
  equal(clock(59.94, 1), "0:59.9");
  equal(clock(3599.6), "1:00:00");
  equal(clock(-0.001), "0:00");
  equal(clock(7384.25, 1), "2:03:04.3");
});
