import { deepStrictEqual as equal, notStrictEqual as differs } from "node:assert/strict";
import {
  allowsAll,
  byproductKey,
  idOfRecord,
  jobId,
  type JobLimits,
  recordKey,
  widest,
} from "./job.ts";
import { matcher } from "./pattern.ts";

const JOB = { content: "etag:1", bytes: 4, settings: "ta" };

Deno.test("jobId() depends on content, size and settings, and not on the address", () => {
  const id = jobId(JOB);
  equal(/^t[0-9a-f]{39}$/.test(id), true);
  equal(jobId({ ...JOB, source: "s3://b/other" } as typeof JOB), id);
  equal(jobId({ ...JOB, limits: { mostSeconds: 600, ffmpeg: false } }), id);
  for (const other of [{ content: "etag:2" }, { bytes: 5 }, { settings: "tb" }]) {
    differs(jobId({ ...JOB, ...other }), id);
  }
});

Deno.test("widest() refuses only what both limits refuse, and allowsAll() compares limits", () => {
  const cases: [JobLimits, JobLimits, JobLimits, boolean][] = [
    [{}, {}, {}, true],
    [{ mostSeconds: 600 }, {}, {}, false],
    [{}, { mostSeconds: 600 }, {}, true],
    [{ mostSeconds: 600 }, { mostSeconds: 3600 }, { mostSeconds: 3600 }, false],
    [{ mostSeconds: 600 }, { mostSeconds: 600 }, { mostSeconds: 600 }, true],
    [{ ffmpeg: false }, {}, {}, false],
    [{ ffmpeg: false }, { ffmpeg: false }, { ffmpeg: false }, true],
    [{ ffmpeg: false, mostSeconds: 9 }, { mostSeconds: 5 }, { mostSeconds: 9 }, false],
  ];
  for (const [one, other, both, allows] of cases) {
    equal([widest(one, other), widest(other, one)], [both, both]);
    equal(allowsAll(one, other), allows, JSON.stringify([one, other]));
    equal(allowsAll(both, one) && allowsAll(both, other), true);
  }
});

Deno.test("idOfRecord() returns the id of a record's key, and of no other key", () => {
  const id = jobId(JOB);
  equal(idOfRecord(recordKey(id)), id);
  equal(idOfRecord(byproductKey(id, ".activ.npz")), undefined);
  equal(idOfRecord(`results/${id}.json`), undefined);
});

Deno.test("matcher() takes * and ? for any text, and other patterns for a part of the text", () => {
  const cases: [string, string, boolean][] = [
    ["*.mp3", "s3://a/b.mp3", true],
    ["*.mp3", "s3://a/b.mp3.wav", false],
    ["b.mp3", "s3://a/b.mp3.wav", true],
    ["b.mp3", "s3://a/bxmp3", false],
    ["s3://a/?.mp3", "s3://a/é.mp3", true],
    ["s3://a/(1+1)-[x]*", "s3://a/(1+1)-[x]\n.mp3", true],
  ];
  for (const [pattern, text, expected] of cases) equal(matcher([pattern])(text), expected, pattern);
  equal(matcher(["x", "*b"])("ab"), true);
});
