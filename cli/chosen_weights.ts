/**
 * What `auto` stands for, and saying so.
 *
 * @module
 */

import { AUTO, chooseWeights, type Role } from "../models/automatic.ts";
import { checkDemixerName, foldNames } from "../models/registry.ts";
import { type LoadOptions, modelsFolder, pullCommand } from "../models/models_folder.ts";

/** Who separates and who listens. */
type Names = Readonly<Record<Role, string>>;

/** Names of which none is `auto`. */
export interface ChosenWeights extends Names {
  /** Which of them the program chose. */
  readonly automatic: readonly Role[];
}

/**
 * Whether there can be a demixer and a model of these names; `auto` can always be.
 *
 * @throws {ModelError} `unknown-name`, listing the known ones
 */
export function checkNames({ demixer, model }: Names): void {
  if (model !== AUTO) foldNames(model);
  if (demixer !== AUTO) checkDemixerName(demixer);
}

/**
 * Chooses where that is left to the program, and says in one line on stderr what it chose.
 *
 * @param names names, or `auto`
 * @param options folder of the published weights
 * @param roles what weights are needed for; what nobody needs is not told
 */
export async function chosenWeights(
  names: Names,
  options: LoadOptions,
  roles: readonly Role[] = ["demixer", "model"],
): Promise<ChosenWeights> {
  const automatic = roles.filter((role) => names[role] === AUTO);
  const chosen = { demixer: names.demixer, model: names.model };
  if (automatic.length === 0) return { ...chosen, automatic };
  const folder = folderOf(options);
  const missing: string[] = [];
  for (const role of automatic) {
    const choice = await chooseWeights(role, folder);
    chosen[role] = choice.name;
    if (choice.missing !== undefined) missing.push(choice.missing);
  }
  const taken = automatic.map((role) => `${role} ${chosen[role]}`).join(" and ");
  console.error(
    missing.length === 0
      ? `Taking ${taken}, installed in ${folder}`
      : `Taking ${taken}: ${folder ?? "no folder"} has no published ${missing.join(" and ")}; ` +
        `to get them: ${pullCommand(missing.join(" "), options)}`,
  );
  return { ...chosen, automatic };
}

/** Where the environment does not even tell a folder, no weights are installed. */
function folderOf(options: LoadOptions): string | undefined {
  try {
    return modelsFolder(options);
  } catch {
    return undefined;
  }
}
