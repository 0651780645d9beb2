// The conversations: one table, each row opens to what was said and where it leaves its protocol.

const UTTERANCES_AT_ONCE = 50;

function conformance(session) {
  if (session.conforms === true) return badge("good", "conforms");
  if (session.conforms === false) return badge("bad", `${counted(deviationCount(session), "deviation")}`);
  return badge("", "not judged");
}

function deviationCount(session) {
  return list(session.deviations).length + (session.deviations_omitted || 0);
}

function conformanceWord(session) {
  return session.conforms === true ? "conforms" : session.conforms === false ? "deviates" : "not judged";
}

function end(host, port) {
  return code(`${String(host).includes(":") ? `[${host}]` : host}:${port}`);
}

function utterance(said, begin) {
  return element(
    "div",
    { class: said.side === "server" ? "said server" : "said client" },
    element(
      "div",
      { class: "note" },
      said.side,
      " · ",
      said.what,
      Number.isFinite(said.time) && ` · +${duration(said.time - begin)}`,
    ),
    element("pre", null, said.text),
  );
}

function sessionDetail(session, referring) {
  const said = list(session.said),
    deviations = list(session.deviations);
  return element(
    "div",
    { class: "opened" },
    facts([
      [
        "Attacked operation",
        known(session.target) && element("strong", { class: "bad-text" }, session.target),
      ],
      ["First and last packet", `${clock(session.first)} to ${clock(session.last)} UTC`],
      ["Ended", word(SESSION_END, session.end)],
      [
        "Bytes",
        `${count(session.bytes_to_server)} to the server, ${count(session.bytes_to_client)} to the client`,
      ],
      ["Packets", count(session.packets)],
      ["Bytes lost", session.lost > 0 ? count(session.lost) : null],
      ["Capture", code(session.file)],
      ["Led to", sentence(referring)],
    ]),
    deviations.length > 0 && [
      element("h4", null, "Deviations from the protocol"),
      element(
        "ul",
        null,
        deviations.map((deviation) =>
          element(
            "li",
            null,
            deviation.what,
            element(
              "span",
              { class: "note" },
              ` – ${plain(deviation.side)}, byte ${count(deviation.offset)}`,
            ),
          ),
        ),
      ),
    ],
    omittedNote(session.deviations_omitted, "deviation"),
    element("h4", null, "What was said"),
    said.length > 0
      ? gradually(said, UTTERANCES_AT_ONCE, "utterances", (one) => utterance(one, session.first))
      : element(
          "p",
          { class: "note" },
          session.said_omitted > 0
            ? "Left out of the page."
            : "Nothing that the protocol's reader could put into words.",
        ),
    omittedNote(session.said_omitted, "utterance"),
  );
}

function omittedNote(number, noun) {
  return (
    number > 0 &&
    element(
      "p",
      { class: "notice" },
      `${counted(number, noun)} of this session ${number === 1 ? "is" : "are"} left out of this page and stand${number === 1 ? "s" : ""} in case.json.`,
    )
  );
}

function sessionsSection(found) {
  if (found.session.length === 0)
    return element("p", { class: "empty" }, "No conversations: the inputs hold no TCP or UDP traffic.");
  const referring = (session) =>
    ["shellcode", "sample"].flatMap((type) =>
      found[type]
        .filter((record) => record.session === session.id)
        .map((record) => reference(type, record.id)),
    );
  const days = new Set(found.session.map((session) => clock(session.first).slice(0, 10)));
  const oneDay = days.size === 1;
  const table = pagedTable({
    caption: "Conversations in the order of their first packet" + (oneDay ? `, ${[...days][0]}` : ""),
    anchorType: "session",
    records: found.session,
    columns: [
      { name: "No.", class: "number", cell: (session) => plain(session.id) },
      { name: "Begin (UTC)", class: "spare", cell: (session) => clock(session.first, !oneDay) },
      {
        name: "From and to",
        cell: (session) => [
          element("span", { class: "ends" }, end(session.src, session.sport), " → "),
          element("span", { class: "ends" }, end(session.dst, session.dport)),
        ],
      },
      {
        name: "Protocol and conformance",
        cell: (session) => [
          element(
            "span",
            { class: "spoken" },
            plain(session.protocol),
            element("span", { class: "note" }, ` ${plain(session.proto)}`),
          ),
          " ",
          conformance(session),
          known(session.target) && [" ", badge("bad", "attack")],
        ],
      },
      {
        name: "Bytes",
        class: "number spare",
        cell: (session) => count(session.bytes_to_server + session.bytes_to_client),
      },
    ],
    text: (session) => JSON.stringify(session),
    choices: [
      { label: "Protocol", value: (session) => session.protocol },
      { label: "Conformance", value: conformanceWord },
    ],
    detail: (session) => sessionDetail(session, referring(session)),
  });
  const deviating = found.session.filter((session) => session.conforms === false).length;
  const unjudged = found.session.filter(
    (session) => session.conforms !== true && session.conforms !== false,
  ).length;
  return [
    element(
      "p",
      null,
      deviating === 0
        ? "No conversation deviates from its protocol"
        : `${counted(deviating, "conversation deviates", "conversations deviate")} from the protocol`,
      unjudged > 0 && `; ${counted(unjudged, "conversation", "conversations")} could not be judged`,
      ".",
      element("span", { class: "screen" }, " Open a row to read what was said."),
    ),
    found.omitted.session > 0 &&
      element(
        "p",
        { class: "notice" },
        `${counted(found.omitted.session, "session")} are left out of this page and stand in case.json; those that the story refers to and those that deviate were kept first.`,
      ),
    table,
  ];
}
