// The worm's attacks as a person sees them: at a moment, some of them are drawn at random by the worm's own way
// of choosing targets, from the hosts that are infected then. They illustrate; the forecast's figures come
// from the simulation. The same moment always gives the same picture.

// Permutations and flawed generators look even from outside. Lists and contacts are not in the records.
const TRAFFIC_WAYS = ["random", "local", "sequential", "permutation", "flawed", "shares"];

// A small generator of even numbers 0 … 1 (xorshift, Marsaglia 2003, DOI 10.18637/jss.v008.i14).
function evenNumbers(seed) {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
}

// Last index whose value is not above `wanted`; values ascend.
function lastNotAbove(values, wanted) {
  let low = 0,
    high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}

// The chance that the place of a group takes part in a remedy: by the names of places, where it has some.
function takesPart(land, remedy, group) {
  if (!Array.isArray(remedy.places)) return remedy.share;
  return remedy.places.includes(remedy.place === "subnet" ? land.names[group] : land.providerName[group]) ? 1 : 0;
}

// The chance that an attack from one group on another still passes, once the remedy is in force.
function passChance(land, remedy, from, to) {
  if (!remedy || remedy.effect !== "filter" || !(remedy.pass >= 0) || !(remedy.share >= 0)) return 1;
  const stops = 1 - remedy.pass;
  if (remedy.place === "host") return 1 - remedy.share * stops;
  if (remedy.place === "subnet" ? from === to : land.provider[from] === land.provider[to]) return 1;
  const leaving = takesPart(land, remedy, from),
    entering = takesPart(land, remedy, to);
  if (remedy.place === "border") return 1 - (1 - (1 - leaving) * (1 - entering)) * stops;
  return (1 - leaving * stops) * (1 - entering * stops);
}

// What hosts' scans are multiplied by.
function rateFactor(remedy, time) {
  if (!remedy || remedy.effect !== "rate" || !(time >= remedy.delay)) return 1;
  return remedy.pass >= 0 && remedy.share >= 0 ? 1 - remedy.share * (1 - remedy.pass) : 1;
}

// Null when the page does not know how this worm chooses its targets.
function makeTraffic(land, worm) {
  if (!worm || !TRAFFIC_WAYS.includes(worm.scan) || !(worm.rate > 0)) return null;
  const upTo = new Float64Array(land.count); // infected in the groups up to each

  // The share of all attacks whose target lies within the first `within` addresses.
  function arriving(within) {
    const anywhere = Math.min(1, within / land.space);
    if (worm.scan === "sequential" || worm.scan === "shares") return 1;
    return worm.scan === "local" ? worm.local_share + (1 - worm.local_share) * anywhere : anywhere;
  }

  // A target among those within.
  function aim(even, from, time, within) {
    if (worm.scan === "sequential") return (land.first[from] + even() * worm.rate * time) % land.space;
    if (worm.scan === "shares" || (worm.scan === "local" && even() * arriving(within) < worm.local_share))
      return land.first[from] + even() * land.addresses[from];
    return even() * within;
  }

  // Attacks per second at that moment.
  function intensity(shares, remedy, time) {
    return infectedHosts(land, shares) * worm.rate * rateFactor(remedy, time);
  }

  // Fills `into` with `wanted` attacks on the first `within` addresses [{from, to (group or -1: an address of
  // nobody), address, stopped}]; none when nobody is infected.
  function draw(shares, remedy, time, wanted, seed, within, into) {
    const even = evenNumbers(seed + 1),
      inForce = remedy && time >= remedy.delay;
    let sum = 0;
    for (let i = 0; i < land.count; i++) upTo[i] = sum += shares[i] * land.vulnerable[i];
    into.length = 0;
    for (let i = 0; i < wanted && sum > 0; i++) {
      const from = firstAbove(upTo, even() * sum);
      const address = aim(even, from, time, within);
      const to = address < land.end ? lastNotAbove(land.first, address) : -1;
      const chance = inForce && to >= 0 ? passChance(land, remedy, from, to) : 1;
      into.push({ from, to, address, stopped: even() >= chance });
    }
    return into;
  }

  return { draw, intensity, arriving };
}

// First index whose running sum is above `wanted`.
function firstAbove(sums, wanted) {
  let low = 0,
    high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}
