// The head of the page: the case in plain sentences, what to do first, and its key figures.

// The strongest thing that can be said of the case: [kind of badge, words].
function headline(found) {
  if (isForecastAlone(found)) return ["", forecastHeadline(found)];
  const verdict = worstVerdict(found);
  if (verdict === "malicious") return ["bad", "Malicious program found"];
  if (found.shellcode.length > 0) return ["bad", "Shellcode found"];
  if (verdict === "suspicious") return ["warn", "Suspicious program found"];
  if (found.session.some((session) => session.conforms === false))
    return ["warn", "Conversations deviate from their protocol"];
  return ["good", "Nothing malicious was found"];
}

function inputSentence(found) {
  const hosts = new Set(found.session.flatMap((session) => [session.src, session.dst]));
  const sessions = total(found, "session");
  const names = found.input.slice(0, 3).map((input) => code(input.file));
  const more = total(found, "input") - names.length;
  const what = names.length
    ? [
        sentence(more > 0 ? [...names, counted(more, "more file")] : names),
        names.length + more > 1 ? " hold " : " holds ",
      ]
    : "The case has no input and ";
  return [
    what,
    element("a", { href: "#sessions" }, counted(sessions, "conversation")),
    hosts.size > 1 && ` between ${counted(hosts.size, "host")}`,
    ".",
  ];
}

// How many records of a type the case has, with those that the page does not carry.
function total(found, type) {
  return found[type].length + (found.omitted[type] || 0);
}

function attackSentences(found) {
  if (found.shellcode.length === 0)
    return (
      found.session.length > 0 && [
        [`No shellcode was found in ${counted(total(found, "session"), "session")}.`],
      ]
    );
  const first = found.shellcode[0];
  const session = found.sessionById.get(first.session);
  const fromClient = first.side !== "server";
  const who = first.flow
    ? [
        code(fromClient ? first.flow.src : first.flow.dst),
        " sent machine code to ",
        code(fromClient ? first.flow.dst : first.flow.src),
        ", port ",
        code(fromClient ? first.flow.dport : first.flow.sport),
      ]
    : ["Machine code lies in ", code(first.file)];
  const how = session && known(session.target) ? [", through ", element("strong", null, session.target)] : "";
  const does = list(first.actions).map(actionInWords);
  const kinds = new Set(found.shellcode.map((shellcode) => shellcode.kind)).size;
  return [
    [
      who,
      how,
      " (",
      reference("shellcode", first.id),
      ").",
      does.length > 0 ? [" It ", sentence(does), "."] : " What it would do did not show within its budget.",
      found.shellcode.length > 1 &&
        ` In all, ${counted(total(found, "shellcode"), "piece")} of shellcode of ${counted(kinds, "kind")} were found.`,
    ],
  ];
}

function sampleSentences(found) {
  const worst = worstVerdict(found);
  const sample = found.sample.find((one) => one.verdict === worst);
  if (!sample) return [];
  const control = list(sample.endpoints).find((endpoint) => endpoint.role === "control");
  const does = list(sample.policies)
    .filter((policy) => policy.severity !== "note")
    .slice(0, 4)
    .map((policy) => lowerFirst(policy.title || policy.name));
  return [
    [
      "The program ",
      code(sample.name || sample.sha256),
      " came ",
      word(CARRIERS, sample.carrier),
      " and is ",
      element("strong", null, word({}, sample.verdict)),
      " (",
      reference("sample", sample.id),
      ")",
      does.length > 0 ? [": it ", sentence(does), "."] : ".",
      total(found, "sample") > 1 && ` It is one of ${count(total(found, "sample"))} programs that were seen.`,
    ],
    control && [
      "It takes its orders from ",
      code(control.name || control.address),
      ` port ${plain(control.port)}`,
      known(control.name) && known(control.address) && [" (", code(control.address), ")"],
      ".",
    ],
  ];
}

function lowerFirst(text) {
  return String(text).replace(/^\p{Lu}(?=[\p{Ll}\s])/u, (letter) => letter.toLowerCase());
}

function forecastSentences(found) {
  const without = found.without;
  const best = bestForecast(found);
  if (!without) return known(found.worm[0]?.derived_from) ? [[`Not forecast: ${plain(found.worm[0].derived_from)}.`]] : [];
  const outlook = [
    `Left alone, it would infect ${count(without.infected.median)} hosts within ${duration(without.duration)} in the forecast: ${Math.round((100 * Math.min(without.infected.median, without.vulnerable)) / (without.vulnerable || 1))} % of the vulnerable.`,
  ];
  if (!best)
    return [
      outlook,
      found.ranked.length > 0 && ["None of the remedies that were tried saves hosts in the forecast."],
    ];
  return [outlook];
}

// The outbreak is faster than any reaction: what to have in place before the next one.
function precaution(found) {
  const saved = (forecast) => forecast.saved_at_once?.median ?? 0;
  const best = found.ranked.reduce(
    (one, other) => (saved(other) > saved(one) ? other : one),
    found.ranked[0],
  );
  if (!best || saved(best) <= 0) return null;
  return element(
    "p",
    { class: "measure" },
    element("strong", null, "Before the next one: "),
    forecastTitle(found, best),
    ". In force from the first moment it would save ",
    element("strong", null, `${count(saved(best))} hosts`),
    "; after the usual delay it is too late.",
  );
}

