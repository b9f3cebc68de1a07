import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import type { AnalyzedTrack } from "../../pipeline/analyze_track.ts";
import { readMixture } from "../../pipeline/mixture.ts";
import { type ExampleOptions, exampleTrack } from "../../tests/support/analyzed_track.ts";
import { inTemporaryFolder } from "../../tests/support/temporary_folder.ts";
import { PAGE_LIMITS, type PageAudio, pageAudio, type PageLimits } from "./page_audio.ts";

interface Case extends ExampleOptions {
  readonly codec?: string;
  readonly limits?: Partial<PageLimits>;
  readonly folder?: string;
}

async function audioOf({ codec, limits, folder = "/pages", ...options }: Case): Promise<PageAudio> {
  const { analyzed, mixture } = exampleTrack({ seconds: 2, ...options });
  const { result } = analyzed;
  const provenance = { ...result.provenance, mix: codec === undefined ? null : { codec } };
  const given = { ...analyzed, result: { ...result, provenance } } as unknown as AnalyzedTrack;
  return await pageAudio(given, mixture, folder, { ...PAGE_LIMITS, ...limits });
}

const namesOf = ({ sources }: PageAudio): string[] => sources.map(({ name }) => name);

Deno.test("pageAudio() embeds stereo stems, else the mix; two stems and the rest of the mix where others are the mix", async () => {
  equal(namesOf(await audioOf({ stemChannels: 2 })), ["bass", "drums", "other", "vocals"]);
  equal(namesOf(await audioOf({ stemChannels: 1 })), ["mix"]);
  equal(namesOf(await audioOf({ stemChannels: 0 })), ["mix"]);
  equal(namesOf(await audioOf({ stemChannels: 2, mixIsOther: true })), ["bass", "drums", "rest"]);
});

Deno.test("pageAudio() encodes without loss: the stems and the rest add up to the mix", async () => {
  await inTemporaryFolder(async (folder) => {
    const { sources, isExact, waves } = await audioOf({ stemChannels: 2, mixIsOther: true });
    equal(waves.map(({ name, envelope }) => [name, envelope.peak.length]), [["rest", 200]]);
    const { mixture } = exampleTrack({ seconds: 2 });
    const sum = new Float32Array(mixture.data.length);
    for (const { name, type, bytes } of sources) {
      equal(type, "audio/flac");
      const path = join(folder, `${name}.flac`);
      await Deno.writeFile(path, bytes);
      const read = await readMixture(path);
      for (const [i, value] of read.mixture.data.entries()) sum[i]! += value;
    }
    equal(isExact, true);
    ok(sum.every((value, i) => Math.abs(value - mixture.data[i]!) <= 1.01 / 32768));
  });
});

Deno.test("pageAudio() embeds a lossy file that browsers play as it is, and every other as FLAC", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.MP3");
    await Deno.writeTextFile(path, "the file");
    const audio = await audioOf({ path, codec: "mp3" });
    equal(audio.sources.map(({ type, bytes }) => [type, new TextDecoder().decode(bytes)]), [
      ["audio/mpeg", "the file"],
    ]);
    equal([audio.isExact, audio.isDecoded, audio.link], [false, true, null]);
    const other = await audioOf({ path, codec: "wmav2" });
    equal(other.sources.map(({ type }) => type), ["audio/flac"]);
  });
});

Deno.test("pageAudio() prefers the mix to stems that are too large, and links a mix that is", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "music", "a #1 ü.wav");
    await Deno.mkdir(join(folder, "music"));
    await Deno.writeTextFile(path, "");
    const base = { path, stemChannels: 2, folder: join(folder, "viz") } as const;
    const mix = await audioOf({ ...base, limits: { decodedBytes: 2e6 } });
    equal(namesOf(mix), ["mix"]);
    match(mix.note!, /stems are too large/);
    const playing = await audioOf({ ...base, limits: { decodedBytes: 1000 } });
    equal([namesOf(playing), playing.isDecoded], [["mix"], false]);
    const linked = await audioOf({ ...base, limits: { embeddedBytes: 1000 } });
    equal([linked.sources, linked.link], [[], "../music/a%20%231%20%C3%BC.wav"]);
    match(linked.note!, /keep both together/);
    // Without a file there is nothing to link to.
    const only = await audioOf({ ...base, path: folder, limits: { embeddedBytes: 1000 } });
    equal([namesOf(only), only.link], [["mix"], null]);
  });
});
