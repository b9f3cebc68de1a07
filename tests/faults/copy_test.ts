import { deepStrictEqual as equal, ok, rejects } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Copy } from "./copy.ts";
import { SpecimenError } from "./prove.ts";

/** Runs a test in a folder with a small clone. */
async function inFolder(work: (folder: string, clone: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "tactus_copy_test_"));
  const clone = join(folder, "clone");
  try {
    await mkdir(join(clone, "kernels"), { recursive: true });
    await mkdir(join(clone, "node_modules"));
    execFileSync("git", ["init", "--quiet"], { cwd: clone });
    await writeFile(join(clone, ".gitignore"), "/node_modules/\n/kernels/target/\n");
    await writeFile(join(clone, "main.ts"), `console.error("it stops"); Deno.exit(3);\n`);
    await writeFile(join(clone, "removed.ts"), "");
    await writeFile(join(clone, "kernels", "Cargo.toml"), "[package]\n");
    execFileSync("git", ["add", "."], { cwd: clone });
    await rm(join(clone, "removed.ts"));
    await writeFile(join(clone, "new.ts"), "1;\n");
    await mkdir(join(clone, "kernels", "target"));
    await writeFile(join(clone, "kernels", "target", "large"), "");
    await work(folder, clone);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

Deno.test("a copy has the tracked and new files of the working tree, and links the packages", () =>
  inFolder(async (folder, clone) => {
    const copy = new Copy(join(folder, "copy"));
    await copy.fill(clone);
    equal((await readdir(copy.directory)).sort(), [
      ...[".gitignore", "kernels", "main.ts", "new.ts", "node_modules"],
    ]);
    equal(await readdir(join(copy.directory, "kernels")), ["Cargo.toml"]);
    ok((await stat(join(copy.directory, "node_modules"))).isDirectory());
    const same = new Copy(join(folder, "same"));
    await same.fill(clone);
    equal(same.sha256, copy.sha256);
    await writeFile(join(clone, "new.ts"), "3;\n");
    const changed = new Copy(join(folder, "changed"));
    await changed.fill(clone);
    ok(changed.sha256 !== copy.sha256);
    for (const one of [copy, same, changed]) await one.remove();
    equal(await readdir(folder), ["clone"]);
    ok((await stat(join(clone, "node_modules"))).isDirectory());
  }));

Deno.test("writing to a copy leaves the original unchanged", () =>
  inFolder(async (folder, clone) => {
    const copy = new Copy(join(folder, "copy"));
    await copy.fill(clone);
    await copy.write("new.ts", "2;\n");
    equal([await copy.read("new.ts"), await new Copy(clone).read("new.ts")], ["2;\n", "1;\n"]);
  }));

Deno.test("compare() rejects a copy that does not build", () =>
  inFolder(async (folder, clone) => {
    const copy = new Copy(join(folder, "copy"));
    await copy.fill(clone);
    await rejects(copy.compare([]), (error) =>
      error instanceof SpecimenError && /does not build/.test(error.message));
  }));

Deno.test("fill() rejects a folder that is not a clone", () =>
  inFolder(async (folder) => {
    await rejects(new Copy(join(folder, "copy")).fill(folder), /which has to be a git clone/);
  }));
