import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { finished, isProblem, RESULT, WAV, withService } from "../tests/support/service_app.ts";

Deno.test("an upload is accepted, analysed, and found again with its result", () =>
  withService(async (service) => {
    const { send } = service;
    const response = await send("/analyses?name=song.wav", {
      ...{ method: "POST", headers: WAV, body: "RIFF1" },
    });
    equal(response.status, 202);
    const { id, state, name, bytes } = await response.json();
    equal([state, name, bytes], ["queued", "song.wav", 5]);
    equal(response.headers.get("Location"), `/analyses/${id}`);
    equal(await finished(service, "RIFF1"), `/analyses/${id}`);
    const again = await send("/analyses", { method: "POST", headers: WAV, body: "RIFF1" });
    equal([again.status, (await again.json()).id], [200, id]);
    const { state: now, seconds, result } = await (await send(`/analyses/${id}`)).json();
    equal([now, seconds, result], ["done", 1.5, RESULT]);
  }));

Deno.test("a form is accepted, and the client's name of the file is only shown", () =>
  withService(async ({ send, folder, queue }) => {
    const names = [
      "../../../etc/x.mp3",
      "..\\..\\x.flac",
      "/etc/passwd",
      "a\u202eb\n.wav",
      "",
      "..",
      "x".repeat(500),
    ];
    for (const [at, name] of names.entries()) {
      const form = new FormData();
      form.set("note", "ignored");
      form.set("audio", new File([`RIFF${at}`], name));
      const response = await send("/analyses", { method: "POST", body: form });
      equal(response.status, 202, `${await response.clone().text()}`);
      const { id, name: shown } = await response.json();
      ok(!/[/\\\n\u202e]/.test(shown.replaceAll("\\n", "").replaceAll("\\u202e", "")), shown);
      match((await queue.audio(id))!, /analyses\/[0-9a-f]{32}\/audio(\.(mp3|flac|wav))?$/);
    }
    equal((await readdir(folder)).sort(), ["data", "music"]);
  }));

Deno.test("what is too large, empty, encoded, of another type or no audio is refused", () =>
  withService(async ({ send, queue }) => {
    const post = (
      body: BodyInit | null,
      headers: Record<string, string> = WAV,
    ): Promise<Response> =>
      send("/analyses", { method: "POST", headers, ...(body !== null && { body }) });
    const chunks = (count: number): ReadableStream<Uint8Array> =>
      ReadableStream.from(Array.from({ length: count }, () => new Uint8Array(100)));
    await isProblem(await post(chunks(11)), 413, "too-large");
    await isProblem(await post("x", { ...WAV, "Content-Length": "99999" }), 413, "too-large");
    const form = (...parts: [string, string, string][]): FormData => {
      const form = new FormData();
      for (const [field, text, name] of parts) form.append(field, new File([text], name));
      return form;
    };
    await isProblem(await post(form(["audio", "x".repeat(1001), "x.wav"]), {}), 413, "too-large");
    await isProblem(await post(form(["file", "RIFF", "x.wav"]), {}), 400, "bad-request");
    await isProblem(
      await post(form(["audio", "a", "x"], ["audio", "b", "y"]), {}),
      400,
      "bad-request",
    );
    await isProblem(await post(form(), {}), 400, "bad-request");
    const multipart = { "Content-Type": "multipart/form-data; boundary=B" };
    for (
      const body of [
        "",
        "--B",
        "--B\r\n",
        "nonsense",
        '--B\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\nRIFF',
        `--B\r\n${"X-A: b\r\n".repeat(5000)}\r\nRIFF\r\n--B--`,
        "--B\r\nContent-Disposition: form-data\r\n\r\n\r\n".repeat(50) + "--B--\r\n",
      ]
    ) {
      await isProblem(await post(body, multipart), 400, "bad-request");
    }
    await isProblem(await post("x", { "Content-Type": "multipart/form-data" }), 400, "bad-request");
    await isProblem(await post(""), 422, "not-audio");
    await isProblem(await post(null), 422, "not-audio");
    match(await isProblem(await post("text"), 422, "not-audio"), /^'audio' is not audio$/);
    await isProblem(
      await post("x", { ...WAV, "Content-Encoding": "gzip" }),
      415,
      "unsupported-type",
    );
    for (
      const type of [
        "text/plain",
        "",
        "application/zip",
        "audio/",
        "application/x-www-form-urlencoded",
      ]
    ) {
      await isProblem(await post("x", { "Content-Type": type }), 415, "unsupported-type");
    }
    equal(await queue.list({ limit: 10 }), []);
  }));

