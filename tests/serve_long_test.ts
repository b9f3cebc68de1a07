/** Tests `serve` under clients that are slow, broken or hostile, and by a fuzzer of its document. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { until } from "./support/deadline.ts";
import { CLIENTS } from "./support/hostile_clients.ts";
import { repository } from "./support/program.ts";
import { lastState, ServiceProcess } from "./support/service.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

/** Clients at the same time. */
const COUNT = 8;

/** Seconds for which they send. */
const SECONDS = 60;

const MOST_BYTES = 1_000_000;

/** Limits that the clients exceed. */
const LIMITS = [
  ...["--max-upload", "1", "--max-seconds", "60", "--idle-time", "1", "--upload-time", "5"],
  ...["--max-queue", "20", "--max-uploads", "6", "--max-connections", "40"],
];

/** Returns numbers that are the same in each run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = state * 48_271 % 2_147_483_647;
    return state % below;
  };
}

/** Returns memory in bytes and open files of a process. Deno itself does not read in /proc. */
async function taken(pid: number): Promise<{ readonly bytes: number; readonly files: number }> {
  const output = async (program: string, ...args: string[]): Promise<string> =>
    new TextDecoder().decode((await new Deno.Command(program, { args }).output()).stdout);
  const [, kilobytes] = /^VmRSS:\s*(\d+) kB$/m.exec(await output("cat", `/proc/${pid}/status`))!;
  const files = (await output("ls", `/proc/${pid}/fd`)).split("\n").length;
  return { bytes: 1024 * Number(kilobytes), files };
}

Deno.test(
  "eight clients for a minute, most of them hostile: right statuses, no leak, and every accepted analysis ends",
  () =>
    inTemporaryFolder(async (folder) => {
      const [music, data] = [join(folder, "music"), join(folder, "data")];
      await Deno.mkdir(music);
      const args = ["--data-dir", data, "--audio-dir", music, "--grace", "0", ...LIMITS];
      let service = await ServiceProcess.start(...args);
      const accepted = new Set<string>();
      const statuses: Record<string, Record<number, number>> = {};
      const wrong: string[] = [];
      const client = async (number: number, seconds: number): Promise<void> => {
        const random = seeded(1000 + number);
        const names = Object.keys(CLIENTS);
        const end = performance.now() + 1000 * seconds;
        // Each begins elsewhere, so that all kinds have their turn.
        for (let at = number * 3; performance.now() < end; at++) {
          const name = names[at % names.length]!;
          const { allowed, send } = CLIENTS[name]!;
          const onAccepted = (address: string): void => void accepted.add(address);
          const target = { url: new URL(service.url), random, mostBytes: MOST_BYTES, onAccepted };
          // Where all connections are taken the service closes further ones.
          const status = await send(target).catch(() => 0);
          (statuses[name] ??= {})[status] = (statuses[name]![status] ?? 0) + 1;
          if (status !== 0 && !allowed.includes(status)) wrong.push(`${name}: ${status}`);
        }
      };
      const clients = (seconds: number): Promise<unknown> =>
        Promise.all(Array.from({ length: COUNT }, (_, number) => client(number, seconds)));

      await clients(SECONDS / 3);
      const before = await taken(service.pid);
      await clients(SECONDS * 2 / 3);
      const after = await taken(service.pid);
      console.log(JSON.stringify({ statuses, before, after, accepted: accepted.size }));
      equal(wrong, []);
      equal(Object.keys(statuses).length, Object.keys(CLIENTS).length);
      for (const [name, counts] of Object.entries(statuses)) {
        const answered = CLIENTS[name]!.allowed.filter((status) => ![429, 503].includes(status));
        ok(
          answered.some((status) => (counts[status] ?? 0) > 0),
          `${name}: ${JSON.stringify(counts)}`,
        );
      }
      ok(accepted.size > 10, `${accepted.size} accepted`);
      ok(after.bytes - before.bytes < 150e6, `${before.bytes} bytes, then ${after.bytes}`);
      ok(!service.log.includes("A request failed"), service.log);

      // In the middle of an analysis, without a warning.
      const samples = noise(8000 * 59);
      const body = new Uint8Array(wavFile({ sampleRateHz: 8000, channels: 1, bits: 16, samples }));
      await until("a place in the queue", async () => {
        const headers = { "Content-Type": "audio/wav" };
        const response = await fetch(`${service.url}/analyses`, { method: "POST", headers, body });
        const text = await response.text();
        if (response.ok) accepted.add(JSON.parse(text).links.self);
        return response.ok;
      });
      await service.end("SIGKILL");
      service = await ServiceProcess.start(...args);
      for (const address of accepted) {
        const state = await lastState(service.url + address);
        ok(["done", "failed"].includes(state), `${address}: ${state}`);
        const { state: final, error, name } = await (await fetch(service.url + address)).json();
        // The silence is longer than the limit; all others are tracks.
        if (final === "failed") ok(/longer than 60 s/.test(error), `${name}: ${error}`);
      }
      equal(await readdir(join(data, "incoming")), []);
      const { analyses } = await (await fetch(`${service.url}/analyses?limit=100`)).json();
      equal((await readdir(join(data, "analyses"))).length, analyses.length);
      await until("the connections of the clients to be closed", async () =>
        (await taken(service.pid)).files < 60);
      equal(await readdir(music), []);
      equal((await readdir(folder)).sort(), ["data", "music"]);
      equal(await service.end(), 143);
    }),
);

