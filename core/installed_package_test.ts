import { deepStrictEqual as equal } from "node:assert/strict";
import { hasGlibc } from "./installed_package.ts";

Deno.test("hasGlibc() is false on a Linux without the loader of glibc, such as Alpine", () => {
  const loader = "/lib64/ld-linux-x86-64.so.2";
  equal(hasGlibc("linux", "x64", (path) => path === loader), true);
  equal(hasGlibc("linux", "x64", () => false), false);
  equal(hasGlibc("linux", "arm64", (path) => path === loader), false);
  for (const platform of ["darwin", "win32"]) equal(hasGlibc(platform, "x64", () => false), true);
  equal(hasGlibc("linux", "riscv64", () => false), true, "there is no package for it");
});
