// Draws the page, section by section; a section that cannot be drawn says so and leaves the others alone.

const SECTIONS = [
  ["summary", "Summary", summarySection],
  ["path", "Attack path", pathSection],
  ["sessions", "Sessions", sessionsSection],
  ["shellcode", "Shellcode", shellcodeSection],
  ["samples", "Samples", samplesSection],
  ["behaviours", "Behaviours", behavioursSection],
  ["indicators", "Indicators", indicatorsSection],
  ["remedies", "Remedies", remediesSection],
  ["forecast", "Forecast", forecastSection],
  ["method", "Inputs and method", methodSection],
];
// What a forecast alone has to show, its pictures first.
const FORECAST_SECTIONS = ["summary", "forecast", "remedies", "method"];

function sectionsOf(found) {
  if (!isForecastAlone(found)) return SECTIONS;
  return FORECAST_SECTIONS.map((wanted) => SECTIONS.find(([id]) => id === wanted)).map(([id, title, build]) => [
    id,
    id === "method" ? "Method" : title,
    build,
  ]);
}

// Sections whose entry in the contents carries a number.
const COUNTED = {
  path: (found) => total(found, "step"),
  sessions: (found) => total(found, "session"),
  shellcode: (found) => total(found, "shellcode"),
  samples: (found) => total(found, "sample"),
  behaviours: (found) => total(found, "behaviour"),
  indicators: (found) => indicators(found).length,
  remedies: (found) => total(found, "remedy"),
};

function fail(where, problem) {
  const root = document.documentElement;
  root.dataset.error = `${root.dataset.error ? root.dataset.error + "; " : ""}${where}: ${problem}`;
}

// What sections may ask of the page: pictures that are drawn again when it becomes narrow or wide.
function makePage() {
  const narrowPage = matchMedia("(max-width: 640px)");
  return {
    get narrow() {
      return narrowPage.matches;
    },
    redrawn(draw) {
      const holder = element("div", { class: "picture" }, draw(narrowPage.matches));
      narrowPage.addEventListener("change", function redraw() {
        if (holder.isConnected) holder.replaceChildren(draw(narrowPage.matches));
        else narrowPage.removeEventListener("change", redraw);
      });
      return holder;
    },
  };
}

function drawSection(found, page, [id, title, build]) {
  const section = element(
    "section",
    { id, "aria-labelledby": id + "-title" },
    id !== "summary" && element("h2", { id: id + "-title" }, title),
  );
  try {
    append(section, [build(found, page)]);
  } catch (problem) {
    fail(id, problem);
    append(section, [
      element(
        "p",
        { class: "notice" },
        `This section could not be drawn (${problem}). The data is in case.json.`,
      ),
    ]);
  }
  return section;
}

function contents(found) {
  const entries = sectionsOf(found).map(([id, title]) =>
    element(
      "li",
      null,
      element(
        "a",
        { href: "#" + id },
        title,
        Object.hasOwn(COUNTED, id) && element("span", { class: "count" }, count(COUNTED[id](found))),
      ),
    ),
  );
  return [element("p", { class: "mark" }, "kenbi"), element("ul", null, entries)];
}

// Paper cannot be unfolded: everything opens for printing, and what was closed closes again.
function printWhole() {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open], .figures-table)")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
}

function start() {
  const main = document.getElementById("content");
  const found = readCase();
  const page = makePage();
  main.replaceChildren();
  append(document.getElementById("contents"), contents(found));
  append(
    main,
    sectionsOf(found).map((section) => drawSection(found, page, section)),
  );
  document.title = `${headline(found)[1]} – ${isForecastAlone(found) ? "outbreak forecast" : "case report"} – kenbi`;
  followLinks();
  printWhole();
}

addEventListener("error", (event) => fail("page", event.message));
addEventListener("unhandledrejection", (event) => fail("page", event.reason));
document.addEventListener("securitypolicyviolation", (event) => fail("policy", event.violatedDirective));
try {
  start();
} catch (problem) {
  fail("page", problem);
  document.getElementById("content").textContent =
    `The report could not be drawn (${problem}). The data is in case.json.`;
}
document.documentElement.dataset.ready = "true";
