import { deepStrictEqual as equal, throws } from "node:assert/strict";
import { kernelsPackage } from "../core/package_names.ts";
import {
  fixturesManifest,
  importedPackages,
  kernelsManifest,
  programManifest,
} from "./manifests.ts";

const FACTS = {
  version: "1.2.3",
  imports: {
    zod: "npm:zod@4.0.0",
    "@a/b": "npm:@a/b@2.0.0",
    "onnxruntime-node": "npm:onnxruntime-node@1.0.0",
  },
  exports: { ".": "./pipeline/mod.ts" },
  deno: "2.9.6",
  catalogue: { bullmq: "6.0.0", zod: "4.0.0" },
} as const;

Deno.test("importedPackages() finds static and dynamic imports, and addresses of files in packages", () => {
  const script =
    `import { z } from "zod"; import "node:fs"; import x from "./x.js"; import "@a/b/c";
export const text = "not imported"; const one = await import("later"); import.meta.resolve("chart.js");`;
  equal([...importedPackages([script])].sort(), ["@a/b", "chart.js", "later", "zod"]);
});

Deno.test("programManifest() pins what is imported, and what only some commands load is an optional peer", () => {
  const manifest = programManifest(FACTS, new Set(["zod", "@a/b", "onnxruntime-node"]));
  equal(manifest["dependencies"], { "@a/b": "2.0.0", zod: "4.0.0" });
  const optional = manifest["optionalDependencies"] as Record<string, string>;
  equal(optional["@deno/linux-x64-glibc"], "2.9.6");
  equal(optional["@deno/win32-arm64"], "2.9.6");
  equal(optional[kernelsPackage("linux-x64")], "1.2.3");
  const peers = Object.keys(manifest["peerDependencies"] as object);
  equal([peers[0], peers[2]], ["onnxruntime-node", "bullmq"]);
  equal(Object.keys(manifest["peerDependenciesMeta"] as object), peers);
  equal(peers.length, 3);
  equal(manifest["scripts"], undefined);
  equal((manifest["exports"] as Record<string, unknown>)["."], {
    types: "./pipeline/mod.d.ts",
    deno: "./pipeline/mod.js",
    default: "./packages/launcher/needs_deno.js",
  });
  throws(() => programManifest(FACTS, new Set(["left-pad"])), /left-pad is imported/);
});

Deno.test("kernelsManifest() limits a package to its platform, and on Linux to glibc", () => {
  const { os, cpu, libc } = kernelsManifest("linux-arm64", { version: "1.2.3" });
  equal([os, cpu, libc], [["linux"], ["arm64"], ["glibc"]]);
  equal(kernelsManifest("win32-x64", { version: "1.2.3" })["libc"], undefined);
});

Deno.test("all packages name the repository that they are published from", () => {
  const facts = { ...FACTS, repository: "https://github.com/owner/name" };
  for (
    const manifest of [
      programManifest(facts, new Set()),
      fixturesManifest(facts),
      kernelsManifest("darwin-x64", facts),
    ]
  ) {
    equal(manifest["repository"], { type: "git", url: "git+https://github.com/owner/name.git" });
  }
  equal("repository" in programManifest(FACTS, new Set()), false);
});
