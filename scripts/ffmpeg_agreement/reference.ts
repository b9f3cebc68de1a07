/**
 * Decoding by the reference decoder of a codec, where ffmpeg 5.1 is not the judge: it keeps samples of Vorbis that libvorbis
 * drops, has an Opus decoder of its own, bounds of bands of MP3 at 24 kHz that differ from LAME's and libmad's, and cannot read FLAC of 32 bits or of changing width, the byte order of RIFX and
 * of PCM in MP4, 24 bits in the lower part of 32, and the `CodecDelay` of AAC in Matroska (RFC 9559, section 5.1.4.1.25),
 * which later versions read.
 *
 * Programs on the PATH: `oggdec`, `opusdec`, `lame`, `sox`, `flac`; `ffmpeg-newer`, a link to a later ffmpeg (9.0, of the
 * Python package imageio-ffmpeg); `hound-decode`, of `hound_decode/` (`cargo install --path`). Those that are not installed
 * are left out.
 *
 * @module
 */

import { type Agreement, comparePcm, type Pcm } from "./compare_pcm.ts";
import { decodeBytes } from "./ffmpeg.ts";
import { flacRuns } from "./flac_runs.ts";
import type { Decoding, Judgement } from "./verdict.ts";

/** Reference decoder of a codec: it writes WAV to standard output. */
interface Reference {
  readonly program: string;
  readonly args: (path: string) => string[];
  /** Splits the file into parts that the program reads from its standard input, one after the other; none: not its matter. */
  readonly parts?: (file: Uint8Array) => Uint8Array<ArrayBuffer>[];
  /** Largest difference. */
  readonly tolerance: number;
  /** Rms of the difference divided by the rms of the signal, up to which a larger difference passes. */
  readonly relativeRms?: number;
  /** Most samples at the end that it leaves out. */
  readonly missingSamples?: number;
  /** Whether it clips, as programs that write 16 bits do. */
  readonly clips?: boolean;
}

const SOX: Reference = {
  program: "sox",
  args: (path) => ["-D", path, "-t", "wav", "-e", "floating-point", "-b", "32", "-"],
  tolerance: 0,
};

/** Later versions read what 5.1 does not. */
const newerFfmpeg = (tolerance: number): Reference => ({
  program: "ffmpeg-newer",
  args: (path) => [
    ...["-nostdin", "-v", "quiet", "-i", `file:${path}`, "-map", "0:a:0", "-vn"],
    ...["-c:a", "pcm_f32le", "-f", "wav", "-"],
  ],
  tolerance,
});

const MAD: Reference = {
  program: "sox",
  args: (path) => ["-D", "-t", "mp3", path, "-t", "wav", "-e", "floating-point", "-b", "32", "-"],
  tolerance: 1e-4,
  missingSamples: 1152,
  clips: true,
};

const REFERENCES: Readonly<Record<string, readonly Reference[]>> = {
  vorbis: [{
    program: "oggdec",
    args: (path) => ["--quiet", "--output", "-", path],
    tolerance: 1.6e-5,
    clips: true,
  }],
  opus: [{
    program: "opusdec",
    args: (path) => [
      ...["--quiet", "--float", "--force-wav", "--no-dither", "--rate", "48000", path, "-"],
    ],
    tolerance: 1e-4,
  }, {
    // libopus to 16 bits, which bends peaks near full scale.
    program: "ffmpeg",
    args: (path) => [
      ...["-nostdin", "-v", "quiet", "-c:a", "libopus", "-i", `file:${path}`],
      ...["-map", "0:a:0", "-vn", "-f", "wav", "-"],
    ],
    tolerance: 1.6e-5,
    relativeRms: 3e-3,
    clips: true,
  }],
  // ffmpeg drops the first frame of some streams of layer 2; libmad, in SoX, the last one.
  mp2: [MAD],
  mp1: [MAD],
  mp3: [{
    program: "lame",
    args: (path) => ["--quiet", "--decode", path, "-"],
    tolerance: 1.8e-5,
    clips: true,
  }, MAD],
  flac: [{
    program: "flac",
    args: (path) => ["--decode", "--silent", "--stdout", path],
    tolerance: 2 ** -24,
  }, {
    program: "flac",
    args: () => ["--decode", "--silent", "--stdout", "-"],
    parts: flacRuns,
    tolerance: 2 ** -24,
  }],
  aac: [newerFfmpeg(1e-6)],
  pcm_s24le: [
    { program: "hound-decode", args: (path) => [path], tolerance: 0 },
    newerFfmpeg(0),
  ],
  pcm_s16be: [SOX],
  pcm_s24be: [SOX],
  pcm_s32be: [SOX],
};

/**
 * Compares a decoding with that of the codec's reference decoder.
 *
 * @returns null if the codec has no reference decoder, it is not installed, or it disagrees
 */
export async function judgeByReference(path: string, ours: Decoding): Promise<Judgement | null> {
  for (const reference of REFERENCES[ours.codec] ?? []) {
    const agreement = await agreementWith(reference, path, ours.pcm);
    if (agreement === null) continue;
    const { offsetSamples, extraSamples, largestDifference, relativeRms } = agreement;
    const isWithin = largestDifference <= reference.tolerance ||
      relativeRms <= (reference.relativeRms ?? 0);
    const isWhole = extraSamples >= 0 && extraSamples <= (reference.missingSamples ?? 0);
    if (!isWithin || offsetSamples !== 0 || !isWhole) continue;
    return { verdict: "as the reference", agreement };
  }
  return null;
}

/** Returns null where the program is not installed or decodes nothing. */
async function agreementWith(
  reference: Reference,
  path: string,
  ours: Pcm,
): Promise<Agreement | null> {
  const { tolerance, clips = false } = reference;
  const theirs = await decodeWith(reference, path);
  if (theirs === null || theirs.sampleRateHz !== ours.sampleRateHz) return null;
  return comparePcm(clips ? clip(ours) : ours, theirs, tolerance);
}

async function decodeWith({ program, args, parts }: Reference, path: string): Promise<Pcm | null> {
  const inputs = parts === undefined ? [undefined] : parts(await Deno.readFile(path));
  const decoded: Pcm[] = [];
  for (const input of inputs) {
    const output = await outputOf(program, args(path), input);
    if (output === null || output.length === 0) return null;
    const side = await decodeBytes(output);
    if ("refusal" in side) return null;
    decoded.push(side.pcm);
  }
  return decoded.length === 0 ? null : joined(decoded);
}

/** Returns what a program writes to its standard output; null where it is not installed. */
async function outputOf(
  program: string,
  args: readonly string[],
  input?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const child = new Deno.Command(program, {
      args: [...args],
      ...{ stdin: input === undefined ? "null" : "piped", stdout: "piped", stderr: "null" },
    }).spawn();
    const feeding = input === undefined
      ? undefined
      : new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
    const { stdout } = await child.output();
    await feeding;
    return stdout;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Returns the samples of all parts, one after the other. */
function joined(parts: readonly Pcm[]): Pcm {
  const [first] = parts;
  const channels = first!.channels.map((_, channel) => {
    const samples = parts.map((part) => part.channels[channel] ?? new Float32Array());
    const all = new Float32Array(samples.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of samples) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  });
  return { ...first!, channels };
}

/** Returns samples clipped to the range of 16 bits. */
function clip(pcm: Pcm): Pcm {
  const limited = (sample: number): number => Math.max(-1, Math.min(32_767 / 32_768, sample));
  return { ...pcm, channels: pcm.channels.map((channel) => channel.map(limited)) };
}
