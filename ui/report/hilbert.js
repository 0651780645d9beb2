// The scanned space as a map: addresses along a Hilbert curve (Hilbert 1891, DOI 10.1007/BF01199431), so that
// neighbours in address stay neighbours on the map.

const HILBERT_ORDER = 7; // 128 by 128 cells
const HILBERT_SIDE = 2 ** HILBERT_ORDER;

// Cell of a map of `side` by `side` at distance `at` along the curve, as [x, y].
function hilbertPoint(side, at) {
  let x = 0,
    y = 0;
  for (let size = 1; size < side; size *= 2) {
    const right = 1 & Math.floor(at / 2),
      up = 1 & (at ^ right);
    if (up === 0) {
      if (right === 1) {
        x = size - 1 - x;
        y = size - 1 - y;
      }
      [x, y] = [y, x];
    }
    x += size * right;
    y += size * up;
    at = Math.floor(at / 4);
  }
  return [x, y];
}

// The smallest part of the space, a fourth of a fourth …, that starts at 0 and holds every subnet: a square
// in the corner of the map.
function inhabitedSpace(land) {
  let part = land.space;
  while (part / 4 >= land.end) part /= 4;
  return part;
}

// Which groups lie in which cells of a map of the first `space` addresses: {x, y of each cell, start (one
// more: the end), group, hosts (that can be infected) of each entry, total (of each cell)}.
function hilbertCells(land, space) {
  const count = HILBERT_SIDE ** 2,
    width = space / count;
  const cells = {
    space,
    count,
    width,
    pixel: new Int32Array(count),
    start: new Int32Array(count + 1),
    group: [],
    hosts: [],
    total: new Float64Array(count),
  };
  let group = 0;
  for (let cell = 0; cell < count; cell++) {
    const [x, y] = hilbertPoint(HILBERT_SIDE, cell);
    cells.pixel[cell] = y * HILBERT_SIDE + x;
    const low = cell * width,
      high = low + width;
    while (group < land.count && land.first[group] + land.addresses[group] <= low) group++;
    for (let at = group; at < land.count && land.first[at] < high; at++) {
      const overlap =
        Math.min(high, land.first[at] + land.addresses[at]) - Math.max(low, land.first[at]);
      const hosts = (land.vulnerable[at] * overlap) / land.addresses[at];
      cells.group.push(at);
      cells.hosts.push(hosts);
      cells.total[cell] += hosts;
    }
    cells.start[cell + 1] = cells.group.length;
  }
  cells.group = Int32Array.from(cells.group);
  cells.hosts = Float64Array.from(cells.hosts);
  return cells;
}
