/**
 * Tempo map, markers and beats as a Standard MIDI File.
 *
 * @module
 */

import type { FormatResult } from "./format_result.ts";
import { beatsOf, mappedBeats, tempoMap } from "./beat_grid.ts";
import { durationOf, titleOf } from "./track_facts.ts";

/** Ticks of a quarter note. */
const TICKS = 960;

/** Channel 10, percussion. */
const NOTE_ON = 0x99;
const NOTE_OFF = 0x89;

/** General MIDI's high and low wood block, for downbeats and other beats. */
const DOWNBEAT_NOTE = 76;
const BEAT_NOTE = 77;

const VELOCITY = 100;

/** Drift in seconds of a constant tempo, which is a whole number of microseconds a beat, before it is corrected: below a tick. */
const STEADY_TOLERANCE = 2.5e-4;

/** Longest quarter note that the format can write, in microseconds. */
const MOST_MICROSECONDS = 2 ** 24 - 1;

/** An event of a track. */
interface MidiEvent {
  readonly tick: number;
  readonly bytes: readonly number[];
}

/**
 * Encodes tempi, time signatures and segments as the first track of a MIDI file of format 1, the beats as notes of the second.
 * A tick is a 960th of a beat. Each quarter note is a beat: within a microsecond, or, where the tempo is constant, the beat's place
 * on the fitted grid.
 *
 * @param result the analysis
 *
 * Source: MIDI Manufacturers Association, "Standard MIDI Files 1.0" (RP-001).
 */
export function encodeMidi(result: FormatResult): Uint8Array<ArrayBuffer> {
  const mapped = mappedBeats(result);
  const map = tempoMap(mapped.beats, {
    tolerance: mapped.isSteady ? STEADY_TOLERANCE : 1e-6,
    round: (seconds) => Math.min(MOST_MICROSECONDS, Math.max(1, Math.round(1e6 * seconds))) / 1e6,
  });
  const tickAt = (seconds: number): number =>
    Math.max(0, Math.round(TICKS * map.quarterAt(seconds)));
  const conductor: MidiEvent[] = [
    meta(0, 0x03, utf8(titleOf(result))),
    ...map.signatures.map(({ quarter, beats, unit }) =>
      meta(TICKS * quarter, 0x58, [Math.min(beats, 255), Math.log2(unit), 24, 8])
    ),
    ...map.tempi.map(({ quarter, secondsPerQuarter }) =>
      meta(TICKS * quarter, 0x51, bigEndian(Math.round(1e6 * secondsPerQuarter), 3))
    ),
    ...result.segments.map(({ start, label }) => meta(tickAt(start), 0x06, utf8(label))),
  ];
  const notes = beatsOf(result).flatMap(({ seconds, position }): MidiEvent[] => {
    const tick = tickAt(seconds);
    const note = position === 1 ? DOWNBEAT_NOTE : BEAT_NOTE;
    return [
      { tick, bytes: [NOTE_ON, note, VELOCITY] },
      { tick: tick + TICKS / 8, bytes: [NOTE_OFF, note, 0] },
    ];
  });
  const end = tickAt(durationOf(result));
  return Uint8Array.from([
    ...chunk("MThd", [...bigEndian(1, 2), ...bigEndian(2, 2), ...bigEndian(TICKS, 2)]),
    ...track(conductor, end),
    ...track([meta(0, 0x03, utf8("beats")), ...notes], end),
  ]);
}

function meta(tick: number, type: number, data: readonly number[]): MidiEvent {
  return { tick, bytes: [0xff, type, ...variableLength(data.length), ...data] };
}

/** Encodes events in the order of time, and the end of the track. */
function track(events: readonly MidiEvent[], end: number): number[] {
  const bytes: number[] = [];
  let now = 0;
  // The sort is stable: what belongs to one tick keeps its order.
  for (const event of events.toSorted((a, b) => a.tick - b.tick)) {
    bytes.push(...variableLength(event.tick - now), ...event.bytes);
    now = event.tick;
  }
  bytes.push(...variableLength(Math.max(0, end - now)), 0xff, 0x2f, 0);
  return chunk("MTrk", bytes);
}

function chunk(name: string, data: number[]): number[] {
  return utf8(name).concat(bigEndian(data.length, 4), data);
}

/** Encodes a number in groups of seven bits; all but the last have the highest bit set. */
function variableLength(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(128 + rest % 128);
  }
  return bytes;
}

function bigEndian(value: number, length: number): number[] {
  return Array.from({ length }, (_, byte) => Math.floor(value / 256 ** (length - 1 - byte)) % 256);
}

function utf8(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}
