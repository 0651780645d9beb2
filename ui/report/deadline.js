// How much is lost by waiting: what remedies save against the time until they are in force; and what they cost
// beside what they save, with those that no other beats in both.

const PARETO_NAMED = 6; // remedies of the front with their name in the picture

function deadlineSeries(found, chosen) {
  const usable = (forecast) => list(forecast.deadline).filter((one) => one.saved).length > 1;
  const others = found.ranked.filter((forecast) => forecast !== chosen && usable(forecast)).slice(0, CURVES_BESIDE);
  const series = others.map((forecast) => ({ forecast, kind: "other" }));
  if (chosen && usable(chosen)) series.push({ forecast: chosen, kind: "chosen" });
  return series.map(({ forecast, kind }) => ({
    label: forecastTitle(found, forecast),
    kind,
    points: forecast.deadline
      .filter((one) => one.saved && Number.isFinite(one.delay))
      .map(({ delay, saved }) => [delay, saved.low, saved.median, saved.high])
      .sort((a, b) => a[0] - b[0]),
  }));
}

// The latest delay with which at least half of what an immediate reaction saves is still saved.
function halfLife(points) {
  const best = points[0][2];
  if (!(best > 0)) return null;
  const late = points.findIndex((point) => point[2] < best / 2);
  if (late < 0) return { never: true, last: points.at(-1)[0] };
  if (late === 0) return null;
  const [before, after] = [points[late - 1], points[late]];
  const part = (before[2] - best / 2) / (before[2] - after[2]);
  return { seconds: before[0] + part * (after[0] - before[0]) };
}

function deadlineSentence(one) {
  const half = halfLife(one.points);
  if (!half) return null;
  return half.never
    ? `Even when it comes ${duration(half.last)} late, it saves more than half of what it saves at once.`
    : `To save half of what it saves at once (${count(one.points[0][2])} hosts), it must be in force within ${duration(half.seconds)}.`;
}

const BY_DELAY = {
  values: "hosts saved",
  after: "from the first infection until it is in force",
  reading: () => "saved",
  result: (points) => `${count(points[0][2])} saved at once`,
};

function deadlines(found, chosen, page) {
  const series = deadlineSeries(found, chosen);
  if (series.length === 0) return null;
  const own = series.find((one) => one.kind === "chosen");
  return [
    element("h3", null, "How fast it must be in force"),
    own && element("p", null, deadlineSentence(own)),
    element(
      "figure",
      null,
      page.redrawn((narrow) =>
        element(
          "div",
          null,
          curvesChart(
            series,
            narrow,
            "Hosts saved against the time until a remedy is in force; the table below has the same figures",
            BY_DELAY,
          ),
          narrow && curveLegend(series, BY_DELAY),
        ),
      ),
      element("p", { class: "note" }, "Lines are medians; the band holds 90 % of the simulations."),
      deadlineTable(series),
    ),
  ];
}

function deadlineTable(series) {
  const delays = [...new Set(series.flatMap((one) => one.points.map((point) => point[0])))].sort((a, b) => a - b);
  return figuresTable(
    scrolling(
      "Hosts saved by reaction time",
      plainTable(
        "Hosts saved, median (5 % to 95 % of simulations), by the time until it is in force",
        ["In force after", ...series.map((one) => ({ name: one.label, class: "number" }))],
        delays.map((delay) => [
          duration(delay),
          ...series.map((one) => {
            const point = one.points.find((candidate) => candidate[0] === delay);
            return point ? `${count(point[2])} (${count(point[1])} – ${count(point[3])})` : "–";
          }),
        ]),
      ),
    ),
  );
}

// The share of live hosts that a remedy disturbs; null where nobody knows.
function disturbedShare(forecast) {
  return Number.isFinite(forecast.disturbed) ? Math.max(0, Math.min(1, forecast.disturbed)) : null;
}

function pareto(found, page) {
  const points = found.ranked
    .map((forecast) => ({ forecast, share: disturbedShare(forecast) }))
    .filter((one) => one.share !== null && one.forecast.saved);
  if (points.length < 2) return null;
  const front = points.filter((one) => one.forecast.pareto);
  return [
    element("h3", null, "What it costs beside what it saves"),
    element(
      "figure",
      null,
      page.redrawn((narrow) => scatter(found, points, narrow)),
      element(
        "p",
        { class: "note" },
        `Blue: nothing saves as many and disturbs less (${counted(front.length, "remedy", "remedies")}). The ranking in the section on remedies has the figures.`,
      ),
    ),
  ];
}

function scatter(found, points, narrow) {
  const width = narrow ? 380 : 960,
    height = narrow ? 300 : 360;
  const box = { left: narrow ? 52 : 64, right: width - (narrow ? 14 : 220), top: 34, bottom: height - 46 };
  const saved = ticks(Math.max(1, ...points.map((one) => one.forecast.saved.median)), 5);
  const costs = ticks(100 * Math.max(0.01, ...points.map((one) => one.share)), narrow ? 4 : 8);
  const x = (share) => box.left + ((100 * share) / costs.at(-1)) * (box.right - box.left);
  const y = (hosts) => box.bottom - (hosts / saved.at(-1)) * (box.bottom - box.top);
  const named = points.filter((one) => one.forecast.pareto).slice(0, PARETO_NAMED);
  return chartFrame(
    width,
    height,
    "Hosts saved against the share of live hosts that a remedy disturbs; the ranking has the figures",
    valueAxis(box, saved, y, "hosts saved (median)"),
    costs.map((mark) => [
      picture("line", { class: "axis", x1: x(mark / 100), x2: x(mark / 100), y1: box.bottom, y2: box.bottom + 5 }),
      picture("text", { class: "tick", x: x(mark / 100), y: box.bottom + 20, "text-anchor": "middle" }, `${decimal(mark, 2)} %`),
    ]),
    picture(
      "text",
      { class: "axis-name", x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" },
      "live hosts that it disturbs",
    ),
    picture(
      "g",
      { class: "scatter" },
      points.map((one) =>
        picture(
          "circle",
          {
            class: "point" + (one.forecast.pareto ? " front" : ""),
            cx: x(one.share).toFixed(1),
            cy: y(one.forecast.saved.median).toFixed(1),
            r: one.forecast.pareto ? 5 : 3.5,
          },
          picture(
            "title",
            null,
            `${visible(forecastTitle(found, one.forecast))}: saves ${count(one.forecast.saved.median)}, disturbs ${percent(one.share)} of live hosts`,
          ),
        ),
      ),
      !narrow &&
        named.map((one) =>
          fitted(forecastTitle(found, one.forecast), width - x(one.share) - 9, 12.5, {
            class: "label",
            x: x(one.share) + 9,
            y: y(one.forecast.saved.median) + 4,
          }),
        ),
    ),
  );
}
