// Bars of the real-time factor, a group for each stage and a colour for each variant.
(() => {
  const { view, colour, draw } = globalThis.report;
  const COLOURS = ["accent", "second", "third", "good"];
  const unique = (values) => [...new Set(values)];
  const stages = unique(view.stages.map(({ stage }) => stage));
  const variants = unique(view.stages.map(({ variant }) => variant));
  const factor = (variant, stage) =>
    view.stages.find((one) => one.variant === variant && one.stage === stage)?.realTimeFactor ??
      null;

  const configure = () => ({
    type: "bar",
    data: {
      labels: stages,
      datasets: variants.map((variant, nth) => ({
        label: variant,
        data: stages.map((stage) => factor(variant, stage)),
        // Bars begin where the music plays: to the left of it is slower.
        base: 1,
        backgroundColor: colour(COLOURS[nth % COLOURS.length]),
        minBarLength: 2,
      })),
    },
    options: {
      indexAxis: "y",
      scales: {
        x: {
          type: "logarithmic",
          suggestedMin: 1,
          title: { display: true, text: "× real time" },
          ticks: {
            maxRotation: 0,
            callback: (value) => Number.isInteger(Math.log10(value)) ? `${value} ×` : "",
          },
          grid: { color: colour("line") },
        },
        y: { grid: { display: false }, ticks: { autoSkip: false, color: colour("ink") } },
      },
      plugins: {
        legend: { align: "start", labels: { boxWidth: 14, color: colour("ink") } },
        tooltip: {
          callbacks: {
            label: ({ dataset, raw }) => `${dataset.label}: ${Number(raw.toPrecision(3))} ×`,
          },
        },
      },
    },
  });

  draw(document.getElementById("real-time-chart"), configure);
})();
