import { deepEqual, equal, match } from "node:assert/strict";
import {
  appliedGain,
  decibels,
  factorOf,
  levelWarnings,
  NORMALIZED_DB,
  QUIET_DB,
} from "./levels.ts";

const level = (db: number): number => 10 ** (db / 20);
/** Nothing is cancelled. */
const TIMES = { soundSeconds: 60, cancelledSeconds: 0 };
const LOUD = { peak: 0.9, rms: 0.2, monoRms: 0.18, ...TIMES };
const quiet = (db: number): typeof LOUD => ({
  peak: level(db + 12),
  rms: level(db),
  monoRms: level(db),
  ...TIMES,
});

Deno.test("appliedGain() is none, as given, or what brings the peak to the level of normalised audio", () => {
  equal(appliedGain(undefined, 0.5), null);
  equal(factorOf(null), 1);
  deepEqual(appliedGain(6, 0.5), { db: 6, normalized: false });
  equal(factorOf(appliedGain(0, 0.5)), 1);
  equal(factorOf(appliedGain(20, 0.5)), 10);
  const normalized = appliedGain("normalize", 0.01);
  equal(normalized?.normalized, true);
  equal(Math.abs(0.01 * factorOf(normalized) - level(NORMALIZED_DB)) < 1e-12, true);
  deepEqual(appliedGain("normalize", 0), { db: 0, normalized: true });
});

Deno.test("levelWarnings() has none for audio at a usual level, or a silent stem among others", () => {
  deepEqual(levelWarnings("a", [{ levels: LOUD }], null), []);
  const silent = { peak: 0, rms: 0, monoRms: 0, ...TIMES };
  deepEqual(
    levelWarnings("a", [{ levels: LOUD, name: "x" }, { levels: silent, name: "y" }], null),
    [],
  );
  deepEqual(levelWarnings("a", [{ levels: quiet(QUIET_DB + 1) }], null), []);
});

Deno.test("levelWarnings() names silence", () => {
  const silent = { levels: { peak: 0, rms: 0, monoRms: 0, ...TIMES } };
  const [warning = "", ...others] = levelWarnings("a", [silent, silent], null);
  match(warning, /^a: the audio is silent/);
  equal(warning.includes("--gain"), false);
  deepEqual(others, []);
  const almost = { levels: { peak: 1e-6, rms: 1e-6, monoRms: 1e-6, ...TIMES } };
  match(levelWarnings("a", [almost], null)[0] ?? "", /silent.*--normalize/);
  equal(levelWarnings("a", [almost], { db: 100, normalized: false }).length, 0);
});

Deno.test("levelWarnings() names channels that cancel, of a mix and of a stem", () => {
  const levels = { peak: 0.9, rms: 0.2, monoRms: 0, ...TIMES };
  const [warning = "", ...others] = levelWarnings("a\nb", [{ levels }], null);
  match(
    warning,
    /^a\\nb: the channels cancel each other.*leaves nothing; invert one of the channels/,
  );
  deepEqual(others, []);
  const stems = [{ levels: LOUD, name: "bass.wav" }, { levels, name: "drums.wav" }];
  match(
    levelWarnings("a", stems, null).join(),
    /^a: the channels of drums\.wav cancel[^,]*, which is analysed/,
  );
  // Quiet or not, alone or with silent stems: more level is no remedy.
  const low = { peak: 0.01, rms: 0.002, monoRms: 0, ...TIMES };
  const silent = { peak: 0, rms: 0, monoRms: 0, ...TIMES };
  for (
    const files of [
      [{ levels: low }],
      [{ levels: low, name: "bass.wav" }, { levels: silent, name: "drums.wav" }],
      [{ levels, name: "bass.wav" }, { levels: silent, name: "drums.wav" }],
    ]
  ) {
    const found = levelWarnings("a", files, null);
    equal(found.length, 1);
    match(found[0] ?? "", /^a: the channels (?:of bass\.wav )?cancel each other/);
  }
  // What is left in a quiet stem does not matter among loud ones.
  deepEqual(
    levelWarnings("a", [{ levels: low, name: "x" }, { levels: LOUD, name: "y" }], null),
    [],
  );
  const wide = { peak: 0.9, rms: 0.2, monoRms: 0.05, ...TIMES };
  deepEqual(levelWarnings("a", [{ levels: wide }], null), []);
});

Deno.test("levelWarnings() names quiet audio, its level after the gain, and what helps", () => {
  const file = { levels: quiet(QUIET_DB - 5) };
  match(
    levelWarnings("a", [file], null).join(),
    new RegExp(`quiet \\(${QUIET_DB - 5}.0 dBFS.*--normalize, or --gain`),
  );
  match(
    levelWarnings("a", [file], { db: 3, normalized: false }).join(),
    new RegExp(`\\(${QUIET_DB - 2}.0 dBFS.*try a larger --gain`),
  );
  deepEqual(levelWarnings("a", [file], { db: 6, normalized: false }), []);
  // Four quiet stems sum up.
  deepEqual(levelWarnings("a", [file, file, file, file], null), []);
  equal(Math.round(decibels(0.5) * 100), -602);
});

Deno.test("levelWarnings() names channels that cancel in a part of the audio", () => {
  // Three quarters in antiphase: 6 dB are lost over all.
  const antiphase = { ...LOUD, monoRms: LOUD.rms / 2, cancelledSeconds: 45 };
  const [warning = "", ...others] = levelWarnings("a", [{ levels: antiphase }], null);
  match(warning, /^a: the channels cancel each other in 45 of 60 s with sound: .*only one of the/);
  deepEqual(others, []);
  const stems = [{ levels: LOUD, name: "bass.wav" }, { levels: antiphase, name: "drums.wav" }];
  match(
    levelWarnings("a", stems, null).join(),
    /^a: the channels of drums\.wav cancel .* in 45 of/,
  );
  const counts: [cancelled: number, sound: number, warnings: number][] = [
    [2, 3, 0],
    [3, 60, 1],
    [3, 61, 0],
    [10, 200, 1],
    [9, 200, 0],
  ];
  for (const [cancelledSeconds, soundSeconds, warnings] of counts) {
    const levels = { ...LOUD, cancelledSeconds, soundSeconds };
    equal(levelWarnings("a", [{ levels }], null).length, warnings);
  }
  // One warning where all is cancelled; none for a quiet stem among loud ones.
  const all = { ...antiphase, monoRms: 0, cancelledSeconds: 60 };
  equal(levelWarnings("a", [{ levels: all }], null).length, 1);
  const low = { ...antiphase, rms: 0.002, monoRms: 0.001 };
  deepEqual(
    levelWarnings("a", [{ levels: low, name: "x" }, { levels: LOUD, name: "y" }], null),
    [],
  );
});