/** Returns the path of schemathesis. */
function fuzzer(): string {
  const folders = [
    join(repository, "tests", ".services", "fuzzer", "bin"),
    ...(Deno.env.get("PATH") ?? "").split(delimiter),
  ];
  const path = folders.map((folder) => join(folder, "st")).find((path) => existsSync(path));
  if (path !== undefined) return path;
  throw new Error(
    "schemathesis was not found: run tests/support/install_services.sh, which installs it from PyPI",
  );
}

Deno.test("a property-based fuzzer of the document finds no response that it does not describe", () =>
  inTemporaryFolder(async (folder) => {
    const st = fuzzer();
    const music = join(folder, "music");
    await Deno.mkdir(join(music, "album"), { recursive: true });
    const samples = noise(16_000);
    const wav = wavFile({ sampleRateHz: 8000, channels: 1, bits: 16, samples });
    await Deno.writeFile(join(music, "album", "song.flac"), wav);
    const args = ["--data-dir", join(folder, "data"), "--audio-dir", music, "--max-seconds", "60"];
    const service = await ServiceProcess.start(...args);
    const headers = { "Content-Type": "application/json" };
    const body = '{"path": "album/song.flac"}';
    const response = await fetch(`${service.url}/analyses`, { method: "POST", headers, body });
    equal(await lastState(service.url + (await response.json()).links.self), "done");
    // A body beyond the limit is refused with 413, which is not among the statuses that it knows for invalid data.
    await Deno.writeTextFile(
      join(folder, "schemathesis.toml"),
      '[checks]\nnegative_data_rejection.expected-statuses = ["4xx", "5xx"]\n',
    );
    const child = new Deno.Command(st, {
      args: [
        ...["run", `${service.url}/openapi.json`, "--max-time", "60", "--seed", "1"],
        // Events last as long as an analysis. Bytes that are no audio fit the schema, and are refused.
        ...["--exclude-path-regex", "/events", "--exclude-checks", "positive_data_acceptance"],
        ...["--suppress-health-check", "all", "--request-timeout", "60", "--no-color"],
      ],
      ...{ cwd: folder, stdin: "null", stdout: "piped", stderr: "piped" },
    });
    const { code, stdout, stderr } = await child.output();
    const text = new TextDecoder();
    equal(code, 0, text.decode(stdout) + text.decode(stderr));
    ok(/(\d{3,}) generated/.test(text.decode(stdout)), text.decode(stdout));
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    ok(!/status="500"/.test(metrics), metrics);
    equal(await service.end(), 143);
    ok(!service.log.includes("A request failed"), service.log);
  }));
