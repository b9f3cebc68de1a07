import { rejects } from "node:assert/strict";
import { KernelError, type NetworkSizes, openNetwork } from "./mod.ts";

const SIZES: NetworkSizes = {
  numInstruments: 4,
  numLabels: 10,
  depth: 1,
  dilationFactor: 2,
  dilationMax: 3200,
  numHeads: 2,
  kernelSize: 5,
  dimInput: 81,
  dimEmbed: 24,
  mlpRatio: 4,
  layerNormEps: 1e-5,
};

async function refused(sizes: object, message: RegExp): Promise<void> {
  await rejects(
    openNetwork(sizes as NetworkSizes, 1),
    (error) => error instanceof KernelError && message.test(error.message),
  );
}

Deno.test("openNetwork() refuses sizes that are missing, unknown or out of range, by name", async () => {
  const { depth: _, ...incomplete } = SIZES;
  await refused(
    incomplete,
    /All-In-One must be a JSON object of its fields: missing field `depth`/,
  );
  await refused({ ...SIZES, fold: 1 }, /unknown field `fold`/);
  await refused({ ...SIZES, numHeads: 5 }, /value dim_embed of All-In-One must be a multiple of/);
  await refused({ ...SIZES, mlpRatio: NaN }, /null/);
});

Deno.test("a network refuses parameters that are not safetensors", async () => {
  const kernel = await openNetwork(SIZES, 1);
  try {
    await rejects(kernel.addFold(new Uint8Array(3)), /must be in safetensors format/);
  } finally {
    kernel.close();
  }
});
