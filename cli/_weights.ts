/**
 * The choice of the demixer and the model, and the messages about it.
 *
 * @module
 */

import {
  checkDemixerName,
  chooseWeights,
  foldNames,
  type LoadOptions,
  modelsFolder,
  pullCommand,
  type Role,
} from "../models/mod.ts";
import { AUTO } from "./_options.ts";

/** Names of a demixer and a model. */
type Names = Readonly<Record<Role, string>>;

/** Names of which none is `auto`. */
export interface ChosenWeights extends Names {
  /** The roles whose name the program chose. */
  readonly automatic: readonly Role[];
}

/**
 * Checks the names of a demixer and a model; `auto` is always valid.
 *
 * @throws {ModelError} `unknown-name`, listing the known ones
 */
export function checkNames({ demixer, model }: Names): void {
  if (model !== AUTO) foldNames(model);
  if (demixer !== AUTO) checkDemixerName(demixer);
}

/**
 * Replaces `auto` by names, and prints the choice in one line on stderr.
 *
 * @param names names, or `auto`
 * @param options folder of the published weights
 * @param needs whether a demixer is needed; without it only the model is chosen
 */
export async function chosenWeights(
  names: Names,
  options: LoadOptions,
  needs: { readonly demixer: boolean } = { demixer: true },
): Promise<ChosenWeights> {
  const roles: readonly Role[] = needs.demixer ? ["demixer", "model"] : ["model"];
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

/** Returns the folder of weights; undefined where the environment names none. */
function folderOf(options: LoadOptions): string | undefined {
  try {
    return modelsFolder(options);
  } catch {
    return undefined;
  }
}

/**
 * Warns on stderr of weights that are untrained.
 *
 * @param names names of models and demixers
 */
export function warnOfUntrained(names: Iterable<string>): void {
  for (const name of new Set(names)) {
    if (!name.startsWith("seeded")) continue;
    console.error(
      `The weights ${name} are untrained (computed from a hash): the beats and segments that they ` +
        "give have no meaning",
    );
  }
}
