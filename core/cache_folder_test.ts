import assert from "node:assert/strict";
import { cacheFolder } from "./cache_folder.ts";

Deno.test("cacheFolder() is the one that TACTUS_CACHE_DIR names, otherwise the platform's", () => {
  assert.equal(
    cacheFolder("graphs", { TACTUS_CACHE_DIR: "/c", HOME: "/h" }, "linux"),
    "/c/graphs",
  );
  assert.equal(cacheFolder("graphs", { HOME: "/h" }, "linux"), "/h/.cache/tactus/graphs");
  assert.equal(cacheFolder("graphs", {}, "linux"), undefined);
});
