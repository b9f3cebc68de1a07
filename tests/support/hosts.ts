/**
 * Hosts for tests: network namespaces on one bridge, each with an address of its own.
 *
 * @module
 */

import process from "node:process";

/** A host. */
export interface Host {
  /** Its address. */
  readonly address: string;
  /** Words in front of a command that runs on it. */
  readonly prefix: readonly string[];
  /** Cuts or restores its connection. */
  connect(isConnected: boolean): Promise<void>;
}

/** Hosts that were made, and the address of this machine on their network. */
export interface Hosts extends AsyncDisposable {
  readonly hosts: readonly Host[];
  readonly gateway: string;
}

/** The third number of the addresses: of the process, so that two tests do not share a network. */
const NETWORK = `10.77.${process.pid % 250 + 1}`;

/** Runs `ip`; an interface has a name of at most 15 characters. */
async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args, stdout: "null" }).output();
  if (!success) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}

/**
 * Makes hosts.
 *
 * @param count their number
 * @returns the hosts, to be removed by the caller; undefined where this machine does not allow namespaces
 */
export async function makeHosts(count: number): Promise<Hosts | undefined> {
  const bridge = `tt${process.pid}`;
  const names = Array.from({ length: count }, (_, nth) => `${bridge}h${nth}`);
  const remove = async (): Promise<void> => {
    for (const name of names) await ip("netns", "del", name).catch(() => {});
    await ip("link", "del", bridge).catch(() => {});
  };
  try {
    await ip("link", "add", bridge, "type", "bridge");
    await ip("addr", "add", `${NETWORK}.1/24`, "dev", bridge);
    await ip("link", "set", bridge, "up");
    for (const [nth, name] of names.entries()) {
      await ip("netns", "add", name);
      await ip("link", "add", `${name}a`, "type", "veth", "peer", "name", "eth0", "netns", name);
      await ip("link", "set", `${name}a`, "master", bridge, "up");
      await ip("-n", name, "addr", "add", `${NETWORK}.${nth + 2}/24`, "dev", "eth0");
      await ip("-n", name, "link", "set", "eth0", "up");
      await ip("-n", name, "link", "set", "lo", "up");
    }
  } catch (error) {
    await remove();
    console.log(`No network namespaces here: ${(error as Error).message}`);
    return undefined;
  }
  return {
    gateway: `${NETWORK}.1`,
    hosts: names.map((name, nth): Host => ({
      address: `${NETWORK}.${nth + 2}`,
      prefix: ["ip", "netns", "exec", name],
      connect: (isConnected) => ip("link", "set", `${name}a`, isConnected ? "up" : "down"),
    })),
    [Symbol.asyncDispose]: remove,
  };
}
