/**
 * Writes the audio of this example: a sweep from 60 Hz to 7 kHz that fades out, mono, 16 bit, 16 kHz.
 *
 *     deno run --allow-write make_audio.ts
 *
 * @module
 */

const RATE = 16_000;
const samples = Int16Array.from({ length: RATE }, (_, at) => {
  const time = at / RATE;
  const phase = 2 * Math.PI * 60 * (Math.exp(time * Math.log(7000 / 60)) - 1) / Math.log(7000 / 60);
  return Math.round(12_000 * Math.exp(-2 * time) * Math.sin(phase));
});

const header = new DataView(new ArrayBuffer(44));
const text = (at: number, word: string): void => {
  for (let i = 0; i < 4; i++) header.setUint8(at + i, word.charCodeAt(i));
};
text(0, "RIFF");
header.setUint32(4, 36 + samples.byteLength, true);
text(8, "WAVE");
text(12, "fmt ");
header.setUint32(16, 16, true);
header.setUint16(20, 1, true);
header.setUint16(22, 1, true);
header.setUint32(24, RATE, true);
header.setUint32(28, 2 * RATE, true);
header.setUint16(32, 2, true);
header.setUint16(34, 16, true);
text(36, "data");
header.setUint32(40, samples.byteLength, true);
const file = new URL("./audio/sweep.wav", import.meta.url);
await Deno.writeFile(file, await new Blob([header, samples]).bytes());
