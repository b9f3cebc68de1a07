// Drawing: the outline of the whole track, and the seconds around the playhead with beats and bars.
(() => {
  const FRAMES = 100;
  const { data } = globalThis.tactus;

  /** Returns the current value of a colour of the style sheet. */
  const colours = new Map();
  const colour = (name) => {
    if (!colours.has(name)) {
      const style = getComputedStyle(document.documentElement);
      colours.set(name, style.getPropertyValue(`--${name}`).trim());
    }
    return colours.get(name);
  };

  /** Fits a canvas to its place and returns its context, in units of CSS pixels. */
  const prepared = (canvas) => {
    const scale = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (
      canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)
    ) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    return { context, width, height };
  };

  /** Returns the colour of the segment at a time. */
  const labelAt = (time) => {
    const segment = data.result.segments.findLast(({ start }) => start <= time);
    return segment === undefined ? "muted" : `label-${segment.label}`;
  };

  /** Draws the outline of a whole track, in the colours of its segments. */
  const drawWhole = (canvas, { peaks }) => {
    const { context, width, height } = prepared(canvas);
    const most = peaks.reduce((largest, peak) => Math.max(largest, peak), 1);
    const middle = height / 2;
    for (let x = 0; x < width; x++) {
      const start = Math.floor(x * peaks.length / width);
      const end = Math.max(start + 1, Math.floor((x + 1) * peaks.length / width));
      let peak = 0;
      let sum = 0;
      for (let frame = start; frame < end; frame++) {
        peak = Math.max(peak, peaks[frame] ?? 0);
        sum += peaks[frame] ?? 0;
      }
      const name = labelAt((start + end) / 2 / FRAMES);
      context.fillStyle = colour(name);
      context.globalAlpha = 0.45;
      context.fillRect(x, middle - peak / most * middle, 1, Math.max(1, 2 * peak / most * middle));
      const mean = sum / (end - start);
      context.globalAlpha = 1;
      context.fillRect(x, middle - mean / most * middle, 1, Math.max(1, 2 * mean / most * middle));
    }
  };

  /** Returns the index of the first of ascending times that is not before `time`. */
  const firstFrom = (times, time) => {
    let [low, high] = [0, times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  /**
   * Draws the seconds around a position.
   *
   * @param span seconds from edge to edge; the position is in the middle
   */
  const drawAround = (canvas, { peaks }, position, span, loop) => {
    const { context, width, height } = prepared(canvas);
    const { beats, positions, segments, bars } = data.result;
    const from = position - span / 2;
    const x = (time) => (time - from) / span * width;
    const room = 18;
    const middle = (height + room) / 2 - room / 2;
    const half = (height - 2 * room) / 2;
    for (const { start, end, label } of segments) {
      if (end < from || start > from + span) continue;
      context.globalAlpha = 0.18;
      context.fillStyle = colour(`label-${label}`);
      context.fillRect(x(start), 0, x(end) - x(start), height);
    }
    if (loop !== null) {
      context.globalAlpha = 0.16;
      context.fillStyle = colour("accent");
      context.fillRect(x(loop.start), 0, x(loop.end) - x(loop.start), height);
    }
    context.globalAlpha = 1;
    context.fillStyle = colour("wave");
    const step = Math.max(1, Math.floor(span * FRAMES / width));
    const first = Math.max(0, Math.floor(from * FRAMES / step) * step);
    const wide = Math.max(1, step / FRAMES / span * width - (width / span > 150 ? 0.5 : 0));
    for (let frame = first; frame < Math.min(peaks.length, (from + span) * FRAMES); frame += step) {
      let peak = 0;
      for (let i = frame; i < frame + step; i++) peak = Math.max(peak, peaks[i] ?? 0);
      const tall = Math.max(0.5, peak / 255 * half);
      context.fillRect(x(frame / FRAMES), middle - tall, wide, 2 * tall);
    }
    context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    for (let beat = firstFrom(beats, from); beat < beats.length; beat++) {
      const time = beats[beat];
      if (time > from + span) break;
      const isFirst = positions[beat] === 1;
      context.fillStyle = colour(isFirst ? "downbeat" : "beat");
      context.globalAlpha = isFirst ? 0.9 : 0.55;
      const left = Math.round(x(time)) - (isFirst ? 1 : 0.5);
      context.fillRect(
        left,
        isFirst ? 0 : room,
        isFirst ? 2 : 1,
        height - (isFirst ? 0 : 2 * room),
      );
      context.globalAlpha = 1;
      if (isFirst) {
        context.fillStyle = colour("ink");
        context.fillText(`${bars[beat]}`, x(time) + 5, 13);
      }
    }
    for (const { start, label } of segments) {
      if (start < from || start > from + span) continue;
      context.fillStyle = colour("boundary");
      context.fillRect(Math.round(x(start)) - 1, 0, 2, height);
      context.fillStyle = colour("ink");
      context.fillText(label, x(start) + 5, height - 5);
    }
    context.fillStyle = colour("ink");
    context.fillRect(Math.round(width / 2) - 1, 0, 2, height);
  };

  Object.assign(globalThis.tactus, {
    drawWhole,
    drawAround,
    firstFrom,
    forgetColours: () => colours.clear(),
  });
})();
