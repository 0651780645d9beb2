// Inputs, what the page leaves out, and how the figures came about.

function inputTable(found) {
  if (found.input.length === 0) return element("p", { class: "empty" }, "No input was read.");
  return [
    scrolling(
      "Inputs",
      plainTable(
        "Inputs that were read",
        [
          "File",
          "Format",
          { name: "Size", class: "number nowrap" },
          { name: "Packets", class: "number" },
          "Set aside",
          "SHA-256",
        ],
        found.input
          .slice(0, 200)
          .map((input) => [
            code(input.file),
            plain(input.format),
            size(input.bytes),
            count(input.packets),
            counters(input),
            element("span", { class: "hash" }, code(input.sha256)),
          ]),
      ),
    ),
    found.input.length > 200 &&
      element("p", { class: "notice" }, `${counted(found.input.length - 200, "more input")} in case.json.`),
  ];
}

// What a reader should know was not looked at: every counter of a capture but the sessions, if it is not
// zero.
function counters(input) {
  return (
    Object.entries(input.counters || {})
      .filter(([name, value]) => name !== "sessions" && value !== 0)
      .map(
        ([name, value]) =>
          `${name.replaceAll("_", " ")}: ${typeof value === "number" ? count(value) : plain(value)}`,
      )
      .join("; ") || "–"
  );
}

function errorList(found) {
  if (found.error.length === 0) return null;
  return [
    element("h3", null, "Inputs that could not be read to the end"),
    gradually(found.error, 50, "errors", (error) =>
      element("p", { class: "notice" }, code(error.file), ": ", error.message),
    ),
  ];
}

function modelFacts(found) {
  const worm = found.worm[0],
    without = found.without,
    world = found.world[0];
  if (!without) return null;
  return [
    element("h3", null, "How the forecast was made"),
    element(
      "p",
      null,
      "Every host is simulated as an individual; only scans that hit a host are drawn, exactly in distribution. The runs with and without a remedy share their random numbers, so their differences are those of the remedy. The same seed gives the same figures.",
    ),
    facts([
      ["Seed", without && plain(without.seed)],
      ["Simulations", without && count(without.replicas)],
      ["Simulated time", without && duration(without.duration)],
      ["World", world && plain(world.name)],
      ["Addresses scanned", world && count(world.scanned_space)],
      ["Scan", worm && word(STRATEGIES, worm.scan)],
      ["Rate", worm && `${decimal(worm.rate, 3)} scans a second and infected host`],
      ["Local share", worm && percent(worm.local_share)],
      ["Port", worm && plain(worm.port)],
      ["Infected at the start", worm && count(worm.initially_infected)],
      ["Latency", worm && duration(worm.latency)],
      ["Derived from", worm && plain(worm.derived_from)],
    ]),
  ];
}

const OMITTED = {
  said: "utterances",
  deviations: "deviations",
  subnet_infected: "ends of outbreaks by subnet",
  event: "behaviour events",
  session: "sessions",
  shellcode: "shellcode findings",
  sample: "samples",
};

function omissions(found) {
  const left = Object.entries(found.omitted).map(([name, number]) =>
    Object.hasOwn(OMITTED, name)
      ? `${count(number)} ${OMITTED[name]}`
      : `${count(number)} records of type ${name}`,
  );
  const foreign = [...found.others].map(
    ([type, number]) => `${count(number)} records of type ${plain(type)}`,
  );
  return [
    element("h3", null, "What this page leaves out"),
    element(
      "p",
      null,
      left.length + foreign.length === 0
        ? "Nothing: the page carries the whole case. case.json beside it holds the same as records, one a line."
        : [
            "The page does not show ",
            sentence([...left, ...foreign]),
            ". case.json beside it holds the whole case, one record a line.",
          ],
    ),
    element(
      "p",
      null,
      "stix.json beside it is a bundle of STIX 2.1 for threat intelligence platforms: samples, kinds of shellcode, indicators, techniques, vulnerabilities and remedies.",
    ),
  ];
}

function methodSection(found) {
  return [
    isForecastAlone(found) ? null : inputTable(found),
    errorList(found),
    provenanceParts(found),
    modelFacts(found),
    omissions(found),
    element(
      "p",
      { class: "note" },
      `Made by kenbi ${plain(found.version)}. Texts from the case are shown as they are, with hidden and reordering characters written as \\x.. or \\u{..}. Nothing in this page is loaded from or sent to a network.`,
    ),
  ];
}
