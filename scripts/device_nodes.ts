/**
 * Lists the nodes of the networks' graphs by the execution provider that ONNX Runtime places them on.
 *
 *     deno run -A scripts/device_nodes.ts [--device NAME]
 *
 * ONNX Runtime writes the placement to its log when it makes a session, so each session is made in a process of its own.
 *
 * @module
 */

import { command, option } from "../cli/command.ts";
import { oneOf } from "../cli/argument_types.ts";
import { markdownTable } from "../core/table.ts";
import { seededCheckpoint } from "../models/all_in_one/seeded.ts";
import { seededHtdemucs } from "../models/htdemucs/seeded.ts";
import { DEVICE_NAMES, onDevice, providersOf } from "../pipeline/backends/devices.ts";
import { buildHtdemucs } from "../pipeline/backends/onnx/htdemucs_graph.ts";
import { buildEmbedding, buildEncoder } from "../pipeline/backends/onnx/network_graph.ts";
import { onnxRuntime } from "../pipeline/backends/onnx/runtime.ts";
import { runScript } from "./run_script.ts";

/** Number of nodes of each operator, by provider. */
export type NodeCounts = ReadonlyMap<string, ReadonlyMap<string, number>>;

const GRAPHS = {
  "HTDemucs": () => buildHtdemucs(seededHtdemucs(), { target: "device" }),
  "network, embedding": () => buildEmbedding(seededCheckpoint(0), "device").model(),
  "network, encoder": () => buildEncoder(seededCheckpoint(0), "device").model(),
} as const;

/** Name of a graph. */
export type GraphName = keyof typeof GRAPHS;

/** Names of the graphs for devices. */
export const GRAPH_NAMES: readonly GraphName[] = Object.keys(GRAPHS) as GraphName[];

/** Argument that makes a session and ends, before the graph and the device. */
const SESSION = "--session";

/**
 * Makes a session in a process of its own and reads the placement of the nodes from its log.
 *
 * @param graph name of the graph
 * @param device the device
 * @param env variables to add, such as those that name a driver
 * @throws {Error} with the last lines of the log if no session can be made
 */
export async function deviceNodes(
  graph: GraphName,
  device: string,
  env: Readonly<Record<string, string>> = {},
): Promise<NodeCounts> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(import.meta.url).pathname, SESSION, graph, device],
    env: { ...env },
  }).output();
  const log = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  if (code !== 0) throw new Error(`No session on ${device}: ${log.slice(-1000)}`);
  return placements(log);
}

/**
 * Reads the placement of the nodes from a log.
 *
 * @param log verbose log of a session; if all nodes are on one provider, it has their number only
 * @returns number of nodes of each operator by provider, `all operators` where the log has no names
 */
export function placements(log: string): NodeCounts {
  const found = new Map<string, Map<string, number>>();
  let own: Map<string, number> | undefined;
  for (const line of log.split("\n")) {
    const place = /odes?(?:\(s\))? placed on \[(\w+)\]\. Number of nodes: (\d+)/.exec(line);
    if (place !== null) {
      own = new Map(/All nodes/.test(line) ? [["all operators", Number(place[2])]] : []);
      found.set(place[1]!, own);
    }
    const operator = /VerifyEachNodeIsAssignedToAnEp\]\s+(\w+) \(.*\)\s*$/.exec(line)?.[1];
    if (operator !== undefined) own?.set(operator, (own.get(operator) ?? 0) + 1);
  }
  return found;
}

async function makeSession(graph: GraphName, device: string): Promise<void> {
  const { env, InferenceSession } = await onnxRuntime();
  env.logLevel = "verbose";
  const executionProviders = await providersOf(device);
  const session = await onDevice(
    device,
    () => InferenceSession.create(GRAPHS[graph](), { executionProviders, logSeverityLevel: 0 }),
  );
  await session.release();
}

if (import.meta.main) {
  if (Deno.args[0] === SESSION) {
    await makeSession(Deno.args[1] as GraphName, Deno.args[2] ?? "");
    Deno.exit(0);
  }
  await runScript(command({
    name: "device_nodes",
    description: "Lists the nodes of the networks' graphs by execution provider.",
    arguments: {},
    options: { device: option(oneOf("name", DEVICE_NAMES), "the device").default("webgpu") },
    run: async ({ device }) => {
      const rows: string[][] = [["graph", "provider", "nodes", "operators"]];
      for (const graph of GRAPH_NAMES) {
        for (const [provider, operators] of await deviceNodes(graph, device)) {
          const counts = [...operators.values()];
          const shown = [...operators].toSorted(([, a], [, b]) => b - a)
            .map(([name, count]) => `${name} ${count}`).join(", ");
          rows.push([graph, provider, `${counts.reduce((sum, one) => sum + one, 0)}`, shown]);
        }
      }
      console.log(markdownTable(rows).join("\n"));
      return 0;
    },
  }));
}
