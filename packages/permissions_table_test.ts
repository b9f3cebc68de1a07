import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { PROGRAM_FOLDER } from "../core/program.ts";
import { PERMISSIONS_OF_COMMANDS } from "./launcher/permissions.ts";

const PAGE = `${PROGRAM_FOLDER}/docs/install.md`;

/** Returns the rows of the table: permissions, yes or empty, by command. */
function documented(page: string): Record<string, string[]> {
  const [, section = ""] = page.split("\n## Permissions\n");
  const rows = section.split("\n## ", 1)[0]!.split("\n").filter((line) => line.startsWith("| `"));
  return Object.fromEntries(rows.flatMap((row) => {
    const [, names = "", ...cells] = row.split("|").map((cell) => cell.trim());
    return names.split(", ").map((name) => [name.replaceAll("`", ""), cells.slice(0, -1)] as const);
  }));
}

Deno.test("docs/install.md lists the permissions of each command", async () => {
  const rows = documented(await Deno.readTextFile(PAGE));
  ok(Object.keys(rows).length > 5);
  const expected = Object.entries(PERMISSIONS_OF_COMMANDS).map(([name, permissions]) => {
    const { write, sys, ffi, net, run, all } = permissions;
    const cells = [write, sys, ffi, net].map((granted) => granted || all ? "yes" : "");
    const programs = all ? "any" : run ?? "";
    return [name, [...cells, programs]] as const;
  });
  equal(rows, Object.fromEntries(expected));
});
