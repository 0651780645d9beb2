// The forecast: curves of infected hosts without and with remedies, and the subnets before and after.

const CURVES_BESIDE = 3; // remedies drawn beside the chosen one

function shownSeries(found, chosen) {
  const others = found.ranked
    .filter((forecast) => forecast !== chosen && forecast.saved.median > 0)
    .slice(0, CURVES_BESIDE);
  const series = [
    ...others.map((forecast) => ({ forecast, kind: "other" })),
    { forecast: found.without, kind: "without" },
  ];
  if (chosen) series.push({ forecast: chosen, kind: "chosen" });
  return series
    .filter((one) => list(one.forecast.curve).length > 1)
    .map((one) => ({
      label: forecastTitle(found, one.forecast),
      kind: one.kind,
      points: one.forecast.curve,
    }));
}

function curveLegend(series, axes = OVER_TIME) {
  return element(
    "ul",
    { class: "legend curves" },
    [...series]
      .reverse()
      .map((one) =>
        element(
          "li",
          null,
          picture(
            "svg",
            { viewBox: "0 0 24 10", width: 24, height: 10, "aria-hidden": "true" },
            picture("path", { class: "curve " + one.kind, d: "M0,5H24" }),
          ),
          one.label,
          element("span", { class: "note" }, ` ${axes.result(one.points)}`),
        ),
      ),
  );
}

function curveTable(series) {
  const points = series[0].points;
  const every = Math.max(1, Math.ceil(points.length / 25));
  const rows = points.map((point, at) => at).filter((at) => at % every === 0 || at === points.length - 1);
  return figuresTable(
    scrolling(
      "Infected hosts over time",
      plainTable(
        `Infected hosts, median (5 % to 95 % of simulations)${every > 1 ? `; every ${every}. point of the curves` : ""}`,
        ["Time", ...series.map((one) => ({ name: one.label, class: "number" }))],
        rows.map((at) => [
          duration(points[at][0]),
          ...series.map((one) =>
            one.points[at]
              ? `${count(one.points[at][2])} (${count(one.points[at][1])} – ${count(one.points[at][3])})`
              : "–",
          ),
        ]),
      ),
    ),
  );
}

function outcome(found, chosen) {
  const before = found.without.infected,
    after = chosen.infected;
  return element(
    "p",
    { role: "status" },
    "With ",
    element("strong", null, forecastTitle(found, chosen)),
    `, ${count(after.median)} hosts (${count(after.low)} to ${count(after.high)}) are infected after ${duration(chosen.duration)} instead of `,
    `${count(before.median)} (${count(before.low)} to ${count(before.high)}).`,
  );
}

function curves(found, chosen, page) {
  const series = shownSeries(found, chosen);
  if (series.length === 0) return { element: null, follow: () => {} };
  let seconds = Infinity,
    chart;
  const follow = (now) => {
    seconds = now;
    chart.setTime(now);
  };
  const drawn = page.redrawn((narrow) => {
    chart = curvesChart(
      series,
      narrow,
      "Curves of infected hosts over time; the table below has the same figures",
    );
    chart.setTime(seconds);
    return element("div", null, chart, narrow && curveLegend(series));
  });
  return {
    follow,
    element: element(
      "figure",
      null,
      drawn,
      element(
        "p",
        { class: "note" },
        "Lines are medians; bands hold 90 % of the simulations. Grey: other remedies of the ranking. The upright line is the moment that the pictures above show.",
      ),
      curveTable(series),
    ),
  };
}

// The chosen remedy beside nothing done; the pictures have it in force at once or after its delay, and start at
// the moment `at` (a number of the course).
function comparison(found, chosen, page, atOnce, at) {
  const shown = curves(found, chosen, page);
  const stage = makeStage(found, chosen, atOnce, at, shown.follow);
  return {
    position: stage ? stage.position : () => at,
    parts: [
      chosen && outcome(found, chosen),
      element("h3", null, "The outbreak, before and after"),
      stage ? stage.element : element("p", { class: "empty" }, "This page holds no subnets to draw for this outbreak."),
      element("h3", null, "Infected over time"),
      shown.element,
      deadlines(found, chosen, page),
    ],
  };
}

// Offers in `select` when the chosen remedy is in force, and answers whether that is at once: where a reaction
// comes too late to save anybody, what it would have saved is what there is to see.
function offerMoments(found, chosen, select, label) {
  const remedy = found.remedyById.get(chosen.remedy) || {};
  const both = remedy.delay > 0 && courseRecord(found, chosen, true) && courseRecord(found, chosen, false);
  const atOnce = Boolean(both) && chosen.saved.median <= 0 && chosen.saved_at_once?.median > 0;
  select.replaceChildren();
  append(select, [
    element("option", { value: "delayed" }, `after ${duration(remedy.delay)}`),
    both && element("option", { value: "once", selected: atOnce }, "from the first moment, in the pictures"),
  ]);
  label.hidden = !both;
  return atOnce;
}

function forecastSection(found, page) {
  if (!found.without)
    return element(
      "p",
      { class: "empty" },
      found.forecast.length > 0
        ? "The forecast without remedies is missing, so nothing can be compared."
        : "No forecast was made: nothing was found that spreads from host to host.",
    );
  const area = element("div", { id: "comparison" });
  let shown = { position: () => Infinity };
  const draw = (chosen, atOnce) => {
    shown = comparison(found, chosen, page, atOnce, shown.position());
    area.replaceChildren();
    append(area, shown.parts);
  };
  const moment = element("select", {
    "aria-controls": "comparison",
    change: () => draw(found.ranked[Number(remedies.value)], moment.value === "once"),
  });
  const momentLabel = element("label", { class: "choice" }, "In force ", moment);
  const remedies = element(
    "select",
    { "aria-controls": "comparison", change: () => choose(Number(remedies.value)) },
    found.ranked.map((forecast, at) =>
      element("option", { value: at }, `${plain(forecast.rank)}. ${forecastTitle(found, forecast)}`),
    ),
  );
  const choose = (at) => {
    const chosen = found.ranked[at] || null;
    const atOnce = chosen !== null && offerMoments(found, chosen, moment, momentLabel);
    draw(chosen, atOnce);
  };
  choose(0);
  const world = found.world[0];
  return [
    element(
      "p",
      null,
      `${count(found.without.replicas)} simulated outbreaks over ${duration(found.without.duration)}`,
      world && [
        " in the world “",
        plain(world.name),
        `” (${counted(list(world.subnets).length, "subnet")}, ${counted(list(world.providers).length, "provider")})`,
      ],
      `, with ${count(found.without.vulnerable)} vulnerable of ${count(found.without.hosts)} hosts.`,
    ),
    found.ranked.length > 0 &&
      element(
        "div",
        { class: "choices" },
        element("label", { class: "choice" }, "Compare with ", remedies),
        momentLabel,
      ),
    area,
    pareto(found, page),
  ];
}
