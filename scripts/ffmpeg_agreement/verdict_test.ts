/** Tests the verdict on a file. */

import { deepStrictEqual as equal } from "node:assert/strict";
import type { Agreement, Pcm } from "./compare_pcm.ts";
import { FAILURES, judge, type Side, type Verdict } from "./verdict.ts";

const PCM: Pcm = { sampleRateHz: 44_100, channelCount: 1, channels: [new Float32Array(10)] };
const decoded = (codec: string, ...warnings: string[]): Side => ({ pcm: PCM, codec, warnings });
const refused = (refusal: string): Side => ({ refusal });
const UNREADABLE = refused("ffmpeg: Invalid data found when processing input");

function verdict(ours: Side, theirs: Side, agreement: Partial<Agreement> = {}): Verdict {
  const none = { offsetSamples: 0, extraSamples: 0, largestDifference: 0, relativeRms: 0 };
  return judge(ours, theirs, () => ({ ...none, ...agreement })).verdict;
}

Deno.test("judge() accepts rounding of lossy codecs, and none of lossless ones", () => {
  const rounding = { largestDifference: 3e-7, relativeRms: 1e-7 };
  equal(verdict(decoded("flac"), decoded("flac")), "equal");
  equal(verdict(decoded("mp3"), decoded("mp3"), rounding), "within tolerance");
  equal(verdict(decoded("pcm_s16le"), decoded("pcm_s16le"), rounding), "differs");
  equal(
    verdict(decoded("mp3"), decoded("mp3"), { ...rounding, largestDifference: 0.1 }),
    "within tolerance",
  );
  equal(
    verdict(decoded("mp3"), decoded("mp3"), { largestDifference: 0.1, relativeRms: 0.1 }),
    "differs",
  );
});

Deno.test("judge() distinguishes a shift, another length and a loss of audio", () => {
  equal(verdict(decoded("mp3"), decoded("mp3"), { offsetSamples: 1105 }), "shifted");
  equal(verdict(decoded("mp3"), decoded("mp3"), { extraSamples: 576 }), "other length");
  equal(verdict(decoded("mp3"), decoded("mp3"), { extraSamples: -44_100 }), "differs");
});

Deno.test("judge() accepts wrong audio only with a warning", () => {
  const wrong = { largestDifference: 1, relativeRms: 1 };
  equal(verdict(decoded("mp3", "damaged"), decoded("mp3"), wrong), "warned");
  equal(verdict(decoded("mp3", "damaged"), decoded("mp3"), { offsetSamples: 5 }), "warned");
  equal(verdict(decoded("mp3", "damaged"), decoded("mp3")), "equal");
  equal([...FAILURES].toSorted(), ["crashed", "differs", "no answer", "shifted"]);
});

Deno.test("judge() tells audio that ffmpeg decoded for the project", () => {
  const foreign: Side = { pcm: PCM, codec: "ac3", decoder: "ffmpeg 5.1", warnings: [] };
  equal(verdict(foreign, decoded("ac3")), "through ffmpeg");
  equal(verdict(foreign, decoded("ac3"), { offsetSamples: 256 }), "shifted");
});

Deno.test("judge() fails another sample rate", () => {
  const halved: Side = { pcm: { ...PCM, sampleRateHz: 22_050 }, codec: "aac", warnings: [] };
  equal(verdict(halved, decoded("aac")), "differs");
  equal(verdict({ ...halved, warnings: ["HE-AAC"] }, decoded("aac")), "warned");
});

Deno.test("judge() distinguishes refusals by their message", () => {
  const byName =
    "Decoding 'a.wv': found WavPack, which is not read; expected one of WAV; convert it";
  equal(verdict(refused(byName), decoded("wavpack")), "refused by name");
  equal(
    verdict(
      refused("Decoding 'a': expected audio, found encrypted sound; export it"),
      decoded("ac3"),
    ),
    "refused by name",
  );
  const text = "Decoding 'a': expected audio, found text, which is not audio; name an audio file";
  equal(verdict(refused(text), decoded("mp3")), "not audio");
  equal(
    verdict(refused("Reading the headers of 'a': damage"), decoded("mp3")),
    "refused as damaged",
  );
  equal(verdict(refused(byName), UNREADABLE), "refused by both");
  equal(verdict(decoded("flac"), UNREADABLE), "only ours");
});
