/** Tests the reading of what ffmpeg writes. */

import { deepStrictEqual as equal } from "node:assert/strict";
import { parseFloatWav, parseLog } from "./ffmpeg.ts";

const LOG = `[mov,mp4,m4a,3gp,3g2,mj2 @ 0x5593] [warning] stream 0, timescale not set
[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:a.m4a':
[info]   Duration: 00:00:02.12, start: 0.000000, bitrate: 1627 kb/s
[info]   Stream #0:0[0x1]: Video: h264 (High), yuv420p, 64x36, 25 fps (default)
[info]   Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 128 kb/s
[info] Stream mapping:
[info]   Stream #0:1 -> #0:0 (aac (native) -> pcm_f32le (native))
[aac @ 0x5576f1] [error] Reserved bit set.
`;

Deno.test("parseLog() reads container, codec, rate and errors", () => {
  equal(parseLog(LOG), {
    container: "mov",
    codec: "aac",
    sampleRateHz: 44_100,
    errors: ["[aac] [error] Reserved bit set."],
  });
  const unreadable = "[error] file:a.wav: Invalid data found when processing input\n";
  const errors = [unreadable.trim()];
  equal(parseLog(unreadable), { container: "", codec: "", sampleRateHz: 0, errors });
});

/** Returns a float WAV of unknown length, as ffmpeg writes it to a pipe. */
function floatWav(channelCount: number, samples: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(44 + 10 + 4 * samples.length);
  const view = new DataView(bytes.buffer);
  const text = (at: number, name: string): void => bytes.set(new TextEncoder().encode(name), at);
  text(0, "RIFF");
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 3, true);
  view.setUint16(22, channelCount, true);
  view.setUint32(24, 48_000, true);
  text(36, "odd ");
  view.setUint32(40, 1, true);
  text(46, "data");
  view.setUint32(50, 0xffff_ffff, true);
  samples.forEach((sample, i) => view.setFloat32(54 + 4 * i, sample, true));
  return bytes;
}

Deno.test("parseFloatWav() takes the first two channels", () => {
  const { channels, ...rest } = parseFloatWav(floatWav(3, [1, 2, 3, 4, 5, 6]))!;
  equal(rest, { sampleRateHz: 48_000, channelCount: 3 });
  equal(channels.map((channel) => [...channel]), [[1, 4], [2, 5]]);
});

Deno.test("parseFloatWav() gives null where ffmpeg wrote nothing or only a part of the header", () => {
  equal(parseFloatWav(new Uint8Array()), null);
  equal(parseFloatWav(floatWav(2, []).subarray(0, 30)), null);
});
