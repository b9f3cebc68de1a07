/**
 * Renders the player page of a track: one HTML file with its audio, which opens without a network.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import type { JSX } from "preact";
import { InlineScript, PageData, renderPage } from "../../core/page/page.tsx";
import { COLOURS, labelColour } from "../pictures/colours.ts";
import { clock, factsOf, type NamedEnvelope, type TrackView } from "../pictures/track_view.ts";
import type { PageAudio } from "./page_audio.ts";

/** The parts of an analysis that a page shows. */
export type PageView = Omit<TrackView, "activations">;

/** The page's own scripts, in the order in which they run. */
const SCRIPTS = ["engine.js", "data.js", "waves.js", "player.js"]
  .map((name) => new URL(`./client/${name}`, import.meta.url));

/** What the page may load besides its own text: audio, embedded or next to it. */
const MEDIA = "media-src 'self' file: http: https: blob:";

/**
 * Returns the page of a track.
 *
 * @param analysis the parts of the analysis
 * @param audio the audio, or where it is
 * @returns HTML with a final newline
 */
export function playerPage(analysis: PageView, audio: PageAudio): string {
  const view = { ...analysis, waves: [...analysis.waves, ...audio.waves] };
  const { title, result, startSeconds: first, durationSeconds: seconds } = view;
  const segments = result.segments.map((segment, at) => ({ ...segment, at }));
  const stems = audio.sources.length > 1 ? audio.sources : [];
  return renderPage(
    title,
    <>
      <header class="track">
        <h1>{title}</h1>
        <p class="facts">{factsOf(view).join(" · ")}</p>
      </header>
      <main>
        <section aria-label="Player" class="deck">
          <ol class="ribbon" aria-label="Segments">
            {segments.map(({ start, end, label, at }) => (
              <li key={at} style={place(start - first, end - first, seconds)}>
                <button
                  type="button"
                  data-segment={at}
                  {
                    // What is too short to be seen is reached through the list.
                    ...(end - start < 0.5 && { tabIndex: -1 })
                  }
                  style={`background:var(--label-${labelColour(label)})`}
                  title={`${label}, ${clock(start, 1)} to ${clock(end, 1)}`}
                  aria-label={`${label}, ${clock(start, 1)} to ${clock(end, 1)}`}
                >
                  <span aria-hidden="true">{label}</span>
                </button>
              </li>
            ))}
          </ol>
          <div class="strip whole">
            <canvas id="whole" aria-hidden="true" />
            <div id="loop-range" hidden />
            <div class="playhead" />
            <input
              id="seek"
              type="range"
              min="0"
              max={seconds}
              step="0.01"
              value="0"
              aria-label="Position"
              data-needs-audio
              disabled
            />
          </div>
          <div class="strip near">
            <canvas
              id="close"
              role="img"
              aria-label="The waveform around the position, with beats"
            />
          </div>
          <div class="transport">
            <div class="buttons">
              <Control id="previous" label="Previous segment" sign={PREVIOUS} />
              <Control id="play" label="Play" sign={PLAY} />
              <Control id="next" label="Next segment" sign={NEXT} />
              <Control id="loop" label="Loop this segment" sign={LOOP} pressed />
              <button
                type="button"
                id="clicks"
                class="word"
                aria-pressed="false"
                data-needs-audio
                disabled
              >
                Clicks
              </button>
            </div>
            <dl class="readout">
              <div>
                <dt>Time</dt>
                <dd>
                  <span id="now">{clock(first, 1)}</span>
                  <span class="total">/ {clock(first + seconds)}</span>
                </dd>
              </div>
              <div>
                <dt>Bar</dt>
                <dd>
                  <span id="beat">–</span>
                  <span class="pulse" aria-hidden="true">
                    {Array.from({ length: beatsPerBar(view) }, (_, i) => <i key={i} />)}
                  </span>
                </dd>
              </div>
              <div>
                <dt>Segment</dt>
                <dd id="label">–</dd>
              </div>
            </dl>
            <div class="side">
              <label>
                Volume <input id="volume" type="range" min="0" max="1" step="0.01" value="0.9" />
              </label>
              <span class="zoom">
                <button type="button" id="closer" class="word" aria-label="Show less time">
                  +
                </button>
                <button type="button" id="wider" class="word" aria-label="Show more time">−</button>
              </span>
            </div>
          </div>
          <p id="status" role="status" />
          {audio.note !== null && <p class="note">{audio.note}</p>}
        </section>
        {stems.length > 0 && <Stems view={view} names={stems.map(({ name }) => name)} />}
        <Segments view={view} />
        <Keys hasStems={stems.length > 0} />
      </main>
      <PageData id="track" data={pageData(view, audio)} />
      {audio.sources.map(({ name, bytes }) => (
        <script
          key={name}
          type="text/plain"
          id={`audio-${name}`}
          dangerouslySetInnerHTML={{ __html: base64(bytes) }}
        />
      ))}
      {SCRIPTS.map((url) => <InlineScript key={url.href} source={readFileSync(url, "utf8")} />)}
    </>,
    {
      policy: MEDIA,
      style: labelStyle() + readFileSync(new URL("./player.css", import.meta.url), "utf8"),
    },
  );
}

