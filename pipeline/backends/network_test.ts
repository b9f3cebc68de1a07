import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { hash32 } from "../../core/counter_random.ts";
import { seededCheckpoint } from "../../models/all_in_one/seeded.ts";
import { readNpy } from "../../core/npy.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { BACKENDS } from "./backend.ts";
import { createNetworkSession, runFolds } from "./network_folds.ts";

/** A single fold of upstream's own float32 is this far from its float64. */
const SINGLE_FOLD_TOLERANCE = 1.5e-6;

const FOLD = seededCheckpoint(0);

function reference(name: string): Tensor<"f32"> {
  const url = new URL(`../../fixtures/references/${name}.npy`, import.meta.url);
  return readNpy(new Uint8Array(readFileSync(url))) as Tensor<"f32">;
}

/** The input of the stored edge cases: [4, frames, 81], made by fixtures/upstream/edge_case_inputs.py. */
function noise(frames: number): Tensor<"f32"> {
  const values = Float32Array.from(
    { length: 4 * frames * 81 },
    (_, i) => (hash32(i) >>> 8) / 2 ** 24 * 2.5,
  );
  return tensor("f32", [4, frames, 81], values);
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, limit: number): void {
  assert.equal(actual.length, expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const tolerance = Math.abs(actual[i]! - expected[i]!) / (1 + Math.abs(expected[i]!));
    // Written so that NaN counts as worst.
    if (!(tolerance <= worst)) worst = tolerance;
  }
  assert.ok(worst <= limit, `Smallest tolerance that passes is ${worst}, more than ${limit}`);
}

for (const backend of BACKENDS) {
  Deno.test(`${backend}: a fold agrees with upstream from one frame to many`, async (test) => {
    const session = await createNetworkSession(FOLD, { compute: { backend, threads: 2 } });
    for (const frames of [1, 3, 4, 5, 9, 10, 11, 30, 47, 639, 640, 641, 2000]) {
      await test.step(`${frames} frames`, async () => {
        const output = await session.run(noise(frames));
        const logits = [
          ...output["logits.beat"].data,
          ...output["logits.downbeat"].data,
          ...output["logits.section"].data,
          ...output["logits.function"].data,
        ];
        const expected = reference(`edge_cases/network_${frames}_frames`);
        assert.deepEqual(output["logits.function"].shape, [10, frames]);
        assert.deepEqual(output.embeddings!.shape, [4, frames, 24]);
        assertClose(logits, expected.data, SINGLE_FOLD_TOLERANCE);
      });
    }
    await session.release();
  });

  Deno.test(`${backend}: a session gives the same bits again, whatever ran in between`, async () => {
    const session = await createNetworkSession(FOLD, { compute: { backend, threads: 1 } });
    const first = await session.run(noise(50));
    await session.run(noise(7));
    assert.deepEqual(await session.run(noise(50)), first);
    const logits = new Float32Array(13 * 50);
    assert.deepEqual(await session.run(noise(50), FOLD, logits), first);
    assert.deepEqual(logits.subarray(0, 50), first["logits.beat"].data);
    await session.release();
  });

  Deno.test(`${backend}: a session fails on a spectrogram of another shape and on no frames`, async () => {
    const session = await createNetworkSession(FOLD, { compute: { backend } });
    for (const shape of [[4, 0, 81], [4, 10, 80], [3, 10, 81], [4, 810]]) {
      const count = shape.reduce((product, length) => product * length, 1);
      const wrong = tensor("f32", shape, new Float32Array(count));
      await assert.rejects(
        session.run(wrong),
        /seeded-fold0 needs a spectrogram \[4, 1 or more frames, 81\]/,
      );
    }
    await session.release();
  });

  Deno.test(`${backend}: runFolds() averages the logits and stacks the embeddings of its folds`, async () => {
    const folds = [FOLD, seededCheckpoint(1)];
    const done: number[] = [];
    const joined = await runFolds(folds, noise(9), {
      compute: { backend, threads: 1 },
      onProgress: (fold) => done.push(fold),
    });
    const single = [
      await runFolds([folds[0]!], noise(9), { compute: { backend } }),
      await runFolds([folds[1]!], noise(9), { compute: { backend } }),
    ];
    assert.deepEqual(done, [0, 1]);
    assert.deepEqual(joined.embeddings!.shape, [4, 9, 24, 2]);
    assert.deepEqual(single[0]!.embeddings!.shape, [4, 9, 24]);
    joined["logits.function"].data.forEach((value, i) => {
      const sum = single[0]!["logits.function"].data[i]! + single[1]!["logits.function"].data[i]!;
      assertClose([value], [sum / 2], 1e-6);
    });
    assertClose([joined.embeddings!.data[11]!], [single[1]!.embeddings!.data[5]!], 1e-6);
  });

  Deno.test(`${backend}: one session runs every fold of its sizes, and no other`, async () => {
    const session = await createNetworkSession(FOLD, { compute: { backend, threads: 1 } });
    const other = seededCheckpoint(1);
    const own = await runFolds([other], noise(9), { compute: { backend, threads: 1 } });
    assert.deepEqual(await runFolds([other], noise(9), { session }), own);
    const shallow = { ...other, configuration: { ...other.configuration, depth: 10 } };
    await assert.rejects(session.run(noise(9), shallow), /does not have the sizes of seeded-fold0/);
    await session.release();
  });

  Deno.test(`${backend}: runFolds() fails without folds`, async () => {
    await assert.rejects(runFolds([], noise(1), { compute: { backend } }), /at least one fold/);
  });

  Deno.test(`${backend}: the eight seeded folds agree with upstream within 1e-6 on music`, async () => {
    const folds = Array.from({ length: 8 }, (_, fold) => seededCheckpoint(fold));
    const spectrogram = reference("spectrogram/three_four/spectrogram");
    const output = await runFolds(folds, spectrogram, { compute: { backend, threads: 2 } });
    const logits = (name: string): Float32Array =>
      reference(`seeded/three_four/logits.${name}`).data;
    assertClose(output["logits.beat"].data, logits("beat"), 1e-6);
    assertClose(output["logits.downbeat"].data, logits("downbeat"), 1e-6);
    assertClose(output["logits.section"].data, logits("section"), 1e-6);
    assertClose(output["logits.function"].data, logits("function"), 1e-6);
  });
}
