// Findings of shellcode: where, how it was recognised, and what it does, in words.

const FEW_FINDINGS = 4; // below this, a table of kinds would only repeat the cards

function shellcodeCard(found, shellcode) {
  const flow = shellcode.flow;
  const actions = list(shellcode.actions);
  return element(
    "article",
    { class: "card", id: anchor("shellcode", shellcode.id) },
    element(
      "h3",
      null,
      `Shellcode ${plain(shellcode.id)} `,
      badge("bad", `${word(SYSTEMS, shellcode.os)}, ${plain(shellcode.arch)}`),
    ),
    facts([
      [
        "Where",
        [
          known(shellcode.session) ? reference("session", shellcode.session) : code(shellcode.file),
          known(shellcode.side) && `, said by the ${plain(shellcode.side)}`,
          ` at byte ${count(shellcode.offset)} (${hexadecimal(shellcode.offset)})`,
          shellcode.entry !== shellcode.offset && `, entered at ${hexadecimal(shellcode.entry)}`,
        ],
      ],
      [
        "Connection",
        flow && [end(flow.src, flow.sport), " → ", end(flow.dst, flow.dport), ` ${protocol(flow)}`],
      ],
      ["Kind", code(shellcode.kind)],
      ["Execution", `${counted(shellcode.instructions, "instruction")}; ${word(RUN_END, shellcode.end)}`],
    ]),
    element(
      "div",
      { class: "pair" },
      element(
        "div",
        null,
        element("h4", null, "What it does"),
        actions.length > 0
          ? element(
              "ol",
              null,
              actions.map((action) => element("li", null, actionInWords(action))),
            )
          : element("p", { class: "note" }, "No action showed before the execution ended."),
      ),
      element(
        "div",
        null,
        element("h4", null, "How it was recognised"),
        element(
          "ul",
          null,
          list(shellcode.evidence).map((one) => element("li", null, word(EVIDENCE, one))),
        ),
      ),
    ),
  );
}

// Kinds, most frequent first: the same payload has one kind under any encoding.
function kindTable(found) {
  const kinds = new Map();
  for (const shellcode of found.shellcode)
    kinds.set(shellcode.kind, [...(kinds.get(shellcode.kind) || []), shellcode]);
  if (kinds.size < 2 || found.shellcode.length < FEW_FINDINGS) return null;
  const sorted = [...kinds].sort((a, b) => b[1].length - a[1].length);
  return scrolling(
    "Kinds of shellcode",
    plainTable(
      "Kinds of shellcode: the same payload has one kind under any encoding",
      ["Kind", "System", "Does", { name: "Found", class: "number" }, "First"],
      sorted
        .slice(0, 100)
        .map(([kind, all]) => [
          code(kind),
          word(SYSTEMS, all[0].os),
          [...new Set(list(all[0].actions).map((action) => plain(action.action)))].join(", ") ||
            "nothing seen",
          count(all.length),
          reference("shellcode", all[0].id),
        ]),
    ),
    sorted.length > 100 &&
      element("p", { class: "note" }, `${counted(sorted.length - 100, "rarer kind")} not in this table.`),
  );
}

function shellcodeSection(found) {
  if (found.shellcode.length === 0) {
    return element(
      "p",
      { class: "empty" },
      `No shellcode was found in ${found.session.length > 0 ? counted(total(found, "session"), "session") : counted(total(found, "input"), "input")}.`,
    );
  }
  return [
    element(
      "p",
      null,
      "Each finding was executed in kenbi's simulator; nothing of it ran on a real machine.",
    ),
    kindTable(found),
    gradually(found.shellcode, 20, "findings", (shellcode) => shellcodeCard(found, shellcode), "shellcode"),
  ];
}
