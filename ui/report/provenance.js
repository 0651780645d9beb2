// Where the figures come from, so that anybody can repeat them: version, command, seed, the files that the
// command read.

// A word of a command as a POSIX shell takes it.
function shellWord(text) {
  if (!known(text)) return "'(a name that is not text)'";
  const word_ = String(text);
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word_) ? word_ : `'${word_.replaceAll("'", "'\\''")}'`;
}

function commandLine(record) {
  return list(record.command).map(shellWord).join(" ");
}

function provenanceFile(file) {
  const name = known(file.name) ? String(file.name) : "scenario.yaml";
  const base = name.split("/").at(-1);
  return element(
    "figure",
    { class: "rule" },
    element(
      "figcaption",
      null,
      element("span", null, code(base), ` ${size(file.bytes)}`),
      known(file.text) && [
        element("span", null, copyButton("Copy", String(file.text)), " ", saveButton("Save as", fileName(base.replace(/\.ya?ml$/, ""), "yaml"), String(file.text))),
      ],
    ),
    known(file.text)
      ? element("pre", { tabindex: "0", class: "long", "aria-label": `Text of ${visible(base)}` }, file.text)
      : element("p", { class: "empty" }, "Too long to be carried here."),
    element("p", { class: "note hash-line" }, "SHA-256 ", element("span", { class: "hash" }, code(file.sha256))),
  );
}

function provenanceParts(found) {
  const record = found.provenance[0];
  const without = found.without;
  if (!record) return null;
  const line = commandLine(record);
  return [
    element("h3", null, "How to repeat this"),
    element(
      "p",
      null,
      without
        ? "The same version, command and files give the same figures, on any number of processors."
        : "The same version, command and files give the same case.",
    ),
    element(
      "figure",
      { class: "rule" },
      element("figcaption", null, element("span", null, "Command"), copyButton("Copy", line)),
      element("pre", { tabindex: "0", "aria-label": "Command" }, line),
    ),
    facts([["Program", `${plain(record.program)} ${plain(record.version)}`]]),
    list(record.files).map(provenanceFile),
  ];
}
