#!/usr/bin/env python3
"""The report in a real browser: does every case draw, without errors, and does nothing hostile run?

usage: browser.py RENDER          run the tests (exit status 77: no Chromium, skipped)
       browser.py RENDER --look DIR   write screenshots of the cases for people: light, dark, narrow, print

RENDER is the program tests/report/render.c. Cases are tests/report/cases/*.json; the hostile and the large case are
made from the first by rule, so that they follow its fields.
"""
import copy
import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from hostile import crooked, poisoned

HERE = pathlib.Path(__file__).resolve().parent
SECTIONS = ["summary", "path", "sessions", "shellcode", "samples", "behaviours", "indicators", "remedies",
            "forecast", "method"]
SKIPPED = 77
LARGE = 10000


def case(name):
    return json.loads((HERE / "cases" / f"{name}.json").read_text(encoding="utf-8"))


def large():
    """Many sessions, findings and events: the page must stay usable and say what it leaves out."""
    records = case("worm")
    session = next(record for record in records if record["type"] == "session" and record["id"] == 2)
    shellcode = next(record for record in records if record["type"] == "shellcode")
    records = [record for record in records if record["type"] != "shellcode" or record["id"] == 1]
    for number in range(8, LARGE + 1):
        records.append({**copy.deepcopy(session), "id": number, "first": session["first"] + number,
                        "conforms": number % 10 != 0 or None, "deviations": [], "target": None})
    for number in range(2, 501):
        records.append({**shellcode, "id": number, "kind": f"{number % 7:016x}", "session": number})
    return records + [{"type": "event", "source": "sample 1", "event": "sleep"}] * 1000


CASES = {
    "worm": lambda: case("worm"),
    "benign": lambda: case("benign"),
    "nothing": lambda: [],
    "hostile": lambda: poisoned(case("worm")),
    "crooked": lambda: crooked(case("worm")),
    "large": large,
}


