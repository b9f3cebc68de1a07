/** Tests `serve` as a process. */

import { deepStrictEqual as equal, match, ok, rejects } from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Analyzer } from "../pipeline/mod.ts";
import { until } from "./support/deadline.ts";
import { tactusEach } from "./support/program.ts";
import { lastState, ServiceProcess } from "./support/service.ts";
import { inTemporaryFolder } from "./support/temporary_folder.ts";
import { noise, wavFile } from "./support/wav.ts";

/** Returns noise of a length in seconds. */
function wav(seconds: number): Uint8Array<ArrayBuffer> {
  const samples = noise(8000 * seconds);
  return new Uint8Array(wavFile({ sampleRateHz: 8000, channels: 1, bits: 16, samples }));
}

Deno.test("serve refuses calls that would be open to others, or cannot work", () =>
  inTemporaryFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "token"), "short\n");
    const data = ["--data-dir", join(folder, "data")];
    const calls = [
      ["serve", "--host", "0.0.0.0", ...data],
      ["serve", "--token-file", join(folder, "token"), ...data],
      ["serve", "--token-file", join(folder, "none"), ...data],
      ["serve", "--audio-dir", join(folder, "none"), ...data],
      ["serve", "--model", "none", ...data],
      ["serve", "--allow-host", "http://music.example:80", ...data],
      ["serve", "--store", join(folder, "store"), ...data],
      ["serve", "--redis", "redis://127.0.0.1:1", ...data],
    ];
    const outcomes = await tactusEach(calls, { env: { TACTUS_TOKEN: "" } });
    equal(outcomes.map(({ code }) => code), [2, 2, 2, 2, 2, 2, 2, 2]);
    match(
      outcomes[0]!.stderr,
      /which other machines reach, needs a token: name a file with --token-file/,
    );
    match(outcomes[1]!.stderr, /Expected a token of at least 16 printable characters/);
    match(outcomes[2]!.stderr, /The token cannot be read/);
    match(outcomes[3]!.stderr, /--audio-dir expects a folder that exists/);
    match(outcomes[4]!.stderr, /none/);
    match(outcomes[5]!.stderr, /--allow-host expects a name without scheme and port/);
    match(outcomes[6]!.stderr, /--store is that of a catalogue: name its --redis too/);
    match(outcomes[7]!.stderr, /127\.0\.0\.1:1|net access/);
  }));

Deno.test("serve gives the results of the library, and goes on after it is ended during an analysis", () =>
  inTemporaryFolder(async (folder) => {
    const [music, data] = [join(folder, "music"), join(folder, "data")];
    await Deno.mkdir(music);
    await Deno.writeFile(join(music, "a.wav"), wav(5));
    const args = ["--data-dir", data, "--audio-dir", music, "--grace", "0", "--jobs", "1"];
    const post = async (url: string, body: BodyInit, type: string): Promise<string> => {
      const headers = { "Content-Type": type };
      const response = await fetch(`${url}/analyses`, { method: "POST", headers, body });
      ok(response.ok, await response.clone().text());
      return url + (await response.json()).links.self;
    };

    let service = await ServiceProcess.start(...args);
    const analysis = await post(service.url, '{"path": "a.wav"}', "application/json");
    equal(await lastState(analysis), "done");
    const { identity: _, ...result } = await (await fetch(`${analysis}?format=json`)).json();
    await using analyzer = await Analyzer.load({ model: "embedded", demixer: "hpss-mix" });
    const expected = await analyzer.analyze(join(music, "a.wav"));
    const { automatic } = result.provenance;
    equal(result, {
      ...expected,
      path: "a.wav",
      provenance: { ...expected.provenance, automatic },
    });
    const player = await fetch(`${analysis}/player`);
    equal([player.status, player.headers.get("Content-Type")], [200, "text/html; charset=utf-8"]);
    match(await player.text(), /<h1>a\.wav<\/h1>/);
    const text = await post(service.url, wav(6), "audio/wav").then((url) =>
      fetch(`${url}/nothing`)
    );
    equal(text.status, 404);
    await text.body?.cancel();

    const long = (await post(service.url, wav(120), "audio/wav")).replace(service.url, "");
    await until(
      "the analysis to run",
      async () => (await (await fetch(service.url + long)).json()).state === "running",
    );
    equal(await service.end("SIGTERM"), 143);
    match(service.log, /Ending; what does not end soon runs again at the next start/);
    equal(await readdir(join(data, "incoming")), []);

    service = await ServiceProcess.start(...args);
    equal(await lastState(service.url + long), "done");
    const { analyses } = await (await fetch(`${service.url}/analyses`)).json();
    equal(analyses.map(({ state }: { state: string }) => state), ["done", "done", "done"]);
    equal(await service.end("SIGINT"), 130);
    await rejects(fetch(service.url));
  }));
