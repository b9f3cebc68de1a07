import { deepStrictEqual as equal, ok } from "node:assert/strict";
import toneMidi from "@tonejs/midi";
import { CounterRandom } from "../../core/counter_random.ts";
import { formatCase } from "../../fixtures/format_cases.ts";
import type { AnalysisResult } from "../../pipeline/result.ts";
import { fitTempo } from "../../pipeline/tempo_fit.ts";
import { encodeJams } from "./jams.ts";
import { encodeMidi } from "./midi.ts";
import { encodeReaper } from "./reaper.ts";
import { encodeRekordbox } from "./rekordbox.ts";

const CASES = 400;

const KINDS = ["steady", "moving", "jump", "gap", "random"] as const;

/** Returns a result with beats of some kind, on the decoder's frames. */
function randomResult(number: number): AnalysisResult {
  const random = new CounterRandom(`formats/${number}`);
  const uniform = (low: number, high: number): number =>
    low + (high - low) * random.below(1e6) / 1e6;
  const kind = random.pick([...KINDS]);
  const count = random.below(120);
  const period = uniform(0.25, 1.2);
  let time = random.pick([0, 0.01, uniform(0, 0.5), uniform(0, 40)]);
  const times = Array.from({ length: count }, (_, beat) => {
    const now = time;
    time += {
      steady: period,
      moving: period * (1 + 0.2 * Math.sin(beat / 7)),
      jump: period * (beat < count / 2 ? 1 : 0.8),
      gap: period * (beat % 30 === 29 ? 3.4 : 1),
      random: uniform(0.2, 1.5),
    }[kind];
    return Math.round(100 * now) / 100;
  });
  const beatsPerBar = 2 + random.below(6);
  const first = random.below(beatsPerBar);
  const positions = times.map((_, beat) =>
    kind === "random" && random.oneIn(5) ? 1 : (first + beat) % beatsPerBar + 1
  );
  const end = (times.at(-1) ?? 0) + 1;
  const segments = [[0, end / 3, "intro"], [end / 3, end, "verse"]] as const;
  const range = random.oneIn(3) ? [120, 240] as const : undefined;
  const tempo = fitTempo(times, positions, range);
  return formatCase("/music/a.mp3", times, positions, segments, tempo);
}

Deno.test("random results give files whose beats are where they belong", () => {
  const seen = new Set<string>();
  for (let number = 0; number < CASES; number++) {
    const result = randomResult(number);
    const { beats, tempo } = result;
    const isSteady = tempo?.constant ?? false;
    seen.add(`${tempo === null ? "none" : isSteady} ${tempo?.octaves}`);
    for (const text of [encodeJams(result), encodeReaper(result), encodeRekordbox([result])]) {
      ok(!/NaN|Infinity|undefined|="-\d*\.\d/.test(text), `${number}: ${text}`);
    }
    const midi = new toneMidi.Midi(encodeMidi(result));
    const notes = midi.tracks.flatMap(({ notes }) => notes);
    equal(notes.length, beats.length, `${number}`);
    const { tempos } = midi.header;
    const quarter = 60 / Math.min(...tempos.map(({ bpm }) => bpm));
    // A moving tempo has its beats on the ticks, others are between two of them.
    const tolerance = isSteady ? quarter / 960 / 2 + 1e-6 : 2e-6;
    notes.forEach(({ time }, beat) =>
      ok(Math.abs(time - beats[beat]!) <= tolerance, `${number}: ${time}, not ${beats[beat]}`)
    );
    const grid = [...encodeRekordbox([result]).matchAll(/Inizio="([^"]+)" Bpm="([^"]+)"/g)]
      .map(([, start, bpm]) => [Number(start), Number(bpm)] as const);
    equal(grid.length > 0, tempo !== null);
    // Halved tempi have every other beat between two of theirs.
    if (tempo === null || !tempo.constant || tempo.octaves < 0) continue;
    const [most, period] = [tempo.deviation.percentile_95 + 0.0075, 60 / tempo.bpm];
    const off = beats.filter((beat) => {
      const [start, bpm] = grid.findLast(([start]) => start <= beat + most) ?? grid[0]!;
      const position = (beat - start) * bpm / 60;
      return Math.abs(position - Math.round(position)) * period > most;
    });
    ok(off.length <= 0.06 * beats.length, `${number}: off the grid at ${off}`);
  }
  ok(seen.size >= 6, [...seen].join("; "));
});
