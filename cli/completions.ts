/**
 * `completions`: prints completions of the installed command for a shell.
 *
 * @module
 */

import { CALL } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";
import type { Shell } from "./_completions_text.ts";
import { type Command, command } from "./command.ts";

/** Shells that completions exist for. */
const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

/**
 * Returns the command `completions`.
 *
 * @param program returns the program whose words are completed
 */
export function completionsOf(program: () => Command): Command {
  return command({
    name: `${CALL} completions`,
    description:
      `Prints completions of the installed command tactus for a shell: commands, options and their values.

Bash: tactus completions bash > ~/.local/share/bash-completion/completions/tactus

Zsh: tactus completions zsh > a folder of $fpath, as _tactus

Fish: tactus completions fish > ~/.config/fish/completions/tactus.fish`,
    arguments: { "<shell>": `one of ${SHELLS.join(", ")}` },
    async run(_, [given]): Promise<number> {
      const shell = SHELLS.find((one) => one === given);
      if (shell === undefined) {
        throw new UsageError(`Expected one of ${SHELLS.join(", ")}, but got ${given}`);
      }
      console.log(await (await import("./_completions_text.ts")).completionsText(shell, program()));
      return 0;
    },
  });
}
