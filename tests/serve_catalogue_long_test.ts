/** Tests `serve` with the queue of a catalogue on Redis. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { CatalogueQueue } from "../catalogue/mod.ts";
import { Analyzer } from "../pipeline/mod.ts";
import { until } from "./support/deadline.ts";
import { command } from "./support/program.ts";
import { lastState, ServiceProcess } from "./support/service.ts";
import { CATALOGUE_FLAGS, withRedis } from "./support/services.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

Deno.test({
  name: "workers of a catalogue analyse what the service receives, also while it is away",
  // Connections to Redis end a moment later.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withRedis((redis) =>
      inTemporaryFolder(async (folder) => {
        const name = `test-${crypto.randomUUID()}`;
        const store = join(folder, "store");
        const address = ["--redis", redis, "--queue", name, "--store", store];
        const args = [
          "--data-dir",
          join(folder, "data"),
          "--grace",
          "0",
          "--max-seconds",
          "700",
          ...address,
        ];
        await using queue = await CatalogueQueue.open({ redis, name });
        let service = await ServiceProcess.start(...args);
        const post = async (seed: number, seconds = 3): Promise<string> => {
          const samples = noise(8000 * seconds, seed);
          const body = new Uint8Array(
            wavFile({ sampleRateHz: 8000, channels: 1, bits: 16, samples }),
          );
          const headers = { "Content-Type": "audio/wav" };
          const init = { method: "POST", headers, body };
          const response = await fetch(`${service.url}/analyses?name=${seed}.wav`, init);
          ok(response.ok, await response.clone().text());
          return (await response.json()).links.self;
        };
        const waiting = async (): Promise<number> => (await queue.counts()).waiting;

        const deleted = await post(1);
        await until("the first track to be in the queue", async () => await waiting() === 1);
        equal((await fetch(service.url + deleted, { method: "DELETE" })).status, 204);
        await until("it to be taken out", async () => await waiting() === 0);

        const kept = await post(2);
        await until("the second track to be in the queue", async () => await waiting() === 1);
        equal(await service.end(), 143);
        equal(await waiting(), 1);

        const call = [
          "catalogue",
          "worker",
          ...address.slice(0, 4),
          "--store",
          store,
          "--threads",
          "1",
        ];
        const worker = command(call, { flags: CATALOGUE_FLAGS }).spawn();
        const logs = new Response(worker.stdout).text();
        worker.stderr.cancel();
        await until("a worker to do it", async () => (await queue.counts()).done === 1);
        service = await ServiceProcess.start(...args);
        equal(await lastState(service.url + kept), "done");

        const other = await post(3);
        equal(await lastState(service.url + other), "done");
        const { result } = await (await fetch(service.url + other)).json();
        const path = join(folder, "3.wav");
        const samples = noise(8000 * 3, 3);
        await Deno.writeFile(path, wavFile({ sampleRateHz: 8000, channels: 1, bits: 16, samples }));
        await using analyzer = await Analyzer.load({ model: "embedded", demixer: "hpss-mix" });
        const { provenance: _, ...expected } = await analyzer.analyze(path);
        const { provenance, ...found } = result;
        equal(found, { ...expected, path: "3.wav" });
        equal(provenance.mix.identity.bytes, 48_044);
        equal((await fetch(`${service.url}${other}/player`)).status, 200);

        const running = await post(4, 600);
        await until("a worker to run it", async () => (await queue.counts()).active === 1);
        equal((await fetch(service.url + running, { method: "DELETE" })).status, 204);
        await until("the worker to stop it", async () => (await queue.counts()).active === 0);
        equal((await queue.counts()).dead, 1);

        const long = await post(5, 701);
        equal(await lastState(service.url + long), "failed");
        const { error } = await (await fetch(service.url + long)).json();
        match(error, /^'5\.wav' is longer than 700 s/);

        equal(await service.end(), 143);
        worker.kill("SIGTERM");
        await worker.status;
        match(await logs, /"track done"/);
      })
    ),
});
