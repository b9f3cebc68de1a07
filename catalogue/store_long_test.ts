import { deepStrictEqual as equal, rejects, throws } from "node:assert/strict";
import { join } from "node:path";
import { fileSha256 } from "../core/hash.ts";
import { until } from "../tests/support/deadline.ts";
import { storeVariables, withStore } from "../tests/support/services.ts";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { bucketAddress, openStore } from "./open_store.ts";
import type { Store } from "./store.ts";

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder().decode(bytes);
const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
const keysOf = async (store: Store, prefix: string): Promise<string[]> =>
  (await Array.fromAsync(store.list(prefix))).map(({ key }) => key);

/** Checks what all stores have in common. */
async function checkStore(store: Store, folder: string): Promise<void> {
  equal(await store.find("a/1"), undefined);
  equal(await store.read("a/1"), undefined);
  equal(await store.putNew("a/1", bytes("one")), true);
  equal(await store.putNew("a/1", bytes("other")), false);
  equal(text(await store.read("a/1")), "one");
  const file = join(folder, "big");
  await Deno.writeFile(file, new Uint8Array(3e5).fill(7));
  // Names that need escapes in addresses.
  equal(await store.putNew("a/é +%?.mp3", { path: file }), true);
  equal(await store.putNew("a/é +%?.mp3", { path: file }), false);
  await store.putNew("a-1", bytes(""));
  await store.putNew("b", bytes("b"));
  equal(await keysOf(store, ""), ["a-1", "a/1", "a/é +%?.mp3", "b"]);
  equal(await keysOf(store, "a/"), ["a/1", "a/é +%?.mp3"]);
  equal(await keysOf(store, "a/\u00e9"), ["a/é +%?.mp3"]);
  equal(await keysOf(store, "c"), []);
  const found = await store.find("a/é +%?.mp3");
  equal(found?.bytes, 3e5);
  const copy = join(folder, "copy");
  equal(await store.fetch(found.key, copy, { etag: found.etag }), found);
  equal(await Deno.readFile(copy), await Deno.readFile(file));
  await rejects(store.fetch("nothing", copy), {
    name: "PermanentError",
    message: /no .*nothing|nothing.*no/,
  });
  await rejects(store.fetch("b", copy, { etag: found.etag }), {
    name: "PermanentError",
    message: /has changed since it was added/,
  });
  // A file that was replaced by another of equal size.
  const sha256 = await fileSha256(file);
  await Deno.writeFile(file, new Uint8Array(3e5).fill(8));
  await rejects(store.putNew("replaced", { path: file, sha256 }), {
    name: "OtherContentError",
    message: /big has changed since it was added: add it again$/,
  });
  equal(await store.find("replaced"), undefined);
  await Deno.writeFile(file, new Uint8Array(3e5).fill(7));
  equal(await store.putNew("replaced", { path: file, sha256 }), true);
  equal((await store.find("replaced"))?.bytes, 3e5);
  // Of puts at the same time, one succeeds.
  const puts = await Promise.all(
    Array.from({ length: 8 }, (_, at) => store.putNew("race", bytes(String(at)))),
  );
  equal(puts.filter((isNew) => isNew).length, 1);
  equal(text(await store.read("race")), String(puts.indexOf(true)));
}

Deno.test("a folder is a store", () =>
  inTemporaryFolder(async (folder) => {
    const store = await openStore(join(folder, "store"));
    await checkStore(store, folder);
    await Deno.writeTextFile(join(folder, "store", ".x.unfinished"), "half");
    equal(await keysOf(store, "."), []);
  }));

Deno.test("a folder that cannot be written for a while is written then", () =>
  inTemporaryFolder(async (folder) => {
    const reasons: string[] = [];
    const store = await openStore(join(folder, "store"), {
      patience: {
        ...{ seconds: 60, idleSeconds: 1, longestWaitSeconds: 0.1 },
        onRetry: (reason) => reasons.push(reason),
      },
    });
    // A file where the folder of the object is to be, as any other fault.
    await Deno.writeTextFile(join(folder, "store"), "");
    const put = store.putNew("a/1", bytes("one"));
    await until("an attempt to fail", () => Promise.resolve(reasons.length > 1));
    await Deno.remove(join(folder, "store"));
    equal([await put, text(await store.read("a/1"))], [true, "one"]);
  }));

Deno.test("a bucket is a store", () =>
  withStore((endpoint, bucket) =>
    inTemporaryFolder(async (folder) => {
      for (const [name, value] of Object.entries(storeVariables(endpoint))) {
        Deno.env.set(name, value);
      }
      const store = await openStore(`s3://${bucket}/some/prefix/`);
      equal(store.addressOf("a"), `s3://${bucket}/some/prefix/a`);
      await checkStore(store, folder);
      store.close();
      const whole = await openStore(`s3://${bucket}`);
      equal((await keysOf(whole, ""))[0], "some/prefix/a-1");
      whole.close();
      const other = await openStore("s3://no-such-bucket");
      await rejects(Array.fromAsync(other.list("")), /there is no such object or bucket/);
      other.close();
    })
  ));

Deno.test("bucketAddress() refuses what is no address of a bucket", () => {
  equal(bucketAddress("s3://my.bucket/a/b"), { bucket: "my.bucket", prefix: "a/b" });
  equal(bucketAddress("s3://bucket"), { bucket: "bucket", prefix: "" });
  for (const address of ["s3://", "s3:bucket", "s3://A/b", "s3://-a/b"]) {
    throws(() => bucketAddress(address), /Expected an address s3:\/\/BUCKET\/PREFIX/);
  }
});
