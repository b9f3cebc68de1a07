import {
  deepStrictEqual as deepEqual,
  notDeepStrictEqual as notDeepEqual,
  ok,
  rejects,
} from "node:assert/strict";
import { edgeCaseArray, edgeCaseFiles } from "../fixtures/edge_cases.ts";
import { hash32 } from "../core/counter_random.ts";
import { compare } from "../parity/compare.ts";
import { spectrogram } from "./spectrogram.ts";
import { type Tensor, tensor } from "../core/tensor.ts";

const TOLERANCE = { absolute: 1e-6, relative: 1e-6 };

/** The signals of `fixtures/upstream/edge_case_inputs.py`: `[1, 2, samples]` i16. */
function signal(name: string, samples: number): Tensor<"i16"> {
  const data = new Int16Array(2 * samples);
  for (let sample = 0; sample < samples; sample++) {
    for (let channel = 0; channel < 2; channel++) {
      data[channel * samples + sample] = valueOf(name, 2 * sample + channel, sample);
    }
  }
  return tensor("i16", [1, 2, samples], data);
}

function valueOf(name: string, interleaved: number, sample: number): number {
  if (name.startsWith("noise")) return (hash32(interleaved) >>> 16) - 32768;
  if (name.startsWith("full_scale_square")) return sample % 100 < 50 ? 32767 : -32768;
  if (name.startsWith("most_negative")) return -32768;
  if (name.startsWith("most_positive")) return 32767;
  return 0;
}

for (const file of await edgeCaseFiles("spectrogram")) {
  const { name = "", samples = 0 } = file;
  Deno.test(`spectrogram() equals madmom's on ${name}`, async () => {
    const expected = await edgeCaseArray(file);
    const actual = await spectrogram(signal(name, samples));
    const oneStem = { ...actual, shape: actual.shape.slice(1) };
    const comparison = compare(oneStem, expected, TOLERANCE);
    ok(comparison.passed, comparison.reason);
  });
}

Deno.test("spectrogram() changes where channels are averaged by flooring", async () => {
  const file = (await edgeCaseFiles("spectrogram")).find(({ name }) =>
    name === "noise_5000_samples"
  );
  ok(file !== undefined);
  const { data } = signal("noise", 5000);
  const floored = data.slice(0, 5000).map((left, i) =>
    Math.floor((left + (data[5000 + i] ?? 0)) / 2)
  );
  const actual = await spectrogram(tensor("i16", [1, 1, 5000], Int16Array.from(floored)));
  const oneStem = { ...actual, shape: actual.shape.slice(1) };
  ok(!compare(oneStem, await edgeCaseArray(file), TOLERANCE).passed);
});

Deno.test("spectrogram() refuses stems without samples", async () => {
  await rejects(spectrogram(tensor("i16", [4, 2, 0], new Int16Array())), /no samples/);
});

Deno.test("spectrogram() gives equal stems equal rows, and stems that differ in one sample their own", async () => {
  const one = signal("noise", 5000).data;
  const [early, late] = [one.slice(), one.slice()];
  early[0]! ^= 4096;
  late[9999]! ^= 4096;
  const stems = [one, late, one, early, one, late];
  const all = await spectrogram(
    tensor("i16", [6, 2, 5000], Int16Array.from(stems.flatMap((stem) => [...stem]))),
  );
  const alone = await Promise.all(
    stems.map((stem) => spectrogram(tensor("i16", [1, 2, 5000], stem))),
  );
  deepEqual([...all.data], alone.flatMap(({ data }) => [...data]));
  for (const changed of [1, 3]) notDeepEqual(alone[changed]!.data, alone[0]!.data);
});
