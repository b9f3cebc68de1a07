/**
 * `analyze`: finds tempo, beats, downbeats and segments of tracks.
 *
 * @module
 */

import { CALL, DEMO } from "../core/program.ts";
import { UsageError } from "../core/usage_error.ts";
import { FORMAT_NAMES } from "../outputs/formats/mod.ts";
import type { GuardOptions } from "../pipeline/mod.ts";
import type { AnalyzeCall } from "./_analyze_call.ts";
import { CLICK_FORMATS, PLOT_FORMATS } from "../outputs/track_file_formats.ts";
import { OVERWRITE_PARTS, type OverwritePart } from "./_overwrite.ts";
import {
  type ArgumentType,
  expected,
  listOf,
  oneOf,
  OUTPUT_FILE,
  OUTPUT_FOLDER,
  seconds,
  text,
  tolerance,
  wholeNumber,
} from "./argument_types.ts";
import { type Command, command, flag, option, type Values } from "./command.ts";
import { FINDING_OPTIONS, findingsOf } from "./_finding_options.ts";
import {
  AUDIO_OPTIONS,
  audioOf,
  backendOn,
  checkPrecision,
  COMPUTE_OPTIONS,
  PART_OPTIONS,
  PRECISION,
  SHIFT_OPTIONS,
  WEIGHTS_OPTIONS,
} from "./_options.ts";
import { refuseIneffective } from "./_option_rules.ts";
import { tracksWithStems } from "./_stems_input.ts";
import { STEMS_OPTIONS } from "./_stems_options.ts";

const GUARD_DEFAULTS: GuardOptions = { seconds: 10, tolerance: 1e-6 };

/** The parts that `--overwrite` does anew, separated by commas. */
const OVERWRITE: ArgumentType<readonly OverwritePart[]> = {
  name: "list",
  parse(text, option): OverwritePart[] {
    return text.split(",").map((name) => {
      const part = OVERWRITE_PARTS.find((part) => part === name.trim().toLowerCase());
      if (part !== undefined) return part;
      throw expected(option, `a list of ${OVERWRITE_PARTS.join(", ")}`, text);
    });
  },
};

const OPTIONS = {
  recursive: flag("search the folders within given folders too").short("r"),
  overwrite: option(
    OVERWRITE,
    "analyse finished tracks anew: all, or a list of demix, spec, json, viz and sonify, of which all and demix " +
      "also separate anew where stems were kept, and spec makes kept spectrograms anew; without a list all",
  ).bare("all"),
  dryRun: flag("only tell which tracks would be analysed, and why"),
  jobs: option(
    wholeNumber(1, 64),
    "tracks side by side; decoding of one goes on during the networks of another",
  ).short("j").shownDefault("2, less where memory or cores are few"),
  noMultiprocess: flag("the same as --jobs 1"),
  ...STEMS_OPTIONS,
  ...AUDIO_OPTIONS,
  ...PART_OPTIONS,
  ...WEIGHTS_OPTIONS,
  ...SHIFT_OPTIONS,
  keepByproducts: flag("keep separated stems and spectrograms, and use them again").short("k"),
  demixDir: option(text("dir"), "folder for the kept stems").default("./demix"),
  specDir: option(text("dir"), "folder for the kept spectrograms").default("./spec"),
  outDir: option(OUTPUT_FOLDER, "folder for the results").short("o").default("./struct"),
  activ: flag("also write the activations, NAME.activ.npz").short("a"),
  embed: flag("also write the embeddings, NAME.embed.npy").short("e"),
  arrayDir: option(OUTPUT_FOLDER, "folder for activations and embeddings")
    .shownDefault("that of --out-dir"),
  format: option(
    listOf("format", FORMAT_NAMES),
    "also write files for other programs (docs/outputs.md describes them); " +
      "rekordbox is one file for all tracks, and JSON is always written",
  ).repeated(),
  writeTags: flag(
    "also write the tempo into the tags of the audio file itself, through a copy that replaces it",
  ),
  visualize: flag("also draw a plot of each track, NAME.pdf in --viz-dir").short("v"),
  vizDir: option(text("dir"), "folder for plots and player pages").default("./viz"),
  vizFormat: option(listOf("format", PLOT_FORMATS), "formats of the plots")
    .repeated().shownDefault("pdf"),
  html: flag("also write a page that plays each track, NAME.html in --viz-dir"),
  sonify: flag(
    "also write each track with clicks at beats and downbeats and a riser and a drop at boundaries, " +
      "NAME.sonif.wav or .flac in --sonif-dir",
  ).short("s"),
  sonifDir: option(text("dir"), "folder for tracks with clicks").default("./sonif"),
  sonifFormat: option(oneOf("format", CLICK_FORMATS), "format of tracks with clicks")
    .shownDefault("flac for a FLAC file, else wav"),
  json: flag("print the result as JSON instead of a summary"),
  ...FINDING_OPTIONS,
  timingsPath: option(
    OUTPUT_FILE,
    "append the start and end of each stage, one JSON object a line",
  ),
  ...COMPUTE_OPTIONS,
  precision: PRECISION,
  guard: flag(
    "also compute the first seconds with a second implementation of each stage: the other backend " +
      "for the networks, the naive implementation for spectrogram and beats; where the two differ " +
      "too much, the second computes the whole track; with --precision bf16 it tells the " +
      "signal-to-noise ratio of the separation",
  ),
  guardMaxAbs: option(
    tolerance({ excludesZero: true }),
    "tolerance X of the guard, as X + X |value|; 1e-6 more is allowed for the networks, and 2.3e-6 of their " +
      "peak for loud stems, since the other backend has an error too",
  ).shownDefault("1e-6"),
  guardSeconds: option(
    seconds(),
    "length of the part that the guard checks",
  ).shownDefault(`${GUARD_DEFAULTS.seconds}`),
} as const;

