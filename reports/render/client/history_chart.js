// The history of the chosen stage, as a chart and as a table.
(() => {
  const { view, colour, draw } = globalThis.report;
  const { history, steps, stages } = view;
  const DAY_MILLISECONDS = 86_400_000;
  // Runs further apart than this have a day without a run between them.
  const GAP_DAYS = 1.5;
  const select = document.getElementById("history-stage");
  const details = document.getElementById("history-details");

  const dateOf = (day) => new Date(day * DAY_MILLISECONDS).toISOString().slice(0, 10);
  const chosen = () => Number(select.value);
  const seconds = (value) => value === null ? "" : String(Number(value.toPrecision(4)));

  /** Points of the runs that are or are not comparable; NaN breaks the line. */
  const points = (values, comparable) =>
    history.day.flatMap((x, nth) => {
      const gap = nth > 0 && x - history.day[nth - 1] > GAP_DAYS;
      const isMeant = (history.comparable[nth] === 1) === comparable;
      const y = isMeant ? values[nth] ?? NaN : NaN;
      return [...(gap ? [{ x: x - 1, y: NaN }] : []), { x, y, nth }];
    });

  const stepsOf = ({ variant, stage }) =>
    steps.filter((step) => step.variant === variant && step.stage === stage).map((step) => ({
      x: Date.parse(step.startedAt) / DAY_MILLISECONDS,
      text: `${step.ratio >= 1 ? "+" : ""}${(100 * (step.ratio - 1)).toFixed(1)} %`,
      isAlert: step.isAlert,
    }));

  /** Dashed lines at the changes of level, each with its size. */
  const stepMarks = {
    id: "stepMarks",
    afterDatasetsDraw: ({ ctx, chartArea, scales }) => {
      for (const { x, text, isAlert } of stepsOf(stages[chosen()])) {
        // Between the run before the change and the first run after it.
        const at = scales.x.getPixelForValue(x - 0.5);
        if (at < chartArea.left || at > chartArea.right) continue;
        ctx.save();
        ctx.strokeStyle = ctx.fillStyle = colour(isAlert ? "bad" : "ink");
        ctx.setLineDash([5, 4]);
        ctx.beginPath();
        ctx.moveTo(at, chartArea.top);
        ctx.lineTo(at, chartArea.bottom);
        ctx.stroke();
        ctx.font = `600 12px ${Chart.defaults.font.family}`;
        const isNearRight = at > chartArea.right - 80;
        ctx.textAlign = isNearRight ? "right" : "left";
        ctx.fillText(text, at + (isNearRight ? -5 : 5), chartArea.top + 12);
        ctx.restore();
      }
    },
  };

  const tooltip = {
    filter: ({ dataset }) => dataset.isShown,
    callbacks: {
      title: ([item]) => {
        if (item === undefined) return "";
        const { nth } = item.raw;
        return `${dateOf(history.day[nth])}, ${history.commit[nth] ?? "commit unknown"}`;
      },
      label: ({ raw }) => {
        const { median, low, high, realTimeFactor } = history.series[chosen()];
        const { nth } = raw;
        return [
          `${seconds(median[nth])} s (${seconds(low[nth])} to ${seconds(high[nth])})`,
          ...(realTimeFactor[nth] === null ? [] : [`${seconds(realTimeFactor[nth])} × real time`]),
          ...(history.comparable[nth] ? [] : ["not comparable with this run"]),
        ];
      },
    },
  };

  const configure = () => {
    const { median, low, high } = history.series[chosen()];
    const band = {
      borderWidth: 0,
      pointRadius: 0,
      pointHitRadius: 0,
      backgroundColor: colour("band"),
    };
    const last = history.day.length - 1;
    // Room for half of the last point, which is the largest.
    const margin = Math.max(1, 0.01 * (history.day[last] - history.day[0]));
    return {
      type: "line",
      data: {
        datasets: [
          { ...band, label: "95 % interval", data: points(high, true), fill: "+1" },
          { ...band, label: "", data: points(low, true), fill: false },
          {
            label: "median",
            isShown: true,
            data: points(median, true),
            borderColor: colour("accent"),
            backgroundColor: colour("accent"),
            borderWidth: 1.5,
            pointRadius: ({ raw }) => raw?.nth === last ? 5 : last > 60 ? 1.5 : 3,
            pointBackgroundColor: ({ raw }) => colour(raw?.nth === last ? "second" : "accent"),
            pointBorderWidth: 0,
          },
          {
            label: "not comparable",
            isShown: true,
            data: points(median, false),
            showLine: false,
            borderColor: colour("muted"),
            backgroundColor: colour("surface"),
            pointRadius: 3,
          },
        ],
      },
      options: {
        parsing: false,
        normalized: true,
        interaction: { mode: "nearest", intersect: false },
        scales: {
          x: {
            type: "linear",
            min: history.day[0] - margin,
            max: history.day[last] + margin,
            bounds: "data",
            ticks: {
              includeBounds: false,
              maxRotation: 0,
              autoSkipPadding: 16,
              precision: 0,
              callback: (day) => dateOf(day),
            },
            grid: { display: false },
          },
          y: {
            title: { display: true, text: "seconds" },
            grace: "12%",
            grid: { color: colour("line") },
          },
        },
        plugins: {
          legend: {
            align: "start",
            labels: {
              boxWidth: 14,
              color: colour("ink"),
              filter: ({ text }) => text !== "",
            },
          },
          tooltip,
        },
      },
      plugins: [stepMarks],
    };
  };

  const fillTable = () => {
    if (!details.open) return;
    const { median, low, high, realTimeFactor } = history.series[chosen()];
    const rows = history.day.map((day, nth) => {
      const row = document.createElement("tr");
      const cells = [
        dateOf(day),
        seconds(median[nth]),
        seconds(low[nth]),
        seconds(high[nth]),
        seconds(realTimeFactor[nth]),
        history.commit[nth] ?? "unknown",
        history.comparable[nth] ? "yes" : "no",
      ];
      for (const [column, text] of cells.entries()) {
        const cell = document.createElement(column === 0 ? "th" : "td");
        if (column === 0) cell.scope = "row";
        if (column >= 1 && column <= 4) cell.className = "number";
        cell.textContent = text;
        row.append(cell);
      }
      return row;
    });
    document.querySelector("#history-table tbody").replaceChildren(...rows.reverse());
  };

  if (history.series.length === 0) return;
  const canvas = document.getElementById("history-chart");
  const chart = draw(canvas, configure);
  const name = () => {
    const { variant, stage } = stages[chosen()];
    canvas.setAttribute(
      "aria-label",
      `Line of the median seconds of ${variant}, ${stage} over the runs; ` +
        "the table below has the figures",
    );
  };
  name();
  select.addEventListener("change", () => {
    const { data, options } = configure();
    Object.assign(chart, { data, options });
    chart.update("none");
    name();
    fillTable();
  });
  details.addEventListener("toggle", fillTable);
})();
