/**
 * The warning about weights that know nothing.
 *
 * @module
 */

/**
 * Says on stderr which of the weights are untrained.
 *
 * @param names names of models and separation networks
 */
export function warnOfUntrained(names: Iterable<string>): void {
  for (const name of new Set(names)) {
    if (!name.startsWith("seeded")) continue;
    console.error(
      `The weights ${name} are untrained (computed from a hash): the pipeline is real, ` +
        "but beats and segments mean nothing",
    );
  }
}
