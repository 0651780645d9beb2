// The attack's path: who did what to whom, as a picture of messages between hosts and as a time line.

const PICTURE_HOSTS = 8;
const PICTURE_STEPS = 40;
// Steps that are no harm by themselves; everything else on an attack's path is drawn in red.
const HARMLESS_STEPS = new Set(["session", "resolve", "close"]);
// Where the steps happen that no host of the capture took: what a sample did when kenbi ran it.
const SIMULATOR = "simulator";

function isHarmful(found, step) {
  if (step.what === "verdict")
    return ["malicious", "suspicious"].includes((found.sampleById.get(step.sample) || {}).verdict);
  return !HARMLESS_STEPS.has(step.what);
}

// The ends of a step's arrow.
function stepEnds(step) {
  const from = known(step.from) ? step.from : known(step.sample) ? SIMULATOR : step.to;
  return [from, known(step.to) ? step.to : from];
}

// The first hosts of the path, in the order in which they come in; the simulator stands last.
function pathHosts(steps) {
  const hosts = new Set(steps.flatMap(stepEnds).filter(known));
  const simulated = hosts.delete(SIMULATOR);
  return [...[...hosts].slice(0, PICTURE_HOSTS), ...(simulated ? [SIMULATOR] : [])];
}

function pathPicture(found, steps, narrow) {
  const hosts = pathHosts(steps);
  const drawn = steps
    .filter((step) => stepEnds(step).every((host) => hosts.includes(host)))
    .slice(0, PICTURE_STEPS);
  const column = Math.max(narrow ? 104 : 150, (narrow ? 380 : 960) / Math.max(hosts.length, 1));
  const width = Math.max(narrow ? 380 : 960, column * hosts.length);
  const row = 48,
    top = 84;
  const height = top + drawn.length * row + 12;
  const x = (host) => column * (hosts.indexOf(host) + 0.5);
  return {
    omitted: steps.length - drawn.length,
    node: chartFrame(
      width,
      height,
      `Attack path in ${drawn.length} steps between ${hosts.length} hosts; the time line below says the same in words`,
      hosts.map((host) =>
        lifeline(
          host,
          host === SIMULATOR ? "of kenbi" : found.roles.get(host),
          x(host),
          column,
          height,
          narrow,
        ),
      ),
      drawn.map((step, at) => arrow(found, step, x, top + at * row + 30, width)),
    ),
  };
}

function lifeline(host, role, x, column, height, narrow) {
  const width = Math.min(column - 6, 190),
    fontSize = narrow ? 10.5 : 14;
  return [
    picture("line", { class: "lifeline", x1: x, x2: x, y1: 54, y2: height }),
    picture("rect", { class: "host", x: x - width / 2, y: 4, width, height: 50, rx: 6 }),
    fitted(host, width, fontSize, { class: "host-name", x, y: role ? 25 : 34, "text-anchor": "middle" }),
    role && fitted(role, width - 8, fontSize - 1, { class: "host-role", x, y: 43, "text-anchor": "middle" }),
  ];
}

function arrow(found, step, x, y, width) {
  const kind = isHarmful(found, step) ? "harm" : "plain";
  const [from, to] = stepEnds(step).map(x);
  const text = visible(step.title || step.what);
  const room = Math.min(width - 8, text.length * 7.1);
  const centre = Math.min(Math.max((from + to) / 2, room / 2 + 4), width - room / 2 - 4);
  const towards = Math.sign(to - from);
  return picture(
    "g",
    { class: "step " + kind },
    from === to
      ? fitted(text, width - 8, 13, {
          class: "step-label",
          x: Math.max(4, Math.min(from + 18, width - room - 4)),
          y: y - (from + 18 > width - room - 4 ? 14 : -4),
        })
      : [
          picture("line", { class: "arrow", x1: from, x2: to - towards * 7, y1: y, y2: y }),
          head(to, y, towards),
          fitted(text, width - 8, 13, { class: "step-label", x: centre, y: y - 14, "text-anchor": "middle" }),
        ],
    picture("circle", { class: "origin", cx: from, cy: y, r: 10 }),
    picture("text", { class: "step-number", x: from, y: y + 4, "text-anchor": "middle" }, plain(step.id)),
  );
}

function head(x, y, towards) {
  return picture("path", { class: "head", d: `M${x},${y}l${-9 * towards},-5v10z` });
}

function timeLine(found, steps) {
  const begin = steps.map((step) => step.time).find(Number.isFinite);
  return element(
    "ol",
    { class: "timeline" },
    steps.map((step) => {
      const links = [
        reference("session", step.session),
        reference("shellcode", step.shellcode),
        reference("sample", step.sample),
      ].filter(Boolean);
      return element(
        "li",
        { class: isHarmful(found, step) ? "harm" : "plain", value: step.id, id: anchor("step", step.id) },
        element(
          "div",
          { class: "when" },
          Number.isFinite(step.time)
            ? [
                element("span", null, clock(step.time)),
                element("span", null, "+" + duration(step.time - begin)),
              ]
            : "time not seen",
        ),
        element(
          "div",
          null,
          element(
            "p",
            { class: "what" },
            element("span", { class: "offscreen" }, isHarmful(found, step) ? "harmful: " : ""),
            step.title || step.what,
          ),
          element("p", { class: "note" }, betweenHosts(step), links.length > 0 && " · ", sentence(links)),
        ),
      );
    }),
  );
}

function betweenHosts(step) {
  const [from, to] = stepEnds(step).map((host) =>
    host === SIMULATOR ? "in the simulator" : known(host) && code(host),
  );
  return from === to || step.from === step.to ? from : [from, " → ", to];
}

function pathSection(found, page) {
  const steps = found.step;
  if (steps.length === 0) {
    return element(
      "p",
      { class: "empty" },
      found.session.length > 0
        ? "No attack was seen in the conversations, so there is no path to show."
        : "No conversations were seen, so there is no path to show.",
    );
  }
  const first = pathPicture(found, steps, page.narrow);
  const hosts = pathHosts(steps);
  const drawable = hosts.length > 0;
  return [
    element(
      "p",
      null,
      `The attack in ${counted(steps.length, "step")}, from top to bottom. Red steps are harmful; grey ones are not by themselves. Numbers are those of the time line below.`,
    ),
    drawable &&
      element(
        "figure",
        null,
        scrolling(
          "Picture of the attack path",
          page.redrawn((narrow) => pathPicture(found, steps, narrow).node),
        ),
        first.omitted > 0 &&
          element(
            "p",
            { class: "note" },
            `The picture shows the first ${PICTURE_STEPS} steps between the first ${PICTURE_HOSTS} hosts; ${counted(first.omitted, "step stands", "steps stand")} in the time line only.`,
          ),
      ),
    element("h3", null, "Time line (UTC)"),
    steps.length > 200
      ? gradually(steps, 100, "steps", (step) => timeLine(found, [step]))
      : timeLine(found, steps),
  ];
}
