import { deepStrictEqual as equal } from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { withWorkerFolder } from "./worker_scratch.ts";

const names = (folder: string): string[] => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("workers that start together keep their folders, and remove them at the end", () =>
  inTemporaryFolder(async (parent) => {
    const worker = async (nth: number): Promise<void> => {
      for (let start = 0; start < 15; start++) {
        await withWorkerFolder(async (folder) => {
          const file = join(folder, "audio");
          await Deno.writeTextFile(file, String(nth));
          equal(await Deno.readTextFile(file), String(nth));
        }, parent);
      }
    };
    await Promise.all(Array.from({ length: 30 }, (_, nth) => worker(nth)));
    equal(names(parent), []);
  }));

Deno.test("the folder of a worker that was killed is removed by the next one", () =>
  inTemporaryFolder(async (parent) => {
    const abandoned = join(parent, "tactus-worker-1");
    await Deno.mkdir(abandoned);
    await Deno.writeTextFile(join(abandoned, "lock"), "");
    await Deno.writeTextFile(join(abandoned, "audio"), "half");
    await withWorkerFolder((folder) => {
      equal(names(parent).map((name) => join(parent, name)), [folder]);
      return Promise.resolve();
    }, parent);
  }));
