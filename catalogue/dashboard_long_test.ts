import { deepStrictEqual as equal } from "node:assert/strict";
import { queueTest } from "../tests/support/queue_tests.ts";
import { startDashboard } from "./dashboard.ts";

queueTest(
  "the dashboard shows the queue, and pages of other sites do not change it",
  async ({ queue }) => {
    await using server = await startDashboard({ hostname: "127.0.0.1", port: 0 }, queue);
    const own = `127.0.0.1:${(server.addr as Deno.NetAddr).port}`;
    const pause = async (host: string, origin?: string): Promise<[string, boolean]> => {
      // fetch() has a Host of its own.
      const { hostname, port } = server.addr as Deno.NetAddr;
      using connection = await Deno.connect({ hostname, port });
      const lines = [
        `PUT /queues/api/queues/${queue.address.name}/pause HTTP/1.1`,
        ...[`Host: ${host}`, "Content-Length: 0", "Connection: close"],
        ...(origin === undefined ? [] : [`Origin: ${origin}`]),
      ];
      await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
      const answer = await new Response(connection.readable).text();
      return [answer.slice("HTTP/1.1 ".length).slice(0, 3), await queue.isPaused()];
    };
    equal(await pause(own, "http://music.example"), ["403", false]);
    equal(await pause(own, "null"), ["403", false]);
    equal(await pause("music.example", "http://music.example"), ["403", false]);
    equal(await pause(own, `http://${own}`), ["200", true]);
    const page = await fetch(`http://${own}/`);
    equal([page.status, (await page.text()).includes("tactus")], [200, true]);
  },
);
