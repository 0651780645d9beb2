// Countermeasures: the ranking by hosts saved, and each one with its rule text ready to copy and to save.

// The ranking for a spreadsheet.
function rankingText(found) {
  const head = [
    "rank",
    "remedy",
    "title",
    "place",
    "delay_seconds",
    "saved_low",
    "saved_median",
    "saved_high",
  ];
  return commaSeparated([
    [
      ...head,
      "mean_saved_low",
      "mean_saved_high",
      "saved_at_once",
      "disturbed_share",
      "collateral",
      "pareto",
    ],
    ...found.ranked.map((forecast) => {
      const remedy = found.remedyById.get(forecast.remedy) || {};
      const { low, median, high } = forecast.saved;
      return [
        ...[forecast.rank, forecast.name, remedy.title, remedy.place, remedy.delay, low, median, high],
        ...[forecast.interval?.low, forecast.interval?.high, forecast.saved_at_once?.median],
        ...[disturbedShare(forecast), remedy.collateral, forecast.pareto],
      ];
    }),
  ]);
}

// Every rule of every remedy in one text, in the order of the ranking.
function allRules(remedies) {
  return remedies
    .flatMap((remedy) =>
      list(remedy.rules).map(
        (rule) =>
          `===== ${remedy.name}: ${remedy.title || remedy.name} (${rule.format}) =====\n${rule.text}\n`,
      ),
    )
    .join("\n");
}

// How the ranking came about, where not all had all simulations.
function raceNote(found) {
  const ranking = found.ranking[0],
    rounds = ranking ? list(ranking.rounds) : [];
  const words = rounds.map(
    (round) => `${count(round.candidates)} with ${counted(round.replicas, "simulation")}`,
  );
  const raced =
    rounds.length > 1 &&
    `Compared in rounds, of which each keeps the better half: ${words.join(", then ")}. `;
  const left =
    ranking && ranking.left_out > 0 && `${counted(ranking.left_out, "more set")} of places were not tried.`;
  return (raced || left) && element("p", { class: "note" }, raced, left);
}

// Sets of remedies that act together, best first.
function combinations(found) {
  const sets = found.combination.filter((one) => one.saved && list(one.members).length > 0);
  if (sets.length === 0) return null;
  const titles = new Map(found.remedy.map((remedy) => [remedy.name, remedyTitle(remedy)]));
  return [
    element("h3", null, "Together"),
    scrolling(
      "Combinations of remedies",
      plainTable(
        "The best remedies together; each row adds to the one above it what then saves most",
        [
          { name: "Remedies", class: "number" },
          "Added",
          { name: "Median saved", class: "number" },
          { name: "Low – high", class: "number nowrap" },
        ],
        sets.map((set, at) => [
          count(set.members.length),
          (at === 0 ? set.members : set.members.slice(-1))
            .map((name) => titles.get(name) || plain(name))
            .join(" + "),
          count(set.saved.median),
          `${count(set.saved.low)} – ${count(set.saved.high)}`,
        ]),
      ),
    ),
  ];
}

function rankingTable(found) {
  const most = Math.max(1, ...found.ranked.map((forecast) => forecast.saved.high));
  const disturbs = found.ranked.some((forecast) => disturbedShare(forecast) !== null);
  return scrolling(
    "Ranking of remedies",
    plainTable(
      `Remedies by the hosts they save within ${duration(found.ranked[0].duration)}; bar: median, whisker: 5 % to 95 % of ${count(found.ranked[0].replicas)} simulations`,
      [
        { name: "Rank", class: "number" },
        "Remedy",
        { name: "Place", class: "spare" },
        { name: "In force after", class: "nowrap spare" },
        { name: `Hosts saved (full bar: ${count(most)})` },
        { name: "Median (low – high)", class: "number" },
        { name: "If in force at once", class: "number spare" },
        ...(disturbs ? [{ name: "Disturbs", class: "number spare" }] : []),
      ],
      found.ranked.map((forecast) => {
        const remedy = found.remedyById.get(forecast.remedy);
        const { low, median, high } = forecast.saved;
        return [
          count(forecast.rank),
          [
            remedy
              ? element("a", { href: "#" + anchor("remedy", remedy.id) }, forecastTitle(found, forecast))
              : forecastTitle(found, forecast),
            forecast.pareto && [" ", badge("good", "unbeaten")],
          ],
          remedy ? plain(remedy.place) : "–",
          remedy ? duration(remedy.delay) : "–",
          rangeBar(forecast.saved, most, `saves ${count(median)} hosts, ${count(low)} to ${count(high)}`),
          [count(median), element("span", { class: "range-words" }, `${count(low)} – ${count(high)}`)],
          forecast.saved_at_once ? count(forecast.saved_at_once.median) : "–",
          ...(disturbs ? [percent(forecast.disturbed)] : []),
        ];
      }),
    ),
  );
}

function strength(remedy) {
  if (!Number.isFinite(remedy.pass)) return null;
  if (remedy.effect === "filter") return `${percent(remedy.pass)} of the attack's packets still pass`;
  if (remedy.effect === "rate") return `scans go on at ${percent(remedy.pass)} of their rate`;
  return null;
}

function undoBlock(rule) {
  return element(
    "details",
    { class: "undo" },
    element("summary", null, "To take this rule back"),
    element("pre", { tabindex: "0", "aria-label": `Undo text for ${visible(rule.format)}` }, rule.undo),
    copyButton("Copy", String(rule.undo)),
  );
}

