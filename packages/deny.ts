/**
 * Checks licences and sources of the crates with cargo-deny, if it is installed.
 *
 *     deno run --allow-read --allow-env --allow-run=cargo packages/deny.ts
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { crateDirectory } from "../kernels/library_path.ts";

if (import.meta.main) {
  const cargo = (args: readonly string[], stdio: "inherit" | "ignore"): number =>
    spawnSync("cargo", [...args], { cwd: crateDirectory, stdio }).status ?? 2;
  if (cargo(["deny", "--version"], "ignore") !== 0) {
    console.log("cargo-deny is not installed: licences and sources of the crates are not checked");
  } else {
    // Advisories come from the network: the workflow of releases checks them.
    Deno.exit(cargo(["deny", "check", "licenses", "bans", "sources"], "inherit"));
  }
}
