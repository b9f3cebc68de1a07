/**
 * Decoding by the reference decoder of a codec, where ffmpeg is not the judge: it keeps samples of Vorbis that libvorbis
 * drops, has an Opus decoder of its own, bounds of bands at 24 kHz that differ from LAME's, and cannot read FLAC of 32 bits
 * and the byte order of RIFX.
 *
 * @module
 */

import { type Agreement, comparePcm, type Pcm } from "./compare_pcm.ts";
import { decodeBytes } from "./ffmpeg.ts";
import type { Decoding, Judgement } from "./verdict.ts";

/** Reference decoder of a codec: it writes WAV to standard output. */
interface Reference {
  readonly program: string;
  readonly args: (path: string) => string[];
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
  }],
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
  { program, args, tolerance, clips = false }: Reference,
  path: string,
  ours: Pcm,
): Promise<Agreement | null> {
  const command = new Deno.Command(program, {
    args: args(path),
    ...{ stdin: "null", stdout: "piped", stderr: "null" },
  });
  let output: Deno.CommandOutput;
  try {
    output = await command.output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  if (output.stdout.length === 0) return null;
  const theirs = await decodeBytes(output.stdout);
  if ("refusal" in theirs || theirs.pcm.sampleRateHz !== ours.sampleRateHz) return null;
  return comparePcm(clips ? clip(ours) : ours, theirs.pcm, tolerance);
}

/** Returns samples clipped to the range of 16 bits. */
function clip(pcm: Pcm): Pcm {
  const limited = (sample: number): number => Math.max(-1, Math.min(32_767 / 32_768, sample));
  return { ...pcm, channels: pcm.channels.map((channel) => channel.map(limited)) };
}
