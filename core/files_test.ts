import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import {
  bytesOf,
  ensureSpace,
  freeName,
  nearestExisting,
  replaceWhole,
  spaceAt,
  writeWhole,
} from "./files.ts";

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

Deno.test("writeWhole() names the file where the error does not, as that of a full disk", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "song.json");
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
    });
    function* content(): Iterable<Uint8Array> {
      yield new Uint8Array(10);
      throw full;
    }
    await rejects(writeWhole(path, content()), {
      message: `Writing ${path} failed: ${full.message}`,
      code: "ENOSPC",
    });
    equal([...Deno.readDirSync(folder)], []);
  });
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

Deno.test("replaceWhole() keeps the file, its mode and its links where the copy fails, and leaves nothing else", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeTextFile(path, "old");
    await Deno.chmod(path, 0o604);
    const bytes = new TextEncoder().encode("new");
    const failing = function* (): Iterable<Uint8Array> {
      yield bytes;
      throw new Error("no more");
    };
    await rejects(replaceWhole(path, failing()), /no more/);
    const changing = function* (): Iterable<Uint8Array> {
      yield bytes;
      Deno.writeTextFileSync(path, "changed by another program");
    };
    await rejects(replaceWhole(path, changing()), /was changed while its copy was written/);
    equal(await Deno.readTextFile(path), "changed by another program");
    await replaceWhole(path, [bytes]);
    equal(await Deno.readTextFile(path), "new");
    equal((await Deno.stat(path)).mode! & 0o777, 0o604);
    await rejects(replaceWhole(join(folder, "missing"), [bytes]), { code: "ENOENT" });
    equal([...Deno.readDirSync(folder)].map(({ name }) => name), ["a"]);
  });
});
