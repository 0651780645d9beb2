// Texts of the case as files: made in the page, saved by the browser, nothing is asked of a network.

// File endings of rule formats; what is not here is saved as text.
const ENDINGS = {
  nftables: "nft",
  iptables: "rules",
  "cisco-ios": "ios.txt",
  junos: "junos.txt",
  "dns-rpz": "rpz",
  rpz: "rpz",
  suricata: "rules",
  yara: "yar",
  openc2: "json",
  cacao: "json",
  flowspec: "txt",
  yaml: "yaml",
};

// A name that every system takes as one file.
function fileName(name, ending) {
  const plainName = String(name)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);
  return `${plainName || "kenbi"}.${ending}`;
}

function saveText(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function saveButton(words, name, text) {
  return element(
    "button",
    {
      type: "button",
      class: "save",
      click: () => saveText(name, typeof text === "function" ? text() : text),
    },
    `${words} ${name}`,
  );
}

function ruleEnding(format) {
  const name = String(format).toLowerCase();
  return Object.hasOwn(ENDINGS, name) ? ENDINGS[name] : "txt";
}

// A table as comma-separated values (RFC 4180). A cell that a spreadsheet would take as a formula gets an
// apostrophe before it: names come from strangers.
function commaSeparated(rows) {
  const cell = (value) => {
    const text = known(value) ? String(value) : "";
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}
