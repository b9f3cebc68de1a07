import assert from "node:assert/strict";
import { join } from "node:path";
import { until } from "../../tests/support/deadline.ts";
import { content, fileAnswer, rawAnswer } from "../../tests/support/download_server.ts";
import { against, againstRaw, CONTENT, FILE } from "../../tests/support/download_trial.ts";

const HALF = CONTENT.length / 2;
const LENGTH = `content-length: ${CONTENT.length}`;

/** A whole answer that ends half-way, and one with the rest. */
const CUT = rawAnswer("200 OK", [LENGTH, 'etag: "one"'], CONTENT.subarray(0, HALF));
const REST = rawAnswer("206 Partial Content", [
  `content-length: ${HALF}`,
  `content-range: bytes ${HALF}-${CONTENT.length - 1}/${CONTENT.length}`,
], CONTENT.subarray(HALF));

Deno.test("download() creates the folder, and keeps a correct file", () =>
  against(fileAnswer(CONTENT), async (trial) => {
    const seen: [number, number | undefined][] = [];
    const folder = join(trial.folder, "new", "folder");
    const onProgress = (bytes: number, total?: number): number => seen.push([bytes, total]);
    assert.equal(await trial.pull({ folder, onProgress }), "downloaded");
    assert.deepEqual(seen.at(-1), [CONTENT.length, CONTENT.length]);
    assert.equal(await trial.pull({ folder }), "installed");
    assert.deepEqual(trial.server.requests, [{ path: "/weights.bin", range: null, ifRange: null }]);
  }));

Deno.test("download() replaces a damaged file", () =>
  against(fileAnswer(CONTENT), async (trial) => {
    for (const damaged of [content(CONTENT.length, 2), content(10)]) {
      await Deno.writeFile(join(trial.folder, FILE.fileName), damaged);
      assert.equal(await trial.pull(), "downloaded");
      await trial.hasOnlyTheFile();
    }
  }));

Deno.test("download() continues a cut transfer if the file has not changed", () =>
  againstRaw((_, count) => count === 0 ? CUT : REST, async (trial) => {
    await trial.pull();
    await trial.hasOnlyTheFile();
    assert.deepEqual(trial.server.requests[1], {
      path: "/weights.bin",
      range: `bytes=${HALF}-`,
      ifRange: '"one"',
    });
    assert.match(
      trial.notes.join(),
      /weights\.bin: The connection ended after 150000 bytes; trying/,
    );
  }));

Deno.test("download() fails after its retries, and the next call continues", () =>
  againstRaw(
    (_, count) => count === 0 ? CUT : count === 2 ? REST : new Uint8Array(),
    async (trial) => {
      await trial.fails("unreachable", /\(2 attempts\); the first 150000 bytes are kept/, {
        retries: 1,
      });
      assert.deepEqual(await trial.files(), [".weights.bin.part", ".weights.bin.part.version"]);
      await trial.pull();
      await trial.hasOnlyTheFile();
      assert.deepEqual(trial.ranges, [null, `bytes=${HALF}-`, `bytes=${HALF}-`]);
      assert.equal(trial.server.requests[2]?.ifRange, '"one"');
    },
  ));

Deno.test("download() restarts if the server ignores ranges or has another version", () =>
  against((request, count) => {
    if (count === 0) return new Response(CONTENT as BodyInit);
    return fileAnswer(CONTENT, '"two"')(request, count);
  }, async (trial) => {
    await trial.leavePart(content(HALF, 2));
    await trial.pull();
    await trial.hasOnlyTheFile();
    await Deno.remove(join(trial.folder, FILE.fileName));
    await trial.leavePart(content(HALF, 2), '"one"');
    await trial.pull();
    await trial.hasOnlyTheFile();
    assert.deepEqual(trial.ranges, [`bytes=${HALF}-`, `bytes=${HALF}-`]);
  }));

Deno.test("download() restarts if the continued content was of another version", () =>
  against(fileAnswer(CONTENT), async (trial) => {
    await trial.leavePart(content(HALF, 2));
    await trial.pull();
    await trial.hasOnlyTheFile();
    assert.deepEqual(trial.ranges, [`bytes=${HALF}-`, null]);
    assert.match(trial.notes.join(), /expected SHA-256 .* trying again/);
  }));

