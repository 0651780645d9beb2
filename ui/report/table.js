// A table for many rows: filtered, paged, rows that open. Only one page of it is ever in the document.

const PAGE_SIZES = [25, 100, 500];

// options: caption, columns [{name, class, cell(record)}], records, anchorType, text(record) for the search,
// choices [{label, value(record), words}], detail(record).
function pagedTable(options) {
  const state = {
    page: 0,
    size: PAGE_SIZES[0],
    search: "",
    chosen: options.choices.map(() => ""),
    open: new Set(),
  };
  const body = element("tbody");
  const status = element("p", { class: "note", role: "status" });
  const paper = element(
    "p",
    { class: "note paper" },
    "Printed are the rows that were shown; case.json holds all.",
  );
  const buttons = {};
  for (const [name, label, go] of [
    ["first", "First", () => 0],
    ["back", "Previous", () => state.page - 1],
    ["next", "Next", () => state.page + 1],
    ["last", "Last", () => Infinity],
  ])
    buttons[name] = element(
      "button",
      {
        type: "button",
        click: () => {
          state.page = go();
          draw();
        },
      },
      label,
    );
  const haystacks = new Map();
  let matching = options.records;

  function haystack(record) {
    if (!haystacks.has(record)) haystacks.set(record, options.text(record).toLowerCase());
    return haystacks.get(record);
  }

  function filter() {
    const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
    matching = options.records.filter(
      (record) =>
        options.choices.every(
          (choice, at) => state.chosen[at] === "" || String(choice.value(record)) === state.chosen[at],
        ) && words.every((part) => haystack(record).includes(part)),
    );
    state.page = 0;
    draw();
  }

  function row(record) {
    const open = state.open.has(record);
    const cells = options.columns.map((column) =>
      element("td", { class: column.class }, column.cell(record)),
    );
    const detailId = anchor(options.anchorType, record.id) + "-detail";
    const button = element(
      "button",
      {
        type: "button",
        class: "opener",
        "aria-expanded": String(open),
        "aria-controls": open && detailId,
        "aria-label": `Details of ${options.anchorType} ${visible(record.id)}`,
        click: () => {
          if (open) state.open.delete(record);
          else state.open.add(record);
          draw();
          document.getElementById(anchor(options.anchorType, record.id)).querySelector("button").focus();
        },
      },
      open ? "−" : "+",
    );
    const main = element(
      "tr",
      { id: anchor(options.anchorType, record.id) },
      element("td", { class: "tight" }, button),
      cells,
    );
    if (!open) return main;
    return [
      main,
      element(
        "tr",
        { class: "detail", id: detailId },
        element("td", { colspan: options.columns.length + 1 }, options.detail(record)),
      ),
    ];
  }

  function draw() {
    const pages = Math.max(1, Math.ceil(matching.length / state.size));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    const start = state.page * state.size;
    const rows = matching.slice(start, start + state.size);
    body.replaceChildren();
    append(body, rows.map(row));
    if (rows.length === 0)
      append(body, [
        element(
          "tr",
          null,
          element("td", { colspan: options.columns.length + 1 }, "No row matches the filter."),
        ),
      ]);
    const all = options.records.length;
    status.textContent =
      (rows.length
        ? `Rows ${count(start + 1)} to ${count(start + rows.length)} of ${count(matching.length)}`
        : "No rows") +
      (matching.length < all ? `, filtered from ${count(all)}` : "") +
      ".";
    paper.hidden = rows.length === all;
    buttons.first.disabled = buttons.back.disabled = state.page === 0;
    buttons.next.disabled = buttons.last.disabled = state.page === pages - 1;
  }

  function bring(name) {
    const record = options.records.find((one) => anchor(options.anchorType, one.id) === name);
    if (!record) return;
    state.open.add(record);
    if (!matching.includes(record)) {
      state.search = "";
      state.chosen.fill("");
      form.reset();
      filter();
    }
    state.page = Math.floor(matching.indexOf(record) / state.size);
    draw();
  }

  const form = element(
    "form",
    { class: "filters", submit: (event) => event.preventDefault() },
    element(
      "label",
      null,
      "Search ",
      element("input", {
        type: "search",
        autocomplete: "off",
        spellcheck: "false",
        input: (event) => {
          state.search = event.target.value;
          filter();
        },
      }),
    ),
    options.choices.map((choice, at) =>
      chooser(choice, options.records, (value) => {
        state.chosen[at] = value;
        filter();
      }),
    ),
  );
  const sizer = element(
    "label",
    null,
    "Rows ",
    element(
      "select",
      {
        change: (event) => {
          state.size = Number(event.target.value);
          state.page = 0;
          draw();
        },
      },
      PAGE_SIZES.map((rows) => element("option", { value: rows }, rows)),
    ),
  );
  draw();
  onReveal(bring);
  const paged = options.records.length > PAGE_SIZES[0];
  return element(
    "div",
    { class: "paged" },
    options.records.length > 5 && form,
    scrolling(
      options.caption,
      element(
        "table",
        { class: "wide" },
        element("caption", null, options.caption),
        element(
          "thead",
          null,
          element(
            "tr",
            null,
            element(
              "th",
              { scope: "col", class: "tight" },
              element("span", { class: "offscreen" }, "Details"),
            ),
            options.columns.map((column) =>
              element("th", { scope: "col", class: column.class }, column.name),
            ),
          ),
        ),
        body,
      ),
    ),
    paper,
    element("div", { class: "pager" }, status, paged && [Object.values(buttons), sizer]),
  );
}

// A select over the values that occur, each with how often.
function chooser(choice, records, choose) {
  const counts = new Map();
  for (const record of records) counts.set(choice.value(record), (counts.get(choice.value(record)) || 0) + 1);
  const values = [...counts].sort((a, b) => b[1] - a[1]);
  return element(
    "label",
    null,
    choice.label + " ",
    element(
      "select",
      { change: (event) => choose(event.target.value) },
      element("option", { value: "" }, "all"),
      values.map(([value, times]) =>
        element(
          "option",
          { value: String(value) },
          `${word(choice.words || {}, String(value))} (${count(times)})`,
        ),
      ),
    ),
  );
}
