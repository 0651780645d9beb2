// Numbers, times and the vocabularies of records, in words for people.

function count(value) {
  return Number.isFinite(value) ? Math.round(value).toLocaleString("en") : "–";
}

// "1 session", "12 sessions", "no sessions".
function counted(number, one, many) {
  return (number === 0 ? "no" : count(number)) + " " + (number === 1 ? one : many || one + "s");
}

function decimal(value, digits) {
  return Number.isFinite(value) ? value.toLocaleString("en", { maximumFractionDigits: digits }) : "–";
}

function percent(share) {
  if (!Number.isFinite(share)) return "–";
  const value = share * 100;
  return (value > 0 && value < 1 ? "< 1" : decimal(value, value < 10 ? 1 : 0)) + " %";
}

function size(bytes) {
  if (!Number.isFinite(bytes)) return "–";
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit++;
  }
  return decimal(bytes, unit && bytes < 10 ? 1 : 0) + " " + units[unit];
}

// Seconds since 1970 as UTC.
function clock(seconds, withDay = true) {
  const date = new Date(seconds * 1000);
  if (!Number.isFinite(seconds) || Number.isNaN(date.getTime())) return "–";
  const text = date.toISOString();
  return (withDay ? text.slice(0, 10) + " " : "") + text.slice(11, 23);
}

function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 120) return decimal(seconds, seconds < 10 ? 1 : 0) + " s";
  if (seconds < 3600) return decimal(seconds / 60, 0) + " min";
  if (seconds < 172800) return decimal(seconds / 3600, 1) + " h";
  return decimal(seconds / 86400, 1) + " days";
}

function hexadecimal(value) {
  return Number.isInteger(value) ? "0x" + value.toString(16) : "–";
}

// A word of a known vocabulary in the page's terms; a word that is not in it stands as it is.
function word(table, value) {
  return Object.hasOwn(table, value) ? table[value] : known(value) ? String(value) : "unknown";
}

// "a, b and c" from things that may be elements.
function sentence(things) {
  return things.flatMap((thing, at) => [at === 0 ? "" : at === things.length - 1 ? " and " : ", ", thing]);
}

const EVIDENCE = {
  getpc: "computes its own address",
  "self-read": "reads its own bytes",
  decodes: "executes what it wrote itself",
  peb: "walks from the process block to the loaded libraries",
  exports: "searches libraries for functions",
  api: "calls Windows functions with sensible arguments",
  syscall: "makes system calls with sensible arguments",
  "egg-hunt": "searches memory for a mark",
  "stack-string": "builds texts by pushing them",
};

const SESSION_END = {
  fin: "closed by both sides",
  rst: "reset",
  timeout: "went silent",
  capture: "open when the capture ended",
  limit: "cut at a limit of kenbi",
};

const RUN_END = {
  exit: "it ended by itself",
  idle: "it waits for something that does not come",
  budget: "the budget of instructions was used up",
  fault: "it crashed",
};

const SYSTEMS = {
  windows: "Windows",
  linux: "Linux",
  freebsd: "FreeBSD",
  solaris: "Solaris",
  unknown: "an unknown system",
};

// How a sample came, as the end of "it came …".
const CARRIERS = {
  http: "over HTTP",
  "ftp-data": "over FTP",
  tftp: "over TFTP",
  smb: "over SMB",
  raw: "over a raw connection",
  file: "as a file given to kenbi",
  dropped: "from another sample that wrote it",
};

const ENDPOINT_ROLES = {
  control: "control server",
  download: "download server",
  mail: "mail server",
  scan: "scan targets",
  listen: "opens this port",
  peer: "other host",
};

const STRATEGIES = {
  random: "addresses at random over the whole address space",
  sequential: "addresses one after the other",
  local: "addresses near its own more often than others",
  permutation: "addresses in an order that all infected hosts share",
  "hit-list": "addresses that it knew before",
  flawed: "addresses out of a flawed random generator",
  mail: "the contacts of its hosts, by mail",
  shares: "hosts of its own subnet",
};

const EFFECTS = {
  filter: "drops packets of the attack",
  patch: "makes hosts immune",
  rate: "slows scans down",
  control: "cuts the infected off from their control server",
  clean: "cleans infected hosts",
  block: "drops packets from hosts that are known to be infected",
};

const PLACES = {
  host: "at the hosts",
  subnet: "at the subnets' routers",
  provider: "at the providers' edges",
  border: "at the border between providers",
};

// What a shellcode does, as the predicate of a sentence.
const ACTIONS = {
  download: (action) => ["downloads ", code(action.url), known(action.path) && [" to ", code(action.path)]],
  connect: (action) => ["connects to ", code(`${action.address}:${action.port}`), ` (${protocol(action)})`],
  bind: (action) => ["opens ", protocol(action), " port ", code(action.port)],
  execute: (action) => ["runs ", code(action.command)],
  receive: (action) => ["receives ", known(action.length) ? `${count(action.length)} bytes` : "more code"],
  write: (action) => ["writes ", code(action.path)],
  user: (action) => ["creates the account ", code(action.name)],
  call: (action) => ["calls ", code(action.name)],
};

function protocol(thing) {
  return known(thing.proto) ? String(thing.proto).toUpperCase() : "TCP";
}

function actionInWords(action) {
  if (Object.hasOwn(ACTIONS, action.action)) return ACTIONS[action.action](action);
  const rest = Object.entries(action).filter(([name]) => name !== "action");
  return [
    code(action.action),
    rest.length > 0 && [" (", rest.map(([name, value]) => `${name} ${plain(value)}`).join(", "), ")"],
  ];
}

// Any JSON value as short text.
function plain(value) {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
}
