// Shared by all charts of the page: the data, colours of the style sheet, and redrawing for print.
(() => {
  const charts = [];

  /** Returns the current value of a colour of the style sheet. */
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
   * Draws a chart, and redraws it when the colours change.
   *
   * @param canvas element to draw on
   * @param configure returns the chart's configuration with the current colours
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
