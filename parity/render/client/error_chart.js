// Lines of the largest error of each part of a piece, a chart for each piece and mode.
(() => {
  const { view, colour, draw } = globalThis.report;
  const COLOURS = ["accent", "second", "third", "good", "bad"];

  view.charts.forEach(({ lines }, nth) => {
    const configure = () => ({
      type: "line",
      data: {
        datasets: lines.map(({ seam, errors }, line) => ({
          label: seam,
          data: errors.map((error, part) => ({ x: 100 * part / errors.length, y: error })),
          borderColor: colour(COLOURS[line % COLOURS.length]),
          backgroundColor: colour(COLOURS[line % COLOURS.length]),
          // Beyond as many colours as there are, lines are dashed.
          borderDash: line < COLOURS.length ? [] : [6, 3],
          borderWidth: 1.5,
          pointRadius: 0,
          pointHitRadius: 6,
        })),
      },
      options: {
        interaction: { mode: "nearest" },
        scales: {
          x: {
            type: "linear",
            min: 0,
            max: 100,
            title: { display: true, text: "% of the piece" },
            grid: { display: false },
          },
          y: {
            type: "logarithmic",
            title: { display: true, text: "absolute error" },
            ticks: {
              callback: (value) =>
                Number.isInteger(Math.log10(value)) ? Number(value).toExponential(0) : "",
            },
            grid: { color: colour("line") },
          },
        },
        plugins: {
          legend: { align: "start", labels: { boxWidth: 14, color: colour("ink") } },
          tooltip: {
            callbacks: {
              label: ({ dataset, parsed }) => `${dataset.label}: ${parsed.y.toExponential(2)}`,
            },
          },
        },
      },
    });
    draw(document.getElementById(`errors-${nth}`), configure);
  });
})();
