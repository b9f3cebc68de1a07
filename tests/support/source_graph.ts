/**
 * Imports between the source files of a repository, read from their text.
 *
 * @module
 */

import { dirname, join, normalize } from "node:path/posix";

/** Text of source files by path, with `/` between folders. */
export type Sources = ReadonlyMap<string, string>;

/** Nodes with the nodes that each one depends on. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** Folders that hold no source files of the repository. */
const SKIPPED: readonly string[] = ["node_modules", "target"];

const TYPESCRIPT = /\.[cm]?[jt]sx?$/;

/**
 * Reads all source files in a folder and its subfolders.
 *
 * @param root folder that the paths of the result start from
 * @param extension pattern of the file names
 */
export async function readSources(root: string, extension: RegExp): Promise<Sources> {
  const sources = new Map<string, string>();
  const read = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
      if (name.startsWith(".") || SKIPPED.includes(name)) continue;
      const path = join(folder, name);
      if (isDirectory) await read(path);
      else if (extension.test(name)) sources.set(path, await Deno.readTextFile(join(root, path)));
    }
  };
  await read(".");
  return sources;
}

/** Replaces comments with spaces; strings stay. */
export function withoutComments(text: string): string {
  const tokens = /"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[^]*?\*\//g;
  return text.replace(tokens, (token) => token.startsWith("/") ? " " : token);
}

/**
 * Returns the files that a TypeScript file imports: static and dynamic imports, re-exports, and URLs and paths of code
 * that start from `import.meta`.
 *
 * @param path of the file
 * @param text content of the file
 * @throws {Error} if the path of a dynamic import is not a literal
 */
function importsOf(path: string, text: string): Set<string> {
  const code = withoutComments(text);
  const computed = /(?:\bawait|\breturn|=>|[=(,])\s*import\s*\(\s*(?!packageSpecifier\()[^"\s]/
    .exec(code);
  if (computed) throw new Error(`${path}: the path of a dynamic import is not a literal`);
  const specifiers = [
    /\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g,
    /\bimport\.meta\.resolve\(\s*"(\.[^"]+)"/g,
    /\bnew URL\(\s*"([^":]+)"\s*,\s*import\.meta\.url/g,
    /\bnew URL\(\s*`([^`:]+)`\s*,\s*import\.meta\.url/g,
    /\bjoin\(\s*import\.meta\.dirname[^,]*,\s*((?:"[^"]*",?\s*)+)\)/g,
  ].flatMap((pattern, kind) =>
    [...code.matchAll(pattern)].map(([, found = ""]) => found).map((found) => {
      const isPath = kind === 4;
      return isPath ? join(...[...found.matchAll(/"([^"]*)"/g)].map(([, part]) => part!)) : found;
    }).filter((found) => kind < 2 || TYPESCRIPT.test(found))
  );
  return new Set(specifiers.map((specifier) => normalize(join(dirname(path), specifier))));
}

/** Returns the imports between TypeScript files. */
export function importGraph(sources: Sources): Graph {
  return new Map([...sources].map(([path, text]) => [path, importsOf(path, text)]));
}

/**
 * Returns the graph between groups of nodes.
 *
 * @param graph dependencies between nodes
 * @param groupOf group of a node, or null for a node that is left out
 */
export function groupedGraph(graph: Graph, groupOf: (node: string) => string | null): Graph {
  const groups = new Map<string, Set<string>>();
  for (const [node, targets] of graph) {
    const from = groupOf(node);
    if (from === null) continue;
    const edges = groups.get(from) ?? new Set();
    groups.set(from, edges);
    for (const to of [...targets].map(groupOf)) {
      if (to !== null && to !== from) edges.add(to);
    }
  }
  return groups;
}

/**
 * Returns the shortest cycle through each node that no cycle before it contains.
 *
 * @param graph dependencies between nodes
 * @returns cycles as lists of nodes; the last node depends on the first
 */
export function cycles(graph: Graph): string[][] {
  const found: string[][] = [];
  const seen = new Set<string>();
  for (const node of [...graph.keys()].toSorted()) {
    const cycle = seen.has(node) ? null : shortestCycle(graph, node);
    if (cycle === null) continue;
    for (const member of cycle) seen.add(member);
    found.push(cycle);
  }
  return found;
}

function shortestCycle(graph: Graph, start: string): string[] | null {
  const before = new Map<string, string | null>([[start, null]]);
  for (const node of before.keys()) {
    for (const target of graph.get(node) ?? []) {
      if (target === start) {
        const cycle = [];
        for (let at: string | null = node; at !== null; at = before.get(at) ?? null) cycle.push(at);
        return cycle.reverse();
      }
      if (!before.has(target)) before.set(target, node);
    }
  }
  return null;
}
