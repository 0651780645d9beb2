// Charts as SVG: scales and axes, curves with bands and direct labels, histograms, bars in tables.
//
// A chart is drawn for a wide or a narrow page (see main.js) in units of CSS pixels and scales with its box.
// It has a role and a label; the page puts a table with the same figures beside it.

// About `wanted` round numbers from 0 past `most`: steps of 1, 2 or 5 times a power of ten.
function ticks(most, wanted) {
  if (!(most > 0)) return [0, 1];
  const rough = most / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999);
  const marks = [0];
  while (marks.at(-1) < most * 0.999) marks.push(marks.length * step);
  return marks;
}

// The unit in which a span of seconds reads well, with round steps in that unit.
function timeAxis(seconds, wanted) {
  const units = [
    ["seconds", 1, [1, 2, 5, 10, 15, 20, 30]],
    ["minutes", 60, [1, 2, 5, 10, 15, 20, 30]],
    ["hours", 3600, [1, 2, 3, 4, 6, 12, 24]],
    ["days", 86400, [1, 2, 5, 7, 14, 30, 100, 365]],
  ];
  const [name, length, steps] = units.findLast((unit) => seconds >= unit[1] * 2) || units[0];
  const step = steps.find((one) => seconds / length / one <= wanted) || steps.at(-1);
  const marks = [];
  for (let at = 0; at * length <= seconds * 1.0001 && marks.length < 100; at += step) marks.push(at);
  return { name, length, marks };
}

// Text cut to about `width` units at the given size; the whole text is the tooltip.
function fitted(text, width, fontSize, attributes) {
  const whole = visible(text);
  const room = Math.max(3, Math.floor(width / (fontSize * 0.54)));
  const node = picture("text", { "font-size": fontSize, ...attributes });
  node.textContent =
    whole.length > room
      ? [...whole]
          .slice(0, room - 1)
          .join("")
          .trimEnd() + "…"
      : whole;
  if (whole.length > room) append(node, [picture("title", null, whole)]);
  return node;
}

// A text as one line or, broken at a space, two; the second may still be too long.
function inTwoLines(text, width, fontSize) {
  const whole = visible(text);
  const room = Math.max(3, Math.floor(width / (fontSize * 0.54)));
  if (whole.length <= room) return [whole];
  const space = whole.lastIndexOf(" ", room);
  return space > 0 ? [whole.slice(0, space), whole.slice(space + 1)] : [whole];
}

function chartFrame(width, height, label, ...children) {
  return picture(
    "svg",
    {
      class: "chart",
      role: "img",
      "aria-label": visible(label),
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
    },
    children,
  );
}

// Grid lines with numbers at the left, and a caption above them.
function valueAxis(box, marks, y, caption) {
  return [
    picture("text", { class: "axis-name", x: 0, y: box.top - 14 }, caption),
    marks.map((mark) => [
      picture("line", {
        class: mark === 0 ? "axis" : "grid",
        x1: box.left,
        x2: box.right,
        y1: y(mark),
        y2: y(mark),
      }),
      picture(
        "text",
        { class: "tick", x: box.left - 8, y: y(mark) + 4, "text-anchor": "end" },
        decimal(mark, 2),
      ),
    ]),
  ];
}

function bandPath(points, x, y) {
  const upper = points.map((point) => `${x(point[0]).toFixed(1)},${y(point[3]).toFixed(1)}`);
  const lower = points.map((point) => `${x(point[0]).toFixed(1)},${y(point[1]).toFixed(1)}`).reverse();
  return `M${upper.join("L")}L${lower.join("L")}Z`;
}

function linePath(points, x, y) {
  return "M" + points.map((point) => `${x(point[0]).toFixed(1)},${y(point[2]).toFixed(1)}`).join("L");
}

// Moves labels apart: positions ascending, at least `gap` apart, within [top, bottom] where they fit.
function moveApart(labels, gap, top, bottom) {
  labels.sort((a, b) => a.at - b.at);
  labels.forEach((label, i) => {
    label.at = Math.max(label.at, i ? labels[i - 1].at + gap : top);
  });
  for (let i = labels.length - 1; i >= 0; i--)
    labels[i].at = Math.min(labels[i].at, i === labels.length - 1 ? bottom : labels[i + 1].at - gap);
}

