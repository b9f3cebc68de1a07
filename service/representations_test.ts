import { deepStrictEqual as equal } from "node:assert/strict";
import { FORMAT_NAMES } from "../outputs/formats/mod.ts";
import { negotiate, REPRESENTATIONS } from "./representations.ts";

function chosen(accept?: string): string | undefined {
  const wanted = negotiate(accept);
  return wanted === "analysis" ? wanted : wanted?.name;
}

Deno.test("every format has representations of its own", () => {
  const names = REPRESENTATIONS.map(({ name }) => name);
  equal(new Set(REPRESENTATIONS.map(({ type }) => type)).size, names.length);
  equal(new Set(names).size, names.length);
  equal(names.length >= FORMAT_NAMES.length, true);
});

Deno.test("negotiate() chooses by quality, then the most specific range, then the order", () => {
  equal(chosen(), "analysis");
  equal(chosen("*/*"), "analysis");
  equal(chosen("text/html, application/xhtml+xml, */*;q=0.8"), "analysis");
  equal(chosen("application/json"), "analysis");
  equal(chosen("application/vnd.tactus.result+json"), "json");
  equal(chosen("text/csv"), "beats.csv");
  equal(chosen('TEXT/CSV; table="segments"; charset=utf-8'), "segments.csv");
  equal(chosen("text/csv;table=other"), undefined);
  equal(chosen("audio/*"), "mid");
  equal(chosen("audio/*, audio/midi;q=0.1"), "cues.wav");
  equal(chosen("text/csv;q=0.5, audio/midi;q=0.9"), "mid");
  equal(chosen("application/json;q=0, */*;q=0.1"), "json");
  equal(chosen("image/png"), undefined);
  equal(chosen("*/*;q=0"), undefined);
  equal(chosen("nonsense,,;;q=x"), undefined);
});
