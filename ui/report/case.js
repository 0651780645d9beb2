// The case: records by type, and what follows from several of them.

// The lists of records, and nothing that would have to be checked again: `case.session` is always a list.
const RECORD_TYPES = [
  "input",
  "error",
  "session",
  "shellcode",
  "sample",
  "behaviour",
  "step",
  "world",
  "worm",
  "remedy",
  "forecast",
  "subnet_curve",
  "combination",
  "ranking",
  "provenance",
];

function readCase() {
  const page = JSON.parse(document.getElementById("case").textContent);
  const found = { version: page.version, omitted: page.omitted, others: new Map() };
  for (const type of RECORD_TYPES) found[type] = [];
  for (const record of page.records) {
    if (RECORD_TYPES.includes(record.type)) found[record.type].push(record);
    else found.others.set(record.type, (found.others.get(record.type) || 0) + 1);
  }
  found.session.sort((a, b) => a.id - b.id);
  found.step.sort((a, b) => a.id - b.id);
  found.forecast.sort((a, b) => a.rank - b.rank);
  found.without = found.forecast.find((forecast) => !known(forecast.remedy)) || null;
  found.ranked = found.forecast.filter((forecast) => known(forecast.remedy));
  for (const type of ["session", "shellcode", "sample", "remedy"])
    found[type + "ById"] = new Map(found[type].map((record) => [record.id, record]));
  found.roles = hostRoles(found);
  return found;
}

// `kenbi outbreak` makes such a case: a scenario, and nothing that was captured.
function isForecastAlone(found) {
  return found.input.length === 0 && found.session.length === 0 && found.forecast.length > 0;
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

// Host → what it is in this story; the first thing said of a host stands.
function hostRoles(found) {
  const roles = new Map();
  const say = (host, role) => {
    if (known(host) && !roles.has(host)) roles.set(host, role);
  };
  for (const shellcode of found.shellcode.filter((one) => one.flow)) {
    const fromClient = shellcode.side !== "server";
    say(fromClient ? shellcode.flow.src : shellcode.flow.dst, "attacker");
    say(fromClient ? shellcode.flow.dst : shellcode.flow.src, "victim");
  }
  for (const sample of found.sample)
    for (const endpoint of list(sample.endpoints))
      if (endpoint.role !== "listen" && endpoint.role !== "scan")
        say(endpoint.address, word(ENDPOINT_ROLES, endpoint.role));
  return roles;
}

function forecastTitle(found, forecast) {
  const remedy = found.remedyById.get(forecast.remedy);
  if (!known(forecast.remedy)) return "Nothing is done";
  return remedy ? remedyTitle(remedy) : forecast.name;
}

// A remedy's title as a heading: knowledge may write it in lower case.
function remedyTitle(remedy) {
  return String(remedy.title || remedy.name).replace(/^\p{Ll}(?=[\p{Ll}'’-]*[ ,])/u, (letter) =>
    letter.toUpperCase(),
  );
}

// The first remedy of the ranking that saves anybody, or null.
function bestForecast(found) {
  const best = found.ranked[0];
  return best && best.saved && best.saved.median > 0 ? best : null;
}

const WORST_FIRST = ["malicious", "suspicious", "unknown", "clean"];

function worstVerdict(found) {
  return WORST_FIRST.find((verdict) => found.sample.some((sample) => sample.verdict === verdict)) || null;
}

// A link to where a record stands in the page.
function reference(type, id) {
  if (!known(id)) return null;
  return element("a", { href: "#" + anchor(type, id) }, `${type} ${id}`);
}

// Ids are numbers by contract; anything else becomes something that is harmless as a name.
function anchor(type, id) {
  return (
    type +
    "-" +
    String(id)
      .replace(/[^0-9A-Za-z]/g, "_")
      .slice(0, 40)
  );
}
