// The subnets as a grid of squares, grouped by provider, coloured by the infected share of each. Only squares
// whose colour changes are painted again, so that thousands can change many times a second.

const GRID_SQUARES = [24, 20, 16, 13, 11, 9, 7, 5, 4, 3, 2]; // CSS pixels; the largest that fits
const GRID_HEIGHT = 460;
const GRID_HEADING = 21;
const GRID_SMALLEST_NAMED = 5; // squares below stand one behind the other, without a heading for each provider

// Where every group lies in blocks of squares of a size, each block under its heading.
function gridOfSquares(land, blocks, width, square) {
  const gap = square > 8 ? 2 : square > 3 ? 1 : 0,
    pitch = square + gap,
    heading = blocks.length > 1 ? GRID_HEADING : 0,
    fitting = Math.max(1, Math.floor((width + gap) / pitch));
  const columns = !heading && fitting > 16 ? fitting - (fitting % 8) : fitting;
  const layout = {
    square,
    pitch,
    columns,
    heading,
    headings: [],
    left: new Float32Array(land.count),
    top: new Float32Array(land.count),
  };
  let y = 0;
  for (const block of blocks) {
    if (heading) layout.headings.push({ block, y });
    block.groups.forEach((group, i) => {
      layout.left[group] = (i % columns) * pitch;
      layout.top[group] = y + heading + Math.floor(i / columns) * pitch;
    });
    y += heading + Math.ceil(block.groups.length / columns) * pitch + (heading ? 8 : 0);
  }
  layout.height = y;
  return layout;
}

// The layout of the largest squares that fit a picture `width` wide.
function gridLayout(land, width) {
  const all = [{ name: "", groups: Array.from({ length: land.count }, (_, i) => i) }];
  for (const blocks of [land.providers, all])
    for (const square of GRID_SQUARES) {
      if (blocks !== all && square < GRID_SMALLEST_NAMED) break;
      const layout = gridOfSquares(land, blocks, width, square);
      if (layout.height <= GRID_HEIGHT) return layout;
    }
  return gridOfSquares(land, all, width, GRID_SQUARES.at(-1));
}

function gridHeadings(context, palette, layout, land, shares, said, width) {
  context.font = `600 13px ${palette.font}`;
  context.textBaseline = "alphabetic";
  layout.headings.forEach(({ block, y }, at) => {
    let hosts = 0;
    for (const group of block.groups) hosts += shares[group] * land.vulnerable[group];
    const words = `${count(hosts)} infected`;
    if (said[at] === words) return;
    said[at] = words;
    context.clearRect(0, y, width, layout.heading - 3);
    context.fillStyle = palette.text;
    context.textAlign = "left";
    context.fillText(shortened(block.name, Math.floor((width - 130) / 7.5)), 0, y + 14);
    context.fillStyle = palette.muted;
    context.textAlign = "right";
    context.font = `12px ${palette.font}`;
    context.fillText(words, width, y + 14);
    context.font = `600 13px ${palette.font}`;
  });
}

function shortened(text, room) {
  const letters = [...visible(text)];
  return letters.length > room ? letters.slice(0, Math.max(1, room - 1)).join("") + "…" : letters.join("");
}

// {element, show(shares, palette), move(attacks, palette, marked), pick(x, y) → group or -1, refresh(),
// beside(group, key) → the group that an arrow key leads to}
function makeGrid(land, label) {
  let layout, shares, palette, attacks, marked;
  const inks = new Uint8Array(land.count),
    said = [];
  const picture = layered(
    label,
    (width) => {
      layout = gridLayout(land, width);
      return layout.height;
    },
    () => {
      inks.fill(255);
      said.length = 0;
      if (shares) paintChanges();
      if (attacks) paintMoving();
    },
  );

  function paintChanges() {
    const context = picture.base,
      { left, top, square } = layout;
    const changed = new Map();
    for (let i = 0; i < land.count; i++) {
      const ink = inkOf(shares[i]);
      if (ink === inks[i]) continue;
      inks[i] = ink;
      if (changed.has(ink)) changed.get(ink).push(i);
      else changed.set(ink, [i]);
    }
    for (const [ink, groups] of changed) {
      context.fillStyle = palette.css[ink];
      for (const i of groups) context.fillRect(left[i], top[i], square, square);
    }
    gridHeadings(context, palette, layout, land, shares, said, picture.width);
  }

  function paintMoving() {
    const context = picture.top;
    context.clearRect(0, 0, picture.width, picture.height);
    drawAttacks(context, palette, attacks, pointIn);
    if (marked < 0) return;
    context.strokeStyle = palette.marked;
    context.lineWidth = 2;
    const room = layout.square + 4;
    context.strokeRect(layout.left[marked] - 2, layout.top[marked] - 2, room, room);
  }

  // An attack comes from the middle of a square, and arrives somewhere in one.
  function pointIn(group, address) {
    const across = address < 0 ? 0.5 : 0.1 + 0.8 * ((address * 0.618034) % 1),
      down = address < 0 ? 0.5 : 0.1 + 0.8 * ((address * 0.754878) % 1);
    return [layout.left[group] + across * layout.square, layout.top[group] + down * layout.square];
  }

  return {
    element: picture.element,
    refresh: picture.refresh,
    show(newShares, newPalette) {
      shares = newShares;
      if (palette !== newPalette) {
        palette = newPalette;
        picture.refresh();
      } else paintChanges();
    },
    move(newAttacks, newMarked) {
      attacks = newAttacks;
      marked = newMarked;
      paintMoving();
    },
    pick(x, y) {
      for (let i = 0; i < land.count; i++)
        if (
          x >= layout.left[i] && x < layout.left[i] + layout.pitch &&
          y >= layout.top[i] && y < layout.top[i] + layout.pitch
        )
          return i;
      return -1;
    },
    beside(group, key) {
      const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -layout.columns, ArrowDown: layout.columns }[key];
      return Math.max(0, Math.min(land.count - 1, group + step));
    },
  };
}
