import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inTemporaryFolder } from "../tests/support/temporary_folder.ts";
import { serviceApp } from "./app.ts";
import type { ServiceContext } from "./context.ts";
import { DiskQueue } from "./disk_queue.ts";
import type { Work } from "./job_queue.ts";
import { Metrics } from "./metrics.ts";

/** A result as far as the formats need it. */
const RESULT = {
  ...{ path: "song.wav", bpm: 120, beats: [0, 0.5, 1], downbeats: [0], beat_positions: [1, 2, 3] },
  ...{ segments: [{ start: 0, end: 1.5, label: "verse" }], tempo: null, metre: null },
  provenance: { part: null, mix: null },
};

const done: Work = ({ name }) =>
  Promise.resolve({
    result: JSON.stringify({ ...RESULT, path: name }),
    seconds: 1.5,
    warnings: [],
  });

/** Sends a request to the application. */
type Send = (path: string, init?: RequestInit) => Promise<Response>;

interface Service {
  readonly send: Send;
  readonly queue: DiskQueue;
  readonly folder: string;
}

/** Runs a test with an application whose analyses are made at once. */
function withService(
  test: (service: Service) => Promise<void>,
  more: Partial<ServiceContext> & { readonly work?: Work; readonly mostWaiting?: number } = {},
): Promise<void> {
  const { work = done, mostWaiting = 10, ...context } = more;
  return inTemporaryFolder(async (folder) => {
    await mkdir(join(folder, "music"));
    await writeFile(join(folder, "music", "a.wav"), "RIFF");
    const ending = new AbortController();
    const queue = await DiskQueue.open({
      ...{ folder: join(folder, "data"), settings: "5".repeat(64), work, jobs: 1, mostWaiting },
      ...{ mostBytes: 1e6, mostKept: 100 },
    });
    const app = serviceApp({
      ...{ queue, access: { hosts: ["localhost"] }, metrics: new Metrics(), signal: ending.signal },
      upload: { bytes: 1000, idleSeconds: 0.2, seconds: 1 },
      ...{ mostUploads: 2, mostFollowers: 2, audioFolder: join(folder, "music") },
      checkAudio: async (path) => {
        const text = await Deno.readTextFile(path);
        if (text.startsWith("text")) throw new Error(`'${path}' is not audio`);
      },
      ...context,
    });
    try {
      await test({ queue, folder, send: async (path, init) => await app.request(path, init) });
      // Whatever was refused has left nothing.
      equal(await readdir(join(folder, "data", "incoming")), []);
    } finally {
      ending.abort(new Error("The test ends"));
      await queue.close(0);
    }
  });
}

const WAV = { "Content-Type": "audio/wav" };

/** Uploads a text as audio and waits for its analysis; returns its address. */
async function finished(
  { send, queue }: Service,
  text: string,
  name = "song.wav",
): Promise<string> {
  const response = await send(`/analyses?name=${encodeURIComponent(name)}`, {
    ...{ method: "POST", headers: WAV, body: text },
  });
  const { id, links } = await response.json();
  const events = queue.events(id, undefined, AbortSignal.timeout(5000));
  if (typeof events === "object") { for await (const _ of events); }
  return links.self;
}

/** Ensures that a response is a problem of a kind. */
async function isProblem(response: Response, status: number, kind: string): Promise<string> {
  const text = await response.text();
  equal([response.status, response.headers.get("Content-Type")], [
    status,
    "application/problem+json",
  ], text);
  const { type, title, detail, remedy, ...rest } = JSON.parse(text);
  equal([type, rest], [`urn:tactus:problem:${kind}`, { status }], text);
  for (const one of [title, detail, remedy]) ok(typeof one === "string" && one.length > 5, text);
  return detail;
}

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

Deno.test("a result has all formats, by Accept and by name, with entity tags", () =>
  withService(async (service) => {
    const { send } = service;
    const address = await finished(service, "RIFF", 'my "söng".wav');
    const csv = await send(address, { headers: { Accept: "text/csv" } });
    equal(await csv.text(), "time,position\n0,1\n0.5,2\n1,3\n");
    equal(csv.headers.get("Vary"), "Accept");
    match(
      csv.headers.get("Content-Disposition")!,
      /filename="my _s_ng_\.beats\.csv"; filename\*=UTF-8''my%20%22s%C3%B6ng%22/,
    );
    const etag = csv.headers.get("ETag")!;
    const known = await send(address, {
      headers: { Accept: "text/csv", "If-None-Match": `"x", W/${etag}` },
    });
    equal([known.status, await known.text(), known.headers.get("ETag")], [304, "", etag]);
    const other = await send(address, { headers: { Accept: "audio/midi", "If-None-Match": etag } });
    equal([other.status, other.headers.get("Content-Type")], [200, "audio/midi"]);
    await other.body?.cancel();
    const named = await send(`${address}?format=segments.csv`);
    equal(await named.text(), "start,end,label\n0,1.5,verse\n");
    const plain = await send(`${address}?format=json`);
    equal(JSON.parse(await plain.text()).bpm, 120);
    await isProblem(
      await send(address, { headers: { Accept: "image/png" } }),
      406,
      "not-acceptable",
    );
    await isProblem(await send(`${address}?format=exe`), 400, "bad-request");
    const head = await send(address, { method: "HEAD" });
    equal([head.status, await head.text()], [200, ""]);
  }));