Deno.test("download() restarts if the server continues at another position or cannot continue", async () => {
  const elsewhere = rawAnswer("206 Partial Content", [
    `content-length: ${CONTENT.length - 10}`,
    `content-range: bytes 10-${CONTENT.length - 1}/${CONTENT.length}`,
  ], CONTENT.subarray(10));
  const cannot = rawAnswer("416 Range Not Satisfiable", ["content-length: 0"], new Uint8Array());
  for (const first of [elsewhere, cannot]) {
    const whole = rawAnswer("200 OK", [LENGTH], CONTENT);
    await againstRaw((_, count) => count === 0 ? first : whole, async (trial) => {
      await trial.leavePart(CONTENT.subarray(0, HALF));
      await trial.pull();
      await trial.hasOnlyTheFile();
      assert.deepEqual(trial.ranges, [`bytes=${HALF}-`, null]);
    });
  }
});

Deno.test("download() sends no request for a complete part, and restarts a wrong one", () =>
  against(fileAnswer(CONTENT), async (trial) => {
    await trial.leavePart(CONTENT, '"one"');
    assert.equal(await trial.pull(), "downloaded");
    await trial.hasOnlyTheFile();
    assert.deepEqual(trial.ranges, []);
    for (const wrong of [content(CONTENT.length, 2), content(CONTENT.length + 1)]) {
      await Deno.remove(join(trial.folder, FILE.fileName));
      await trial.leavePart(wrong);
      await trial.pull();
      await trial.hasOnlyTheFile();
    }
    assert.deepEqual(trial.ranges, [null, null]);
  }));

Deno.test("download() follows absolute and relative redirects", () =>
  against((request, count) => {
    if (count === 0) return new Response("moved", { status: 302, headers: { location: "/a/b" } });
    if (count === 1) return new Response(null, { status: 307, headers: { location: "c?key=1" } });
    return fileAnswer(CONTENT)(request, count);
  }, async (trial) => {
    await trial.pull();
    await trial.hasOnlyTheFile();
    assert.deepEqual(trial.server.requests.map(({ path }) => path), [
      "/weights.bin",
      "/a/b",
      "/a/c",
    ]);
  }));

Deno.test("download() tries again after temporary statuses, with the delay that the server asks for", () =>
  against((request, count) => {
    const statuses = [429, 500, 503];
    const status = statuses[count];
    if (status === undefined) return fileAnswer(CONTENT)(request, count);
    return new Response("later", { status, headers: count === 0 ? { "retry-after": "0.3" } : {} });
  }, async (trial) => {
    const start = performance.now();
    await trial.pull();
    await trial.hasOnlyTheFile();
    assert.ok(performance.now() - start > 290);
    assert.match(trial.notes[0] ?? "", /returned status 429 .*; trying again in 0\.3 s/);
    assert.equal(trial.notes.length, 3);
  }));

Deno.test("download() accepts a file pinned by a range of sizes and leading digits", () =>
  against(fileAnswer(CONTENT), async (trial) => {
    const loose = { ...FILE, sha256: FILE.sha256.slice(0, 8), minBytes: 10, maxBytes: 400_000 };
    await trial.leavePart(CONTENT.subarray(0, HALF), '"one"');
    assert.equal(await trial.pull({}, loose), "downloaded");
    await trial.hasOnlyTheFile();
    assert.equal(await trial.pull({}, loose), "installed");
    assert.deepEqual(trial.ranges, [`bytes=${HALF}-`]);
  }));

Deno.test("concurrent downloads of the same file wait for each other", () => {
  let notes: readonly string[] = [];
  return against(async (request, count) => {
    await until("another download to wait", () => notes.length > 0);
    return await fileAnswer(CONTENT)(request, count);
  }, async (trial) => {
    notes = trial.notes;
    const outcomes = await Promise.all([trial.pull(), trial.pull(), trial.pull()]);
    assert.deepEqual(outcomes.sort(), ["downloaded", "installed", "installed"]);
    await trial.hasOnlyTheFile();
    assert.equal(trial.server.requests.length, 1);
    assert.match(trial.notes.join(), /Waiting for another process that downloads weights\.bin/);
  });
});
