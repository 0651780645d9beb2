// Indicators: what to search logs and block lists for, from everything that was found.

// [kind, value, why, reference] of every indicator, each value once.
function indicators(found) {
  const seen = new Map();
  const add = (kind, value, why, link) => {
    const key = `${kind} ${value}`;
    if (known(value) && !seen.has(key)) seen.set(key, [kind, String(value), why, link]);
  };
  for (const shellcode of found.shellcode) {
    const link = () => reference("shellcode", shellcode.id);
    if (shellcode.flow)
      add(
        "address",
        shellcode.side === "server" ? shellcode.flow.dst : shellcode.flow.src,
        "sent shellcode",
        link,
      );
    add("shellcode kind", shellcode.kind, "kind of the shellcode", link);
    for (const action of list(shellcode.actions)) {
      add("url", action.url, "shellcode downloads from it", link);
      add("address", action.address, "shellcode connects to it", link);
      if (action.action === "bind")
        add("port", `${plain(action.port)}/${plain(action.proto)}`, "shellcode opens it", link);
    }
  }
  for (const sample of found.sample.filter((one) => one.verdict !== "clean")) {
    const link = () => reference("sample", sample.id);
    add("sha256", sample.sha256, `program, ${plain(sample.verdict)}`, link);
    add("file name", sample.name, "name under which it came", link);
    for (const endpoint of list(sample.endpoints)) addEndpoint(add, endpoint, link);
  }
  return [...seen.values()];
}

function addEndpoint(add, endpoint, link) {
  const role = word(ENDPOINT_ROLES, endpoint.role);
  if (endpoint.role === "scan") return;
  if (endpoint.role === "listen") {
    add("port", `${plain(endpoint.port)}/${plain(endpoint.proto)}`, "sample opens it", link);
    return;
  }
  add("address", endpoint.address, `${role}, port ${plain(endpoint.port)}`, link);
  add("host name", endpoint.name, role, link);
}

function indicatorsSection(found) {
  const all = indicators(found);
  if (all.length === 0)
    return element(
      "p",
      { class: "empty" },
      "Nothing was found that logs or block lists could be searched for.",
    );
  const text = all
    .map(([kind, value]) => `${kind}\t${visible(value).replaceAll("\t", " ").replaceAll("\n", " ")}\n`)
    .join("");
  return [
    element(
      "p",
      null,
      "What to search logs for. Nothing here is a link, so nothing is visited by accident. ",
      copyButton(`Copy all ${count(all.length)}`, text),
    ),
    gradually(all, 200, "indicators", ([kind, value, why, link]) =>
      element(
        "div",
        { class: "indicator" },
        element("span", { class: "note" }, kind),
        code(value),
        element("span", { class: "note" }, why, " · ", link()),
      ),
    ),
  ];
}
