import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { FORMAT_CASES, formatCase, wholeContent } from "../../fixtures/format_cases.ts";
import { formatResult } from "./format_result.ts";
import { type Format, FORMATS } from "./mod.ts";

Deno.test("formatResult() keeps the tempo and the metre of a result", () => {
  const result = FORMAT_CASES.folded!;
  equal(formatResult(JSON.stringify(result)), result);
  const empty = formatCase("/a.mp3", [], [], []);
  equal(formatResult(JSON.stringify(empty)), empty);
});

Deno.test("every format but the copy of the audio is written from a result of allin1", async () => {
  for (
    const [name, { tempo: _, metre: __, label_confidence: ___, provenance: ____, ...allin1 }]
      of Object.entries(
        FORMAT_CASES,
      )
  ) {
    const result = formatResult(JSON.stringify(allin1));
    equal(result.tempo === null, allin1.beats.length < 2);
    equal(result.metre?.beats_per_bar, FORMAT_CASES[name]!.metre?.beats_per_bar);
    for (const { files, collection } of Object.values<Format>(FORMATS)) {
      const contents = [
        ...files.filter(({ ending }) => ending !== ".cues.wav").map(({ encode }) =>
          encode(result, {})
        ),
        ...(collection ? [collection.encode([result])] : []),
      ];
      for (const content of await Promise.all(contents)) {
        const text = new TextDecoder().decode(wholeContent(content));
        ok(!/undefined|NaN/.test(text), `${name}: ${text}`);
      }
    }
  }
});
