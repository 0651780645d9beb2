// The pictures' words: what the colours mean, and the figures of every provider as a table.

const TABLE_PROVIDERS = 60; // rows of the table; the largest outbreaks first when there are more

function shareLegend() {
  const words = SHADE_STOPS.map((share, at) => (at === 0 ? "nobody" : `${share * 100} %`));
  return element(
    "ul",
    { class: "legend", "aria-label": "Colours: share of those who can be infected that are" },
    element("li", null, "Infected share of those who can be (mean of the simulations):"),
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

// {element, update()}: the infected by provider at the moment that the sides show.
function makeProviderTable(land, sides) {
  const holder = element("div");
  const details = figuresTable(holder);
  const infected = (side, provider) => sum(provider.groups.map((at) => side.shares[at] * land.vulnerable[at]));

  function update() {
    if (!details.open && holder.hasChildNodes()) holder.replaceChildren();
    if (!details.open) return;
    const rows = land.providers
      .map((provider) => ({ provider, values: sides.map((side) => infected(side, provider)) }))
      .sort((a, b) => (land.providers.length > TABLE_PROVIDERS ? b.values[0] - a.values[0] : 0));
    const more = rows.length - TABLE_PROVIDERS;
    holder.replaceChildren(
      scrolling(
        "Infected hosts by provider",
        plainTable(
          `Infected hosts by provider at this moment (mean of the simulations)${more > 0 ? `; the ${TABLE_PROVIDERS} with the most of ${count(rows.length)}` : ""}`,
          [
            "Provider",
            { name: land.size > 1 ? "Groups of subnets" : "Subnets", class: "number" },
            { name: "Can be infected", class: "number" },
            ...sides.map((side) => ({ name: side.title, class: "number" })),
          ],
          rows
            .slice(0, TABLE_PROVIDERS)
            .map(({ provider, values }) => [
              provider.name,
              count(provider.groups.length),
              count(sum(provider.groups.map((at) => land.vulnerable[at]))),
              ...values.map(count),
            ]),
        ),
      ),
    );
  }
  details.addEventListener("toggle", update);
  return { element: details, update };
}
