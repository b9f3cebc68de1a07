import { deepStrictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "../../../tests/support/temporary_folder.ts";
import { cachedGraph } from "./graph_cache.ts";

const KEY = { name: "net", sha256: "ab".repeat(32), version: 1 };
const GRAPH = Uint8Array.of(1, 2, 3);

/** A builder that counts how often it was called. */
function builder(): { calls: number; build: () => Uint8Array } {
  const counting = { calls: 0, build: (): Uint8Array => (counting.calls++, GRAPH) };
  return counting;
}

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("cachedGraph() builds once, and again for other weights or another builder version", async () => {
  await inTemporaryFolder(async (parent) => {
    const folder = join(parent, "deep", "graphs");
    const counting = builder();
    for (let i = 0; i < 2; i++) {
      equal(new Uint8Array(await cachedGraph(folder, KEY, counting.build)), GRAPH);
    }
    equal(counting.calls, 1);
    await cachedGraph(folder, { ...KEY, version: 2 }, counting.build);
    await cachedGraph(folder, { ...KEY, sha256: "cd".repeat(32) }, counting.build);
    equal(counting.calls, 3);
    equal((await filesIn(folder)).length, 3);
  });
});

Deno.test("cachedGraph() rebuilds a graph that is damaged or cut short", async () => {
  for (const damaged of [Uint8Array.of(1, 2, 4), Uint8Array.of(1, 2), new Uint8Array()]) {
    await inTemporaryFolder(async (folder) => {
      const counting = builder();
      await cachedGraph(folder, KEY, counting.build);
      const [name = ""] = await filesIn(folder);
      await Deno.writeFile(join(folder, name), damaged);
      equal(await cachedGraph(folder, KEY, counting.build), GRAPH);
      equal(counting.calls, 2);
      equal(await filesIn(folder), [name]);
    });
  }
});

Deno.test("cachedGraph() works without a writable folder", async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    for (const place of [undefined, file, join(file, "below")]) {
      const counting = builder();
      equal(await cachedGraph(place, KEY, counting.build), GRAPH);
      equal(counting.calls, 1);
    }
  });
});
