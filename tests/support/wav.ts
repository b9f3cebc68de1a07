/**
 * WAV files for tests.
 *
 * @module
 */

/** Content of a WAV file. */
export interface WavContent {
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Bits a sample: 8 (unsigned) and 16 are integers, 32 is float. */
  readonly bits: 8 | 16 | 32;
  /** Interleaved samples of full scale 1.0. */
  readonly samples: ArrayLike<number>;
}

/** Returns the bytes of a RIFF WAVE file. */
export function wavFile({ sampleRateHz, channels, bits, samples }: WavContent): Uint8Array {
  const bytes = bits / 8;
  const view = new DataView(new ArrayBuffer(44 + samples.length * bytes));
  const ascii = (at: number, text: string): void =>
    [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  ascii(0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  ascii(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, bits === 32 ? 3 : 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * channels * bytes, true);
  view.setUint16(32, channels * bytes, true);
  view.setUint16(34, bits, true);
  ascii(36, "data");
  view.setUint32(40, samples.length * bytes, true);
  for (let i = 0; i < samples.length; i++) {
    const at = 44 + i * bytes;
    const sample = samples[i] ?? 0;
    if (bits === 8) view.setUint8(at, Math.round(sample * 127) + 128);
    else if (bits === 16) view.setInt16(at, Math.round(sample * 32767), true);
    else view.setFloat32(at, sample, true);
  }
  return new Uint8Array(view.buffer);
}

/** Returns noise in [-0.5, 0.5), the same for the same seed. */
export function noise(length: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
}
