import assert from "node:assert/strict";
import { join } from "node:path";
import { bytesSha256 } from "../core/hash.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { checkDemixerName, demixerWeights } from "./demixer_weights.ts";
import { HTDEMUCS_FILES } from "./download/published_files.ts";
import { parseHtdemucsConfiguration, PUBLISHED_ARGUMENTS } from "./htdemucs/configuration.ts";
import { seededHtdemucs, seededHtdemucsFile } from "./htdemucs/seeded.ts";
import { ModelError, type ModelProblem } from "./model_error.ts";

/** Arguments of a small network, as demucs 4.1 writes them. */
const SMALL = {
  ...PUBLISHED_ARGUMENTS,
  channels: 4,
  depth: 2,
  nfft: 256,
  dconv_comp: 4,
  bottom_channels: 8,
  t_layers: 2,
  t_heads: 2,
};

function isProblem(problem: ModelProblem, message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof ModelError && error.problem === problem && message.test(error.message);
}

function safetensors(sources: readonly string[]): Uint8Array<ArrayBuffer> {
  return seededHtdemucsFile({ ...SMALL, sources });
}

const FOUR = ["drums", "bass", "other", "vocals"];

Deno.test("the published networks have the names and the beginnings of SHA-256 of demucs' list", () => {
  const names = Object.fromEntries(
    Object.entries(HTDEMUCS_FILES).map(([name, files]) =>
      [name, files.map(({ th }) => th.fileName)] as const
    ),
  );
  // demucs 4.1.0, remote/files.txt and remote/*.yaml.
  assert.deepEqual(names, {
    htdemucs: ["955717e8-8726e21a.th"],
    htdemucs_ft: [
      "f7e0c4bc-ba3fe64a.th",
      "d12395a8-e57c48e6.th",
      "92cfc3b6-ef3bcb9c.th",
      "04573f0d-f3cf25b2.th",
    ],
    htdemucs_6s: ["5c90dfd2-34c22ccb.th"],
  });
  for (const { th, safetensors } of Object.values(HTDEMUCS_FILES).flat()) {
    assert.equal(th.fileName, `${th.fileName.split("-")[0]}-${th.sha256}.th`);
    assert.equal(safetensors, `${th.fileName.split("-")[0]}.safetensors`);
    assert.ok(th.url.endsWith(`/demucs/hybrid_transformer/${th.fileName}`));
  }
});

Deno.test("demixerWeights() verifies a published file, or names the command that downloads it", async () => {
  await inTemporaryFolder(async (folder) => {
    const options = { weightsDir: folder };
    await assert.rejects(
      demixerWeights("htdemucs", options),
      isProblem(
        "not-found",
        /955717e8-8726e21a\.th and 955717e8\.safetensors there; download .* models pull htdemucs /,
      ),
    );
    await assert.rejects(
      demixerWeights("htdemucs_ft", options),
      isProblem("not-found", /models pull htdemucs_ft /),
    );
    await Deno.writeTextFile(join(folder, "955717e8-8726e21a.th"), "weights");
    // The other file does not stand in for a damaged one.
    await Deno.writeFile(join(folder, "955717e8.safetensors"), safetensors(FOUR));
    await assert.rejects(
      demixerWeights("htdemucs", options),
      isProblem("sha256", /expected SHA-256 8726e21a…, got [0-9a-f]{64}/),
    );
  });
});

Deno.test("demixerWeights() reads the safetensors files of demucs 4.1, each with its own sizes", async () => {
  await inTemporaryFolder(async (folder) => {
    const options = { weightsDir: folder };
    const six = [...FOUR, "guitar", "piano"];
    const bytes = safetensors(six);
    await Deno.writeFile(join(folder, "5c90dfd2.safetensors"), bytes);
    const { name, sha256, networks } = await demixerWeights("htdemucs_6s", options);
    assert.deepEqual([name, sha256, networks.length], ["htdemucs_6s", bytesSha256(bytes), 1]);
    const { configuration, tensors } = networks[0]!.checkpoint();
    const sizes = { ...SMALL, sources: six, segment: 39 / 5 };
    assert.deepEqual(configuration, parseHtdemucsConfiguration(sizes));
    assert.equal(configuration.segmentSamples, 343_980);
    assert.deepEqual(tensors, seededHtdemucs(configuration).tensors);
  });
});

Deno.test("demixerWeights() reads the four networks of a bag, of which each gives one source", async () => {
  await inTemporaryFolder(async (folder) => {
    const options = { weightsDir: folder };
    const bytes = safetensors(FOUR);
    const files = HTDEMUCS_FILES.htdemucs_ft.map((file) => file.safetensors);
    for (const file of files.slice(1)) await Deno.writeFile(join(folder, file), bytes);
    await assert.rejects(
      demixerWeights("htdemucs_ft", options),
      isProblem("not-found", /f7e0c4bc-ba3fe64a\.th and f7e0c4bc\.safetensors/),
    );
    await Deno.writeFile(join(folder, files[0]!), bytes);
    const { sha256, networks } = await demixerWeights("htdemucs_ft", options);
    assert.deepEqual(networks.map(({ source }) => source), FOUR);
    const own = bytesSha256(bytes);
    assert.equal(sha256, bytesSha256(new TextEncoder().encode(own.repeat(4))));
  });
});

Deno.test("checkDemixerName() lists the known names for an unknown one", () => {
  for (const name of ["htdemucs_6s", "hpss-mix", "my.th", "a/b.SAFETENSORS"]) {
    checkDemixerName(name);
  }
  assert.throws(
    () => checkDemixerName("toString"),
    isProblem("unknown-name", /expected one of htdemucs, htdemucs_ft, htdemucs_6s, hpss-mix/),
  );
});