const OVER_TIME = {
  values: "infected hosts",
  after: "since the first infection",
  reading: (one) => (one.kind === "without" ? "nothing done" : "with the remedy"),
  result: (points) => `${count(points.at(-1)[2])} hosts`,
};

// series: [{label, kind ("without", "chosen", "other"), points [[seconds, low, median, high]]}], the last on
// top. The chart's setTime(seconds) moves a line along it.
function curvesChart(series, narrow, label, axes = OVER_TIME) {
  const width = narrow ? 380 : 960,
    height = narrow ? 300 : 400;
  const box = { left: narrow ? 52 : 64, right: narrow ? 370 : 664, top: 34, bottom: height - 46 };
  const points = series.flatMap((one) => one.points);
  const span = Math.max(1, ...points.map((point) => point[0]));
  const valueMarks = ticks(Math.max(...points.map((point) => point[3]), 1), narrow ? 4 : 5);
  const time = timeAxis(span, narrow ? 6 : 12);
  const x = (seconds) => box.left + (seconds / span) * (box.right - box.left);
  const y = (hosts) => box.bottom - (hosts / valueMarks.at(-1)) * (box.bottom - box.top);
  const ends = series.map((one) => ({
    one,
    at: y(one.points.at(-1)[2]),
    from: y(one.points.at(-1)[2]),
    lines: inTwoLines(one.label, width - box.right - 18, one.kind === "other" ? 13 : 14),
  }));
  const tallest = Math.max(...ends.map((end) => end.lines.length));
  moveApart(ends, 20 + 16 * tallest, box.top + 6, box.bottom - 16 * tallest);
  const chart = chartFrame(
    width,
    height,
    label,
    valueAxis(box, valueMarks, y, axes.values),
    time.marks.map((mark) => [
      picture("line", {
        class: "axis",
        x1: x(mark * time.length),
        x2: x(mark * time.length),
        y1: box.bottom,
        y2: box.bottom + 5,
      }),
      picture(
        "text",
        { class: "tick", x: x(mark * time.length), y: box.bottom + 20, "text-anchor": "middle" },
        String(mark),
      ),
    ]),
    picture(
      "text",
      { class: "axis-name", x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" },
      `${time.name} ${axes.after}`,
    ),
    series.map(
      (one) =>
        one.kind !== "other" && picture("path", { class: `band ${one.kind}`, d: bandPath(one.points, x, y) }),
    ),
    series.map((one) => picture("path", { class: `curve ${one.kind}`, d: linePath(one.points, x, y) })),
    !narrow &&
      ends.map(({ one, at, from, lines }) => [
        picture("path", {
          class: `leader ${one.kind}`,
          d: `M${box.right + 3},${from}L${box.right + 14},${at - 3}`,
        }),
        lines.map((line, i) =>
          fitted(line, width - box.right - 18, 13, {
            class: `label ${one.kind}`,
            x: box.right + 18,
            y: at + 1 + 16 * i,
          }),
        ),
        picture(
          "text",
          { class: "tick", x: box.right + 18, y: at + 16 * lines.length },
          axes.result(one.points),
        ),
      ]),
  );
  chart.setTime = momentLine(chart, box, (seconds) => x(Math.min(seconds, span)) - box.left);
  followPointer(chart, series, box, x, span, axes);
  return chart;
}

// A line across the chart at a moment; drawn when it is first set.
function momentLine(chart, box, offset) {
  const line = picture("path", { class: "now", d: `M${box.left},${box.top}V${box.bottom}` });
  return (seconds) => {
    line.setAttribute("transform", `translate(${offset(seconds).toFixed(1)} 0)`);
    if (!line.isConnected) chart.append(line);
  };
}

// Under the pointer, the figures of that time: a convenience, the table has them all.
function followPointer(chart, series, box, x, span, axes) {
  const reading = picture("g", { class: "reading" });
  chart.append(reading);
  chart.addEventListener("pointerleave", () => reading.replaceChildren());
  chart.addEventListener("pointermove", (event) => {
    const bounds = chart.getBoundingClientRect();
    const at = ((event.clientX - bounds.left) * chart.viewBox.baseVal.width) / bounds.width;
    reading.replaceChildren();
    if (at < box.left || at > box.right) return;
    const seconds = ((at - box.left) / (box.right - box.left)) * span;
    const points = series[0].points;
    const nearest = points.reduce(
      (best, point, i) => (Math.abs(point[0] - seconds) < Math.abs(points[best][0] - seconds) ? i : best),
      0,
    );
    const rows = [
      duration(points[nearest][0]),
      ...series
        .filter((one) => one.kind !== "other" && one.points[nearest])
        .reverse()
        .map(
          (one) => `${axes.reading(one)}: ${count(one.points[nearest][2])}`,
        ),
    ];
    const line = x(points[nearest][0]),
      boxWidth = 172;
    const left = line + 10 + boxWidth > box.right ? line - 10 - boxWidth : line + 10;
    append(reading, [
      picture("line", { x1: line, x2: line, y1: box.top, y2: box.bottom }),
      picture("rect", { x: left, y: box.top + 4, width: boxWidth, height: rows.length * 18 + 8, rx: 5 }),
      rows.map((row, i) =>
        picture("text", { x: left + 9, y: box.top + 21 + i * 18, "font-size": 12.5 }, row),
      ),
    ]);
  });
}

// Counts by first octet of the address, with the ranges in which no host of the Internet lies.
function octetChart(histogram, narrow, label) {
  const width = narrow ? 380 : 960,
    height = narrow ? 190 : 220;
  const box = { left: narrow ? 44 : 56, right: width - 8, top: 34, bottom: height - 42 };
  const marks = ticks(Math.max(...histogram), 4);
  const step = (box.right - box.left) / 256;
  const x = (octet) => box.left + octet * step;
  const y = (value) => box.bottom - (value / marks.at(-1)) * (box.bottom - box.top);
  const top = histogram.indexOf(Math.max(...histogram));
  const topLabelLeft = top > 200;
  return chartFrame(
    width,
    height,
    label,
    picture("rect", {
      class: "reserved",
      x: x(224),
      y: box.top,
      width: 32 * step,
      height: box.bottom - box.top,
    }),
    !narrow &&
      picture("text", { class: "tick", x: x(240), y: box.top + 14, "text-anchor": "middle" }, "reserved"),
    valueAxis(box, marks, y, "addresses tried"),
    histogram.map(
      (value, octet) =>
        value > 0 &&
        picture(
          "rect",
          {
            class: "bar",
            x: (x(octet) + step * 0.1).toFixed(2),
            width: (step * 0.8).toFixed(2),
            y: y(value).toFixed(2),
            height: (box.bottom - y(value)).toFixed(2),
          },
          picture("title", null, `${octet}.0.0.0/8: ${count(value)}`),
        ),
    ),
    picture(
      "text",
      {
        class: "label",
        "font-size": 12,
        y: Math.max(y(histogram[top]) + 10, box.top + 10),
        x: topLabelLeft ? x(top) - 5 : x(top + 1) + 5,
        "text-anchor": topLabelLeft ? "end" : "start",
      },
      `${top}.0.0.0/8: ${count(histogram[top])}`,
    ),
    (narrow ? [0, 64, 128, 192, 255] : [0, 32, 64, 96, 128, 160, 192, 224, 255]).map((octet) =>
      picture(
        "text",
        {
          class: "tick",
          x: x(octet + 0.5),
          y: box.bottom + 18,
          "text-anchor": octet === 255 ? "end" : "middle",
        },
        String(octet),
      ),
    ),
    picture(
      "text",
      { class: "axis-name", x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" },
      "first octet of the target's address",
    ),
  );
}

// A bar with its range for a cell of a table: thick to the median, a whisker from low to high.
function rangeBar(range, most, label) {
  const x = (value) => 1 + 158 * Math.max(0, Math.min(1, value / (most || 1)));
  return picture(
    "svg",
    { class: "range", role: "img", "aria-label": label, viewBox: "0 0 160 18", width: 160, height: 18 },
    picture("rect", { class: "track", x: 1, y: 4, width: 158, height: 10 }),
    picture("rect", { class: "fill", x: 1, y: 4, width: Math.max(0, x(range.median) - 1), height: 10 }),
    picture("path", {
      class: "whisker",
      d: `M${x(range.low)},9H${x(range.high)}M${x(range.low)},5V13M${x(range.high)},5V13`,
    }),
  );
}
