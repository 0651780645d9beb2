// The scanned space drawn along the Hilbert curve: a cell for some addresses, coloured by the infected share of
// the hosts in it; where no host can be infected it stays empty. Attacks are dots where they arrive.

const HILBERT_MOST = 440; // CSS pixels of a side

// {element, show, move, pick, refresh} as a grid; look(cells) changes the part of the space.
function makeHilbertMap(land, cells, label) {
  const pixels = new ImageData(HILBERT_SIDE, HILBERT_SIDE);
  const words = new Uint32Array(pixels.data.buffer);
  const small = element("canvas", { width: HILBERT_SIDE, height: HILBERT_SIDE });
  const smallContext = small.getContext("2d");
  let shares, palette, attacks, marked;
  let side = 0;
  const picture = layered(
    label,
    (width) => (side = Math.min(width, HILBERT_MOST)),
    () => {
      if (shares) paintCells();
      if (attacks) paintMoving();
    },
  );

  function paintCells() {
    const [r, g, b] = rgb(palette.empty);
    const empty = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    for (let cell = 0; cell < cells.count; cell++) {
      let infected = 0;
      for (let at = cells.start[cell]; at < cells.start[cell + 1]; at++)
        infected += shares[cells.group[at]] * cells.hosts[at];
      const total = cells.total[cell];
      words[cells.pixel[cell]] = total > 0 ? palette.words[inkOf(infected / total)] : empty;
    }
    smallContext.putImageData(pixels, 0, 0);
    picture.base.imageSmoothingEnabled = false;
    picture.base.drawImage(small, 0, 0, side, side);
  }

  function placeOf(address) {
    const pixel = cells.pixel[Math.min(cells.count - 1, Math.floor(address / cells.width))];
    return [((pixel % HILBERT_SIDE) * side) / HILBERT_SIDE, (Math.floor(pixel / HILBERT_SIDE) * side) / HILBERT_SIDE];
  }

  function markGroup(context, group) {
    const cell = side / HILBERT_SIDE,
      first = Math.floor(land.first[group] / cells.width),
      last = Math.ceil((land.first[group] + land.addresses[group]) / cells.width);
    context.fillStyle = palette.marked;
    context.globalAlpha = 0.45;
    for (let at = first; at < Math.min(last, cells.count); at++) {
      const [x, y] = placeOf(at * cells.width);
      context.fillRect(x - 0.5, y - 0.5, cell + 1, cell + 1);
    }
    context.globalAlpha = 1;
  }

  function paintMoving() {
    const context = picture.top;
    context.clearRect(0, 0, picture.width, picture.height);
    if (marked >= 0) markGroup(context, marked);
    for (const stopped of [true, false]) {
      const points = attacks
        .filter((attack) => attack.stopped === stopped && attack.address < cells.space)
        .flatMap((attack) => placeOf(attack.address));
      drawDots(context, palette, points, stopped ? palette.stopped : palette.attack);
    }
  }

  return {
    element: picture.element,
    refresh: picture.refresh,
    show(newShares, newPalette) {
      shares = newShares;
      if (palette !== newPalette) {
        palette = newPalette;
        picture.refresh();
      } else paintCells();
    },
    move(newAttacks, newMarked) {
      attacks = newAttacks;
      marked = newMarked;
      paintMoving();
    },
    look(newCells) {
      cells = newCells;
      picture.refresh();
    },
    pick(x, y) {
      const cell = Math.floor((y / side) * HILBERT_SIDE) * HILBERT_SIDE + Math.floor((x / side) * HILBERT_SIDE);
      const at = x < side && y < side ? cells.pixel.indexOf(cell) : -1;
      return at >= 0 && cells.start[at] < cells.start[at + 1] ? cells.group[cells.start[at]] : -1;
    },
  };
}
