import { deepEqual as equal, notEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { parsePlainYaml } from "./plain_yaml.ts";

/** The value without the lack of a prototype. */
function found(text: string): unknown {
  return JSON.parse(JSON.stringify(parsePlainYaml(text) ?? null));
}

Deno.test("parsePlainYaml() reads what the reader of all of YAML reads", () => {
  const embedded = readFileSync(new URL("../embedded/embedded.yaml", import.meta.url), "utf-8");
  const texts = [
    embedded,
    "a: 1",
    "a: -0.5e-3\nb: 1.0e-05\nc: 1e3\nd: 0",
    "a: true\nb: false\nc: null\nd: word\n\n",
    "a:\n    b: 1\n    c:\n      d: x\ne: 2\n",
  ];
  for (const text of texts) {
    notEqual(parsePlainYaml(text), undefined, text);
    equal(found(text), parse(text), text);
  }
});

Deno.test("parsePlainYaml() leaves all other texts to it", () => {
  const texts = ["", "a", "- 1", "a: [1]", "a: {}", 'a: "b"', "a: b c", "a: 1 # one", "a: Yes"];
  texts.push("a: 1\na: 2", "a: 0x10", "a: 012", "a: .5", "a: .inf", "a: ~", "a:", "a:\nb: 1");
  texts.push(
    "a: 1\n  b: 2",
    "a:\n  b: 1\n c: 2",
    "A: 1",
    "a: &x 1",
    "a: |\n  b",
    "a : 1",
    "\ta: 1",
  );
  texts.push(
    "a: 1\r\nb: 2\r\n",
    "--- \na: 1",
    "a: True",
    "  a: 1",
    "a: 1.",
    "a: +1",
    "a: 1E3",
    "null: 1",
  );
  for (const text of texts) equal(parsePlainYaml(text), undefined, JSON.stringify(text));
});
