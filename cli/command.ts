/**
 * Declarations of commands, parsed by commander: each option states its name, type, range, default and help once.
 *
 * @module
 */

import { Command as Parser, CommanderError, Option } from "commander";
import { undecodedName } from "../core/files.ts";
import { UsageError } from "../core/usage_error.ts";
import type { ArgumentType } from "./argument_types.ts";

/** The parts of an option that {@linkcode OptionSpec}'s methods refine. */
interface Declaration {
  readonly help: string;
  /** Absent for a flag. */
  readonly type?: ArgumentType<unknown>;
  readonly short?: string;
  readonly fallback?: unknown;
  /** The default as the help shows it. */
  readonly shownFallback?: string;
  readonly isRepeated?: boolean;
  readonly isRequired?: boolean;
  /** The argument that is taken where the option has none. */
  readonly bare?: string;
}

/** One option; `undefined` is among its values where it may be absent. */
export class OptionSpec<Value> {
  /** Type of the values; never set. */
  declare readonly value: Value;

  /** Prefer {@linkcode flag} and {@linkcode option}. */
  constructor(readonly declaration: Declaration) {}

  /** Adds a short form, such as `m` for `-m`. */
  short(letter: string): OptionSpec<Value> {
    return new OptionSpec({ ...this.declaration, short: letter });
  }

  /** Replaces the help. */
  help(help: string): OptionSpec<Value> {
    return new OptionSpec({ ...this.declaration, help });
  }

  /** Sets the default, and optionally its text in the help. */
  default(
    fallback: Exclude<Value, undefined>,
    shownFallback?: string,
  ): OptionSpec<Exclude<Value, undefined>> {
    return new OptionSpec({
      ...this.declaration,
      ...{ fallback, shownFallback: shownFallback ?? String(fallback) },
    });
  }

  /** Describes the value of an absent option, for the help, where it depends on other options. */
  shownDefault(shownFallback: string): OptionSpec<Value> {
    return new OptionSpec({ ...this.declaration, shownFallback });
  }

  /** Allows the option several times; its value is an array. */
  repeated(): OptionSpec<readonly Exclude<Value, undefined>[] | undefined> {
    return new OptionSpec({ ...this.declaration, isRepeated: true });
  }

  /**
   * Lets the option be given without an argument. A word that follows is its argument only if it is of its type.
   *
   * @param argument the argument that is taken then
   */
  bare(argument: string): OptionSpec<Value> {
    return new OptionSpec({ ...this.declaration, bare: argument });
  }

  /** Makes the option mandatory. */
  required(): OptionSpec<Exclude<Value, undefined>> {
    return new OptionSpec({ ...this.declaration, isRequired: true });
  }
}

/** Declares an option without an argument. */
export function flag(help: string): OptionSpec<boolean> {
  return new OptionSpec({ help });
}

/** Declares an option with an argument. */
export function option<Value>(
  type: ArgumentType<Value>,
  help: string,
): OptionSpec<Value | undefined> {
  return new OptionSpec({ type, help });
}

/** Options by the camel-case form of their names. */
export type Options = Readonly<Record<string, OptionSpec<unknown>>>;

/** The values of options; an option that may be absent is an optional field. */
export type Values<Given extends Options> =
  & {
    readonly [
      Name in keyof Given as undefined extends Given[Name]["value"] ? never : Name
    ]: Given[Name]["value"];
  }
  & {
    readonly [
      Name in keyof Given as undefined extends Given[Name]["value"] ? Name : never
    ]?: Exclude<Given[Name]["value"], undefined>;
  };

/** A command or a group of commands. */
export interface CommandSpec<Given extends Options> {
  /** The words that call it, such as `deno task parity diff`. */
  readonly name: string;
  /** Paragraphs for the help, with an empty line between them. */
  readonly description: string;
  /** Positional arguments in commander's notation, `<file>`, `[audio...]`, with their help. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** Options by the camel-case form of their names. */
  readonly options?: Given;
  /** Commands below this one by their names, each loaded when it is called. */
  readonly commands?: Commands;
  /**
   * Whether the command itself reports names that are not UTF-8 among its arguments and repeated options, so that one
   * does not stop the others.
   */
  readonly reportsNames?: boolean;
  /** Meaning of the exit codes 0 and 1; 1 is absent where it does not occur. */
  readonly exitCodes?: readonly [success: string, failure?: string];
  /**
   * Runs the command; absent for a group.
   *
   * @param values values of the options
   * @param args positional arguments
   * @param given keys of the options that were given, rather than set by their defaults
   * @returns the exit code
   */
  run?(
    values: Values<Given>,
    args: readonly string[],
    given: ReadonlySet<string>,
  ): Promise<number>;
}

/** Commands by their names: a line of help, and how they are loaded. */
export type Commands = Readonly<
  Record<string, { readonly summary: string; readonly load: () => Command | Promise<Command> }>
>;

