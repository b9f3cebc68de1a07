import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { HARMONIX_FILES } from "./download/published_files.ts";
import { ModelError, type ModelProblem } from "./model_error.ts";
import { MODELS_DIR_VARIABLE } from "./models_folder.ts";
import { foldNames, loadModel, MODEL_NAMES } from "./registry.ts";

async function withFolder(action: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tactus-registry-"));
  try {
    await action(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fails(problem: ModelProblem, action: Promise<unknown>, message: RegExp): Promise<void> {
  return assert.rejects(
    action,
    (error) =>
      error instanceof ModelError && error.problem === problem && message.test(error.message),
  );
}

Deno.test("the registry has the embedded model, nine harmonix and nine seeded ones", () => {
  assert.equal(MODEL_NAMES.length, 19);
  assert.deepEqual(foldNames("embedded"), ["embedded"]);
  assert.deepEqual(foldNames("harmonix-fold3"), ["harmonix-fold3"]);
  assert.deepEqual(foldNames("seeded-all").at(7), "seeded-fold7");
  assert.equal(foldNames("harmonix-all").length, 8);
});

Deno.test("every published file has a pinned URL and its own SHA-256", () => {
  const files = HARMONIX_FILES.flatMap(({ npz, yaml }) => [npz, yaml]);
  assert.equal(files.length, 16);
  assert.equal(new Set(files.map((file) => file.sha256)).size, 16);
  for (const { url, sha256, fileName, minBytes, maxBytes } of files) {
    assert.ok(minBytes > 1000 && minBytes === maxBytes);
    assert.match(sha256, /^[0-9a-f]{64}$/);
    assert.ok(url.endsWith(`/da5f3474503fde41860b454a48bc9e7899cd5dfa/mlx-weights/${fileName}`));
  }
});

Deno.test("loadModel() creates seeded models without a folder of weights", async () => {
  const [checkpoint, ...others] = await loadModel("seeded-fold2");
  assert.equal(checkpoint?.name, "seeded-fold2");
  assert.equal(others.length, 0);
});

Deno.test("foldNames() lists the known names for an unknown one", () => {
  assert.throws(
    () => foldNames("harmonix"),
    (error) =>
      error instanceof ModelError && error.problem === "unknown-name" &&
      /"harmonix": expected one of embedded, harmonix-fold0,.*seeded-all/.test(error.message),
  );
});

Deno.test("loadModel() names the folder it searched and the address of the file", () =>
  withFolder(async (folder) => {
    const action = loadModel("harmonix-fold1", { weightsDir: folder });
    await fails(
      "not-found",
      action,
      /looked for harmonix-fold1_mlx\.npz and harmonix-fold1-3ozjhtsj\.pth there; download them with deno task models pull harmonix-fold1 --weights-dir \/.* \(from https:/,
    );
    const absent = join(folder, "absent");
    await fails("not-found", loadModel("harmonix-fold1", { weightsDir: absent }), /absent/);
    writeFileSync(join(folder, "harmonix-fold1_mlx.npz"), "x");
    await fails(
      "not-found",
      loadModel("harmonix-fold1", { weightsDir: folder }),
      /fold1_mlx\.yaml/,
    );
  }));

Deno.test("loadModel() fails on a changed file with both checksums", () =>
  withFolder(async (folder) => {
    writeFileSync(join(folder, "harmonix-fold0_mlx.npz"), "changed");
    writeFileSync(join(folder, "harmonix-fold0_mlx.yaml"), "changed");
    await fails(
      "sha256",
      loadModel("harmonix-fold0", { weightsDir: folder }),
      /expected SHA-256 2d04d162[0-9a-f]{56}, got [0-9a-f]{64}; download it again/,
    );
  }));

Deno.test("loadModel() reads upstream's own file if the other is missing", () =>
  withFolder(async (folder) => {
    const small = new URL("./testdata/small.pth", import.meta.url);
    copyFileSync(small, join(folder, HARMONIX_FILES[5]!.pthFileName));
    const [checkpoint] = await loadModel("harmonix-fold5", { weightsDir: folder });
    assert.equal(checkpoint?.name, "harmonix-fold5");
    assert.equal(checkpoint?.configuration.depth, 1);
  }));

Deno.test("loadModel() searches the folder that the environment names, otherwise the platform's", () =>
  withFolder(async (folder) => {
    const named = join(folder, "named");
    await fails(
      "not-found",
      loadModel("harmonix-all", { environment: { [MODELS_DIR_VARIABLE]: named, HOME: folder } }),
      new RegExp(`not in ${named}: .* with deno task models pull harmonix-all \\(from`),
    );
    const cache = join(folder, "tactus", "models");
    mkdirSync(cache, { recursive: true });
    const small = new URL("./testdata/small.pth", import.meta.url);
    copyFileSync(small, join(cache, HARMONIX_FILES[2]!.pthFileName));
    const environment = {
      [MODELS_DIR_VARIABLE]: "",
      XDG_CACHE_HOME: folder,
      LOCALAPPDATA: folder,
    };
    if (process.platform !== "darwin") {
      const [checkpoint] = await loadModel("harmonix-fold2", { environment });
      assert.equal(checkpoint?.name, "harmonix-fold2");
    }
    await fails("not-found", loadModel("harmonix-fold0", { environment: {} }), /--weights-dir/);
  }));
