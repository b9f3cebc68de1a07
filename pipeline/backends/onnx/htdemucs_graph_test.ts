import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import ort from "onnxruntime-node";
import { readNpy } from "../../../core/npy.ts";
import type { Tensor } from "../../../core/tensor.ts";
import { buildHtdemucs, type HtdemucsGraphOptions } from "./htdemucs_graph.ts";
import { readThCheckpoint } from "../../../models/readers/torch.ts";

function file(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../../../models/testdata/${name}`, import.meta.url)));
}

function feed(name: string): ort.Tensor {
  const { shape, data } = readNpy(file(`htdemucs/${name}.npy`)) as Tensor<"f32">;
  return new ort.Tensor("float32", data, shape);
}

function largestError(actual: ort.Tensor, expected: Tensor): number {
  assert.equal(actual.data.length, expected.data.length);
  const values = actual.data as Float32Array;
  return values.reduce((most, value, i) => {
    const error = Math.abs(value - Number(expected.data[i]));
    return error <= most ? most : error;
  }, 0);
}

// The references were computed by demucs itself in double precision, see testdata/make_htdemucs.py.
for (
  const [graph, options] of Object.entries<HtdemucsGraphOptions>({
    "the CPU": {},
    "a device": { target: "device" },
    "a device with attention in tiles": { target: "device", scoresBytes: 400_000 },
  })
) {
  Deno.test(`buildHtdemucs() for ${graph} equals demucs at every seam`, async () => {
    const checkpoint = readThCheckpoint("tiny", file("htdemucs.th"));
    const session = await ort.InferenceSession.create(
      buildHtdemucs(checkpoint, { ...options, innerSeams: true }),
      { enableMemPattern: false },
    );
    const outputs = await session.run({ mix: feed("mix"), spectrum: feed("spectrum") });
    assert.deepEqual(outputs["spectrum_out"]!.dims, [1, 4, 4, 128, 42]);
    assert.deepEqual(outputs["wave_out"]!.dims, [1, 4, 2, 2650]);
    const stored: Record<string, string> = { spectrum_out: "decoder.1", wave_out: "tdecoder.1" };
    assert.equal(Object.keys(outputs).length, 12);
    for (const [name, output] of Object.entries(outputs)) {
      const expected = readNpy(file(`htdemucs/${stored[name] ?? name}.npy`));
      const error = largestError(output, expected);
      assert.ok(error < 5e-6, `${name} is off by ${error}`);
    }
    await session.release();
  });
}

Deno.test("buildHtdemucs() has only two outputs by default", async () => {
  const checkpoint = readThCheckpoint("tiny", file("htdemucs.th"));
  const session = await ort.InferenceSession.create(buildHtdemucs(checkpoint));
  assert.deepEqual(session.outputNames, ["spectrum_out", "wave_out"]);
  assert.deepEqual(session.inputNames, ["mix", "spectrum"]);
  await session.release();
});
