// The way between two subnets, and what a remedy's filters let pass on it: at hosts, subnets and providers by the two
// ends, at borders and links by the providers that the routes put between them: a tree, and shortcuts over links between
// peers (docs/topology.md).

// Of each provider its parent (-1: at the top) and how far below the top it is; null: every two providers are
// connected, or the records are no forest. And its peers, from pairs of them; what is no pair is left out.
function makeRoutes(parents, providers, pairs) {
  if (!Array.isArray(parents) || parents.length !== providers) return null;
  const parent = parents.map((one) => (one === null ? -1 : one));
  if (!parent.every((one) => Number.isInteger(one) && one >= -1 && one < providers)) return null;
  const depth = new Int32Array(providers).fill(-1);
  for (let start = 0; start < providers; start++) {
    const way = [];
    let at = start;
    while (at >= 0 && depth[at] < 0 && way.length <= providers) {
      way.push(at);
      at = parent[at];
    }
    if (way.length > providers) return null; // round in a circle
    for (let below = at < 0 ? -1 : depth[at]; way.length > 0; ) depth[way.pop()] = ++below;
  }
  const peers = new Map(),
    known = (one) => Number.isInteger(one) && one >= 0 && one < providers;
  for (const pair of Array.isArray(pairs) ? pairs : []) {
    if (!Array.isArray(pair) || !pair.every(known)) continue;
    for (const [one, other] of [pair, [pair[1], pair[0]]]) {
      if (!peers.has(one)) peers.set(one, new Set());
      peers.get(one).add(other);
    }
  }
  return { parent, depth, peers };
}

// A provider and all above it.
function wayUp(routes, provider) {
  const way = [];
  for (let at = provider; at >= 0; at = routes.parent[at]) way.push(at);
  return way;
}

// How far both climb to the two ends of the link between peers that the route crosses: the first on the way up that has
// one, and of its peers the nearest to the target. Null: the route is that of the tree.
function shortcut(routes, up, down) {
  const above = new Set(down),
    apart = new Set(up);
  for (let i = 0; i < up.length && !above.has(up[i]); i++) {
    const peers = routes.peers.get(up[i]);
    for (let j = 0; peers && j < down.length && !apart.has(down[j]); j++)
      if (peers.has(down[j])) return [i, j];
  }
  return null;
}

// The providers on the way, and those whose link upwards it takes. The top is connected by links of its own.
function wayBetween(routes, from, to) {
  const up = routes.peers.size > 0 ? wayUp(routes, from) : [],
    down = routes.peers.size > 0 ? wayUp(routes, to) : [],
    crossed = shortcut(routes, up, down);
  if (crossed)
    return {
      passed: [...up.slice(0, crossed[0] + 1), ...down.slice(0, crossed[1] + 1)],
      links: [...up.slice(0, crossed[0]), ...down.slice(0, crossed[1])],
    };
  const passed = [],
    links = [];
  let a = from,
    b = to;
  const climb = (at) => {
    passed.push(at);
    links.push(at);
    return routes.parent[at];
  };
  while (a >= 0 && b >= 0 && a !== b) {
    const down = routes.depth[a] - routes.depth[b];
    if (down >= 0) a = climb(a);
    if (down <= 0) b = climb(b);
  }
  if (a >= 0) passed.push(a);
  return { passed, links };
}

// The chance of each place to take part: by the list of places, where there is one. Of a group of subnets it is the
// share of those that do.
function partsOf(land, remedy) {
  const subnets = remedy.place === "subnet";
  const parts = new Float64Array(subnets ? land.count : land.providerCount);
  if (!Array.isArray(remedy.places)) return parts.fill(remedy.share);
  for (const place of remedy.places) {
    const at = subnets ? Math.floor(place / land.size) : place;
    if (at >= 0 && at < parts.length) parts[at] += subnets ? 1 / land.members[at] : 1;
  }
  return parts.map((part) => Math.min(1, part));
}

const partsKnown = new WeakMap(); // a remedy's, so that pictures need not count again
function partsFor(land, remedy) {
  const known = partsKnown.get(remedy);
  if (known && known.land === land) return known.parts;
  const parts = partsOf(land, remedy);
  partsKnown.set(remedy, { land, parts });
  return parts;
}

// The same of an attack that the remedy looks at.
function passFilters(land, remedy, from, to) {
  const stops = 1 - remedy.pass;
  if (remedy.place === "host") return 1 - remedy.share * stops;
  const parts = partsFor(land, remedy);
  if (remedy.place === "subnet")
    return from === to ? 1 : (1 - parts[from] * stops) * (1 - parts[to] * stops);
  const leaving = land.provider[from],
    entering = land.provider[to];
  if (leaving === entering || !(leaving >= 0) || !(entering >= 0)) return 1;
  if (remedy.place === "provider") return (1 - parts[leaving] * stops) * (1 - parts[entering] * stops);
  // Lists of attackers are kept by the providers of both ends.
  const { passed, links } =
    land.routes && remedy.effect === "filter"
      ? wayBetween(land.routes, leaving, entering)
      : { passed: [leaving, entering], links: [] };
  if (remedy.place === "link") return links.reduce((chance, at) => chance * (1 - parts[at] * stops), 1);
  return 1 - (1 - passed.reduce((none, at) => none * (1 - parts[at]), 1)) * stops;
}

// The chance that an attack from one group on another still passes, once the remedy is in force. `known`: the share of
// the group's infected that have been so for long enough to be blocked.
function passChance(land, remedy, from, to, known = 0) {
  if (!remedy || !(remedy.pass >= 0) || !(remedy.share >= 0)) return 1;
  if (remedy.effect === "filter") return passFilters(land, remedy, from, to);
  if (remedy.effect !== "block") return 1;
  return 1 - known * (1 - passFilters(land, remedy, from, to));
}
