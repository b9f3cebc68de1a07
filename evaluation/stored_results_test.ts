import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { StoredResults } from "./stored_results.ts";

Deno.test("StoredResults finds a result by the track's name, or else by the path in it", async () => {
  await inTemporaryFolder(async (folder) => {
    const write = (name: string, path: unknown): Promise<void> =>
      Deno.writeTextFile(join(folder, name), JSON.stringify({ path }));
    await write("song.json", "/elsewhere/song.wav");
    await write("mix.json", "/music/one/mix.flac");
    await write("mix.0a1b2c3d.json", "/music/two/mix.flac");
    await write("stems.json", "/music/three");
    await write("odd.json", 7);
    await Deno.writeTextFile(join(folder, "broken.json"), "{");
    const results = await StoredResults.open(folder);
    const file = async (name: string, mixes: string[], stemsDirectory?: string): Promise<string> =>
      await results.fileOf({ name, mixes, truths: [], ...(stemsDirectory && { stemsDirectory }) });
    equal(await file("song", ["/music/song.wav"]), join(folder, "song.json"));
    equal(await file("one", ["/music/one/mix.flac"]), join(folder, "mix.json"));
    equal(
      await file("two", ["/music/two/mix.flac"], "/music/two"),
      join(folder, "mix.0a1b2c3d.json"),
    );
    equal(await file("three", [], "/music/three"), join(folder, "stems.json"));
    await rejects(file("four", [], "/music/four"), /There is no four\.json in/);
  });
  await rejects(StoredResults.open("no/such"), /Cannot read the results folder no\/such/);
});