class Page(html.parser.HTMLParser):
    """The dumped document: elements with their attributes, and the text of each section without the data block."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.sections, self.inside, self.silent = [], {}, None, False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.silent = tag in ("script", "style")
        if tag == "section":
            self.inside = dict(attributes).get("id")
            self.sections[self.inside] = ""

    def handle_endtag(self, tag):
        self.silent = False
        if tag == "section":
            self.inside = None

    def handle_data(self, data):
        if self.inside and not self.silent:
            self.sections[self.inside] += data

    def root(self):
        return self.elements[0][1]

    def count(self, tag, **wanted):
        return sum(1 for name, attributes in self.elements if name == tag and
                   all(attributes.get(key) == value for key, value in wanted.items()))


def chromium(profile, arguments, address):
    command = [shutil.which("chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
               "--no-first-run",
               "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
               f"--user-data-dir={profile}", "--virtual-time-budget=20000", *arguments, address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    if done.returncode != 0:
        sys.exit(f"chromium failed with status {done.returncode}:\n{done.stderr}")
    return done.stdout


def render(program, folder, name, part=""):
    records = folder / f"{name}.json"
    records.write_text(json.dumps(CASES[name]()), encoding="utf-8")
    subprocess.run([program, records, folder / name], check=True)
    return (folder / name / "index.html").as_uri() + part


def dumped(program, folder, name):
    """The document of a test: its name is that of a case, and may end with the part that a link leads to."""
    case_name, _, part = name.partition("#")
    with tempfile.TemporaryDirectory(prefix="kenbi-chromium-") as profile:
        return Page(chromium(profile, ["--dump-dom"], render(program, folder, case_name, part and "#" + part)))


# What a person does with the page, for a copy of it without its policy: filter, page, choose, print.
HANDS = """<script>
function put(selector, value, kind) {
  const control = document.querySelector(selector);
  control.value = value;
  control.dispatchEvent(new Event(kind, { bubbles: true }));
}
function press(words) {
  [...document.querySelectorAll("button")].find((button) => button.textContent === words).click();
}
%s
</script>"""


def handled(program, folder, name, deeds):
    """The document of a case after some deeds in JavaScript."""
    render(program, folder, name)
    page = (folder / name / "index.html").read_text(encoding="utf-8")
    page, policies = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    assert policies == 1, "the page has no policy"
    copy_of_it = folder / name / "handled.html"
    copy_of_it.write_text(page.replace("</body>", HANDS % deeds + "</body>"), encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="kenbi-chromium-") as profile:
        return Page(chromium(profile, ["--dump-dom"], copy_of_it.as_uri()))


def check_drawn(page):
    assert page.root().get("data-ready") == "true", "the script did not come to its end"
    assert "data-error" not in page.root(), page.root().get("data-error")
    assert list(page.sections) == SECTIONS, list(page.sections)
    for name, text in page.sections.items():
        assert len(text) > 20, f"section {name} is empty"
        for sign in ("undefined", "NaN", "[object"):
            assert sign not in text, f"section {name} shows {sign}: …{text[max(0, text.find(sign) - 80):][:160]}"
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)), sorted(one for one in ids if ids.count(one) > 1)[:5]
    targets = {attributes["href"] for tag, attributes in page.elements if tag == "a"}
    assert all(target.startswith("#") for target in targets), "a link leaves the page"
    return {target for target in targets if target[1:] not in ids}


def check_inert(page):
    """Nothing of the case became an element, an attribute that acts, or ran."""
    assert "data-hacked" not in page.root(), "hostile text was executed"
    assert page.count("img") == 0 and page.count("script") == 2, "hostile text became an element"
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on") and name != "style", f"{tag} has an attribute {name}"
            inert = name in ("aria-label", "value", "aria-controls", "data-error")
            assert inert or "onerror=" not in (value or ""), (tag, name)


def test_worm(page):
    dangling = check_drawn(page)
    assert not dangling, f"links lead nowhere: {dangling}"
    check_inert(page)
    text = page.sections
    assert "Malicious program found" in text["summary"]
    assert "MS04-011" in text["summary"] and "opens TCP port 1957" in text["summary"]
    assert "irc.example.net" in text["summary"] and "Do first: Block TCP port 445" in text["summary"]
    assert "attacked over smb" in text["path"] and "simulator" in text["path"]
    assert "2 deviations" in text["sessions"] and "not judged" in text["sessions"]
    assert "executes what it wrote itself" in text["shellcode"]
    assert "notes.bin at byte 64 (0x40), entered at 0x47" in text["shellcode"]
    assert "It could not be loaded: section 2" in text["samples"] and "3 more endpoints" in text["samples"]
    assert "Copies itself into a system folder" in text["samples"] and "192.0.0.0/8: 612" in text["samples"]
    assert "ttcp dport 445" not in text["remedies"] and "tcp dport 445 counter drop" in text["remedies"]
    assert page.count("button", **{"class": "copy"}) == 8 and page.count("button", **{"class": "save"}) == 7 + 2
    assert page.count("path", **{"class": "curve chosen"}) == 1
    assert "every" not in text["method"] or "20090420" in text["method"]
    assert "the last packet is cut off" in text["method"]


def test_worm_session(page):
    """A link to a session opens its row."""
    assert not check_drawn(page)
    text = page.sections["sessions"]
    assert "NDR string of 3,136 characters" in text and "operation 9, 3,236 bytes" in text
    assert page.count("button", **{"aria-expanded": "true"}) == 1


def test_benign(page):
    assert not check_drawn(page)
    text = page.sections
    assert "Nothing malicious was found" in text["summary"]
    assert "No shellcode was found in 3 sessions" in text["shellcode"]
    assert "No executable program" in text["samples"] and "No forecast was made" in text["forecast"]
    assert "carries the whole case" in text["method"]


def test_nothing(page):
    assert not check_drawn(page)
    assert "No conversations" in page.sections["sessions"]


def test_hostile(page):
    check_drawn(page)
    check_inert(page)
    text = page.sections
    for name in [name for name in SECTIONS if name != "forecast"]:
        assert "</script><img src=x" in text[name], f"section {name} does not show the text as it is"
        assert "\u202e" not in text[name] and "\\u{202e}gpj.exe\\x00" in text[name], f"section {name} lets text deceive"


def test_hostile_session(page):
    check_drawn(page)
    check_inert(page)
    assert "NT LM 0.12, signing optional</script><img src=x" in page.sections["sessions"]


def test_crooked(page):
    assert page.root().get("data-ready") == "true"
    assert list(page.sections) == SECTIONS
    check_inert(page)


def test_large_session(page):
    """A link reaches what stands on another page of the table, and a finding that is not shown yet."""
    check_drawn(page)
    assert "Rows 9,976 to 10,000 of 10,000" in page.sections["sessions"]
    assert page.count("tr", id="session-9999") == 1


def test_large_shellcode(page):
    assert page.count("article", id="shellcode-333") == 1 and "340 of 500 findings" in page.sections["shellcode"]


def test_large(page):
    check_drawn(page)
    assert page.count("tr") < 1500, "the table holds all its rows at once"
    assert "Rows 1 to 25 of 10,000" in page.sections["sessions"]
    assert "20 of 500 findings shown" in page.sections["shellcode"]
    assert "1,000 behaviour events" in page.sections["method"]


TESTS = {"worm": test_worm, "worm#session-2": test_worm_session, "benign": test_benign, "nothing": test_nothing,
         "hostile": test_hostile, "hostile#session-2": test_hostile_session, "crooked": test_crooked,
         "large": test_large, "large#session-9999": test_large_session, "large#shellcode-333": test_large_shellcode}


def use_worm(program, folder):
    page = handled(program, folder, "worm", """
        put("#sessions input", "IRC join", "input");
        put("#forecast select", "2", "change");
        dispatchEvent(new Event("beforeprint"));""")
    assert "data-error" not in page.root(), page.root().get("data-error")
    assert "Rows 1 to 1 of 1, filtered from 7." in page.sections["sessions"]
    assert "With Install MS04-011 on vulnerable hosts, 11,969 hosts" in page.sections["forecast"]
    closed = [attributes for tag, attributes in page.elements if tag == "details" and "open" not in attributes]
    assert closed and all(attributes.get("class") == "figures-table" for attributes in closed), closed


def use_large(program, folder):
    page = handled(program, folder, "large", """
        put("#sessions select", "smb", "change");
        press("Next");
        press("Show 20 more");""")
    assert "data-error" not in page.root(), page.root().get("data-error")
    assert "Rows 26 to 50 of 9,994, filtered from 10,000." in page.sections["sessions"]
    assert "40 of 500 findings shown" in page.sections["shellcode"]


USES = {"using worm": use_worm, "using large": use_large}


def run(program):
    failed = 0
    with tempfile.TemporaryDirectory(prefix="kenbi-report-") as name:
        folder = pathlib.Path(name)
        jobs = {name: lambda name=name, test=test: test(dumped(program, folder, name)) for name, test in TESTS.items()}
        jobs |= {name: lambda use=use: use(program, folder) for name, use in USES.items()}
        for name, job in jobs.items():
            try:
                job()
                print(f"ok {name}")
            except AssertionError as problem:
                failed += 1
                print(f"FAILED {name}: {problem}")
    return 1 if failed else 0


LOOKS = {
    "light": ["--window-size=1280,{height}", "--blink-settings=preferredColorScheme=1"],
    "dark": ["--window-size=1280,{height}", "--blink-settings=preferredColorScheme=0"],
    "narrow": ["--window-size=600,{height}", "--blink-settings=preferredColorScheme=1"],
}


def look(program, folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        address = render(program, folder, name)
        # A window cannot be as narrow as a telephone; a frame can.
        frame = folder / f"{name}-narrow.html"
        frame.write_text('<body style="margin:0">'
                         f'<iframe src="{address}" style="border:0;width:400px;height:100vh"></iframe>')
        for kind, arguments in LOOKS.items():
            shot = [one.format(height=14000 if kind == "narrow" else 9000) for one in arguments]
            with tempfile.TemporaryDirectory(prefix="kenbi-chromium-") as profile:
                chromium(profile, [*shot, f"--screenshot={folder / name}-{kind}.png"],
                         frame.as_uri() if kind == "narrow" else address)
        with tempfile.TemporaryDirectory(prefix="kenbi-chromium-") as profile:
            chromium(profile, ["--no-pdf-header-footer", f"--print-to-pdf={folder / name}.pdf"], address)


def main():
    if not shutil.which("chromium"):
        print("skipped: chromium is not installed (Debian package chromium)")
        return SKIPPED
    if len(sys.argv) > 3 and sys.argv[2] == "--look":
        look(sys.argv[1], pathlib.Path(sys.argv[3]).resolve(), sys.argv[4:] or ["worm", "benign"])
        return 0
    return run(sys.argv[1])


sys.exit(main())
