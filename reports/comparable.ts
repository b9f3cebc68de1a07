/**
 * Which runs can be compared: those of one machine, with the same settings and the same audio.
 *
 * @module
 */

import type { Machine, RunReport, RunTrack } from "./run_report.ts";

/**
 * Why the times of two runs cannot be compared.
 *
 * How many rounds ran, and in which order, may differ: neither changes what a round takes.
 *
 * @param run the one
 * @param other the one that it would be compared with
 * @returns what differs, in words, as `another machine: …`; null where they can be compared
 */
export function whyNotComparable(run: RunReport, other: RunReport): string | null {
  if (run.machine.fingerprint !== other.machine.fingerprint) {
    return `another machine: ${inWords(other.machine)}, not ${inWords(run.machine)}`;
  }
  for (const [key, what] of Object.entries(COMPARED_SETTINGS)) {
    const [mine, theirs] = [run, other].map(({ settings }) => settings[key as ComparedSetting]);
    if (mine !== theirs) return `${what}: ${theirs}, not ${mine}`;
  }
  return whyOtherTracks(run.tracks, other.tracks);
}

/**
 * Why a variant of two runs cannot be compared, where the runs can.
 *
 * @param run the one, which has the variant
 * @param other the one that it would be compared with
 * @param variant its name
 * @returns what differs, in words; null where it can be compared
 */
export function whyNotComparableVariant(
  run: RunReport,
  other: RunReport,
  variant: string,
): string | null {
  const [mine, theirs] = [run, other].map(({ variants }) =>
    variants.find(({ name }) => name === variant)
  );
  if (mine === undefined || theirs === undefined) return `no variant ${variant}`;
  if (mine.backend === theirs.backend && mine.threads === theirs.threads) return null;
  return `another variant of the name ${variant}: ${theirs.backend} on ${theirs.threads} threads, ` +
    `not ${mine.backend} on ${mine.threads}`;
}

/** Settings that must agree, and what it means when they do not. */
const COMPARED_SETTINGS = {
  model: "another model",
  demixer: "another demixer",
  weightsSha256: "other weights",
} as const;

type ComparedSetting = keyof typeof COMPARED_SETTINGS;

/** With the fingerprint's start, since what else differs may be flags that nobody wants to read. */
function inWords({ cpu, cores, memoryGiB, fingerprint }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB (${fingerprint.slice(0, 8)})`;
}

function whyOtherTracks(tracks: readonly RunTrack[], others: readonly RunTrack[]): string | null {
  const hashes = new Map(tracks.map(({ name, sha256 }) => [name, sha256]));
  for (const { name, sha256 } of others) {
    const mine = hashes.get(name);
    if (mine === undefined) return `other tracks: with ${name}`;
    if (mine !== sha256) return `other tracks: other audio in ${name}`;
    hashes.delete(name);
  }
  const [missing] = hashes.keys();
  return missing === undefined ? null : `other tracks: without ${missing}`;
}
