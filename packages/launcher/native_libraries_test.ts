import { deepStrictEqual as equal } from "node:assert/strict";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { nativeFolders } from "./native_libraries.ts";

const PLATFORM = `@duckdb/node-bindings-${process.platform}-${process.arch}`;

Deno.test("nativeFolders() finds ONNX Runtime, and for catalogue the database, next to the program", async () => {
  await inTemporaryFolder(async (given) => {
    const root = await Deno.realPath(given);
    const modules = join(root, "node_modules");
    const program = join(modules, "@scope", "tactus");
    await mkdir(program, { recursive: true });
    equal(nativeFolders("catalogue", program), []);
    for (
      const name of ["onnxruntime-node", "@duckdb/node-api", "@duckdb/node-bindings", PLATFORM]
    ) {
      await mkdir(join(modules, name), { recursive: true });
    }
    equal(nativeFolders("analyze", program), [join(modules, "onnxruntime-node")]);
    equal(nativeFolders("catalogue", program), [
      ...[join(modules, "onnxruntime-node"), join(modules, PLATFORM)],
    ]);
  });
});

Deno.test("nativeFolders() follows the links of pnpm", async () => {
  await inTemporaryFolder(async (given) => {
    const root = await Deno.realPath(given);
    const store = join(root, "node_modules", ".pnpm");
    const [api, bindings, own] = ["api", "bindings", "own"].map((name) =>
      join(store, name, "node_modules")
    ) as [string, string, string];
    const link = async (to: string, path: string): Promise<void> => {
      await mkdir(join(path, ".."), { recursive: true });
      await symlink(to, path);
    };
    for (
      const folder of [
        join(api, "@duckdb", "node-api"),
        join(bindings, "@duckdb", "node-bindings"),
        join(own, PLATFORM),
        join(store, "tactus", "node_modules", "@scope", "tactus"),
      ]
    ) await mkdir(folder, { recursive: true });
    await link(join(api, "@duckdb", "node-api"), join(root, "node_modules", "@duckdb", "node-api"));
    await link(
      join(bindings, "@duckdb", "node-bindings"),
      join(api, "@duckdb", "node-bindings"),
    );
    await link(join(own, PLATFORM), join(bindings, PLATFORM));
    const program = join(store, "tactus", "node_modules", "@scope", "tactus");
    equal(nativeFolders("catalogue", program), [join(own, PLATFORM)]);
  });
});
