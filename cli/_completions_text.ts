/**
 * Completions for shells, from the declarations of the commands.
 *
 * @module
 */

import type { Command } from "./command.ts";

/** A shell that completions exist for. */
export type Shell = "bash" | "zsh" | "fish";

/** What can be completed after the words of a command. */
interface Place {
  /** Words of the command, such as `models pull`; empty for the program. */
  readonly words: string;
  /** Whether only commands can follow. */
  readonly isGroup: boolean;
  /** Commands below it, with a line of help. */
  readonly commands: readonly (readonly [word: string, help: string])[];
  /** Its options. */
  readonly options: readonly CompletedOption[];
}

interface CompletedOption {
  /** `--backend`. */
  readonly long: string;
  /** `-d`, or undefined. */
  readonly short: string | undefined;
  /** First words of its help. */
  readonly help: string;
  /** Whether an argument follows it. */
  readonly takesArgument: boolean;
  /** Possible arguments; empty for any. */
  readonly choices: readonly string[];
}

/**
 * Returns the script of completions.
 *
 * @param shell the shell
 * @param program the program with its commands
 */
export async function completionsText(shell: Shell, program: Command): Promise<string> {
  const places = await placesOf(program, "");
  return { bash, zsh, fish }[shell](places);
}

async function placesOf(
  { commands, parser, exitCodes }: Command,
  words: string,
): Promise<Place[]> {
  const options = parser.createHelp().visibleOptions(parser).map((option): CompletedOption => ({
    long: option.long ?? "",
    short: option.short,
    help: shortHelp(option.description),
    takesArgument: option.required || option.optional,
    choices: option.argChoices ?? [],
  }));
  const place: Place = {
    ...{ words, options, isGroup: words === "" || exitCodes.length === 0 },
    commands: Object.entries(commands).map(([word, { summary }]) => [word, shortHelp(summary)]),
  };
  const below = await Promise.all(
    Object.entries(commands).map(async ([word, { load }]) =>
      await placesOf(await load(), `${words} ${word}`.trim())
    ),
  );
  return [place, ...below.flat()];
}

/** Returns the beginning of a help, in characters that no shell takes for its own. */
function shortHelp(text: string): string {
  const first = text.split(/[;:(]|, (?:or|else|and)\b|\. /, 1)[0]!.trim();
  return first.replace(/[^\w ,.\/+-]/g, "").slice(0, 70).trim();
}

/** Returns the commands and options of a place. */
function wordsOf({ commands, options }: Place): string[] {
  return [
    ...commands.map(([word]) => word),
    ...options.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])]),
  ];
}

/** Returns `--backend|-b` as a pattern of `case`, for the options with a list of arguments. */
function choicesOf({ words, options }: Place): { pattern: string; choices: readonly string[] }[] {
  return options.filter(({ choices }) => choices.length > 0).map(({ long, short, choices }) => ({
    pattern: [long, ...(short === undefined ? [] : [short])]
      .map((option) => `"${words}:${option}"`).join("|"),
    choices,
  }));
}

/** Lines of `case` that step from the words of a command to those of a command below it. */
function steps(places: readonly Place[]): string[] {
  return places.filter(({ words }) => words !== "").map(({ words }) => {
    const at = words.lastIndexOf(" ");
    return `      "${words.slice(0, Math.max(at, 0))}:${words.slice(at + 1)}") place="${words}" ;;`;
  });
}

function bash(places: readonly Place[]): string {
  return [
    "# Completions of tactus for bash",
    "_tactus() {",
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" place="" word',
    "  # Bash splits --option=value at the sign.",
    '  if [[ $current == "=" ]]; then current=""',
    '  elif [[ $previous == "=" ]]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$place:$word" in',
    ...steps(places),
    "    esac",
    "  done",
    '  case "$place:$previous" in',
    ...places.flatMap(choicesOf).map(({ pattern, choices }) =>
      `    ${pattern}) COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$current")); return ;;`
    ),
    "  esac",
    '  local words=""',
    '  case "$place" in',
    ...places.map((place) => `    "${place.words}") words="${wordsOf(place).join(" ")}" ;;`),
    "  esac",
    "  # Without a match bash completes names of files.",
    '  if [[ -z $current && $words != [a-z]* ]]; then COMPREPLY=(); else COMPREPLY=($(compgen -W "$words" -- "$current")); fi',
    "}",
    "complete -o default -F _tactus tactus",
  ].join("\n");
}

function zsh(places: readonly Place[]): string {
  const described = (name: string, help: string): string => `'${name}:${help.replaceAll(":", "")}'`;
  return [
    "#compdef tactus",
    "# Completions of tactus for zsh",
    "_tactus() {",
    '  local place="" word previous="${words[CURRENT-1]}"',
    "  local -a found",
    '  for word in "${(@)words[2,CURRENT-1]}"; do',
    '    case "$place:$word" in',
    ...steps(places),
    "    esac",
    "  done",
    '  local argument="${words[CURRENT]}"',
    '  if [[ $argument == --*=* ]]; then previous="${argument%%=*}"; compset -P "*="; fi',
    '  case "$place:$previous" in',
    ...places.flatMap(choicesOf).map(({ pattern, choices }) =>
      `    ${pattern}) compadd -- ${choices.join(" ")}; return ;;`
    ),
    "  esac",
    "  if [[ $argument == --*=* ]]; then _files; return; fi",
    '  case "$place" in',
    ...places.map(({ words, commands, options }) => {
      const entries = [
        ...commands.map(([word, help]) => described(word, help)),
        ...options.flatMap(({ long, short, help }) =>
          [long, ...(short === undefined ? [] : [short])].map((option) => described(option, help))
        ),
      ];
      return `    "${words}") found=(${entries.join(" ")}) ;;`;
    }),
    "  esac",
    "  _describe tactus found",
    "  [[ -n $place && ${words[CURRENT]} != -* ]] && _files",
    "}",
    'if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _tactus "$@"; else compdef _tactus tactus; fi',
  ].join("\n");
}

function fish(places: readonly Place[]): string {
  return [
    "# Completions of tactus for fish",
    "function __tactus_at",
    '  set -l place ""',
    "  for word in (commandline -opc)[2..-1]",
    '    switch "$place:$word"',
    ...places.filter(({ words }) => words !== "").map(({ words }) => {
      const at = words.lastIndexOf(" ");
      return `      case "${words.slice(0, Math.max(at, 0))}:${
        words.slice(at + 1)
      }"\n        set place "${words}"`;
    }),
    "    end",
    "  end",
    '  test "$place" = "$argv[1]"',
    "end",
    ...places.flatMap(({ words, isGroup, commands, options }) => {
      const line = `complete -c tactus -n '__tactus_at "${words}"'`;
      return [
        ...(isGroup ? [`${line} -f`] : []),
        ...commands.map(([word, help]) => `${line} -a ${word} -d '${help}'`),
        ...options.map(({ long, short, help, takesArgument, choices }) =>
          [
            line,
            `-l ${long.replace(/^--/, "")}`,
            ...(short === undefined ? [] : [`-s ${short.replace(/^-/, "")}`]),
            ...(choices.length > 0
              ? [`-x -a '${choices.join(" ")}'`]
              : takesArgument
              ? ["-r"]
              : []),
            `-d '${help}'`,
          ].join(" ")
        ),
      ];
    }),
  ].join("\n");
}
