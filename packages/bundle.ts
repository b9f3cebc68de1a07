/**
 * Makes one CommonJS script of a module and of all that it imports: Node starts it sooner than modules in many files.
 *
 * @module
 */

import { posix } from "node:path";
import ts from "typescript";

/** Compiler options: CommonJS for Node 20. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  esModuleInterop: true,
  removeComments: true,
  newLine: ts.NewLineKind.LineFeed,
};

/**
 * Bundles a module with the modules that it imports.
 *
 * @param read returns the text of a module, by its path in the package
 * @param entry path of the module, such as `packages/launcher/tactus.ts`
 * @param underDeno path of the script, relative to the bundle, that Deno runs instead
 * @returns text of a script that stands in the folder of `entry`
 * @throws {Error} if a module imports a package: Node's own modules alone are there before the packages are found
 */
export async function bundle(
  read: (path: string) => Promise<string>,
  entry: string,
  underDeno: string,
): Promise<string> {
  const modules = new Map<string, string>();
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const script = commonScript(await read(path));
    modules.set(path, script);
    for (const [, specifier = ""] of script.matchAll(/\brequire\("([^"]+)"\)/g)) {
      if (specifier.startsWith("node:")) continue;
      if (!specifier.startsWith(".")) throw new Error(`${path} imports ${specifier}`);
      const imported = posix.join(posix.dirname(path), specifier);
      if (!modules.has(imported)) waiting.push(imported);
    }
  }
  const root = posix.relative(posix.dirname(entry), ".");
  const functions = [...modules].sort(([a], [b]) => a < b ? -1 : 1).map(([path, script]) =>
    `${JSON.stringify(path)}(exports, require, address) {\n${script}},\n`
  );
  return `#!/usr/bin/env node
"use strict";
const { join, posix } = require("node:path");
const { pathToFileURL } = require("node:url");
const modules = {
${functions.join("")}};
const loaded = new Map();
function load(path) {
  let exports = loaded.get(path);
  if (exports === undefined) {
    loaded.set(path, exports = {});
    const find = (name) => name.startsWith(".") ? load(posix.join(posix.dirname(path), name)) : require(name);
    modules[path](exports, find, pathToFileURL(join(__dirname, ${
    JSON.stringify(root)
  }, path.replace(/\\.ts$/, ".js"))).href);
  }
  return exports;
}
if ("Deno" in globalThis) import(${JSON.stringify(underDeno)});
else load(${JSON.stringify(entry)});
`;
}

/** Transpiles a module; its address, which CommonJS does not have, becomes a parameter. */
function commonScript(text: string): string {
  return ts.transpileModule(text, { compilerOptions: OPTIONS }).outputText
    .replaceAll(/\bimport\.meta\.url\b/g, "address")
    .replaceAll(/\bimport\.meta\.main\b/g, "false");
}