/** A command that can be called. */
export interface Command {
  /** The words that call it. */
  readonly name: string;
  /** Commands below it. */
  readonly commands: Commands;
  /** The meaning of its exit codes, one line each; none for a group. */
  readonly exitCodes: readonly string[];
  /** commander's declaration of it. */
  readonly parser: Parser;
  /**
   * Parses the arguments and runs the command.
   *
   * @returns the exit code; 0 after `--help`
   * @throws {UsageError} if the arguments are wrong
   */
  run(args: readonly string[]): Promise<number>;
}

/** Declares a command. */
export function command<const Given extends Options>(spec: CommandSpec<Given>): Command {
  const { name, commands = {}, exitCodes: [success, failure] = ["done"] } = spec;
  const options: Options = spec.options ?? {};
  const exitCodes = spec.run === undefined ? [] : [
    `0  ${success}`,
    ...(failure === undefined ? [] : [`1  ${failure}`]),
    "2  the call is wrong, or the command cannot run",
  ];
  const parser = parserOf(spec, options, exitCodes);
  return {
    ...{ name, commands, exitCodes, parser },
    async run(args): Promise<number> {
      const takesArgument = optionsWithArgument(options);
      const at = spec.run ? 0 : commandAt(args, takesArgument);
      const word = args[at];
      if (word !== undefined && Object.hasOwn(commands, word)) {
        return await (await commands[word]!.load()).run(args.toSpliced(at, 1));
      }
      const whole = withBareArguments(args, options);
      ensureArguments(whole, takesArgument, name);
      const parsed = parse(parser, spec, whole, spec.run !== undefined);
      if (parsed === "help") return 0;
      const values: Record<string, unknown> = { ...parser.opts() };
      for (const [key, { declaration: { type, isRepeated } }] of Object.entries(options)) {
        if (type === undefined) values[key] ??= false;
        else if (values[key] !== undefined) {
          await type.check?.(values[key], optionName(key));
          if (spec.reportsNames && isRepeated) continue;
          const texts = [values[key]].flat().filter((one) => typeof one === "string");
          await checkNames(texts, optionName(key));
        }
      }
      if (!spec.reportsNames) await checkNames(parser.args, "an argument");
      const given = Object.keys(options).filter((key) =>
        parser.getOptionValueSource(key) === "cli"
      );
      return await spec.run!(values as Values<Given>, parser.args, new Set(given));
    },
  };
}

/** Throws {@linkcode UsageError} where a name cannot be opened, or another one would be used instead of it. */
async function checkNames(names: readonly string[], where: string): Promise<void> {
  for (const name of names) {
    const undecoded = await undecodedName(name);
    if (undecoded !== undefined) throw new UsageError(`${undecoded} (in ${where})`);
  }
}

/** Returns the options that take an argument, such as `--out-dir` and `-o`. */
function optionsWithArgument(options: Options): Set<string> {
  return new Set(
    Object.entries(options).flatMap(([key, { declaration: { type, short } }]) =>
      type === undefined ? [] : [optionName(key), ...(short === undefined ? [] : [`-${short}`])]
    ),
  );
}

/** Returns the position of the command, which options of its group may precede; 0 if there is none. */
function commandAt(args: readonly string[], takesArgument: ReadonlySet<string>): number {
  let at = 0;
  while (takesArgument.has(args[at]?.split("=", 1)[0] ?? "")) at += args[at]!.includes("=") ? 1 : 2;
  return args[at]?.startsWith("-") ? 0 : at;
}

/** Gives options that stand without an argument the one that is taken then; others as `--option=argument`. */
function withBareArguments(args: readonly string[], options: Options): string[] {
  const bare = new Map(
    Object.entries(options).flatMap(([key, { declaration: { bare, type } }]) =>
      bare === undefined || type === undefined ? [] : [[optionName(key), { bare, type }] as const]
    ),
  );
  const end = args.indexOf("--");
  const whole: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const option = end < 0 || at < end ? bare.get(args[at]!) : undefined;
    if (option === undefined) {
      whole.push(args[at]!);
    } else if (isArgument(option.type, args[at + 1], args[at]!)) {
      whole.push(`${args[at]}=${args[++at]}`);
    } else {
      whole.push(`${args[at]}=${option.bare}`);
    }
  }
  return whole;
}

function isArgument(
  type: ArgumentType<unknown>,
  text: string | undefined,
  option: string,
): boolean {
  if (text === undefined) return false;
  try {
    type.parse(text, option);
    return true;
  } catch {
    return false;
  }
}

/** Throws {@linkcode UsageError} where a following option would become the argument of an option. */
function ensureArguments(
  args: readonly string[],
  takesArgument: ReadonlySet<string>,
  name: string,
): void {
  for (let at = 0; at < args.length && args[at] !== "--"; at++) {
    if (!takesArgument.has(args[at]!)) continue;
    const [option, argument] = [args[at]!, args[++at]];
    // A negative number is an argument; its type tells the range.
    if (argument === undefined || !/^-[^\d.]/.test(argument)) continue;
    throw new UsageError(
      `${option} expects an argument, but got ${argument}; write ${
        option.startsWith("--") ? `${option}=${argument}` : `./${argument}`
      } for this argument, or see ${name} --help`,
    );
  }
}

