/**
 * The audio of a player page: embedded, or named where it is too large.
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { extname, relative, sep } from "node:path";
import type { Tensor } from "../../core/tensor.ts";
import { encodeFlac } from "../../kernels/mod.ts";
import type { AnalyzedTrack } from "../../pipeline/analyze_track.ts";
import { SAMPLE_RATE_HZ } from "../../pipeline/spectrogram.ts";
import { STEMS } from "../../pipeline/stems.ts";
import { envelope } from "../pictures/envelope.ts";
import type { NamedEnvelope } from "../pictures/track_view.ts";
import { isFile } from "../track_audio.ts";

/** One source that a page plays. */
export interface PageSource {
  /** `mix`, or the name of a stem; letters only. */
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** Content of the file. */
  readonly bytes: Uint8Array;
}

/** The audio of a page. */
export interface PageAudio {
  /** Embedded sources, whose sum is heard; none where the audio is linked. */
  readonly sources: readonly PageSource[];
  /** Address of the audio relative to the page, or null where it is embedded. */
  readonly link: string | null;
  /** Whether the page decodes all of it before it plays; otherwise it decodes while it plays, and one source only. */
  readonly isDecoded: boolean;
  /** Whether the audio has the samples that were analysed, so that the page need not find their beginning. */
  readonly isExact: boolean;
  /** What the listener should know; null for nothing. */
  readonly note: string | null;
  /** Outlines of sources that are no stems of the analysis. */
  readonly waves: readonly NamedEnvelope[];
}

/** The parts of an analysis that are heard: without stems in memory, the mix is. */
export interface HeardTrack extends Pick<AnalyzedTrack, "track" | "result"> {
  /** The stems, where they are in memory. */
  readonly seams: Partial<Pick<AnalyzedTrack["seams"], "stems16">>;
}

/** Limits of the audio of a page. */
export interface PageLimits {
  /** Bytes of audio files that are embedded at most: browsers hold a page in one text of less than 512 MB. */
  readonly embeddedBytes: number;
  /** Bytes of decoded audio that a page holds at most. */
  readonly decodedBytes: number;
}

/** Limits by default: 150 MB of files; 800 MB decoded, which is 38 min of a mix, 9 min of four stems. */
export const PAGE_LIMITS: PageLimits = { embeddedBytes: 150e6, decodedBytes: 800e6 };

/** Media types of files that all browsers play, by the ending and the codec. */
const PLAYABLE: readonly [ending: RegExp, codec: RegExp, type: string][] = [
  [/^\.mp3$/i, /^mp3$/, "audio/mpeg"],
  [/^\.(m4a|mp4)$/i, /^aac/, "audio/mp4"],
  [/^\.(ogg|oga)$/i, /^vorbis$/, "audio/ogg"],
  [/^\.(ogg|oga|opus)$/i, /^opus$/, "audio/ogg"],
];

/** Name of the mix without its stems. */
const REST = "rest";

/** Bytes of one second of decoded audio: two channels of floats. */
const DECODED_BYTES = 2 * 4 * SAMPLE_RATE_HZ;

/**
 * Prepares the audio of a page.
 *
 * Stems are embedded as FLAC where they are in memory as stereo, as kept and given stems are. Otherwise the mix is: the
 * file itself where it is lossy and browsers play it, else FLAC of 16 bit. Stems that exceed the limits give way to the
 * mix, and a mix that exceeds them is linked.
 *
 * @param analyzed the analysis
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz
 * @param folder folder of the page, to which a link is relative
 * @param limits limits of the audio
 * @throws {KernelError} if the audio cannot be encoded
 */
