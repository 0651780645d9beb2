// The outbreak before and after, side by side over time: the subnets as a grid, the scanned space as a Hilbert
// map, attacks in red, and what a person points at in words.

const ATTACK_LINES = 90; // at the outbreak's height, without a remedy
const ATTACK_DOTS = 320;
const ATTACKS_CHANGE = 4; // pictures of attacks between two moments

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);

// One side: an outbreak with its two pictures. `remedy` is null where nothing is done.
function makeSide(land, cells, spread, remedy, title) {
  const side = {
    land,
    spread,
    remedy,
    title,
    shares: new Float32Array(land.count),
    before: new Float32Array(land.count),
    lines: [],
    dots: [],
    grid: makeGrid(
      land,
      `${title}: every subnet, coloured by its infected share; the table below has the figures`,
    ),
    map: makeHilbertMap(
      land,
      cells,
      `${title}: the scanned addresses as a Hilbert map, coloured by infected share`,
    ),
    figures: element("p", { class: "infected" }),
  };
  return side;
}

function drawAttacksOf(side, traffic, time, most, seed, view) {
  if (!traffic || !(most > 0)) return;
  const strength = traffic.intensity(side.shares, side.remedy, time) / most;
  const number = (wanted) => Math.min(2 * wanted, Math.ceil(wanted * strength));
  const { shares, remedy, spread } = side;
  const reaction = remedy && remedy.effect === "block" && Number.isFinite(remedy.reaction) ? remedy.reaction : 0;
  const before = time >= reaction ? spread.at(positionAt(spread.times, time - reaction), side.before) : null;
  traffic.draw(shares, remedy, time, number(ATTACK_LINES), seed, side.land.end, side.lines, before);
  traffic.draw(shares, remedy, time, number(ATTACK_DOTS), seed + 7919, view, side.dots, before);
}

// Attacks per second at the height of the outbreak without remedy.
function heightOf(traffic, side) {
  let most = 0;
  for (let at = 0; at < side.spread.frames; at++)
    most = Math.max(most, traffic.intensity(side.spread.at(at, side.shares), null, 0));
  return most;
}

// What a person points at, in both outbreaks.
function subnetSentence(land, sides, group) {
  const vulnerable = land.vulnerable[group];
  const parts = sides.map(
    (side) =>
      `${count(side.shares[group] * vulnerable)} infected ${side.remedy ? "with the remedy" : "if nothing is done"}`,
  );
  return `${visible(groupName(land, group))}: ${count(vulnerable)} can be infected; ${parts.join(", ")}.`;
}

// Pointer and arrow keys choose a subnet in any of the pictures; chosen(group) is told, -1 for none.
function choosable(picture, label, land, marked, chosen) {
  const box = element(
    "div",
    {
      class: "pointed",
      role: "application",
      tabindex: "0",
      "aria-roledescription": "map of subnets",
      "aria-label": `${visible(label)}. Arrow keys go from subnet to subnet, Escape leaves.`,
      pointermove: (event) => {
        const bounds = picture.element.getBoundingClientRect();
        chosen(picture.pick(event.clientX - bounds.left, event.clientY - bounds.top), false);
      },
      pointerleave: () => chosen(-1, false),
      keydown: (event) => {
        if (event.key === "Escape") return chosen(-1, true);
        if (!/^Arrow(Left|Right|Up|Down)$/.test(event.key)) return undefined;
        event.preventDefault();
        const at = marked();
        const forward = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -8, ArrowDown: 8 }[event.key];
        const along = Math.max(0, Math.min(land.count - 1, at + forward));
        return chosen(at < 0 ? 0 : picture.beside ? picture.beside(at, event.key) : along, true);
      },
    },
    picture.element,
  );
  return box;
}

function trafficNote(traffic, worm, most, land) {
  if (!traffic)
    return (
      worm &&
      element(
        "p",
        { class: "note" },
        `Attacks are not drawn: which hosts the worm finds by trying ${word(STRATEGIES, worm.scan)} is not in the case.`,
      )
    );
  const each = (most * traffic.arriving(land.end)) / ATTACK_LINES;
  const amount = each >= 1 ? count(each) : decimal(each, each < 0.01 ? 4 : 2);
  return element(
    "p",
    { class: "note" },
    `Red: attacks, drawn at random by the worm's way of choosing targets (${word(STRATEGIES, worm.scan)}); one line stands for about ${amount} attacks a second on these subnets. Blue: attacks that the remedy stops. Dots on the maps fall where scans go, also where no host is.`,
  );
}

// The views of the address map: all of the scanned space, and, where hosts fill a small part of it, that part.
function mapViews(land) {
  const inhabited = inhabitedSpace(land);
  const views = [{ words: `all ${count(land.space)} scanned addresses`, space: land.space }];
  if (inhabited < land.space)
    views.unshift({
      words: `the first ${count(inhabited)} addresses, where the hosts are`,
      space: inhabited,
    });
  return views;
}

function inForceWords(remedy) {
  if (!remedy || !Number.isFinite(remedy.delay)) return null;
  return element(
    "span",
    { class: "in-force" },
    remedy.delay > 0 ? `, in force after ${duration(remedy.delay)}` : ", in force from the first moment",
  );
}

