// Colours for canvases, taken from the style sheet, so that they follow the reader's colour scheme and paper.

const INKS = 64; // shades between "none" and "all"
// Where the six colours of the style sheet stand on the scale of infected shares.
const SHADE_STOPS = [0, 0.1, 0.25, 0.5, 0.75, 1];
const NEARLY_NONE = 0.0005; // a share below is drawn as none

function rgb(text) {
  const digits = text.trim().replace(/^#/, "");
  const wide = digits.length === 3 ? [...digits].map((one) => one + one).join("") : digits;
  return [0, 2, 4].map((at) => parseInt(wide.slice(at, at + 2), 16) || 0);
}

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name);
  const stops = SHADE_STOPS.map((_, at) => rgb(colour("share-" + at)));
  const shades = Array.from({ length: INKS }, (_, ink) => {
    // Whatever is infected at all differs clearly from what is not.
    const share = ink === 0 ? 0 : 0.05 + (0.95 * (ink - 1)) / (INKS - 2);
    const upper = Math.max(
      1,
      SHADE_STOPS.findIndex((stop) => share <= stop + 1e-9),
    );
    const part = (share - SHADE_STOPS[upper - 1]) / (SHADE_STOPS[upper] - SHADE_STOPS[upper - 1]);
    return stops[upper - 1].map((one, i) => Math.round(one + part * (stops[upper][i] - one)));
  });
  return {
    css: shades.map(([r, g, b]) => `rgb(${r} ${g} ${b})`),
    // As ImageData holds it, on machines with the low byte first (all that run this).
    words: Uint32Array.from(shades, ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0),
    page: colour("sheet"),
    text: colour("text"),
    muted: colour("muted"),
    empty: colour("sunk"),
    attack: colour("bad"),
    stopped: colour("chosen"),
    marked: colour("text"),
    font: colour("sans"),
  };
}

// The shade of a share of infected.
function inkOf(share) {
  return share < NEARLY_NONE ? 0 : 1 + Math.min(INKS - 2, Math.floor(share * (INKS - 2) + 0.5));
}

// Calls `change` when colours may have changed; returns how to stop that.
function onPaletteChange(change) {
  const queries = [matchMedia("(prefers-color-scheme: dark)"), matchMedia("print")];
  for (const query of queries) query.addEventListener("change", change);
  return () => {
    for (const query of queries) query.removeEventListener("change", change);
  };
}
