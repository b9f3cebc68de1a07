/**
 * Dependencies between the modules of a Rust crate, read from the paths in their text.
 *
 * A path is followed through re-exports to the module that defines the item. Re-exports of a module's own submodules,
 * and code of tests, are no dependencies.
 *
 * @module
 */

import { dirname, join } from "node:path/posix";
import { type Graph, type Sources, withoutComments } from "./source_graph.ts";

/** One module: a file of the crate. */
interface Module {
  readonly file: string;
  /** File of the parent module; null for the root. */
  readonly parent: string | null;
  /** Files of the submodules, by name. */
  readonly children: ReadonlyMap<string, string>;
  /** Items that `use` brings into scope, by name, with their paths. */
  readonly uses: ReadonlyMap<string, readonly string[]>;
  /** Paths in the text, as names from `crate`, `self` or `super`. */
  readonly paths: readonly (readonly string[])[];
}

/** The module that an item is visible in, such as `(in super::super)`; it is no dependency. */
const VISIBILITY = /(?<=\bpub)\([^)]*\)/g;

/** A `use` declaration. */
const USE = /(\bpub\s+)?\buse\s+([^;]+);/g;

/**
 * Returns the dependencies between the modules of a crate.
 *
 * @param sources files of the crate by path
 * @param root file of the root module, such as `src/lib.rs`
 */
export function rustGraph(sources: Sources, root: string): Graph {
  const modules = new Map<string, Module>();
  readModule(sources, root, null, dirname(root), modules);
  return new Map([...modules.values()].map((module) => {
    const targets = module.paths.map((path) => definingFile(modules, module, path));
    const own = (file: string | null): file is string => file !== null && file !== module.file;
    return [module.file, new Set(targets.filter(own))];
  }));
}

/** Reads a module and its submodules, without those of tests. */
function readModule(
  sources: Sources,
  file: string,
  parent: string | null,
  folder: string,
  modules: Map<string, Module>,
): void {
  const whole = withoutComments(sources.get(file) ?? "").replaceAll(VISIBILITY, "");
  const text = withInlineModules(withoutTests(whole));
  const children = new Map<string, string>();
  for (const [, name = ""] of text.matchAll(/\bmod\s+(\w+)\s*;/g)) {
    const candidates = [join(folder, `${name}.rs`), join(folder, name, "mod.rs")];
    const child = candidates.find((path) => sources.has(path));
    if (child === undefined) {
      throw new Error(`${file}: expected the module ${name} in ${candidates}`);
    }
    children.set(name, child);
    readModule(sources, child, file, join(folder, name), modules);
  }
  const uses = new Map<string, readonly string[]>();
  const paths: (readonly string[])[] = [];
  const rest = text.replace(USE, (_, isPublic: string | undefined, tree: string) => {
    for (const { path, name } of branches(tree)) {
      const full = rooted(path, children);
      if (full === null) continue;
      uses.set(name, full);
      const isFacade = isPublic !== undefined && full[0] === "self" && children.has(full[1] ?? "");
      if (!isFacade) paths.push(full);
    }
    return "";
  });
  for (const [path] of rest.matchAll(/(?<![:\w])[a-z]\w*(?:\s*::\s*\w+)+/g)) {
    const full = rooted(path.split(/\s*::\s*/), children);
    if (full !== null) paths.push(full);
  }
  modules.set(file, { file, parent, children, uses, paths });
}

/** Removes items that are compiled for tests only. */
function withoutTests(text: string): string {
  let rest = text;
  for (;;) {
    const found = /#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*/.exec(rest);
    if (found === null) return rest;
    const start = found.index + found[0].length;
    const [end, brace] = [rest.indexOf(";", start), rest.indexOf("{", start)];
    const isBlock = brace >= 0 && (end < 0 || brace < end);
    // Declarations of `use` with braces end at the semicolon.
    const isUse = /^(?:pub\s+)?use\b/.test(rest.slice(start));
    const stop = isBlock && !isUse ? closingBrace(rest, brace) : end;
    rest = rest.slice(0, found.index) + rest.slice(stop + 1);
  }
}

/** Treats modules inside of a file as parts of the file: their `super` is the file itself. */
function withInlineModules(text: string): string {
  const found = /\bmod\s+\w+\s*\{/.exec(text);
  if (found === null) return text;
  const open = found.index + found[0].length - 1;
  const close = closingBrace(text, open);
  const body = withInlineModules(text.slice(open + 1, close)).replaceAll(
    /(?<!::)\bsuper::/g,
    "self::",
  );
  return text.slice(0, found.index) + body + withInlineModules(text.slice(close + 1));
}

function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && --depth === 0) return at;
  }
  throw new Error("Expected a closing brace");
}

/** Returns each path of a `use` tree, and the name under which it is known. */
function branches(
  tree: string,
  prefix: readonly string[] = [],
): { path: string[]; name: string }[] {
  const text = tree.trim();
  const group = text.indexOf("{");
  if (group < 0) {
    const [path = "", alias] = text.split(/\s+as\s+/);
    const names = [...prefix, ...path.split("::").map((name) => name.trim())];
    if (names.at(-1) === "self") names.pop();
    return [{ path: names, name: alias ?? names.at(-1)! }];
  }
  const head = text.slice(0, group).split("::").map((name) => name.trim()).filter((name) => name);
  return parts(text.slice(group + 1, closingBrace(text, group)))
    .flatMap((part) => branches(part, [...prefix, ...head]));
}

/** Splits at commas outside of braces. */
function parts(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let part = "";
  for (const character of text) {
    if (character === "{") depth++;
    if (character === "}") depth--;
    if (character === "," && depth === 0) {
      found.push(part);
      part = "";
    } else part += character;
  }
  return [...found, part].filter((one) => one.trim() !== "");
}

/** Returns a path that starts with `crate`, `self` or `super`; null for a path into another crate. */
function rooted(path: readonly string[], children: ReadonlyMap<string, string>): string[] | null {
  const [first = ""] = path;
  if (["crate", "self", "super"].includes(first)) return [...path];
  return children.has(first) ? ["self", ...path] : null;
}

/** Returns the file of the module that defines an item, or null if it lies outside of the crate. */
function definingFile(
  modules: ReadonlyMap<string, Module>,
  from: Module,
  path: readonly string[],
  seen: ReadonlySet<string> = new Set(),
): string | null {
  let at: Module | undefined = from;
  for (const [index, name] of path.entries()) {
    if (at === undefined) return null;
    if (name === "self") continue;
    if (name === "crate") {
      while (at.parent !== null) at = modules.get(at.parent)!;
      continue;
    }
    if (name === "super") {
      at = modules.get(at.parent ?? "");
      continue;
    }
    const child = at.children.get(name);
    if (child !== undefined) {
      at = modules.get(child);
      continue;
    }
    const used = at.uses.get(name);
    const key = `${at.file} ${name}`;
    if (used === undefined || seen.has(key)) return at.file;
    const rest = path.slice(index + 1);
    return definingFile(modules, at, [...used, ...rest], new Set([...seen, key])) ?? at.file;
  }
  return at?.file ?? null;
}
