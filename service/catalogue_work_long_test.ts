import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { join } from "node:path";
import { openStore } from "../catalogue/mod.ts";
import { fileSha256 } from "../core/hash.ts";
import { queueTest, workerOf } from "../tests/support/queue_tests.ts";
import { noise, wavFile } from "../tests/support/wav.ts";
import { CatalogueWork } from "./catalogue_work.ts";

const SETTINGS = {
  options: { model: "embedded", demixer: "hpss-mix", shifts: [null] },
  byproducts: { activations: false, formats: [] },
};
const OPTIONS = { signal: new AbortController().signal, onProgress: (): void => {} };

queueTest(
  "a changed file does not reach the store, and a service with a larger limit has what another one refused",
  async (test) => {
    const { redis, folder, queue } = test;
    const address = { redis, queue: queue.address.name, store: join(folder, "s") };
    const store = await openStore(address.store);
    const path = join(folder, "a.wav");
    const wav = (seed: number): Uint8Array =>
      wavFile({ sampleRateHz: 8000, channels: 1, bits: 16, samples: noise(24_000, seed) });
    await Deno.writeFile(path, wav(1));
    const item = { path, name: "a.wav", bytes: wav(1).length, sha256: await fileSha256(path) };
    await using small = await CatalogueWork.open(address, SETTINGS, { mostSeconds: 2 }, {});
    await using large = await CatalogueWork.open(address, SETTINGS, { mostSeconds: 9 }, {});
    equal(large.settings, small.settings);

    await Deno.writeFile(path, wav(2));
    await rejects(small.work(item, OPTIONS), /file was changed after .* send the path again/);
    equal(await Array.fromAsync(store.list("uploads/")), []);
    await Deno.writeFile(path, wav(1));

    const worker = await workerOf(test, store, { untilEmpty: false });
    const running = worker.run();
    await rejects(small.work(item, OPTIONS), /^Error: 'a\.wav' is longer than 2 s/);
    equal((await large.work(item, OPTIONS)).seconds, 3);
    // What is done is not refused.
    equal((await small.work(item, OPTIONS)).seconds, 3);
    worker.stop();
    await running;
  },
);
