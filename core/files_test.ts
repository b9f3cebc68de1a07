import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { bytesOf, ensureSpace, freeName, nearestExisting, spaceAt, writeWhole } from "./files.ts";

const always = (): boolean => true;

Deno.test("freeName() cuts a name that is too long between two characters, and adds a hash of the path", () => {
  const track = { name: "🎵".repeat(70), path: "/music/a" };
  const name = freeName(track, always, 245);
  match(name, /^(🎵)+\.[0-9a-f]{8}$/u);
  ok(bytesOf(name) <= 245 && bytesOf(name) > 241, String(bytesOf(name)));
  ok(freeName({ ...track, path: "/music/b" }, always, 245) !== name);
  const fits = { name: "a".repeat(245), path: "/music/a" };
  equal(freeName(fits, always, 245), fits.name);
  // With a hash there is no room for all of it.
  equal(bytesOf(freeName(fits, () => false, 245)), 245);
});

Deno.test({
  name: "writeWhole() writes a file whose name has 255 bytes",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, "ä".repeat(127) + "x");
      await writeWhole(path, "content");
      equal(await Deno.readTextFile(path), "content");
      equal([...Deno.readDirSync(folder)].length, 1);
    });
  },
});

Deno.test("ensureSpace() refuses a full file system, and names the folder", async () => {
  await inTemporaryFolder(async (folder) => {
    const space = (bytes: number, files = true) => () => Promise.resolve({ bytes, files });
    await ensureSpace(folder, 1000);
    await ensureSpace(folder, 1000, space(1000));
    await rejects(ensureSpace(folder, 1000, space(999)), (error: Error) => {
      ok(error.message.includes(`${folder} is full`), error.message);
      return true;
    });
    await rejects(ensureSpace(folder, 1000, space(1e9, false)), /no room for another file/);
    const { bytes, files } = await spaceAt(folder);
    ok(bytes > 0 && Number.isFinite(bytes) && files);
    equal(await spaceAt(join(folder, "missing")), { bytes: Infinity, files: true });
    equal(await nearestExisting(join(folder, "a", "b")), folder);
  });
});
