// Where the infected are over time, out of the records: the world as neighbours in address order, and for an
// outbreak the infected share of each of them at some moments, with what lies between the moments.

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SHARE_STEPS_OF_TEXT = 4095; // two characters of twelve bits, as docs/records.md says

// Shares 0 … 1, or null when the text is not what it should be.
function decodeShares(text, expected) {
  if (typeof text !== "string" || text.length !== 2 * expected) return null;
  const value = new Int16Array(128).fill(-1);
  for (let i = 0; i < 64; i++) value[BASE64.charCodeAt(i)] = i;
  const shares = new Float32Array(expected);
  for (let i = 0; i < expected; i++) {
    const high = value[text.charCodeAt(2 * i)] ?? -1,
      low = value[text.charCodeAt(2 * i + 1)] ?? -1;
    if (high < 0 || low < 0) return null;
    shares[i] = (high * 64 + low) / SHARE_STEPS_OF_TEXT;
  }
  return shares;
}

// What subnets are called, by their number: names that come more than once say which of them it is.
function placeNames(subnets, providers) {
  const times = new Map();
  for (const one of subnets) if (one) times.set(one.name, (times.get(one.name) ?? 0) + 1);
  return (at) => {
    const { name, provider } = subnets[at];
    return times.get(name) > 1 ? `${name} (${providers[provider] ?? "?"}, subnet ${at + 1})` : name;
  };
}

// The world in groups of `size` subnets, one behind the other: {count, size, names, provider, first (address),
// addresses, vulnerable, members, end (first address past the last), space, routes}; null when it is no world.
function makeLand(world, size) {
  const subnets = list(world.subnets);
  if (subnets.length === 0 || !subnets.every((one) => one && one.addresses > 0 && one.vulnerable >= 0))
    return null;
  const count = Math.ceil(subnets.length / size);
  const land = {
    count,
    size,
    names: [],
    members: new Int32Array(count),
    provider: new Int32Array(count),
    first: new Float64Array(count),
    addresses: new Float64Array(count),
    vulnerable: new Float64Array(count),
    end: 0,
  };
  const nameOf = placeNames(subnets, list(world.providers));
  for (let at = 0; at < subnets.length; at++) {
    const group = Math.floor(at / size);
    if (at % size === 0) {
      land.first[group] = land.end;
      land.provider[group] = Number.isInteger(subnets[at].provider) ? subnets[at].provider : -1;
      land.names.push(nameOf(at));
    }
    land.members[group]++;
    land.addresses[group] += subnets[at].addresses;
    land.vulnerable[group] += subnets[at].vulnerable;
    land.end += subnets[at].addresses;
  }
  land.space = Math.max(land.end, Number(world.scanned_space) || 0);
  land.providers = [...new Set(land.provider)].map((index) => ({
    name: list(world.providers)[index] ?? `provider ${index}`,
    groups: [],
  }));
  land.providerCount = list(world.providers).length;
  land.routes = makeRoutes(world.parents, land.providerCount, world.peers);
  const order = new Map([...new Set(land.provider)].map((index, at) => [index, at]));
  for (let group = 0; group < count; group++)
    land.providers[order.get(land.provider[group])].groups.push(group);
  return land;
}

function groupName(land, group) {
  return land.size > 1 ? `${land.names[group]} and ${land.size - 1} more` : land.names[group];
}

// An outbreak over time: {times, frames, at(position, shares)}. A position is a moment's number, with a
// fraction for what lies between two.
function makeSpread(times, shares, groups) {
  return {
    times,
    frames: times.length,
    at(position, into) {
      const before = Math.min(Math.floor(position), times.length - 1),
        after = Math.min(before + 1, times.length - 1),
        part = position - before;
      const from = before * groups,
        to = after * groups;
      for (let i = 0; i < groups; i++)
        into[i] = shares[from + i] + part * (shares[to + i] - shares[from + i]);
      return into;
    },
  };
}

function isTimeAxis(times) {
  return (
    times.length >= 2 &&
    times.every((time, at) => Number.isFinite(time) && (at === 0 || time > times[at - 1]))
  );
}

// The record of a forecast's course, with the remedy in force after its delay or at once.
function courseRecord(found, forecast, atOnce) {
  return found.subnet_curve.find(
    (one) => (one.remedy ?? null) === (forecast.remedy ?? null) && (one.at_once === true) === atOnce,
  );
}

// The recorded spread of a forecast, or null.
function recordedSpread(found, forecast, land, atOnce) {
  const record = courseRecord(found, forecast, atOnce);
  const times = record && list(record.times);
  if (!record || !isTimeAxis(times) || record.group !== land.size) return null;
  const shares = decodeShares(record.shares, times.length * land.count);
  return shares && makeSpread(times, shares, land.count);
}

// Where no course is recorded: the end alone, from the forecast; null when that is missing, too.
function finalSpread(forecast, land, world) {
  const infected = list(forecast.subnet_infected);
  if (infected.length !== list(world.subnets).length) return null;
  const shares = new Float32Array(land.count);
  infected.forEach((hosts, at) => {
    shares[Math.floor(at / land.size)] += Number(hosts) || 0;
  });
  for (let i = 0; i < land.count; i++)
    shares[i] = land.vulnerable[i] > 0 ? Math.min(1, shares[i] / land.vulnerable[i]) : 0;
  return makeSpread([Number(forecast.duration) || 0], shares, land.count);
}

// The size of the groups in which the case tells of its subnets.
function groupSize(found) {
  const size = found.subnet_curve[0] && found.subnet_curve[0].group;
  return Number.isInteger(size) && size > 0 ? size : 1;
}

function timeAt(times, position) {
  const before = Math.min(Math.floor(position), times.length - 1),
    after = Math.min(before + 1, times.length - 1);
  return times[before] + (position - before) * (times[after] - times[before]);
}

// The position of a time that is not before the first.
function positionAt(times, time) {
  const before = lastNotAbove(times, time),
    after = Math.min(before + 1, times.length - 1);
  return after === before ? before : before + Math.min(1, (time - times[before]) / (times[after] - times[before]));
}

function infectedHosts(land, shares) {
  let sum = 0;
  for (let i = 0; i < land.count; i++) sum += shares[i] * land.vulnerable[i];
  return sum;
}
