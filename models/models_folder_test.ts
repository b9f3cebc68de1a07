import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { HTDEMUCS_FILE } from "./download/published_files.ts";
import { ModelError, type ModelProblem } from "./model_error.ts";
import { cacheFolder, modelsFolder, pullCommand, readModelFile } from "./models_folder.ts";

const ENVIRONMENT = {
  TACTUS_MODELS_DIR: "/named",
  XDG_CACHE_HOME: "/xdg",
  HOME: "/home/me",
  LOCALAPPDATA: "C:\\Users\\me\\AppData\\Local",
};

function isProblem(problem: ModelProblem, message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof ModelError && error.problem === problem && message.test(error.message);
}

Deno.test("modelsFolder() prefers the given folder, then the environment's, then the platform's", () => {
  const { TACTUS_MODELS_DIR: _, ...environment } = ENVIRONMENT;
  const { XDG_CACHE_HOME: __, ...plain } = environment;
  const cases = [
    [{ weightsDir: "/given", environment: ENVIRONMENT }, "linux", "/given"],
    [{ weightsDir: "", environment: ENVIRONMENT }, "linux", "/named"],
    [{ environment: ENVIRONMENT }, "win32", "/named"],
    [{ environment }, "linux", "/xdg/tactus/models"],
    [{ environment: plain }, "linux", "/home/me/.cache/tactus/models"],
    [
      { environment: { ...plain, TACTUS_MODELS_DIR: "", XDG_CACHE_HOME: "" } },
      "freebsd",
      "/home/me/.cache/tactus/models",
    ],
    [
      { environment: { ...plain, XDG_CACHE_HOME: "relative" } },
      "linux",
      "/home/me/.cache/tactus/models",
    ],
    [{ environment }, "darwin", "/home/me/Library/Caches/tactus/models"],
    [{ environment }, "win32", "C:\\Users\\me\\AppData\\Local\\tactus\\models"],
  ] as const;
  for (const [options, platform, expected] of cases) {
    assert.equal(modelsFolder(options, platform), expected);
  }
});

Deno.test("modelsFolder() names the variable to set if the environment has no home folder", () => {
  for (
    const [platform, variable] of [["linux", /HOME/], ["darwin", /HOME/], [
      "win32",
      /LOCALAPPDATA/,
    ]] as const
  ) {
    assert.throws(
      () => modelsFolder({ environment: {} }, platform),
      isProblem("not-found", variable),
    );
  }
});

Deno.test("pullCommand() contains the given folder, quoted if necessary", () => {
  assert.equal(pullCommand("htdemucs"), "deno task models pull htdemucs");
  assert.equal(
    pullCommand("htdemucs", { weightsDir: "my weights" }),
    'deno task models pull htdemucs --weights-dir "my weights"',
  );
});

Deno.test("readModelFile() returns a verified file with its SHA-256, or names the command that downloads it", async () => {
  await inTemporaryFolder(async (folder) => {
    const options = { weightsDir: folder };
    await assert.rejects(
      readModelFile("htdemucs", HTDEMUCS_FILE, options),
      isProblem(
        "not-found",
        /955717e8-8726e21a\.th there; download .* deno task models pull htdemucs/,
      ),
    );
    const bytes = new TextEncoder().encode("weights");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await Deno.writeFile(join(folder, HTDEMUCS_FILE.fileName), bytes);
    await assert.rejects(
      readModelFile("htdemucs", HTDEMUCS_FILE, options),
      isProblem("sha256", new RegExp(`expected SHA-256 8726e21a…, got ${sha256}`)),
    );
    const known = { ...HTDEMUCS_FILE, sha256: sha256.slice(0, 8) };
    const read = await readModelFile("htdemucs", known, options);
    assert.deepEqual([new Uint8Array(read.bytes), read.sha256], [bytes, sha256]);
  });
});

Deno.test("cacheFolder() is the one that TACTUS_CACHE_DIR names, otherwise the platform's", () => {
  assert.equal(
    cacheFolder("graphs", { TACTUS_CACHE_DIR: "/c", HOME: "/h" }, "linux"),
    "/c/graphs",
  );
  assert.equal(cacheFolder("graphs", { HOME: "/h" }, "linux"), "/h/.cache/tactus/graphs");
  assert.equal(cacheFolder("graphs", {}, "linux"), undefined);
});
