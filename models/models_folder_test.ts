import assert from "node:assert/strict";
import { ModelError, type ModelProblem } from "./model_error.ts";
import { modelsFolder, pullCommand } from "./models_folder.ts";

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
