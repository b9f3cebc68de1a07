/**
 * A proxy in front of an S3 store that fails on request, for tests.
 *
 *     deno run --allow-net store_proxy.ts HOST PORT CONTROL_PORT UPSTREAM
 *
 * Control, on 127.0.0.1: `GET /mode/ok` and `GET /mode/faulty` set the mode; `GET /puts` prints how often each key was made.
 *
 * @module
 */

const [host = "", port = "", control = "", upstream = ""] = Deno.args;

/** Longest time for which a request is left without an answer. */
const STALL_MILLISECONDS = 60_000;

let isFaulty = false;

/** Number of successful puts by path. */
const puts = new Map<string, number>();

/** Number of faults by kind. */
const faults = new Map<string, number>();

/** What happens to a request while the store is faulty. */
const FAULTS = ["error", "slow down", "stall", "half request", "half response"] as const;

/** Sequence of faults, the same in each run. */
let state = 1;
function nextFault(): typeof FAULTS[number] {
  state = Math.imul(state, 1664525) + 1013904223 >>> 0;
  return FAULTS[Math.floor(state / 2 ** 32 * FAULTS.length)]!;
}

async function forward(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.delete("host");
  const body = request.body === null ? null : await request.arrayBuffer();
  const response = await fetch(`${upstream}${pathname}${search}`, {
    ...{ method: request.method, headers, body },
  });
  if (request.method === "PUT" && response.ok) puts.set(pathname, (puts.get(pathname) ?? 0) + 1);
  return response;
}

/** Returns a response whose connection ends after half of its body. */
async function half(response: Response): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set("content-length", String(Math.max(bytes.length, 2)));
  const body = new ReadableStream({
    start(controller): void {
      controller.enqueue(bytes.subarray(0, bytes.length >> 1));
    },
    async pull(controller): Promise<void> {
      await new Promise((done) => setTimeout(done, 20));
      controller.error(new Error("cut"));
    },
  });
  return new Response(body, { status: response.status, headers });
}

Deno.serve({
  hostname: host,
  port: Number(port),
  onListen: () => {},
  onError: () => new Response(null, { status: 502 }),
}, async (request) => {
  if (!isFaulty) return await forward(request);
  const fault = nextFault();
  faults.set(fault, (faults.get(fault) ?? 0) + 1);
  switch (fault) {
    case "error":
      return new Response("<Error><Code>InternalError</Code></Error>", { status: 500 });
    case "slow down":
      return new Response("<Error><Code>SlowDown</Code></Error>", { status: 503 });
    case "stall":
      await new Promise((done) => setTimeout(done, STALL_MILLISECONDS));
      return new Response(null, { status: 503 });
    case "half request":
      // As S3 answers where the rest of a request does not come.
      await request.body?.cancel();
      return new Response("<Error><Code>RequestTimeout</Code></Error>", { status: 400 });
    case "half response":
      // It does reach the store.
      return await half(await forward(request));
  }
});

Deno.serve({ hostname: "127.0.0.1", port: Number(control), onListen: () => {} }, (request) => {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/mode/")) isFaulty = pathname === "/mode/faulty";
  return Response.json({ puts: Object.fromEntries(puts), faults: Object.fromEntries(faults) });
});
