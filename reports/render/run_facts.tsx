/**
 * Renders machine, versions, settings and tracks of a run, and the quality of its results.
 *
 * @module
 */

import type { JSX } from "preact";
import { commitFigure, minuteFigure, secondsFigure } from "../figures.ts";
import type { ReportView } from "../report_view.ts";
import type { RunReport } from "../run_report.ts";
import { counterWords } from "../work_columns.ts";
import { counted } from "../words.ts";

/** Renders machine, versions, settings and tracks. */
export function RunFacts({ run }: { run: RunReport }): JSX.Element {
  const { machine, program, settings, versions } = run;
  return (
    <section aria-labelledby="machine-title">
      <h2 id="machine-title">Machine and versions</h2>
      <Facts
        rows={[
          ["Processor", machine.cpu],
          ["Cores", machine.cores],
          ["Memory", `${machine.memoryGiB} GiB`],
          ["System", `${machine.os} ${machine.architecture}`],
          ["Fast paths", machine.cpuFlags.join(", ") || "none known"],
          ["Counters", counterWords(run)],
          ["Fingerprint", machine.fingerprint],
          ["tactus", `${program.version}, commit ${commitFigure(program.commit)}`],
          ...Object.entries(versions),
          ...(settings.pipeline === undefined
            ? [
              ["Model", settings.model] as const,
              ["Demixer", settings.demixer] as const,
              ["Weights", settings.weightsSha256.slice(0, 16)] as const,
            ]
            : [["Pipeline", settings.pipeline] as const]),
          ["Rounds", `${settings.rounds} after ${settings.warmUps} warm-up, seed ${settings.seed}`],
          ["Finished", run.finishedAt === null ? "not finished" : minuteFigure(run.finishedAt)],
          ["Run", run.id],
        ]}
      />
      <details>
        <summary>{counted(run.tracks.length, "track")}</summary>
        <Facts
          rows={run.tracks.map(({ name, seconds, sha256 }) => [
            name,
            `${seconds === null ? "" : `${secondsFigure(seconds)} s, `}${sha256.slice(0, 12)}`,
          ])}
        />
      </details>
    </section>
  );
}

function Facts(
  { rows }: { rows: readonly (readonly [name: string, value: string | number])[] },
): JSX.Element {
  return (
    <dl class="list">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/**
 * Renders the measures of the results' quality; nothing if none were evaluated.
 *
 * @param report figures of the run
 */
export function QualityTable({ run, decision }: ReportView): JSX.Element | null {
  if (run.quality.length === 0) return null;
  return (
    <section aria-labelledby="quality-title">
      <h2 id="quality-title">Quality</h2>
      <div class="scroll" role="region" aria-labelledby="quality-title" tabindex={0}>
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
            {run.quality.map(({ system, measure, value, tracks }, nth) => {
              const fell = decision?.quality
                .find((one) => one.system === system && one.measure === measure);
              return (
                <tr key={nth} class={fell === undefined ? "" : "slower"}>
                  <th scope="row">{system}</th>
                  <td>{measure}</td>
                  <td class="number" data-of={`quality.${nth}.value`}>{value.toFixed(3)}</td>
                  <td class="number">{fell !== undefined && `▼ ${fell.before.toFixed(3)}`}</td>
                  <td class="number">{tracks}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
