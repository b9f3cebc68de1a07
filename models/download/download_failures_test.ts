import assert from "node:assert/strict";
import { join } from "node:path";
import { downloadAddress, DownloadError, fileAddress } from "./request.ts";
import { fileAnswer, rawAnswer } from "../../tests/support/download_server.ts";
import { against, againstRaw, CONTENT, FILE } from "../../tests/support/download_trial.ts";

Deno.test("download() deletes content with a wrong SHA-256 and reports both values", () => {
  const corrupt = CONTENT.slice();
  corrupt[200_000]! ^= 1;
  return against(fileAnswer(corrupt), async (trial) => {
    await trial.fails("sha256", new RegExp(`expected SHA-256 ${FILE.sha256}, got [0-9a-f]{64};`));
    assert.deepEqual(await trial.files(), []);
    assert.equal(trial.server.requests.length, 1);
  });
});

Deno.test("download() rejects redirects in a loop, without a target, or to an unsafe address", async () => {
  const targets: [Record<string, string>, RegExp][] = [
    [{ location: "/again" }, /redirects more than 5 times/],
    [{}, /redirects without a target/],
    [{ location: "http://weights.invalid/x" }, /weights\.invalid\/x, to which .* is refused/],
    [{ location: "file:///etc/passwd" }, /is refused: expected https/],
    [{ location: "https://" }, /is not an address/],
  ];
  for (const [headers, message] of targets) {
    await against(() => new Response(null, { status: 302, headers }), async (trial) => {
      await trial.fails("redirect", message);
      assert.ok(trial.server.requests.length <= 6);
      assert.deepEqual(await trial.files(), []);
    });
  }
});

Deno.test("addresses must be HTTPS, or HTTP on this machine without a redirect from HTTPS", () => {
  const https = new URL("https://weights.invalid/");
  assert.equal(downloadAddress("https://a.invalid/b", https).href, "https://a.invalid/b");
  assert.equal(downloadAddress("http://localhost:80/b").hostname, "localhost");
  for (
    const action of [
      () => downloadAddress("http://localhost/", https),
      () => downloadAddress("http://a.invalid/"),
      () => downloadAddress("ftp://a.invalid/"),
      () => fileAddress(FILE, "weights"),
    ]
  ) assert.throws(action, (error) => error instanceof DownloadError && !error.transient);
  assert.equal(fileAddress(FILE, "").href, FILE.url);
  const mirror = fileAddress(FILE, "https://a.invalid/b/?key=1");
  assert.equal(mirror.href, "https://a.invalid/b/weights.bin?key=1");
});

for (const [status, requests] of [[404, 1], [403, 1], [500, 3], [429, 3]] as const) {
  Deno.test(`download() asks ${requests === 1 ? "once" : "again"} when it is answered by ${status}`, () =>
    against(() => new Response("no", { status }), async (trial) => {
      await trial.fails("status", new RegExp(`weights\\.bin returned status ${status}`), {
        retries: 2,
      });
      assert.equal(trial.server.requests.length, requests);
      assert.deepEqual(await trial.files(), []);
    }));
}

Deno.test("download() reads nothing if the declared size is wrong", async () => {
  for (const length of [12, CONTENT.length + 1, 1e15]) {
    const answer = rawAnswer("200 OK", [`content-length: ${length}`], CONTENT.subarray(0, 12));
    await againstRaw(() => answer, async (trial) => {
      await trial.fails("size", new RegExp(`expected 300000 bytes, got ${length}$`));
      assert.deepEqual(await trial.files(), []);
      assert.equal(trial.server.requests.length, 1);
    });
  }
  const range = rawAnswer(
    "206 Partial Content",
    ["content-range: bytes 10-19/20"],
    CONTENT.subarray(0, 10),
  );
  await againstRaw(() => range, async (trial) => {
    await trial.leavePart(CONTENT.subarray(0, 10));
    await trial.fails("size", /expected 300000 bytes, got 20$/);
  });
});

Deno.test("download() stops a server that sends without end, and deletes the content", () =>
  against(() => {
    const endless = new ReadableStream({
      pull: (stream) => stream.enqueue(CONTENT.slice(0, 65_536)),
    });
    return new Response(endless);
  }, async (trial) => {
    await trial.fails("size", /expected 300000 bytes, got more than 300000/);
    assert.deepEqual(await trial.files(), []);
    assert.equal(trial.server.requests.length, 1);
  }));

Deno.test("download() tries again if the server closes early without an error", () =>
  against(
    () => new Response(new Blob([CONTENT.subarray(0, 99) as BlobPart]).stream()),
    async (trial) => {
      await trial.fails("cut", /stopped after 99 bytes \(2 attempts\)/, { retries: 1 });
      assert.equal(trial.server.requests.length, 2);
    },
  ));

Deno.test("download() rejects encoded content", () =>
  against(() => new Response("x", { headers: { "content-encoding": "gzip" } }), async (trial) => {
    await trial.fails("answer", /sent as gzip/);
  }));

Deno.test("download() reports an unreachable server after its retries", () =>
  against(fileAnswer(CONTENT), async (trial) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const baseUrl = `http://127.0.0.1:${listener.addr.port}`;
    listener.close();
    await trial.fails("unreachable", /Cannot reach 127\.0\.0\.1:\d+ \(.*\(3 attempts\)/, {
      baseUrl,
      retries: 2,
    });
    assert.deepEqual(await trial.files(), []);
  }));

Deno.test("download() reports a folder that cannot be written, and what to do", () =>
  against(fileAnswer(CONTENT), async (trial) => {
    const file = join(trial.folder, "file");
    await Deno.writeTextFile(file, "");
    await trial.fails("folder", /Cannot write .*; name another folder with --weights-dir/, {
      folder: join(file, "in it"),
    });
    await Deno.mkdir(join(trial.folder, `.${FILE.fileName}.part`));
    await trial.fails("folder", /Cannot write .*\.part/);
    assert.equal(trial.server.requests.length, 0);
    await Deno.remove(join(trial.folder, `.${FILE.fileName}.part`));
    await Deno.mkdir(join(trial.folder, FILE.fileName));
    await trial.fails("folder", /Cannot write/);
  }));