/** The command `analyze`. */
export const analyze: Command = command({
  name: `${CALL} analyze`,
  description:
    "Finds tempo, beats, downbeats and segments of tracks, from the mix (docs/inputs.md lists the " +
    "formats) or from four stems. Without arguments it analyses the demo piece. Tracks whose result is there, " +
    "of the same audio, weights and settings, are skipped.",
  arguments: {
    "[audio...]":
      "mixes: files, folders, patterns such as 'music/*.mp3', playlists (M3U), or - for a list of " +
      "paths on standard input; where stems are given they only name the tracks in the results",
  },
  options: OPTIONS,
  reportsNames: true,
  exitCodes: ["all tracks are analysed or were finished before", "a track failed"],
  async run(values, audio, given): Promise<number> {
    const call = await parseAnalyzeArguments(values, audio, given);
    refuseIneffective(call);
    // The pipeline is loaded after the arguments are parsed: the help and wrong calls answer at once.
    return await (await import("./_analyze_run.ts")).runAnalyze(call);
  },
});

/**
 * Checks the arguments against each other.
 *
 * @throws {UsageError} if they contradict each other
 */
async function parseAnalyzeArguments(
  values: Values<typeof OPTIONS>,
  audio: readonly string[],
  named: ReadonlySet<string>,
): Promise<AnalyzeCall> {
  const given = await tracksWithStems(values, audio);
  const formats = [...new Set((values.format ?? []).flat())];
  // The paths of --tracks are those of the mixes.
  const hasNoAudio = given !== undefined && audio.length === 0 && values.tracks === undefined;
  if (formats.includes("wav-cues") && hasNoAudio) {
    throw new UsageError(
      "--format wav-cues copies the audio of a track; where stems are given, name each mix as well",
    );
  }
  // The demo piece is part of the program.
  if (values.writeTags && audio.length === 0 && values.tracks === undefined) {
    throw new UsageError(
      "--write-tags needs the audio file of a track; where stems are given, name each mix as well",
    );
  }
  if ([...values.stemsDir ?? [], ...audio].includes("")) {
    throw new UsageError("Expected a path for each --stems-dir and AUDIO, but got an empty one");
  }
  if (values.noMultiprocess && values.jobs !== undefined) {
    throw new UsageError("Expected --jobs or --no-multiprocess, but got both");
  }
  const { guard, guardMaxAbs, guardSeconds } = values;
  if (values.keepByproducts && (values.start ?? values.end) !== undefined) {
    throw new UsageError(
      "--keep-byproducts keeps the stems of whole tracks: leave it out, or --start and --end",
    );
  }
  const isDemo = audio.length === 0;
  const backend = backendOn(values.device, values.backend);
  checkPrecision(values.precision, backend);
  return {
    ...values,
    given: named,
    backend,
    audio: audioOf(values),
    findings: findingsOf(values),
    formats,
    tracks: given ?? (isDemo ? [{ path: DEMO, name: "demo" }] : []),
    inputs: given === undefined ? audio : [],
    overwrite: values.overwrite ?? [],
    ...(values.noMultiprocess && { jobs: 1 }),
    ...(values.keepByproducts && {
      ...{ keepIn: values.demixDir, keepSpectrogramsIn: values.specDir },
    }),
    ...trackFilesOf(values),
    ...(guard && {
      guardOptions: {
        seconds: guardSeconds ?? GUARD_DEFAULTS.seconds,
        tolerance: guardMaxAbs ?? GUARD_DEFAULTS.tolerance,
      },
    }),
  };
}

/** Returns the files for viewers and listeners that a call asks for. */
function trackFilesOf(values: Values<typeof OPTIONS>): Pick<AnalyzeCall, "trackFiles"> {
  const { visualize, vizDir, vizFormat, html, sonify, sonifDir, sonifFormat } = values;
  if (!visualize && !html && !sonify) return {};
  return {
    trackFiles: {
      plotDirectory: vizDir,
      plots: visualize ? vizFormat?.flat() ?? ["pdf"] : [],
      page: html,
      ...(sonify && { clicks: { directory: sonifDir, format: sonifFormat ?? "auto" } }),
      audio: audioOf(values),
    },
  };
}
