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
  // nobody), address, stopped}]; none when nobody is infected. `before`: the shares as long before as it takes to block
  // a host.
  function draw(shares, remedy, time, wanted, seed, within, into, before = null) {
    const even = evenNumbers(seed + 1),
      inForce = remedy && time >= remedy.delay;
    let sum = 0;
    for (let i = 0; i < land.count; i++) upTo[i] = sum += shares[i] * land.vulnerable[i];
    into.length = 0;
    for (let i = 0; i < wanted && sum > 0; i++) {
      const from = firstAbove(upTo, even() * sum);
      const address = aim(even, from, time, within);
      const to = address < land.end ? lastNotAbove(land.first, address) : -1;
      const known = before ? Math.min(1, before[from] / shares[from]) : 0;
      const chance = inForce && to >= 0 ? passChance(land, remedy, from, to, known) : 1;
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
