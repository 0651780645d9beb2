// Programs that were seen, and the behaviour that kenbi saw in all of the case.

const VERDICT_BADGES = { malicious: "bad", suspicious: "warn", clean: "good" };
const SEVERITY_BADGES = { malicious: "bad", suspicious: "warn", note: "" };

function verdictBadge(table, value) {
  return badge(Object.hasOwn(table, value) ? table[value] : "", plain(value));
}

function policyTable(sample) {
  const policies = list(sample.policies);
  if (policies.length === 0) return element("p", { class: "note" }, "No policy was violated.");
  return plainTable(
    "Policies that its behaviour violates",
    ["Severity", "Policy", "Evidence"],
    policies.map((policy) => [
      verdictBadge(SEVERITY_BADGES, policy.severity),
      [
        element("strong", null, policy.title || policy.name),
        element(
          "div",
          { class: "note" },
          code(policy.name),
          policy.matches > 1 && `, ${count(policy.matches)} times`,
        ),
      ],
      list(policy.evidence).map((one) => element("div", { class: "proof" }, code(one))),
    ]),
    "stacking",
  );
}

function endpointTable(sample) {
  const endpoints = list(sample.endpoints).filter((endpoint) => endpoint.role !== "beyond");
  const beyond = list(sample.endpoints)
    .filter((endpoint) => endpoint.role === "beyond")
    .reduce((sum, one) => sum + one.count, 0);
  if (endpoints.length === 0 && beyond === 0) return null;
  return [
    endpoints.length > 0 &&
      scrolling(
        "Endpoints",
        plainTable(
          "Where it connects to, and what it opens",
          ["Role", "Address", "Port", "Name"],
          endpoints.map((endpoint) => [
            word(ENDPOINT_ROLES, endpoint.role),
            code(endpoint.address),
            `${plain(endpoint.port)} ${protocol(endpoint)}`,
            known(endpoint.name) ? code(endpoint.name) : "–",
          ]),
        ),
      ),
    beyond > 0 &&
      element(
        "p",
        { class: "notice" },
        `${counted(beyond, "more endpoint")} of this sample not listed in the case.`,
      ),
  ];
}

function scanFigure(sample, page) {
  const scan = sample.scan;
  const histogram = list(scan.histogram)
    .map(Number)
    .map((value) => (value > 0 ? value : 0));
  const share = scan.local_share || {};
  const text = [
    `It tried ${counted(scan.targets, "address", "addresses")} on ${protocol(scan)} port ${plain(scan.port)}, ${count(scan.distinct)} of them distinct`,
    Number.isFinite(scan.rate) ? `, at ${decimal(scan.rate, 1)} a second: ` : ": ",
    word(STRATEGIES, scan.strategy),
    ".",
  ];
  return [
    element("h4", null, "How it looks for targets"),
    element("p", null, text),
    element(
      "p",
      null,
      `Of these, ${percent(share["8"])} lie in its own /8 network, ${percent(share["16"])} in its own /16 and ${percent(share["24"])} in its own /24.`,
    ),
    histogram.length === 256 &&
      histogram.some((value) => value > 0) &&
      element(
        "figure",
        null,
        page.redrawn((narrow) =>
          octetChart(
            histogram,
            narrow,
            "Histogram of the targets by the first octet of their address; the table below has the same figures",
          ),
        ),
        histogramNote(histogram),
        figuresTable(
          plainTable(
            "Addresses tried by first octet, most first",
            ["Block", { name: "Addresses tried", class: "number" }],
            histogram
              .map((value, octet) => [value, octet])
              .filter(([value]) => value > 0)
              .sort((a, b) => b[0] - a[0])
              .map(([value, octet]) => [`${octet}.0.0.0/8`, count(value)]),
          ),
        ),
      ),
  ];
}

// A peak flattens the rest of the picture, so the rest is said in words.
function histogramNote(histogram) {
  const rest = histogram
    .filter((value) => value > 0)
    .sort((a, b) => a - b)
    .slice(0, -1);
  return (
    rest.length > 0 &&
    element(
      "p",
      { class: "note" },
      `${counted(rest.length + 1, "block")} of 256 were tried; outside the highest one, ${count(rest[0])} to ${count(rest.at(-1))} addresses each, ${count(rest[rest.length >> 1])} in the median.`,
    )
  );
}

function sampleCard(found, sample, page) {
  return element(
    "article",
    { class: "card", id: anchor("sample", sample.id) },
    element(
      "h3",
      null,
      `Sample ${plain(sample.id)}: `,
      known(sample.name) ? code(sample.name) : "without a name",
      " ",
      verdictBadge(VERDICT_BADGES, sample.verdict),
    ),
    facts([
      ["SHA-256", element("span", { class: "hash" }, code(sample.sha256))],
      [
        "Came",
        [
          word(CARRIERS, sample.carrier),
          known(sample.session) && [" in ", reference("session", sample.session)],
          ", in ",
          code(sample.file),
        ],
      ],
      ["Size", `${size(sample.bytes)}, ${plain(sample.media)}`],
      [
        "Simulation",
        known(sample.refused)
          ? "not run"
          : `${counted(sample.instructions, "instruction")}, ${counted(sample.calls, "call")} to the system; ${word(RUN_END, sample.end)}`,
      ],
    ]),
    known(sample.refused) &&
      element("p", { class: "notice" }, "It could not be loaded: ", plain(sample.refused), "."),
    sample.events_dropped > 0 &&
      element(
        "p",
        { class: "notice" },
        `${counted(sample.events_dropped, "event")} of its behaviour did not fit the trace and were judged, but not kept.`,
      ),
    !known(sample.refused) && policyTable(sample),
    endpointTable(sample),
    sample.scan && scanFigure(sample, page),
  );
}

function samplesSection(found, page) {
  if (found.sample.length === 0)
    return element("p", { class: "empty" }, "No executable program crossed or was given.");
  const worstFirst = [...found.sample].sort(
    (a, b) => WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict),
  );
  return [
    element("p", null, "Programs were interpreted by kenbi's Windows simulator, never executed."),
    gradually(worstFirst, 10, "samples", (sample) => sampleCard(found, sample, page), "sample"),
  ];
}

function sourceReference(source) {
  const match = /^(session|shellcode|sample) (\d+)$/.exec(source);
  return match ? reference(match[1], Number(match[2])) : code(source);
}

function behavioursSection(found) {
  if (found.behaviour.length === 0)
    return element("p", { class: "empty" }, "No behaviour of malware was recognised.");
  return gradually(
    found.behaviour,
    50,
    "behaviours",
    (behaviour) =>
      element(
        "article",
        { class: "row", id: anchor("behaviour", behaviour.id) },
        element(
          "div",
          null,
          element("h3", null, behaviour.title || behaviour.name),
          element(
            "p",
            { class: "note" },
            code(behaviour.name),
            " · seen in ",
            sourceReference(behaviour.source),
          ),
        ),
        element(
          "div",
          null,
          element(
            "dl",
            { class: "parameters" },
            Object.entries(behaviour.parameters || {}).map(([name, value]) =>
              element("div", null, element("dt", null, name), element("dd", null, code(plain(value)))),
            ),
          ),
          list(behaviour.evidence).length > 0 &&
            foldout(
              `Evidence (${count(behaviour.evidence.length)})`,
              behaviour.evidence.map((one) => element("div", { class: "proof" }, code(one))),
            ),
        ),
      ),
    "behaviour",
  );
}