Deno.test("the audio is sent whole or in ranges", () =>
  withService(async (service) => {
    const { send } = service;
    const address = `${await finished(service, "RIFF56789")}/audio`;
    const part = async (range: string, more = {}): Promise<unknown[]> => {
      const response = await send(address, { headers: { Range: range, ...more } });
      return [response.status, await response.text(), response.headers.get("Content-Range")];
    };
    equal(await part("bytes=0-3"), [206, "RIFF", "bytes 0-3/9"]);
    equal(await part("bytes=4-"), [206, "56789", "bytes 4-8/9"]);
    equal(await part("bytes=-2"), [206, "89", "bytes 7-8/9"]);
    equal(await part("bytes=5-100"), [206, "6789", "bytes 5-8/9"]);
    for (const range of ["bytes=3-1", "bytes=0-1,3-4", "bytes=-", "lines=0-1", "bytes=a-b"]) {
      equal(await part(range), [200, "RIFF56789", null], range);
    }
    equal(await part("bytes=0-3", { "If-Range": '"other"' }), [200, "RIFF56789", null]);
    for (const range of ["bytes=9-", "bytes=-0", "bytes=999999999999-"]) {
      const response = await send(address, { headers: { Range: range } });
      equal(response.headers.get("Content-Range"), "bytes */9");
      await isProblem(response, 416, "range");
    }
    const head = await send(address, { method: "HEAD" });
    equal([head.status, head.headers.get("Content-Length"), head.headers.get("Content-Type")], [
      200,
      "9",
      "audio/wav",
    ]);
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

Deno.test("audio that was changed or removed since is not sent, and the result is", () =>
  withService(async ({ send, folder, queue }) => {
    const response = await send("/analyses", {
      ...{ method: "POST", headers: { "Content-Type": "application/json" } },
      body: '{"path": "a.wav"}',
    });
    const { id, links } = await response.json();
    const events = queue.events(id, undefined, AbortSignal.timeout(5000));
    if (typeof events === "object") { for await (const _ of events); }
    equal(await (await send(links.audio)).text(), "RIFF");
    const path = join(folder, "music", "a.wav");
    // The second one has the size of the first.
    for (const [at, text] of ["another", "FFIR"].entries()) {
      await writeFile(path, text);
      await utimes(path, at + 1, at + 1);
      for (const address of [links.audio, links.player, `${links.self}?format=cues.wav`]) {
        match(await isProblem(await send(address), 404, "not-found"), /removed or changed/);
      }
    }
    await writeFile(path, "RIFF");
    equal(await (await send(links.audio)).text(), "RIFF");
    equal((await send(`${links.self}?format=beats`)).status, 200);
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

Deno.test("the list has pages and a filter", () =>
  withService(async (service) => {
    for (const text of ["RIFF1", "RIFF2", "RIFF3"]) await finished(service, text, `${text}.wav`);
    const names: string[] = [];
    let next: string | null = "/analyses?limit=2&state=done";
    while (next !== null) {
      const page: { analyses: { name: string }[]; next: string | null } =
        await (await service.send(next)).json();
      names.push(...page.analyses.map(({ name }) => name));
      next = page.next;
    }
    equal(names, ["RIFF3.wav", "RIFF2.wav", "RIFF1.wav"]);
    equal((await (await service.send("/analyses?state=failed")).json()).analyses, []);
    for (
      const query of ["limit=0", "limit=101", "limit=x", "before=-1", "state=lost", "limit=1e9"]
    ) {
      await isProblem(await service.send(`/analyses?${query}`), 400, "bad-request");
    }
  }));

Deno.test("events tell state and progress, and a client that has all of them is told to stay away", () =>
  withService(async ({ send }) => {
    const response = await send("/analyses", { method: "POST", headers: WAV, body: "RIFF" });
    const { links } = await response.json();
    const text = await (await send(links.events)).text();
    const events = [...text.matchAll(/^event: (\w+)\ndata: (.*)\nid: (\S+)$/gm)];
    equal(events.map(([, type]) => type).filter((type) => type === "progress").length, 3, text);
    equal(JSON.parse(events.at(-1)![2]!), { state: "done" });
    const again = await send(links.events, { headers: { "Last-Event-ID": events.at(-1)![3]! } });
    equal(again.status, 204);
    const missed =
      await (await send(links.events, { headers: { "Last-Event-ID": events[1]![3]! } })).text();
    equal(
      [...missed.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id),
      events.slice(2).map(([, , , id]) => id),
    );
    equal(
      (await send(links.events, { method: "HEAD" })).headers.get("Content-Type"),
      "text/event-stream",
    );
  }, {
    work: async (item, options) => {
      await new Promise((done) => setTimeout(done, 50));
      for (const fraction of [0.1, 0.1001, 0.5, 0.9]) {
        options.onProgress({ stage: "demix", fraction });
      }
      return await done(item, options);
    },
  }));

Deno.test("only so many clients follow events", () =>
  withService(async ({ send }) => {
    const { links } =
      await (await send("/analyses", { method: "POST", headers: WAV, body: "RIFF" })).json();
    const following = [await send(links.events), await send(links.events)];
    await isProblem(await send(links.events), 503, "busy");
    await following[0]!.body!.cancel();
    await new Promise((done) => setTimeout(done, 10));
    const third = await send(links.events);
    equal(third.status, 200);
    await Promise.all([third, following[1]!].map((one) => one.body!.cancel()));
  }, {
    work: (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  }));

Deno.test("every request is checked for host, origin, token and headers", async () => {
  const token = "0123456789abcdef";
  await withService(async ({ send }) => {
    await isProblem(await send("/analyses"), 401, "unauthorized");
    await isProblem(await send("/nothing"), 401, "unauthorized");
    match((await send("/metrics")).headers.get("WWW-Authenticate")!, /^Bearer .*, Basic /);
    for (const path of ["/health", "/openapi.json", "/docs"]) {
      equal((await send(path)).status, 200, path);
    }
    const headers = { Authorization: `Bearer ${token}` };
    equal((await send("/analyses", { headers })).status, 200);
    match(
      await (await send("/metrics", { headers })).text(),
      /^tactus_requests_total\{method="GET",status="401"\} 3$/m,
    );
    const { security, components } = await (await send("/openapi.json")).json();
    equal([security, Object.keys(components.securitySchemes)], [[{ bearer: [] }, { basic: [] }], [
      "bearer",
      "basic",
    ]]);
  }, { access: { token } });
  await withService(async ({ send }) => {
    await isProblem(
      await send("/health", { headers: { Host: "evil.example" } }),
      403,
      "foreign-host",
    );
    const headers = { Origin: "http://evil.example" };
    await isProblem(await send("/analyses", { method: "POST", headers }), 403, "foreign-origin");
    await isProblem(
      await send("/health", { headers: { "X-A": "b".repeat(17_000) } }),
      431,
      "headers-too-large",
    );
    const response = await send("/health");
    for (
      const name of ["X-Content-Type-Options", "X-Frame-Options", "Cross-Origin-Resource-Policy"]
    ) {
      ok(response.headers.has(name), name);
    }
  });
});

Deno.test("what there is not is told apart from methods that there are not", () =>
  withService(async ({ send }) => {
    for (
      const path of [
        "/nothing",
        "/analyses/x/y",
        "/analyses/%2e%2e%2fx",
        "/docs/package.json",
        "/docs/..%2fx",
      ]
    ) {
      await isProblem(await send(path), 404, "not-found");
    }
    await isProblem(await send("/analyses/" + "0".repeat(32)), 404, "not-found");
    for (
      const [method, path, allowed] of [
        ["PUT", "/analyses", "POST, GET, HEAD"],
        ["POST", "/analyses/x", "GET, HEAD, DELETE"],
        ["TRACE2", "/health", "GET, HEAD"],
      ] as const
    ) {
      const response = await send(path, { method });
      equal(response.headers.get("Allow"), allowed);
      await isProblem(response, 405, "method-not-allowed");
    }
  }));

Deno.test("an error of the service is logged, and its text is not sent", () =>
  withService(async ({ send, queue }) => {
    const { error } = console;
    const logged: string[] = [];
    console.error = (text: string): void => void logged.push(text);
    try {
      queue.list = () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
      await isProblem(await send("/analyses"), 503, "storage-full");
      queue.list = () => Promise.reject(new Error("a secret"));
      const detail = await isProblem(await send("/analyses"), 500, "internal");
      ok(!detail.includes("secret"));
      match(logged.join(), /a secret/);
    } finally {
      console.error = error;
    }
  }));

Deno.test("the document of the interface describes every route, and the page to try it loads nothing from elsewhere", () =>
  withService(async ({ send }) => {
    const document = await (await send("/openapi.json")).json();
    equal(Object.keys(document.paths), [
      ...["/analyses", "/analyses/{id}", "/analyses/{id}/events", "/analyses/{id}/player"],
      ...["/analyses/{id}/audio", "/health", "/metrics"],
    ]);
    equal(Object.keys(document.paths["/analyses"].post.requestBody.content), [
      ...["multipart/form-data", "application/octet-stream", "audio/*", "application/json"],
    ]);
    ok(document.components.schemas.AudioPath);
    const page = await send("/docs");
    const text = await page.text();
    match(page.headers.get("Content-Security-Policy")!, /default-src 'none'/);
    for (const [, url] of text.matchAll(/(?:src|href)="([^"]*)"/g)) {
      ok(url!.startsWith("/docs/") || url!.startsWith("data:"), url);
      if (url!.startsWith("/docs/")) equal((await send(url!)).status, 200, url);
    }
    equal((await send("/")).headers.get("Location"), "/docs");
  }));
