/**
 * What was measured how and where, and how good the results are.
 *
 * @module
 */

import { commitFigure, minuteFigure, secondsFigure } from "../figures.ts";
import type { ReportView } from "../report_view.ts";
import { type Html, html } from "../../core/page/html.ts";

/** Machine, versions, settings and tracks, folded where there is much of it. */
export function runFacts({ run }: ReportView): Html {
  const { machine, program, settings, versions } = run;
  return html`
    <section aria-labelledby="machine-title">
      <h2 id="machine-title">Machine and versions</h2>
      <dl class="list">
    ${facts([
      ["Processor", machine.cpu],
      ["Cores", machine.cores],
      ["Memory", `${machine.memoryGiB} GiB`],
      ["System", `${machine.os} ${machine.architecture}`],
      ["Fast paths", machine.cpuFlags.join(", ") || "none known"],
      ["Fingerprint", machine.fingerprint],
      ["tactus", `${program.version}, commit ${commitFigure(program.commit)}`],
      ...Object.entries(versions),
      ["Model", settings.model],
      ["Demixer", settings.demixer],
      ["Weights", settings.weightsSha256.slice(0, 16)],
      ["Rounds", `${settings.rounds} after ${settings.warmUps} to warm up, seed ${settings.seed}`],
      ["Finished", run.finishedAt === null ? "not finished" : minuteFigure(run.finishedAt)],
      ["Run", run.id],
    ])}</dl>
      <details>
        <summary>${run.tracks.length} ${run.tracks.length === 1 ? "track" : "tracks"}</summary>
        <dl class="list">
    ${facts(
      run.tracks.map(({ name, seconds, sha256 }) => [
        name,
        `${secondsFigure(seconds)} s, ${sha256.slice(0, 12)}`,
      ]),
    )}</dl>
      </details>
    </section>
  `;
}

function facts(rows: readonly (readonly [string, string | number])[]): Html[] {
  return rows.map(([name, value]) =>
    html`
      <div>
        <dt>${name}</dt>
        <dd>${value}</dd>
      </div>
    `
  );
}

/**
 * Measures of the results' quality.
 *
 * @param report what to show
 * @returns a section, or blank where nothing was evaluated
 */
export function qualityTable({ run, decision }: ReportView): Html {
  if (run.quality.length === 0) return html``;
  const rows = run.quality.map(({ system, measure, value, tracks }, nth) => {
    const fell = decision?.quality.find((one) => one.system === system && one.measure === measure);
    return html`
      <tr class="${fell === undefined ? "" : "slower"}">
        <th scope="row">${system}</th>
        <td>${measure}</td>
        <td class="number" data-of="quality.${nth}.value">${value.toFixed(3)}</td>
        <td class="number">${fell === undefined ? null : html`▼ ${fell.before.toFixed(3)}`}</td>
        <td class="number">${tracks}</td>
      </tr>
    `;
  });
  return html`
    <section aria-labelledby="quality-title">
      <h2 id="quality-title">Quality</h2>
      <div class="scroll" role="region" aria-labelledby="quality-title" tabindex="0">
        <table>
          <thead>
            <tr>
              <th scope="col">system</th>
              <th scope="col">measure</th>
              <th scope="col" class="number">mean</th>
              <th scope="col" class="number">fell from</th>
              <th scope="col" class="number">tracks</th>
            </tr>
          </thead>
          <tbody>
    ${rows}</tbody>
        </table>
      </div>
    </section>
  `;
}