export async function pageAudio(
  analyzed: HeardTrack,
  mixture: Tensor<"f32">,
  folder: string,
  limits: PageLimits = PAGE_LIMITS,
): Promise<PageAudio> {
  const { track: { path }, result } = analyzed;
  const seconds = (mixture.shape[1] ?? 0) / SAMPLE_RATE_HZ;
  const embedded = { link: null, isDecoded: true, isExact: true, note: null, waves: [] };
  const isDecoded = (count: number): boolean =>
    count * seconds * DECODED_BYTES <= limits.decodedBytes;
  const stems = heardStems(analyzed, mixture);
  if (stems.length > 0 && isDecoded(stems.length)) {
    const sources: PageSource[] = [];
    for (const { name, samples } of stems) sources.push(await flacSource(name, samples));
    if (sources.reduce((sum, { bytes }) => sum + bytes.length, 0) <= limits.embeddedBytes) {
      const waves = stems.filter(({ name }) => name === REST)
        .map(({ name, samples }) => ({ name, envelope: envelope(samples, 2) }));
      return { ...embedded, sources, waves };
    }
  }
  const note = stems.length > 0 ? "The stems are too large for this page; it plays the mix." : null;
  const original = await originalSource(analyzed, limits.embeddedBytes);
  if (original !== null) {
    return {
      ...embedded,
      ...{ sources: [original], isDecoded: isDecoded(1), isExact: false, note },
    };
  }
  // An hour of FLAC takes about 350 MB: what cannot fit is not encoded.
  const isWhole = result.provenance.part === null;
  const isShort = mixture.data.length * 2 <= 3 * limits.embeddedBytes;
  const mix = isShort ? await flacSource("mix", rounded(mixture)) : null;
  if (mix !== null && mix.bytes.length <= limits.embeddedBytes || !isWhole || !await isFile(path)) {
    return {
      ...embedded,
      sources: [mix ?? await flacSource("mix", rounded(mixture))],
      ...{ isDecoded: isDecoded(1), note },
    };
  }
  return {
    sources: [],
    link: relative(folder, path).split(sep).map(encodeURIComponent).join("/"),
    ...{ isDecoded: false, isExact: false, waves: [] },
    note:
      "The audio is too large for this page, which plays the file next to it: keep both together.",
  };
}

/** Returns the file itself, where browsers play it and an encoding without loss would be larger. */
async function originalSource(
  { track: { path, samples }, result }: HeardTrack,
  mostBytes: number,
): Promise<PageSource | null> {
  const codec = result.provenance.mix?.codec ?? "";
  const found = PLAYABLE.find(([ending, codecs]) =>
    ending.test(extname(path)) && codecs.test(codec)
  );
  // A part of a track is encoded again, and samples in memory are no file.
  if (found === undefined || result.provenance.part !== null || samples !== undefined) return null;
  if ((await stat(path)).size > mostBytes) return null;
  return { name: "mix", type: found[2], bytes: new Uint8Array(await readFile(path)) };
}

/** A stem as samples. */
interface StereoStem {
  readonly name: string;
  /** `[2, samples]` i16. */
  readonly samples: Int16Array;
}

/** Returns the stems that are in memory as stereo, without those that are equal: they are the mix itself. */
function stereoStems({ seams: { stems16 } }: HeardTrack): StereoStem[] {
  // Of long stems only the spectrogram is kept.
  const [, channels = 0, length = 0] = stems16?.shape ?? [];
  if (stems16 === undefined || channels !== 2) return [];
  const all = STEMS.map((name, stem): StereoStem => ({
    name,
    samples: stems16.data.subarray(2 * stem * length, 2 * (stem + 1) * length),
  }));
  const isEqual = (one: Int16Array, other: Int16Array): boolean =>
    one.every((value, at) => value === other[at]);
  return all.filter((one) =>
    !all.some((other) => other !== one && isEqual(one.samples, other.samples))
  );
}

/** Returns the stems whose sum is heard. */
function heardStems(analyzed: HeardTrack, mixture: Tensor<"f32">): StereoStem[] {
  const stems = stereoStems(analyzed);
  if (stems.length === 0 || stems.length === STEMS.length) return stems;
  // Two of four stems: the others are the mix itself, and what is left of it is the third.
  return [...stems, rest(stems, mixture)];
}

/** Returns the mix without stems; where the lengths differ, up to the shorter. */
function rest(stems: readonly StereoStem[], { data, shape }: Tensor<"f32">): StereoStem {
  const length = shape[1] ?? 0;
  const samples = new Int16Array(2 * length);
  for (const channel of [0, 1]) {
    for (let i = 0; i < length; i++) {
      let value = data[channel * length + i]! * 32768;
      for (const stem of stems) {
        const stemLength = stem.samples.length / 2;
        if (i < stemLength) value -= stem.samples[channel * stemLength + i]!;
      }
      samples[channel * length + i] = saturated(value);
    }
  }
  return { name: REST, samples };
}

async function flacSource(name: string, samples: Int16Array): Promise<PageSource> {
  return { name, type: "audio/flac", bytes: await encodeFlac(samples, 2, SAMPLE_RATE_HZ) };
}

function rounded({ data }: Tensor<"f32">): Int16Array {
  const samples = new Int16Array(data.length);
  // Int16Array.from() would first collect all values in an array of 8 bytes or more each.
  for (let i = 0; i < data.length; i++) samples[i] = saturated(data[i]! * 32768);
  return samples;
}

function saturated(value: number): number {
  return Math.max(-32768, Math.min(32767, Math.round(value)));
}
