// Elements, and how text gets into them.
//
// Everything a case says may come from an attacker. It enters the page only as text nodes (never as markup,
// addresses of links, styles or names of elements), with characters that would hide or reorder it made
// visible.

// Controls, soft hyphen, zero-width and bidirectional marks, line separators, tags: U+0009, U+000A stay.
const DECEIVING = new RegExp(
  "[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f" +
    "\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]",
  "gu",
);

function visible(value) {
  return String(value).replace(DECEIVING, (character) => {
    const code = character.codePointAt(0);
    return code < 256 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u{" + code.toString(16) + "}";
  });
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
}

// An HTML element. A function as an attribute listens to the event of that name.
function element(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

// An SVG element. Colours come from classes, so that they follow the reader's colour scheme.
function picture(name, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

// Foreign text inside a sentence: set apart, and kept from reordering what stands around it.
function code(value) {
  return element("bdi", { class: "code" }, value === null || value === undefined ? "–" : value);
}

function badge(kind, ...children) {
  return element("span", { class: "badge " + kind }, children);
}

// Name and value pairs; pairs without a value are left out.
function facts(pairs) {
  return element(
    "dl",
    { class: "facts" },
    pairs
      .filter((pair) => pair && known(pair[1]))
      .map(([name, value]) => element("div", null, element("dt", null, name), element("dd", null, value))),
  );
}

function known(value) {
  return (
    value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0)
  );
}

function foldout(title, ...children) {
  return element("details", null, element("summary", null, title), children);
}

// The table beside a picture. It stays closed on paper, where it would fill pages.
function figuresTable(...children) {
  return element(
    "details",
    { class: "figures-table" },
    element("summary", null, "These figures as a table"),
    children,
  );
}

// A region that may be wider than the page; reachable by keyboard, as WCAG 2.1.1 asks of what scrolls.
function scrolling(label, ...children) {
  return element("div", { class: "scrolling", role: "region", "aria-label": label, tabindex: "0" }, children);
}

// A plain table: columns are names (or {name, class}), rows are lists of cells. A table of the kind
// "stacking" stacks the cells of a row on narrow pages; its explicit roles keep it a table for those who
// listen to it.
function plainTable(caption, columns, rows, kind) {
  const named = columns.map((column) => (typeof column === "string" ? { name: column } : column));
  const role = (name) => (kind === "stacking" ? name : null);
  return element(
    "table",
    { class: kind, role: role("table") },
    element("caption", null, caption),
    element(
      "thead",
      { role: role("rowgroup") },
      element(
        "tr",
        { role: role("row") },
        named.map((column) =>
          element("th", { scope: "col", class: column.class, role: role("columnheader") }, column.name),
        ),
      ),
    ),
    element(
      "tbody",
      { role: role("rowgroup") },
      rows.map((row) =>
        element(
          "tr",
          { role: role("row") },
          row.map((cell, at) => element("td", { class: named[at].class, role: role("cell") }, cell)),
        ),
      ),
    ),
  );
}

// Shows the first `size` of many things and a button for the next ones; says how many there are. Things that
// are records of a `type` can be linked to wherever they stand.
function gradually(things, size, noun, build, type) {
  const list = element("div", { class: "stack" });
  const note = element("p", { class: "note", role: "status" });
  const button = element("button", { type: "button" });
  let shown = 0;
  const more = () => {
    append(list, things.slice(shown, shown + size).map(build));
    shown = Math.min(shown + size, things.length);
    note.textContent = `${count(shown)} of ${count(things.length)} ${noun} shown. `;
    button.textContent = `Show ${count(Math.min(size, things.length - shown))} more`;
    button.hidden = shown === things.length;
  };
  button.addEventListener("click", more);
  more();
  if (type && things.length > size)
    onReveal((name) => {
      const at = things.findIndex((thing) => anchor(type, thing.id) === name);
      while (shown <= at) more();
    });
  return things.length > size ? [list, element("div", { class: "pager" }, note, button)] : list;
}

// A button that copies text, and says so to everybody.
function copyButton(label, text) {
  const button = element("button", { type: "button", class: "copy" }, label);
  button.addEventListener("click", async () => {
    button.textContent = (await copyText(text)) ? "Copied" : "Select and copy by hand";
    setTimeout(() => {
      button.textContent = label;
    }, 2000);
  });
  return element("span", { "aria-live": "polite" }, button);
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element("textarea", { class: "offscreen" });
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}