function firstMeasure(found) {
  const best = bestForecast(found);
  if (!best) return precaution(found);
  const remedy = found.remedyById.get(best.remedy);
  return element(
    "p",
    { class: "measure" },
    element("strong", null, "Do first: "),
    forecastTitle(found, best),
    ". It saves ",
    element("strong", null, `${count(best.saved.median)} hosts`),
    ` (${count(best.saved.low)} to ${count(best.saved.high)}) in the forecast`,
    remedy &&
      Number.isFinite(remedy.delay) &&
      ` if it is in force ${duration(remedy.delay)} after the first infection`,
    remedy && [
      " (",
      element(
        "a",
        { href: "#" + anchor("remedy", remedy.id) },
        list(remedy.rules).length > 0 ? "rules ready to load" : "about this remedy",
      ),
      ")",
    ],
    ".",
  );
}

function figure(value, label, kind) {
  return element(
    "div",
    { class: "figure " + (kind || "") },
    element("dt", null, label),
    element("dd", null, value),
  );
}

function keyFigures(found) {
  const deviating = found.session.filter((session) => session.conforms === false).length;
  const malicious = found.sample.filter((sample) => sample.verdict === "malicious").length;
  const best = bestForecast(found);
  return element(
    "dl",
    { class: "figures" },
    figure(count(total(found, "session")), "sessions"),
    figure(
      count(deviating),
      found.omitted.session > 0
        ? "of those in this page deviate from their protocol"
        : "deviate from their protocol",
      deviating ? "warn" : "",
    ),
    figure(count(total(found, "shellcode")), "shellcode findings", found.shellcode.length ? "bad" : ""),
    found.sample.length === 0
      ? figure("0", "programs seen")
      : figure(
          `${count(malicious)} of ${count(total(found, "sample"))}`,
          "programs malicious",
          malicious ? "bad" : "",
        ),
    found.without && figure(count(found.without.infected.median), "hosts infected if nothing is done", "bad"),
    best && figure(count(best.saved.median), "hosts saved by the best remedy", "good"),
  );
}

// The head of a forecast alone: what spreads where, and what it comes to.
function forecastHead(found) {
  const without = found.without,
    world = found.world[0],
    worm = found.worm[0];
  return [
    element(
      "h1",
      { id: "summary-title" },
      element("span", { class: "eyebrow" }, "Outbreak forecast"),
      " ",
      element("span", { class: "verdict" }, forecastHeadline(found)),
    ),
    element(
      "div",
      { class: "lead" },
      worm &&
        element(
          "p",
          null,
          `A worm that tries ${word(STRATEGIES, worm.scan)}`,
          worm.rate > 0 && `, ${decimal(worm.rate, 3)} a second from each infected host`,
          world && [" in the world “", plain(world.name), "”"],
          ".",
        ),
      forecastSentences(found).map((one) => element("p", null, one)),
    ),
    firstMeasure(found),
    without &&
      element(
        "dl",
        { class: "figures" },
        figure(count(without.hosts), "hosts"),
        figure(count(without.vulnerable), "of them can be infected"),
        figure(count(without.infected.median), "infected if nothing is done", "bad"),
        bestForecast(found) &&
          figure(count(bestForecast(found).saved.median), "saved by the best remedy", "good"),
        figure(count(total(found, "remedy")), "remedies tried"),
      ),
  ];
}

function forecastHeadline(found) {
  const record = found.provenance[0],
    world = found.world[0];
  if (record && record.title) return remedyTitle(record);
  return world ? `An outbreak in ${plain(world.name)}` : "An outbreak";
}

function summarySection(found) {
  if (isForecastAlone(found)) return forecastHead(found);
  const [kind, words] = headline(found);
  const sentences = [
    inputSentence(found),
    attackSentences(found),
    sampleSentences(found),
    forecastSentences(found),
  ]
    .map((one, at) => (at === 0 ? [one] : one || []))
    .flat()
    .filter(Boolean);
  const nothing = kind === "good";
  return [
    element(
      "h1",
      { id: "summary-title" },
      element("span", { class: "eyebrow" }, "Case report"),
      " ",
      element("span", { class: "verdict " + kind }, words),
    ),
    element(
      "div",
      { class: "lead" },
      sentences.map((one) => element("p", null, one)),
    ),
    nothing &&
      element(
        "p",
        { class: "note" },
        "That nothing was found does not prove that nothing is there: kenbi judges what was captured, by what it knows.",
      ),
    firstMeasure(found),
    keyFigures(found),
    found.error.length > 0 &&
      element(
        "p",
        { class: "notice" },
        `${counted(total(found, "error"), "input")} could not be read to the end; see `,
        element("a", { href: "#method" }, "inputs and method"),
        ".",
      ),
  ];
}
