import { deepStrictEqual as equal } from "node:assert/strict";
import { libraryPath } from "../kernels/library_path.ts";

/** A library that depends on the C library. */
const LIBRARY = libraryPath();

/** Ends a process in the given way; it writes a line if its end is a regular one. */
async function ending(work: string): Promise<[number, string]> {
  const program = `import { exitProcess, foreignCall } from "${new URL(
    "./exit.ts",
    import.meta.url,
  )}";
    addEventListener("unload", () => console.log("regular"));
    ${work}
    exitProcess(7, "${LIBRARY}");`;
  const url = `data:application/typescript,${encodeURIComponent(program)}`;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", "--no-check", `--allow-ffi=${LIBRARY}`, url],
    stderr: "inherit",
  }).output();
  return [code, new TextDecoder().decode(stdout)];
}

Deno.test({
  name: "exitProcess() runs no clean-up while a foreign call goes on, and keeps the exit code",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    equal(await ending("await foreignCall(Promise.resolve());"), [7, "regular\n"]);
    equal(await ending("foreignCall(new Promise(() => {}));"), [7, ""]);
  },
});
