import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { done, finished, isProblem, WAV, withService } from "../tests/support/service_app.ts";

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