function ruleBlock(rule, name) {
  return element(
    "figure",
    { class: "rule" },
    element(
      "figcaption",
      null,
      element("span", null, plain(rule.format)),
      element(
        "span",
        { class: "keys" },
        copyButton("Copy", String(rule.text)),
        saveButton("Save as", fileName(name, ruleEnding(rule.format)), String(rule.text)),
      ),
    ),
    element("pre", { tabindex: "0", "aria-label": `Rule text for ${visible(rule.format)}` }, rule.text),
    rule.undo && undoBlock(rule),
  );
}

function sideEffects(remedy, forecast) {
  const benign =
    Number.isFinite(remedy.collateral_share) &&
    `${percent(remedy.collateral_share)} of benign flows there stop${known(remedy.collateral_basis) ? ` (${plain(remedy.collateral_basis)})` : ""}`;
  const hosts =
    forecast && disturbedShare(forecast) > 0 && `${percent(forecast.disturbed)} of live hosts are disturbed`;
  return [remedy.collateral || "none known", benign, hosts].filter(Boolean).join("; ");
}

// Which places take part: by name, or by chance.
function takingPart(found, remedy) {
  const names = list(remedy.places),
    world = found.world[0] || {};
  const places = list(remedy.place === "subnet" ? world.subnets : world.providers);
  const nameOf =
    remedy.place === "subnet" ? placeNames(places, list(world.providers)) : (at) => places[at];
  if (names.length > 0)
    return (
      names
        .slice(0, 12)
        .map((at) => plain(places[at] ? nameOf(at) : at))
        .join(", ") +
      (names.length > 12 ? ` and ${count(names.length - 12)} more` : "")
    );
  return Number.isFinite(remedy.share) && `${percent(remedy.share)} of these places`;
}

function remedyCard(found, remedy) {
  const forecast = found.ranked.find((one) => one.remedy === remedy.id);
  const best = forecast && forecast === bestForecast(found);
  return element(
    "details",
    { class: "card", id: anchor("remedy", remedy.id), open: best },
    element("summary", null, element("h3", null, remedyTitle(remedy)), best && [" ", badge("good", "best")]),
    facts([
      ["Answers", remedy.why],
      ["Does", [word(EFFECTS, remedy.effect), ", ", word(PLACES, remedy.place)]],
      ["Strength", strength(remedy)],
      ["Taking part", takingPart(found, remedy)],
      ["In force after", duration(remedy.delay)],
      ["Side effects", sideEffects(remedy, forecast)],
      ["Does not stop", remedy.limits],
      ["To take it back", remedy.undo],
      ["ATT&CK", list(remedy.attack).map(plain).join(", ")],
      ["D3FEND", list(remedy.defend).map(plain).join(", ")],
      [
        "Saves",
        forecast
          ? `${count(forecast.saved.median)} hosts (${count(forecast.saved.low)} to ${count(forecast.saved.high)})`
          : "not forecast",
      ],
      [
        "Mean saved",
        forecast &&
          forecast.interval &&
          `${count(forecast.interval.low)} to ${count(forecast.interval.high)} hosts, with 95 % confidence`,
      ],
    ]),
    list(remedy.rules).map((rule) => ruleBlock(rule, remedy.name)),
  );
}

function remediesSection(found) {
  if (found.remedy.length === 0)
    return element(
      "p",
      { class: "empty" },
      found.behaviour.length > 0
        ? "kenbi knows no countermeasure for these behaviours."
        : "No behaviour was recognised that would need a countermeasure.",
    );
  const order = new Map(found.ranked.map((forecast, at) => [forecast.remedy, at]));
  const sorted = [...found.remedy].sort(
    (a, b) => (order.get(a.id) ?? Infinity) - (order.get(b.id) ?? Infinity),
  );
  return [
    element(
      "p",
      null,
      isForecastAlone(found)
        ? `${counted(total(found, "remedy"), "countermeasure")} ${found.remedy.length === 1 ? "was" : "were"} tried. `
        : `${counted(total(found, "remedy"), "countermeasure")} ${found.remedy.length === 1 ? "answers" : "answer"} what was seen. `,
      found.ranked.length > 0
        ? "They are ranked by the hosts that they save in the forecast."
        : "There is no forecast, so they are not ranked.",
    ),
    found.ranked.length > 0 && rankingTable(found),
    element(
      "p",
      { class: "keys screen" },
      found.ranked.length > 0 && saveButton("Save the ranking as", "ranking.csv", () => rankingText(found)),
      sorted.some((remedy) => list(remedy.rules).length > 0) && [
        saveButton("Save all rules as", "rules.txt", () => allRules(sorted)),
      ],
    ),
    found.ranked.some((forecast) => forecast.pareto) &&
      element("p", { class: "note" }, "Unbeaten: nothing saves as many hosts and disturbs less."),
    raceNote(found),
    combinations(found),
    found.ranked.length > 0 &&
      found.remedy.some((remedy) => remedy.effect === "control") &&
      element(
        "p",
        { class: "note" },
        "Cutting the infected off from their control server does not slow the spread, so it saves no hosts in this forecast; it takes the infected away from those who command them.",
      ),
    element("h3", null, "Each remedy with its rules"),
    gradually(sorted, 20, "remedies", (remedy) => remedyCard(found, remedy), "remedy"),
  ];
}
