/**
 * Positions of keys in a TOML file. Only errors need them, so that a correct file does not load the parser.
 *
 * @module
 */

import { type AST, parseTOML } from "toml-eslint-parser";

/** A place in a file. */
export interface Position {
  /** From 1 on. */
  readonly line: number;
  /** From 1 on. */
  readonly column: number;
}

/**
 * Returns a function from paths to positions.
 *
 * @param text TOML that can be parsed
 * @returns position of the longest part of a path that the file has; its start where it has none
 */
export function positions(text: string): (path: readonly PropertyKey[]) => Position {
  const found = new Map<string, Position>();
  const note = (path: readonly PropertyKey[], { loc }: AST.TOMLNode): void => {
    // All tables in front of a key have a position too, that of the first mention.
    for (let length = 1; length <= path.length; length++) {
      const key = keyOf(path.slice(0, length));
      if (found.has(key)) continue;
      found.set(key, { line: loc.start.line, column: loc.start.column + 1 });
    }
  };
  const visit = (node: AST.TOMLKeyValue, before: readonly PropertyKey[]): void => {
    const path = [...before, ...namesOf(node.key)];
    note(path, node);
    content(node.value, path);
  };
  const content = (value: AST.TOMLContentNode, path: readonly PropertyKey[]): void => {
    if (value.type === "TOMLInlineTable") {
      for (const part of value.body) visit(part, path);
    } else if (value.type === "TOMLArray") {
      for (const [at, element] of value.elements.entries()) {
        note([...path, at], element);
        content(element, [...path, at]);
      }
    }
  };
  for (const node of nodesOf(text)) {
    if (node.type === "TOMLKeyValue") {
      visit(node, []);
      continue;
    }
    note(node.resolvedKey, node);
    for (const part of node.body) visit(part, node.resolvedKey);
  }
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const position = found.get(keyOf(path.slice(0, length)));
      if (position !== undefined) return position;
    }
    return { line: 1, column: 1 };
  };
}

/** Returns the parts of the file; none where this parser does not read it, unlike the one that read its values. */
function nodesOf(text: string): (AST.TOMLKeyValue | AST.TOMLTable)[] {
  try {
    return parseTOML(text, { tomlVersion: "next" }).body[0].body;
  } catch {
    return [];
  }
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}

function namesOf({ keys }: AST.TOMLKey): string[] {
  return keys.map((key) => key.type === "TOMLBare" ? key.name : String(key.value));
}
