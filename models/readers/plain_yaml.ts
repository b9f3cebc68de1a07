/**
 * Reads the simplest YAML: a block mapping of numbers, words, booleans and null, and of such mappings.
 *
 * @module
 */

/** Value of a plain document. */
export type PlainYaml = { readonly [key: string]: PlainYaml | number | string | boolean | null };

/** A key, and behind it nothing or a value of one word. */
const LINE = /^( *)([a-z][a-z0-9_]*):(?: (\S+))?$/;

/** A decimal number in the core schema of YAML 1.2. */
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?$/;

/** A word that is no number, boolean or null in any spelling. */
const WORD = /^(?!(?:true|false|null)$)[a-z][a-z0-9_]*$/;

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/**
 * Reads a document.
 *
 * @param text the document
 * @returns its mapping; undefined for a document with anything else in it, also where that is not YAML
 */
export function parsePlainYaml(text: string): PlainYaml | undefined {
  const root: Record<string, PlainYaml[string]> = Object.create(null);
  const open = [{ indent: 0, map: root }];
  let awaits: string | undefined;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, spaces, key, value] = LINE.exec(line) ?? [];
    if (spaces === undefined || key === undefined || CONSTANTS.has(key)) return undefined;
    const indent = spaces.length;
    if (awaits !== undefined) {
      const { indent: outer, map } = open.at(-1)!;
      // A key without a value and without a mapping below it is null.
      if (indent <= outer) return undefined;
      const inner: Record<string, PlainYaml[string]> = Object.create(null);
      map[awaits] = inner;
      open.push({ indent, map: inner });
      awaits = undefined;
    }
    while (open.length > 1 && indent < open.at(-1)!.indent) open.pop();
    const { indent: expected, map } = open.at(-1)!;
    if (indent !== expected || key in map) return undefined;
    if (value === undefined) awaits = key;
    else if (NUMBER.test(value)) map[key] = Number(value);
    else if (WORD.test(value)) map[key] = value;
    else if (CONSTANTS.has(value)) map[key] = CONSTANTS.get(value)!;
    else return undefined;
  }
  return awaits === undefined && Object.keys(root).length > 0 ? root : undefined;
}
