import assert from "node:assert/strict";
import { JOINED_ENTRY, planInstrumentAttention } from "./instrument_blocks.ts";

const INSTRUMENTS = 4;
const UNSEEN = JOINED_ENTRY + INSTRUMENTS * 5;

/** What row `i * frames + t` sees, from the definition; the fifth instrument's five keys as one. */
function seenByDefinition(frames: number, i: number, t: number): string[] {
  const positions = Math.max(frames, 5);
  const start = Math.max(0, Math.min(t - 2, positions - 5));
  const seen: string[] = [];
  for (let other = 0; other < INSTRUMENTS; other++) {
    for (let frame = start; frame < start + 5; frame++) {
      const row = frame < frames ? other * frames + frame : INSTRUMENTS * frames;
      seen.push(`${row}:${(other - i + 4) * 9 + frame - t + 4}`);
    }
  }
  return [...seen, `${INSTRUMENTS * frames}:${JOINED_ENTRY + i * 5 + start - t + 4}`];
}

for (const frames of [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 23, 100]) {
  Deno.test(`planInstrumentAttention() shows each row its window in ${frames} frames`, () => {
    const plan = planInstrumentAttention(frames, INSTRUMENTS);
    const { queriesPerBlock, keysPerBlock } = plan;
    assert.equal(plan.results.length, INSTRUMENTS * frames);
    plan.results.forEach((at, row) => {
      const [block, q] = [Math.floor(at / queriesPerBlock), at % queriesPerBlock];
      assert.equal(plan.queries[at], row);
      const seen: string[] = [];
      for (let k = 0; k < keysPerBlock; k++) {
        const entry = plan.biases[(plan.kinds[block]! * queriesPerBlock + q) * keysPerBlock + k]!;
        if (entry !== UNSEEN) seen.push(`${plan.keys[block * keysPerBlock + k]}:${entry}`);
      }
      assert.deepEqual(seen, seenByDefinition(frames, Math.floor(row / frames), row % frames));
    });
  });
}
