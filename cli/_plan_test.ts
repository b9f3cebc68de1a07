import { deepStrictEqual as equal } from "node:assert/strict";
import { symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { type PlanOptions, planTracks } from "./_plan.ts";

const ALLIN1 = { bpm: 120, beats: [], downbeats: [], beat_positions: [], segments: [] };

/** Plans tracks of a folder by their paths there, and returns name and reason of each. */
async function planned(
  folder: string,
  paths: readonly string[],
  options: Partial<PlanOptions> = {},
): Promise<[name: string, why: string | undefined][]> {
  const tracks = paths.map((path) => ({
    path: join(folder, path),
    name: path.split("/").at(-1)!.replace(/\.\w+$/, ""),
  }));
  const plan = await planTracks(tracks, {
    analyzer: { whyUnfinished: () => Promise.resolve(undefined) },
    files: { directory: folder, activations: false, embeddings: false },
    overwrite: [],
    names: { model: "auto", demixer: "auto" },
    isOwn: false,
    ...options,
  });
  return plan.map(({ track, why }) => [track.name, why]);
}

async function writeResult(path: string, result: unknown): Promise<void> {
  await writeFile(path, JSON.stringify(result));
}

Deno.test("planTracks() gives each track a name of its own, flat while it is unique", async () => {
  await inTemporaryFolder(async (folder) => {
    const names = (await planned(folder, ["a/x.mp3", "b/x.mp3", "b/X.wav", "b/y.mp3"]))
      .map(([name]) => name.replace(/[0-9a-f]{8}$/, "…"));
    equal(names, ["x", "x.…", "X.…", "y"]);
    const again = await planned(folder, ["b/x.mp3", "a/x.mp3"]);
    equal(again[0]![0], "x", "without results of the first call");
  });
});

Deno.test("a track keeps the name of its result, and another track does not take it", async () => {
  await inTemporaryFolder(async (folder) => {
    await writeResult(join(folder, "x.json"), { path: join(folder, "b/x.mp3"), more: 1 });
    const [first, second] = await planned(folder, ["a/x.mp3", "b/x.mp3"]);
    equal([first![0].length, first![1]], [10, "it has no result"]);
    equal(second, ["x", undefined]);
    // Cut off by a full disk of another program, but still this track's.
    await writeFile(
      join(folder, "y.json"),
      `{\n  "path": ${JSON.stringify(join(folder, "y.mp3"))},`,
    );
    const analyzer = { whyUnfinished: () => Promise.resolve("damaged") };
    equal(await planned(folder, ["y.mp3"], { analyzer }), [["y", "damaged"]]);
  });
});

Deno.test("a track is analysed anew where a file is missing, or --overwrite names a part", async () => {
  await inTemporaryFolder(async (folder) => {
    await writeResult(join(folder, "x.json"), { path: join(folder, "x.mp3"), more: 1 });
    const files = { directory: folder, activations: true, embeddings: false };
    const only = "and only an analysis makes it";
    const missing = `${join(folder, "x.activ.npz")} is missing, ${only}`;
    equal(await planned(folder, ["x.mp3"], { files }), [["x", missing]]);
    await writeFile(join(folder, "x.activ.npz"), "");
    equal(await planned(folder, ["x.mp3"], { files }), [["x", undefined]]);
    const before = new Date(Date.now() - 10_000);
    await utimes(join(folder, "x.activ.npz"), before, before);
    const earlier = `${join(folder, "x.activ.npz")} is of an earlier result, ${only}`;
    equal(await planned(folder, ["x.mp3"], { files }), [["x", earlier]]);
    await writeFile(join(folder, "x.activ.npz"), "");
    equal(await planned(folder, ["x.mp3"], { overwrite: ["json", "viz"] }), [
      ["x", "--overwrite json,viz"],
    ]);
  });
});

Deno.test("a result of allin1 counts with its default weights while it is newer than the audio", async () => {
  await inTemporaryFolder(async (folder) => {
    await writeFile(join(folder, "x.mp3"), "");
    await symlink(join(folder, "x.mp3"), join(folder, "link.mp3"));
    await writeResult(join(folder, "x.json"), { path: join(folder, "x.mp3"), ...ALLIN1 });
    await writeResult(join(folder, "link.json"), { path: join(folder, "x.mp3"), ...ALLIN1 });
    equal(await planned(folder, ["x.mp3"]), [["x", undefined]]);
    equal(await planned(folder, ["link.mp3"]), [["link", undefined]], "allin1 resolves links");
    const before = new Date(Date.now() - 10_000);
    await writeFile(join(folder, "x.activ.npz"), "");
    await utimes(join(folder, "x.activ.npz"), before, before);
    const files = { directory: folder, activations: true, embeddings: false };
    equal(await planned(folder, ["x.mp3"], { files }), [["x", undefined]], "its arrays come first");
    const names = { model: "embedded", demixer: "auto" };
    equal(
      (await planned(folder, ["x.mp3"], { names }))[0]![1],
      "its result is of allin1 with other weights",
    );
    equal(
      (await planned(folder, ["x.mp3"], { isOwn: true }))[0]![1],
      "its result is of allin1 with other settings",
    );
    await utimes(join(folder, "x.mp3"), new Date(), new Date(Date.now() + 10_000));
    equal(
      (await planned(folder, ["x.mp3"]))[0]![1],
      "its audio is newer than its result of allin1",
    );
  });
});