/** The parts of a declaration that do not depend on the types of its options. */
type Outline = Pick<CommandSpec<Options>, "name" | "description" | "arguments" | "commands">;

function parserOf(
  spec: Outline,
  options: Options,
  exitCodes: readonly string[],
): Parser {
  const paragraphs = spec.description.split("\n\n").map((lines) => lines.replaceAll("\n", " "));
  const parser = new Parser(spec.name)
    .description(paragraphs.join("\n\n"))
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: (text) => console.log(text.trimEnd()) })
    .configureHelp({
      optionDescription: (option) => {
        const spec = options[option.attributeName()];
        return spec === undefined ? option.description : optionHelp(spec.declaration);
      },
    });
  if (exitCodes.length > 0) {
    parser.addHelpText(
      "after",
      `\nExit codes:\n${exitCodes.map((line) => `  ${line}`).join("\n")}`,
    );
  } else {
    parser.usage("<command> [options]");
  }
  for (const [argument, help] of Object.entries(spec.arguments ?? {})) {
    parser.argument(argument, help);
  }
  for (const [key, { declaration }] of Object.entries(options)) {
    parser.addOption(optionOf(key, declaration));
  }
  for (const [name, { summary }] of Object.entries(spec.commands ?? {})) {
    parser.command(name).description(summary).action(() => {
      throw new UsageError(`Expected ${name} in front of all options; ${helpHint(spec.name)}`);
    });
  }
  return parser;
}

function optionOf(key: string, declaration: Declaration): Option {
  const { type, short, help, fallback, isRepeated, isRequired, bare } = declaration;
  const long = optionName(key);
  const flags = [
    ...(short === undefined ? [] : [`-${short}`]),
    type === undefined
      ? long
      : bare === undefined
      ? `${long} <${type.name}>`
      : `${long} [${type.name}]`,
  ].join(", ");
  const option = new Option(flags, help);
  // commander would take --no-ffmpeg for an option ffmpeg that is true by default.
  option.negate = false;
  if (fallback !== undefined) option.default(fallback);
  if (isRequired) option.makeOptionMandatory();
  if (type === undefined) return option;
  // For completions; the type itself checks the argument.
  if (type.choices !== undefined) option.argChoices = [...type.choices];
  option.argParser((text, previous) => {
    const value = type.parse(text, long);
    return isRepeated ? [...(previous as unknown[] ?? []), value] : value;
  });
  return option;
}

/** Describes an option in the help: its text, and in parentheses its values and its default. */
function optionHelp({ help, type, isRepeated, isRequired, shownFallback }: Declaration): string {
  const facts = [
    ...(type?.choices === undefined ? [] : [`one of ${type.choices.join(", ")}`]),
    ...(type?.range === undefined ? [] : [type.range]),
    ...(isRepeated ? ["may be given several times"] : []),
    ...(isRequired ? ["required"] : []),
    ...(shownFallback === undefined ? [] : [`default: ${shownFallback}`]),
  ];
  return facts.length === 0 ? help : `${help} (${facts.join("; ")})`;
}

/** Parses arguments into the parser, or prints the help. */
function parse(
  parser: Parser,
  { name, commands = {}, ...spec }: Outline,
  args: readonly string[],
  runs: boolean,
): "values" | "help" {
  const names = Object.keys(commands);
  const [first = "-"] = args;
  // Without an action, commander takes the first word for a command and suggests the nearest one.
  const isCommand = names.length > 0 && spec.arguments === undefined && !first.startsWith("-");
  if (runs && !isCommand) parser.action(() => {});
  try {
    parser.parse(args, { from: "user" });
    return "values";
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return "help";
    const known = `expected one of ${names.join(", ")}`;
    const reason = error.code === "commander.help"
      ? `${known}, but got nothing`
      : error.message.replace(/^error: /, "").replace(/\s*\n/g, " ").replace(/\.$/, "");
    const more = error.code === "commander.unknownCommand" ? `; ${known}` : "";
    throw new UsageError(`${capitalized(reason)}${more}; ${helpHint(name)}`, { cause: error });
  }
}

function helpHint(name: string): string {
  return `see ${name} --help`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Returns the name of an option, `--export-json` for the key `exportJson`. */
export function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Returns some fields of an object; those that are absent stay absent.
 *
 * @param fields the object
 * @param names names of the fields
 */
export function pick<Fields extends object, Name extends keyof Fields>(
  fields: Fields,
  ...names: Name[]
): Pick<Fields, Name> {
  return Object.fromEntries(
    names.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
  ) as Pick<Fields, Name>;
}