// The remedy as the course has it: in force after its delay, or at once.
function remedyInForce(found, forecast, atOnce) {
  const remedy = found.remedyById.get(forecast.remedy) || {};
  return atOnce ? { ...remedy, delay: 0 } : remedy;
}

// {element, position()}; null when the case holds no subnets to draw. `follow(seconds)` hears of the time.
function makeStage(found, chosen, atOnce, start, follow) {
  const world = found.world[0];
  const land = world && makeLand(world, groupSize(found));
  if (!land) return null;
  const outbreaks = [
    [found.without, null],
    ...(chosen ? [[chosen, remedyInForce(found, chosen, atOnce)]] : []),
  ];
  const recorded = outbreaks.map(([forecast, remedy]) =>
    recordedSpread(found, forecast, land, remedy !== null && atOnce),
  );
  const moving = recorded.every(Boolean);
  const spreads = moving ? recorded : outbreaks.map(([forecast]) => finalSpread(forecast, land, world));
  if (!spreads.every(Boolean)) return null;

  const views = mapViews(land);
  let view = views[0].space,
    cells = hilbertCells(land, view),
    palette = readPalette(),
    marked = -1,
    place = 0,
    playing = false;
  const titles = outbreaks.map(([forecast]) => forecastTitle(found, forecast));
  const sides = outbreaks.map(([, remedy], i) => makeSide(land, cells, spreads[i], remedy, titles[i]));
  const traffic = moving ? makeTraffic(land, found.worm[0]) : null;
  const most = traffic ? heightOf(traffic, sides[0]) : 0;
  const reading = element("p", { class: "reading-line screen", role: "status" }, POINT_AT);
  const onPaper = element("p", { class: "note paper" });
  const times = spreads[0].times;
  const table = makeProviderTable(land, sides);

  function drawMoving() {
    const time = timeAt(times, place),
      seed = Math.floor(place * ATTACKS_CHANGE);
    for (const side of sides) {
      if (side.seed !== seed || !playing) {
        side.seed = seed;
        drawAttacksOf(side, traffic, time, most, seed, view);
      }
      side.grid.move(side.lines, marked);
      side.map.move(side.dots, marked);
    }
  }

  function drawAll() {
    for (const side of sides) {
      side.spread.at(place, side.shares);
      side.grid.show(side.shares, palette);
      side.map.show(side.shares, palette);
      side.figures.textContent = `${count(infectedHosts(land, side.shares))} hosts infected`;
    }
    drawMoving();
    onPaper.textContent = `The pictures show the outbreak after ${duration(timeAt(times, place))}.`;
    follow(timeAt(times, place));
  }

  const said = () =>
    `After ${duration(timeAt(times, place))}: ` +
    sides
      .map(
        (side) =>
          `${count(infectedHosts(land, side.shares))} infected ${side.remedy ? "with the remedy" : "if nothing is done"}`,
      )
      .join(", ") +
    ".";

  function choose(group) {
    if (group === marked) return;
    marked = group;
    reading.textContent = group < 0 ? POINT_AT : subnetSentence(land, sides, group);
    drawMoving();
  }

  const figures = sides.map((side) =>
    element(
      "figure",
      { class: "side" },
      element("figcaption", null, side.title, inForceWords(side.remedy), side.figures),
      choosable(side.grid, `${side.title}: subnets`, land, () => marked, choose),
      element("h4", null, "Scanned addresses"),
      choosable(side.map, `${side.title}: addresses`, land, () => marked, choose),
    ),
  );
  const viewer =
    views.length > 1 &&
    element(
      "label",
      { class: "choice screen" },
      "The map shows ",
      element(
        "select",
        {
          change: (event) => {
            view = views[Number(event.target.value)].space;
            cells = hilbertCells(land, view);
            for (const side of sides) side.map.look(cells);
            drawMoving();
          },
        },
        views.map((one, at) => element("option", { value: at }, one.words)),
      ),
    );

  place = Math.min(start, times.length - 1);
  for (const side of sides) side.spread.at(place, side.shares);
  const player =
    moving &&
    makePlayer(times, place, {
      show: (position, isPlaying) => {
        place = position;
        playing = isPlaying;
        drawAll();
      },
      said,
      settled: () => {
        table.update();
        if (marked >= 0) reading.textContent = subnetSentence(land, sides, marked);
      },
    });
  if (!player) drawAll();
  const forget = onPaletteChange(() => {
    if (!reading.isConnected) return forget();
    palette = readPalette();
    return drawAll();
  });
  return {
    position: () => place,
    element: element(
      "div",
      { class: "stage" },
      player
        ? player.element
        : element(
            "p",
            { class: "notice" },
            `The case does not hold the course of ${moving ? "this outbreak" : "these outbreaks"} over time; the pictures show the end.`,
          ),
      shareLegend(),
      reading,
      onPaper,
      element("div", { class: "pair sides" }, figures),
      viewer,
      moving && trafficNote(traffic, found.worm[0], most, land),
      table.element,
    ),
  };
}

const POINT_AT =
  "Point at a subnet, or go to a picture by keyboard and use the arrow keys, to read its figures.";
