import { deepStrictEqual as equal } from "node:assert/strict";
import { GLIBC_SETTINGS, HEAP_OPTION } from "../../core/batch_memory.ts";
import { denoArguments, denoEnvironment } from "./deno_call.ts";

const OPTIONS = [
  ...["run", "--quiet", "--no-config", "--no-lock", "--no-prompt", "--no-remote"],
  "--node-modules-dir=manual",
];

Deno.test("denoArguments() gives a call its permissions, and analyze the heap of a batch", () => {
  equal(denoArguments(["--help"], "/p/main.js", []), [
    ...[...OPTIONS, "--allow-read", "--allow-env", "/p/main.js", "--help"],
  ]);
  equal(denoArguments(["analyze", "-v", "a.mp3"], "/p/main.js", ["/k.so"]), [
    ...[...OPTIONS, "--allow-read", "--allow-write", "--allow-env", "--allow-sys"],
    ...["--allow-ffi=/k.so", "--allow-run=ffmpeg", HEAP_OPTION],
    ...["/p/main.js", "analyze", "-v", "a.mp3"],
  ]);
});

Deno.test("denoEnvironment() keeps the user's variables, but for the folder of a task's call", () => {
  const set = { DENO_NO_UPDATE_CHECK: "1", TACTUS_LAUNCHED: "1" };
  equal(denoEnvironment(["--help"], { HOME: "/h", TACTUS_CWD: "/c" }), { HOME: "/h", ...set });
  equal(denoEnvironment(["analyze"], {}), { ...GLIBC_SETTINGS, ...set });
  equal(denoEnvironment(["analyze"], { MALLOC_ARENA_MAX: "4" }), {
    ...{ ...GLIBC_SETTINGS, MALLOC_ARENA_MAX: "4" },
    ...set,
  });
});
