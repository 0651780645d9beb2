// The picture of the subnets: one square per subnet, grouped by provider, coloured by its infected share.

// Upper ends of the steps of colour, as shares of a subnet's vulnerable hosts. The first step is "none".
const SHARE_STEPS = [0, 0.1, 0.25, 0.5, 0.75, 1];
// Above this number squares are small and drawn as one shape per colour, without tooltips of their own.
const LABELLED_SQUARES = 2500;

function shareStep(share) {
  return share < 0.0005
    ? 0
    : Math.max(
        1,
        SHARE_STEPS.findIndex((end) => share <= end + 1e-9),
      );
}

function infectedShare(subnet, infected) {
  return subnet.vulnerable > 0 ? Math.min(1, infected / subnet.vulnerable) : 0;
}

function byProvider(world) {
  const groups = list(world.providers).map((name) => ({ name, subnets: [] }));
  list(world.subnets).forEach((subnet, at) => {
    if (!groups[subnet.provider])
      groups[subnet.provider] = { name: `provider ${subnet.provider}`, subnets: [] };
    groups[subnet.provider].subnets.push(at);
  });
  return groups.filter((group) => group && group.subnets.length > 0);
}

function subnetPicture(world, infected, title, narrow) {
  const many = world.subnets.length > LABELLED_SQUARES;
  const square = many ? 5 : world.subnets.length > 400 ? 10 : 21;
  const gap = many ? 1 : 2,
    width = narrow ? 368 : 460;
  const columns = Math.floor((width + gap) / (square + gap));
  const parts = [];
  let y = 0;
  for (const group of byProvider(world)) {
    const sick = group.subnets.reduce((sum, at) => sum + (infected[at] || 0), 0);
    parts.push(
      fitted(group.name, width - 130, 13, { class: "provider", x: 0, y: y + 14 }),
      picture(
        "text",
        { class: "tick", x: width, y: y + 14, "text-anchor": "end" },
        `${count(sick)} infected`,
      ),
    );
    parts.push(squares(world, group, infected, { top: y + 22, square, gap, columns, many }));
    y += 22 + Math.ceil(group.subnets.length / columns) * (square + gap) + 14;
  }
  return chartFrame(width, y, `${title}: infected share of every subnet, grouped by provider`, parts);
}

function squares(world, group, infected, grid) {
  const place = (i) => [
    (i % grid.columns) * (grid.square + grid.gap),
    grid.top + Math.floor(i / grid.columns) * (grid.square + grid.gap),
  ];
  if (!grid.many) {
    return group.subnets.map((at, i) => {
      const [x, y] = place(i),
        subnet = world.subnets[at];
      return picture(
        "rect",
        {
          class: "share-" + shareStep(infectedShare(subnet, infected[at])),
          x,
          y,
          width: grid.square,
          height: grid.square,
          rx: 2,
        },
        picture(
          "title",
          null,
          `${subnet.name}: ${count(infected[at])} of ${count(subnet.vulnerable)} vulnerable hosts infected`,
        ),
      );
    });
  }
  const shapes = SHARE_STEPS.map(() => "");
  group.subnets.forEach((at, i) => {
    const [x, y] = place(i);
    shapes[shareStep(infectedShare(world.subnets[at], infected[at]))] +=
      `M${x},${y}h${grid.square}v${grid.square}h-${grid.square}z`;
  });
  return shapes.map((shape, step) => shape && picture("path", { class: "share-" + step, d: shape }));
}

function shareLegend() {
  const words = SHARE_STEPS.map((share, at) => (at === 0 ? "none" : `to ${share * 100} %`));
  return element(
    "ul",
    { class: "legend", "aria-label": "Colours: share of a subnet's vulnerable hosts that are infected" },
    element("li", null, "Infected share of vulnerable hosts (mean of the simulations):"),
    words.map((text, at) =>
      element(
        "li",
        null,
        picture(
          "svg",
          { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" },
          picture("rect", { class: "share-" + at, width: 14, height: 14, rx: 2 }),
        ),
        text,
      ),
    ),
  );
}

function providerTable(world, before, after, afterName) {
  return figuresTable(
    scrolling(
      "Infected hosts by provider",
      plainTable(
        "Infected hosts by provider (mean of all simulations)",
        [
          "Provider",
          { name: "Subnets", class: "number" },
          { name: "Vulnerable", class: "number" },
          { name: "Nothing is done", class: "number" },
          ...(after ? [{ name: afterName, class: "number" }] : []),
        ],
        byProvider(world).map((group) => {
          const sum = (value) => count(group.subnets.reduce((all, at) => all + (value(at) || 0), 0));
          return [
            group.name,
            count(group.subnets.length),
            sum((at) => world.subnets[at].vulnerable),
            sum((at) => before[at]),
            ...(after ? [sum((at) => after[at])] : []),
          ];
        }),
      ),
    ),
  );
}

// Before and after side by side; null when the case has no world to draw.
function subnetComparison(found, chosen, page) {
  const world = found.world[0];
  const before = found.without && list(found.without.subnet_infected);
  if (!world || !before || list(world.subnets).length === 0 || before.length !== world.subnets.length)
    return null;
  const after =
    chosen && list(chosen.subnet_infected).length === world.subnets.length ? chosen.subnet_infected : null;
  const name = chosen && forecastTitle(found, chosen);
  return element(
    "div",
    null,
    shareLegend(),
    element(
      "div",
      { class: "pair" },
      element(
        "figure",
        null,
        element("figcaption", null, "Nothing is done"),
        page.redrawn((narrow) => subnetPicture(world, before, "Nothing is done", narrow)),
      ),
      after &&
        element(
          "figure",
          null,
          element("figcaption", null, name),
          page.redrawn((narrow) => subnetPicture(world, after, name, narrow)),
        ),
    ),
    providerTable(world, before, after, name),
  );
}