Deno.test("an upload that is slow, or whose client leaves, is refused and leaves nothing", () =>
  withService(async ({ send, queue }) => {
    const post = (body: ReadableStream<Uint8Array>): Promise<Response> =>
      send("/analyses", { method: "POST", headers: WAV, body });
    const stalled = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(9)),
    });
    await isProblem(await post(stalled), 408, "upload-timeout");
    let timer: ReturnType<typeof setInterval> | undefined;
    const dripping = new ReadableStream<Uint8Array>({
      start: (controller) => {
        timer = setInterval(() => controller.enqueue(new Uint8Array(1)), 50);
      },
      cancel: () => clearInterval(timer),
    });
    await isProblem(await post(dripping), 408, "upload-timeout");
    const cut = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.enqueue(new Uint8Array(9));
        setTimeout(() => controller.error(new Error("reset")), 10);
      },
    });
    await isProblem(await post(cut), 400, "bad-request");
    equal(await queue.list({ limit: 10 }), []);
  }));

Deno.test("a path below the folder is accepted, and nothing else", () =>
  withService(async ({ send }) => {
    const post = (value: unknown): Promise<Response> =>
      send("/analyses", {
        ...{ method: "POST", headers: { "Content-Type": "application/json; charset=utf-8" } },
        body: typeof value === "string" ? value : JSON.stringify(value),
      });
    const response = await post({ path: "a.wav" });
    equal([response.status, (await response.json()).name], [202, "a.wav"]);
    await isProblem(await post({ path: "../data/lock" }), 403, "outside-folder");
    await isProblem(await post({ path: "b.wav" }), 422, "no-such-file");
    for (const value of [{}, { path: 1 }, { path: "a.wav", x: 1 }, null, [], "", "{", '"a.wav"']) {
      await isProblem(await post(value), 400, "bad-request");
    }
    await isProblem(await post({ path: "x".repeat(20_000) }), 413, "too-large");
  }));

Deno.test("without a folder no path is accepted", () =>
  withService(async ({ send }) => {
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ path: "a.wav" });
    // deno-lint-ignore no-explicit-any
    const response = await send("/analyses", { method: "POST", headers, body } as any);
    match(await isProblem(response, 403, "outside-folder"), /--audio-dir/);
  }, { audioFolder: undefined } as never));

Deno.test("a full queue tells when to come back, and a deleted analysis is gone", () =>
  withService(async ({ send }) => {
    const post = async (text: string): Promise<Response> =>
      await send("/analyses", { method: "POST", headers: WAV, body: text });
    const running = (await (await post("RIFF1")).json()).links;
    await (await post("RIFF2")).json();
    const full = await post("RIFF3");
    equal(full.headers.get("Retry-After"), "10");
    await isProblem(full, 429, "queue-full");
    const unfinished = await send(running.self, { headers: { Accept: "audio/midi" } });
    ok(Number(unfinished.headers.get("Retry-After")) > 0);
    await isProblem(unfinished, 409, "unfinished");
    await isProblem(await send(running.player), 409, "unfinished");
    equal((await send(running.self, { method: "DELETE" })).status, 204);
    await isProblem(await send(running.self, { method: "DELETE" }), 404, "not-found");
    await isProblem(await send(running.self), 404, "not-found");
    await isProblem(await send(running.events), 404, "not-found");
  }, {
    mostWaiting: 1,
    work: (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  }));
