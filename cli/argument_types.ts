/**
 * Types of the arguments of options: how a text becomes a value, and what is wrong with it where it cannot.
 *
 * @module
 */

import { UsageError } from "../core/usage_error.ts";
import { ensureFile, ensureFolder } from "./_writable.ts";

/** The type of an option's argument. */
export interface ArgumentType<Value> {
  /** Name of the argument in the help, such as `n`. */
  readonly name: string;
  /** Possible values, for the help. */
  readonly choices?: readonly string[];
  /** Range of possible values, for the help. */
  readonly range?: string;
  /**
   * Converts the argument.
   *
   * @param text the argument
   * @param option the option, such as `--threads`, for the message
   * @throws {UsageError} if the argument is not of this type
   */
  parse(text: string, option: string): Value;
  /** Checks before the command runs that it can write to the named place. */
  check?(value: Value, option: string): Promise<void>;
}

/** Returns the type of any text. */
export function text(name: string): ArgumentType<string> {
  return { name, parse: (text) => text };
}

/** Returns the type of one of several names. */
export function oneOf<Name extends string>(
  name: string,
  choices: readonly Name[],
): ArgumentType<Name> {
  return {
    ...{ name, choices },
    parse(text, option): Name {
      const found = choices.find((choice) => choice === text);
      if (found !== undefined) return found;
      throw expected(option, `one of ${choices.join(", ")}`, text);
    },
  };
}

/** Returns the type of several names, separated by commas. */
export function listOf<Name extends string>(
  name: string,
  choices: readonly Name[],
): ArgumentType<readonly Name[]> {
  return {
    ...{ name: `${name},...`, choices },
    parse: (text, option) =>
      text.split(",").map((part) => {
        const found = choices.find((choice) => choice === part.trim());
        if (found !== undefined) return found;
        const wanted = `a list of names out of ${choices.join(", ")}, separated by commas`;
        throw expected(option, wanted, text);
      }),
  };
}

/** Returns the type of a whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): ArgumentType<number> {
  const range = `${least} to ${most}`;
  return {
    ...{ name: "n", range },
    parse(text, option): number {
      const number = Number(text);
      const isWhole = text.trim() !== "" && Number.isInteger(number);
      if (isWhole && number >= least && number <= most) return number;
      throw expected(option, `a whole number from ${range}`, text);
    },
  };
}

/**
 * Returns the type of a number of seconds above 0.
 *
 * @param most largest value
 * @param isDecimal whether only digits and a point are accepted, not `1e3`
 */
export function seconds(most = Infinity, isDecimal = false): ArgumentType<number> {
  const range = most === Infinity ? "above 0" : `above 0, at most ${most}`;
  return {
    ...{ name: "seconds", range },
    parse(text, option): number {
      const number = Number(text);
      const isNumber = Number.isFinite(number) && (!isDecimal || /^\d*\.?\d+$/.test(text));
      if (isNumber && number > 0 && number <= most) return number;
      throw expected(option, `a number of seconds ${range}`, text);
    },
  };
}

/** Returns the type of a number from `least` to `most`, in a unit that its name tells. */
export function numberFrom(name: string, least: number, most: number): ArgumentType<number> {
  const range = `${least} to ${most}`;
  return {
    ...{ name, range },
    parse(text, option): number {
      const number = Number(text);
      if (text.trim() !== "" && number >= least && number <= most) return number;
      throw expected(option, `a number from ${range}`, text);
    },
  };
}

/** Returns the type of a finite number: at least 0, or above 0 where 0 is excluded. */
export function tolerance({ excludesZero = false } = {}): ArgumentType<number> {
  const range = excludesZero ? "above 0" : "at least 0";
  return {
    ...{ name: "x", range },
    parse(text, option): number {
      const number = Number(text);
      const isInRange = excludesZero ? number > 0 : number >= 0;
      if (text.trim() !== "" && Number.isFinite(number) && isInRange) return number;
      throw expected(option, `a number ${range}`, text);
    },
  };
}

/** Type of a file that the command writes. A place that cannot be written to is an error before the work. */
export const OUTPUT_FILE: ArgumentType<string> = { ...text("file"), check: ensureFile };

/** Type of a folder that the command writes to, which is made where it is missing. */
export const OUTPUT_FOLDER: ArgumentType<string> = { ...text("dir"), check: ensureFolder };

/** Returns the error of an argument that is not of its type. */
export function expected(option: string, what: string, found: string): UsageError {
  return new UsageError(`${option} expects ${what}, but got ${found}`);
}
