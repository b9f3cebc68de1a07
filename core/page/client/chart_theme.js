// What all charts of the page share: the data, colours of the style sheet, and drawing again for paper.
(() => {
  const charts = [];

  /** A colour of the style sheet, as it is now. */
  const colour = (name) =>
    getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const apply = () => {
    Chart.defaults.color = colour("muted");
    Chart.defaults.borderColor = colour("line");
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.animation = false;
    Chart.defaults.maintainAspectRatio = false;
  };

  const drawAll = (width) => {
    apply();
    for (const { chart, configure } of charts) {
      Object.assign(chart, { data: configure().data, options: configure().options });
      if (width === null) chart.resize();
      else chart.resize(width, chart.canvas.parentNode.clientHeight);
      chart.update("none");
    }
  };

  /**
   * Draws a chart, and again whenever colours change.
   *
   * @param canvas where to
   * @param configure makes the chart's configuration from the colours of the moment
   */
  const draw = (canvas, configure) => {
    const chart = new Chart(canvas, configure());
    charts.push({ chart, configure });
    return chart;
  };

  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(null));
  addEventListener("beforeprint", () => {
    document.documentElement.classList.add("printing");
    drawAll(680);
  });
  addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    drawAll(null);
  });
  globalThis.report = {
    view: JSON.parse(document.getElementById("view").textContent),
    colour,
    draw,
  };
})();
