import assert from "node:assert/strict";
import {
  JOINED_ENTRY,
  planInstrumentAttention,
  planTimeAttention,
  type TimeAttention,
} from "./attention_plan.ts";

/** Returns the keys of each frame according to the definition: [key frame or "zero", bias entry] in order. */
function timeKeysByDefinition({ frames, paddedFrames, dilation, kernel }: TimeAttention): string[] {
  return Array.from({ length: frames }, (_, i) => {
    const phase = i % dilation;
    const position = Math.floor(i / dilation);
    const positions = Math.ceil((paddedFrames - phase) / dilation);
    const start = Math.max(0, Math.min(position - (kernel - 1) / 2, positions - kernel));
    return Array.from({ length: kernel }, (_, k) => {
      const frame = phase + (start + k) * dilation;
      return `${frame < frames ? frame : "zero"}:${start + k - position + kernel - 1}`;
    }).join(" ");
  });
}

function seenByPlan(attention: TimeAttention): string[] {
  const plan = planTimeAttention(attention);
  const { queriesPerBlock, keysPerBlock } = plan;
  return Array.from(plan.results, (at, frame) => {
    const [block, q] = [Math.floor(at / queriesPerBlock), at % queriesPerBlock];
    assert.equal(plan.queries[at], frame);
    const kind = plan.kinds[block]!;
    const seen: string[] = [];
    for (let k = 0; k < keysPerBlock; k++) {
      const entry = plan.biases[(kind * queriesPerBlock + q) * keysPerBlock + k]!;
      const key = plan.keys[block * keysPerBlock + k]!;
      assert.ok(key >= 0 && key <= attention.frames);
      if (entry === 2 * attention.kernel - 1) continue;
      seen.push(`${key < attention.frames ? key : "zero"}:${entry}`);
    }
    return seen.join(" ");
  });
}

Deno.test("planTimeAttention() gives each frame the window of its definition", () => {
  for (const dilation of [1, 2, 3, 8, 64]) {
    for (const frames of [1, 2, 4, 5, 9, 11, 12, 13, 25, 60, 61, 97, 320, 641, 1000]) {
      for (const factor of [1, 2]) {
        const paddedFrames = Math.max(frames, 5 * factor * dilation);
        const attention = { frames, paddedFrames, dilation, kernel: 5 };
        assert.deepEqual(
          seenByPlan(attention),
          timeKeysByDefinition(attention),
          JSON.stringify(attention),
        );
      }
    }
  }
});

Deno.test("planTimeAttention() supports other kernels", () => {
  for (const kernel of [1, 3, 7]) {
    const attention = { frames: 50, paddedFrames: 50, dilation: 3, kernel };
    assert.deepEqual(seenByPlan(attention), timeKeysByDefinition(attention));
  }
});

Deno.test("planTimeAttention() has few kinds of block for any length of track", () => {
  const kinds = [15_400, 360_000].map((frames) => {
    const plan = planTimeAttention({ frames, paddedFrames: frames, dilation: 8, kernel: 5 });
    return plan.biases.length / (plan.queriesPerBlock * plan.keysPerBlock);
  });
  assert.ok(Math.max(...kinds) < 12, String(kinds));
});

const INSTRUMENTS = 4;
const UNSEEN = JOINED_ENTRY + INSTRUMENTS * 5;

/** Returns the keys of row `i * frames + t` according to the definition; the fifth instrument's five keys as one. */
function instrumentKeysByDefinition(frames: number, i: number, t: number): string[] {
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
  Deno.test(`planInstrumentAttention() gives each row its window in ${frames} frames`, () => {
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
      assert.deepEqual(
        seen,
        instrumentKeysByDefinition(frames, Math.floor(row / frames), row % frames),
      );
    });
  });
}