/** Returns the data that the scripts read. */
function pageData(view: PageView, audio: PageAudio): unknown {
  const { waves, result, startSeconds, durationSeconds } = view;
  const { sources, link, isDecoded, isExact } = audio;
  return {
    waves: waves.map(({ name, envelope }) => ({ name, ...encodedPeaks({ name, envelope }) })),
    result: {
      beats: result.beats.map((time) => time - startSeconds),
      positions: result.beat_positions,
      segments: result.segments.map(({ start, end, label }) => ({
        ...{ start: start - startSeconds, end: end - startSeconds, label },
      })),
    },
    // Added to the times that the page shows.
    startSeconds,
    audio: {
      sources: sources.map(({ name, type }) => ({ name, type })),
      ...{ link, isDecoded, isExact, seconds: durationSeconds },
    },
  };
}

/** Returns the peaks of an outline as base64 of bytes, of which 255 is the largest peak. */
function encodedPeaks({ envelope: { peak } }: NamedEnvelope): { peaks: string; largest: number } {
  const largest = peak.reduce((most, value) => Math.max(most, value), 1e-6);
  const bytes = Uint8Array.from(peak, (value) => Math.round(255 * value / largest));
  return { peaks: base64(bytes), largest };
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

function place(start: number, end: number, seconds: number): string {
  const share = (time: number): string => (100 * Math.min(1, time / seconds)).toFixed(3);
  return `left:${share(start)}%;width:${(Number(share(end)) - Number(share(start))).toFixed(3)}%`;
}

function beatsPerBar({ result }: PageView): number {
  return Math.min(12, result.beat_positions.reduce((most, one) => Math.max(most, one), 0));
}

/** Returns the colours of drawings as properties of the style sheet. */
function labelStyle(): string {
  const rules = (ground: "light" | "dark"): string =>
    Object.entries(COLOURS).map(([name, colour]) =>
      `--label-${name}:${colour[ground]};` +
      (["wave", "beat", "downbeat", "boundary"].includes(name)
        ? `--${name}:${colour[ground]};`
        : "")
    ).join("");
  return `:root{${rules("light")}}` +
    `@media (prefers-color-scheme:dark){:root:not(.printing){${rules("dark")}}}\n`;
}

const PLAY = "M7 4.5v15l12.5-7.5z";
const PREVIOUS = "M6 5h2.5v14H6zM20 5v14l-10.5-7z";
const NEXT = "M15.5 5H18v14h-2.5zM4 5v14l10.5-7z";
const LOOP =
  "M17 3.5l4 3.5-4 3.5V8H8a3 3 0 0 0-3 3v1.5H3V11a5 5 0 0 1 5-5h9zM7 20.5 3 17l4-3.5V16h9a3 3 0 0 0 3-3v-1.5h2V13a5 5 0 0 1-5 5H7z";

function Control(
  { id, label, sign, pressed = false }: {
    id: string;
    label: string;
    sign: string;
    pressed?: boolean;
  },
): JSX.Element {
  return (
    <button
      type="button"
      id={id}
      aria-label={label}
      title={label}
      data-needs-audio
      disabled
      {...(pressed && { "aria-pressed": "false" })}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path class="sign" d={sign} />
        {id === "play" && <path class="pause" d="M6 5h4.5v14H6zM13.5 5H18v14h-4.5z" />}
      </svg>
    </button>
  );
}

function Stems({ view, names }: { view: PageView; names: readonly string[] }): JSX.Element {
  return (
    <section aria-labelledby="stems-title">
      <h2 id="stems-title">Stems</h2>
      <ul class="stems">
        {names.map((name) => {
          const wave = view.waves.findIndex((one) => one.name === name);
          return (
            <li key={name} id={`stem-${name}`}>
              <span class="name">{name}</span>
              {(["Mute", "Solo"] as const).map((use) => (
                <button
                  key={use}
                  type="button"
                  class={`word ${use.toLowerCase()}`}
                  {...{ [`data-${use.toLowerCase()}`]: name }}
                  aria-pressed="false"
                  aria-label={`${use} ${name}`}
                >
                  {use[0]}
                </button>
              ))}
              <div class="strip">
                {wave >= 0 && <canvas id={`wave-${name}`} data-wave={wave} aria-hidden="true" />}
                <div class="playhead" />
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Segments({ view }: { view: PageView }): JSX.Element {
  const { segments, downbeats } = view.result;
  const barsIn = (start: number, end: number): number =>
    downbeats.filter((time) => time >= start - 0.05 && time < end - 0.05).length;
  return (
    <section aria-labelledby="segments-title">
      <h2 id="segments-title">Segments</h2>
      {segments.length === 0 && <p class="note">No segments were found.</p>}
      {segments.length > 0 && (
        <div class="scroll segment-box">
          <table>
            <thead>
              <tr>
                <th scope="col">Label</th>
                <th scope="col" class="number">Start</th>
                <th scope="col" class="number">End</th>
                <th scope="col" class="number">Bars</th>
              </tr>
            </thead>
            <tbody>
              {segments.map(({ start, end, label }, at) => (
                <tr key={at}>
                  <th scope="row">
                    <button type="button" class="go" data-segment={at}>
                      <span
                        class="swatch"
                        style={`background:var(--label-${labelColour(label)})`}
                      />
                      {label}
                    </button>
                  </th>
                  <td class="number">{clock(start, 1)}</td>
                  <td class="number">{clock(end, 1)}</td>
                  <td class="number">{barsIn(start, end)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Keys({ hasStems }: { hasStems: boolean }): JSX.Element {
  const keys: (readonly [keys: string, use: string])[] = [
    ["Space", "play or pause"],
    ["← →", "5 s back or forward"],
    [", .", "previous or next beat"],
    ["< >", "previous or next bar"],
    ["[ ]", "previous or next segment"],
    ["Home End", "start or end"],
    ["L", "loop the segment"],
    ["C", "clicks at beats and downbeats"],
    ["+ −", "show less or more time"],
    ...(hasStems ? [["1 2 3 …", "mute a stem"], ["Shift 1 2 3 …", "solo a stem"]] as const : []),
  ];
  return (
    <details class="keys">
      <summary>Keyboard</summary>
      <dl>
        {keys.map(([key, use]) => (
          <div key={key}>
            <dt>{key.split(" ").map((one) => <kbd key={one}>{one}</kbd>)}</dt>
            <dd>{use}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
