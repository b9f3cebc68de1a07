import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { HTDEMUCS_FILES } from "../../models/download/published_files.ts";
import { seededHtdemucsFile } from "../../models/htdemucs/seeded.ts";
import { ModelError } from "../../models/model_error.ts";
import { noise } from "../../tests/support/wav.ts";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { demix, type DemixedStems, type Demixer, releaseDemixer } from "../demix.ts";
import { loadDemixer } from "./demixers.ts";

/** Arguments of a network with few channels and the published segments. */
const SMALL = {
  ...{ channels: 4, dconv_comp: 4, bottom_channels: 16 },
  ...{ t_layers: 2, t_heads: 2, t_hidden_scale: 1 },
};
const FOUR = ["drums", "bass", "other", "vocals"];
/** The published network of six sources is smaller too: its transformer has the channels of the last encoder. */
const SIX = { sources: [...FOUR, "guitar", "piano"], bottom_channels: 0 };

const samples = 50_000;
const MIX: Tensor<"f32"> = tensor("f32", [2, samples], noise(2 * samples, 5));

/** Writes a seeded network as demucs 4.1 does; another factor gives other weights. */
async function write(path: string, changes: object = {}, factor = 1): Promise<void> {
  await Deno.writeFile(path, seededHtdemucsFile({ ...SMALL, ...changes }, factor));
}

async function withDemixer<Result>(
  name: string,
  weightsDir: string,
  work: (demixer: Demixer) => Promise<Result>,
): Promise<Result> {
  const demixer = await loadDemixer(name, { weightsDir, compute: { threads: 2 } });
  try {
    return await work(demixer);
  } finally {
    await releaseDemixer(demixer);
  }
}

Deno.test("a bag takes each stem from its own network, in every form of the stems", async () => {
  await inTemporaryFolder(async (folder) => {
    const files = HTDEMUCS_FILES.htdemucs_ft.map(({ safetensors }) => join(folder, safetensors));
    for (const [at, file] of files.entries()) await write(file, {}, 0.8 + 0.1 * at);
    const options = { shifts: [7] } as const;
    const single: DemixedStems[] = [];
    for (const file of files) {
      single.push(
        await withDemixer(file, folder, (one) => demix(one, MIX, { ...options, stems: "floats" })),
      );
    }
    await withDemixer("htdemucs_ft", folder, async (bag) => {
      equal([bag.networks.length, bag.backend], [4, "native"]);
      const steps: [number, number][] = [];
      const onProgress = (done: number, total: number): void => void steps.push([done, total]);
      const { stems, stems16 } = await demix(bag, MIX, { ...options, stems: "floats", onProgress });
      equal(steps, [[1, 4], [2, 4], [3, 4], [4, 4]]);
      const { stems16: mono } = await demix(bag, MIX, { ...options, stems: "mono" });
      equal(mono.shape, [4, 1, samples]);
      // Bass, drums, other, vocals from the networks of drums, bass, other, vocals.
      for (const [stem, network] of [1, 0, 2, 3].entries()) {
        const own = single[network]!;
        const part = <Data extends Float32Array | Int16Array>(data: Data): Data =>
          data.subarray(stem * 2 * samples, (stem + 1) * 2 * samples) as Data;
        equal(part(stems!.data), part(own.stems!.data));
        equal(part(stems16.data), part(own.stems16.data));
        const [left, right] = [0, samples].map((start) =>
          part(own.stems16.data).subarray(start, start + samples)
        );
        const mean = left!.map((value, at) => Math.trunc((value + right![at]!) / 2));
        equal(mono.data.subarray(stem * samples, (stem + 1) * samples), mean);
      }
      ok(single[0]!.stems!.data.some((value, at) => value !== single[1]!.stems!.data[at]));
    });
  });
});

Deno.test("of six sources guitar and piano are added to other", async () => {
  await inTemporaryFolder(async (folder) => {
    await write(join(folder, HTDEMUCS_FILES.htdemucs_6s[0].safetensors), SIX);
    await withDemixer("htdemucs_6s", folder, async (six) => {
      const [network] = six.networks;
      equal(network!.sourceStems, [1, 0, 2, 3, 2, 2]);
      const options = { shifts: [null], stems: "floats" } as const;
      const { stems } = await demix(six, MIX, options);
      // The same sources one at a time: what another stem gets does not matter.
      const each = await Promise.all([2, 4, 5].map(async (source) => {
        const sourceStems = [1, 0, 0, 3, 0, 0].with(source, 2);
        const networks = [{ ...network!, sourceStems }];
        return (await demix({ ...six, networks }, MIX, options)).stems!;
      }));
      const other = (data: Float32Array): Float32Array =>
        data.subarray(2 * 2 * samples, 3 * 2 * samples);
      const sum = other(each[0]!.data).map((value, at) =>
        value + other(each[1]!.data)[at]! + other(each[2]!.data)[at]!
      );
      const found = other(stems!.data);
      const worst = found.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - sum[at]!)),
        0,
      );
      ok(worst < 1e-6 && found.some((value) => Math.abs(value) > 0.01), `${worst}`);
    });
  });
});

Deno.test("the backends agree on six sources", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "six.safetensors");
    await write(file, SIX);
    const [native, onnx] = await Promise.all((["native", "onnx"] as const).map(async (backend) => {
      const compute = { backend, threads: 1 };
      const environment = { TACTUS_CACHE_DIR: folder };
      const demixer = await loadDemixer(file, { compute, environment });
      const { stems } = await demix(demixer, MIX, { shifts: [null], stems: "floats" });
      await releaseDemixer(demixer);
      return stems!.data;
    }));
    ok(native!.every((value, at) => Math.abs(value - onnx![at]!) < 1e-5));
  });
});

Deno.test("loadDemixer() refuses networks with other sources, rates or segments", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "other.safetensors");
    const cases: [object, RegExp][] = [
      [
        { sources: ["drums", "bass", "other", "choir"] },
        /separates drums, bass, other, choir from/,
      ],
      [{ sources: ["vocals", "other"] }, /separates vocals, other from 2 channels/],
      [{ audio_channels: 1 }, /from 1 channels/],
      [{ samplerate: 48_000 }, /at 48000 Hz, in segments of 374400 samples/],
      [{ nfft: 2048 }, /frames of 2048/],
    ];
    for (const [changes, message] of cases) {
      await write(file, changes);
      await rejects(
        loadDemixer(file),
        (error) => error instanceof ModelError && message.test(error.message),
      );
    }
  });
});
