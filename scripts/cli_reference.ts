/**
 * Writes docs/cli.md, the reference of the command line, from the declarations of the commands.
 *
 *     deno run --allow-read --allow-env --allow-sys --allow-write=docs scripts/cli_reference.ts
 *
 * @module
 */

import { join } from "node:path";
import type { Command } from "../cli/command.ts";
import { tactus } from "../cli/commands.ts";
import { PROGRAM_FOLDER } from "../core/program.ts";

/** Path of the reference. */
export const REFERENCE = join(PROGRAM_FOLDER, "docs", "cli.md");

/** Returns the reference as Markdown. */
export async function cliReference(): Promise<string> {
  const sections: string[] = [];
  for (const command of await allCommands(tactus)) sections.push(section(command));
  return [
    "# Command line",
    "This page is generated from the declarations in `cli/` by `scripts/cli_reference.ts`: change them, not this page.",
    ...sections,
  ].join("\n\n") + "\n";
}

/** Returns the commands below a command that can be run, each in front of those below it. */
async function allCommands({ commands }: Command): Promise<Command[]> {
  const found: Command[] = [];
  for (const { load } of Object.values(commands)) {
    const command = await load();
    found.push(command, ...await allCommands(command));
  }
  return found;
}

function section({ name, exitCodes, commands, parser }: Command): string {
  const help = parser.createHelp();
  Object.assign(help, parser.configureHelp());
  const depth = name.split(" ").length - 1;
  const rows = [
    ...help.visibleArguments(parser).map((argument) => [
      `\`${help.argumentTerm(argument)}\``,
      help.argumentDescription(argument),
    ]),
    ...help.visibleOptions(parser).map((option) => [
      `\`${help.optionTerm(option)}\``,
      help.optionDescription(option),
    ]),
  ];
  const groups = Object.entries(commands)
    .map(([word, { summary }]) => `- \`${name} ${word}\`: ${summary}`);
  return [
    `${"#".repeat(depth)} ${name.replace("deno task ", "")}`,
    escaped(parser.description()),
    `\`\`\`text\n${help.commandUsage(parser)}\n\`\`\``,
    ...(groups.length === 0 ? [] : [groups.join("\n")]),
    ["| argument or option | meaning |", "| --- | --- |", ...rows.map(line)].join("\n"),
    ...(exitCodes.length === 0 ? [] : [`Exit codes: ${exitCodes.map(exitCode).join("; ")}.`]),
  ].join("\n\n");
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => escaped(cell).replaceAll("|", "\\|")).join(" | ")} |`;
}

function exitCode(line: string): string {
  return line.replace(/^(\d) +/, "$1 ");
}

/** Escapes the characters of a text that Markdown takes for markup. */
function escaped(text: string): string {
  return text.split(/(`[^`]*`)/).map((part, at) =>
    at % 2 === 1 ? part : part.replace(/<(?=[a-z])|\*/gi, "\\$&")
  ).join("");
}

if (import.meta.main) await Deno.writeTextFile(REFERENCE, await cliReference());
