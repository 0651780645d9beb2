#!/usr/bin/env python3
"""The report of an outbreak in a real browser: played, moved through by pointer and by keyboard, read, saved.

usage: outbreak.py KENBI RENDER SOURCES   (exit status 77: no Chromium, skipped)

KENBI is the program, RENDER tests/report/render.c, SOURCES the folder ui/report. What is drawn is looked at in the
canvases' pixels; what is computed in the page is compared with the records and with formulas written down here.
"""
import copy
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from devtools import Browser
from hostile import crooked, poisoned

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
FRAMES = 300
MOST_BUSY = 1000 / 60  # ms of processor time for one frame

# Pixels of the upper layer (attacks) or lower layer (shares) of one picture that have a colour of the style sheet.
LOOK = """
function canvasOf(side, picture, layer) {
  return document.querySelectorAll(".side")[side].querySelectorAll(".layers")[picture].querySelectorAll("canvas")[layer];
}
function pixelsOf(canvas) {
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
}
function countColour(canvas, name) {
  const text = getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const wanted = [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  const data = pixelsOf(canvas);
  let number = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] > 250 && wanted.every((one, at) => Math.abs(data[i + at] - one) < 3)) number++;
  return number;
}
function digest(canvas) {
  return pixelsOf(canvas).reduce((sum, byte, at) => (sum * 31 + byte * (at % 7 + 1)) >>> 0, 7);
}
function hostsOf(side) {
  return Number(document.querySelectorAll(".infected")[side].textContent.replace(/[^0-9]/g, ""));
}
function fileNames() {
  return [...document.querySelectorAll(".save")].map((button) => button.textContent.split(" ").at(-1));
}
function seek(position) {
  const slider = document.querySelector(".course");
  slider.value = position;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}
"""


def records_of(folder):
    return json.loads((folder / "case.json").read_text(encoding="utf-8"))


def of_type(records, name):
    return [record for record in records if record["type"] == name]


def opened(browser, address, **media):
    page = browser.open(address, media.pop("width", 1280), 900, **media)
    assert page.evaluate("document.documentElement.dataset.error || ''") == "", \
        page.evaluate("document.documentElement.dataset.error")
    page.evaluate(LOOK)
    page.wait("document.querySelector('.layers canvas')?.clientWidth > 200 && new Promise(done => "
              "requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
    return page


def check_healthy(page):
    problem = page.evaluate("document.documentElement.dataset.error || ''")
    assert problem == "", problem


def test_sections(page, records):
    sections = page.evaluate("[...document.querySelectorAll('section')].map((one) => one.id)")
    assert sections == ["summary", "forecast", "remedies", "method"], sections
    text = page.evaluate("document.body.innerText")
    assert "A worm in two towns" in text and "Do first: Routers drop the attack" in text
    for sign in ("undefined", "NaN", "[object"):
        assert sign not in text, text[max(0, text.find(sign) - 80):][:160]
    assert "kenbi outbreak" in text and "--report" in text, "the command is missing"
    assert of_type(records, "provenance")[0]["files"][0]["sha256"] in text
    assert "scanned_space: 262144" in text, "the scenario's text is missing"


def test_end(page, records):
    """At the end the pictures say what the forecast says."""
    page.evaluate("seek(1e9)")
    for side, forecast in enumerate(of_type(records, "forecast")[:2]):
        mean = sum(forecast["subnet_infected"])
        assert abs(page.evaluate(f"hostsOf({side})") - mean) <= 0.003 * mean + 1, (side, mean)
    assert page.evaluate("hostsOf(0)") > page.evaluate("hostsOf(1)")


def test_course(page, records):
    """Infected grow with time; with the remedy there are never more; colours follow."""
    last = len(of_type(records, "subnet_curve")[0]["times"]) - 1
    before, seen = (0, 0), set()
    for at in range(0, last + 1, 4):
        page.evaluate(f"seek({at})")
        now = (page.evaluate("hostsOf(0)"), page.evaluate("hostsOf(1)"))
        assert now[0] >= before[0] and now[1] >= before[1] and now[1] <= now[0], (at, before, now)
        before = now
        seen.add(tuple(page.evaluate(f"digest(canvasOf({side}, {one}, 0))") for side in (0, 1) for one in (0, 1)))
    assert len(seen) > last // 8, f"only {len(seen)} different pictures"


def test_attacks(page, records):
    """Red attacks on both sides, blue ones only where a remedy stops them, and only once it is in force."""
    times = of_type(records, "subnet_curve")[0]["times"]
    early = max(at for at, time in enumerate(times) if time < 100)
    page.evaluate(f"seek({early})")
    for one in (0, 1):
        assert page.evaluate(f"countColour(canvasOf(1, {one}, 1), 'chosen')") == 0, "stopped before it is in force"
    page.evaluate(f"seek({len(times) - 1})")
    for one in (0, 1):
        assert page.evaluate(f"countColour(canvasOf(0, {one}, 1), 'bad')") > 100, f"no attacks in picture {one}"
        assert page.evaluate(f"countColour(canvasOf(0, {one}, 1), 'chosen')") == 0, "stopped with nothing done"
    assert page.evaluate("countColour(canvasOf(1, 0, 1), 'chosen')") > 50, "no stopped attacks"


def test_play(page):
    page.evaluate("seek(0)")
    page.click(".play")
    assert page.evaluate("document.querySelector('.play').textContent") == "Pause"
    page.wait("Number(document.querySelector('.course').value) > 3")
    assert page.evaluate("document.activeElement.className") == "play"
    page.key(" ")
    assert page.evaluate("document.querySelector('.play').textContent") == "Play"
    place = page.evaluate("document.querySelector('.course').value")
    page.evaluate("new Promise((done) => setTimeout(done, 400))")
    assert page.evaluate("document.querySelector('.course').value") == place, "it goes on after it was stopped"
    spoken = page.evaluate("document.querySelector('.player [role=status]').textContent")
    assert spoken.startswith("After ") and "infected if nothing is done" in spoken, spoken


def test_slider_keys(page):
    page.evaluate("seek(10); document.querySelector('.course').focus()")
    page.key("ArrowRight")
    assert float(page.evaluate("document.querySelector('.course').value")) == 11
    page.key("ArrowLeft")
    page.key("ArrowLeft")
    assert float(page.evaluate("document.querySelector('.course').value")) == 9
    words = page.evaluate("document.querySelector('.course').getAttribute('aria-valuetext')")
    assert words == page.evaluate("document.querySelector('.time').textContent") and words[-1] in "snh", words


def test_pointing(page, records):
    """Pointer and arrow keys read the figures of a subnet, the same in the grid and in the address map."""
    world = of_type(records, "world")[0]
    page.evaluate("seek(1e9)")
    box = page.evaluate("""(() => { const node = canvasOf(0, 0, 0); node.scrollIntoView({ block: "center" });
                          const box = node.getBoundingClientRect(); return [box.left, box.top]; })()""")
    page.point(box[0] + 8, box[1] + 30)
    reading = "document.querySelector('.reading-line').textContent"
    assert page.evaluate(reading).startswith("east-1: "), page.evaluate(reading)
    assert f"{round(world['subnets'][0]['vulnerable'])} can be infected" in page.evaluate(reading)
    page.point(2, 2)
    assert page.evaluate(reading).startswith("Point at a subnet")
    page.evaluate("document.querySelector('.pointed').focus()")
    page.key("ArrowRight")
    page.key("ArrowRight")
    page.key("ArrowRight")
    assert page.evaluate(reading).startswith("east-3: "), page.evaluate(reading)
    page.key("ArrowDown")
    assert not page.evaluate(reading).startswith("east-3: ")
    assert page.evaluate("countColour(canvasOf(1, 0, 1), 'text')") > 20, "the chosen subnet is not marked"
    page.key("Escape")
    assert page.evaluate(reading).startswith("Point at a subnet")


def test_table(page, records):
    """The table says for each provider what its subnets say."""
    world, forecasts = of_type(records, "world")[0], of_type(records, "forecast")[:2]
    page.evaluate("seek(1e9); document.querySelector('.stage .figures-table').open = true")
    page.wait("document.querySelectorAll('.stage .figures-table tbody tr').length === 2")
    rows = page.evaluate("[...document.querySelectorAll('.stage .figures-table tbody tr')]"
                         ".map((row) => [...row.children].map((cell) => cell.textContent))")
    for index, row in enumerate(rows):
        assert row[0] == world["providers"][index]
        for forecast, cell in zip(forecasts, row[3:]):
            infected = sum(hosts for hosts, subnet in zip(forecast["subnet_infected"], world["subnets"])
                           if subnet["provider"] == index)
            assert abs(float(cell.replace(",", "")) - infected) <= 0.003 * infected + 1, (row, infected)


def test_choice(page):
    """Another remedy keeps the moment, and changes the right side only."""
    page.evaluate("seek(20)")
    before = [page.evaluate(f"hostsOf({side})") for side in (0, 1)]
    page.evaluate("""(() => { const choice = document.querySelector("#forecast select"); choice.value = "1";
                    choice.dispatchEvent(new Event("change", { bubbles: true })); })()""")
    page.wait("canvasOf(1, 0, 0).clientWidth > 200")
    assert float(page.evaluate("document.querySelector('.course').value")) == 20
    after = [page.evaluate(f"hostsOf({side})") for side in (0, 1)]
    assert after[0] == before[0] and after[1] != before[1], (before, after)


def choose_moment(page, value):
    page.evaluate(f"""(() => {{ const choice = document.querySelectorAll("#forecast .choices select")[1];
                    choice.value = {json.dumps(value)}; choice.dispatchEvent(new Event("change", {{ bubbles: true }})); }})()""")
    page.wait("canvasOf(1, 0, 0).clientWidth > 200")


def test_moment(page, records):
    """In force from the first moment: what the records of that course say."""
    times = of_type(records, "subnet_curve")[0]["times"]
    page.evaluate(f"seek({len(times) - 1})")
    late = page.evaluate("hostsOf(1)")
    choose_moment(page, "once")
    assert "in force from the first moment" in page.evaluate("document.querySelectorAll('figcaption')[1].textContent")
    assert page.evaluate("hostsOf(1)") < late, "at once saves no more than later"
    course = next(one for one in of_type(records, "subnet_curve") if one["at_once"])
    world = of_type(records, "world")[0]["subnets"]
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    end = course["shares"][-2 * len(world):]
    wanted = sum((digits.index(end[2 * at]) * 64 + digits.index(end[2 * at + 1])) / 4095 * subnet["vulnerable"]
                 for at, subnet in enumerate(world))
    assert abs(page.evaluate("hostsOf(1)") - wanted) <= 1, wanted
    choose_moment(page, "delayed")
    page.evaluate(f"seek({len(times) - 1})")
    assert page.evaluate("hostsOf(1)") == late


def too_late(records):
    """The best remedy saves nobody after its delay: what it saves at once is what there is to see."""
    records = copy.deepcopy(records)
    of_type(records, "forecast")[1]["saved"] = {"low": 0, "median": 0, "high": 0}
    return records


def test_too_late(page):
    assert page.evaluate("document.querySelectorAll('#forecast .choices select')[1].value") == "once"
    check_healthy(page)


def test_names(page):
    """Everything that can be operated has a name and a place in the order of focus."""
    page.call("Accessibility.enable")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "slider", "combobox", "textbox", "searchbox", "link", "application", "image"}
    seen = set()
    for node in nodes:
        role = node.get("role", {}).get("value")
        if node.get("ignored") or role not in roles:
            continue
        seen.add(role)
        assert node.get("name", {}).get("value"), f"a {role} without a name"
    assert {"button", "slider", "combobox", "link", "application", "image"} <= seen, seen
    page.evaluate("document.querySelector('.play').focus()")
    order = []
    for _ in range(6):
        page.key("Tab")
        order.append(page.evaluate("document.activeElement.getAttribute('aria-label') || "
                                   "document.activeElement.textContent.slice(0, 20)"))
    assert order[:4] == ["One moment back", "One moment on", "Time since the first infection", "Speed"], order
    assert "subnets" in order[4] and "addresses" in order[5], order


def test_saving(browser, page, folder, records):
    saved = folder / "saved"
    saved.mkdir()
    browser.downloads_to(saved)
    page.evaluate("""[...document.querySelectorAll("button")]
                    .find((one) => one.textContent === "Save the ranking as ranking.csv").click()""")
    page.evaluate("""[...document.querySelectorAll("button")]
                    .find((one) => one.textContent === "Save as outbreak.yaml").click()""")
    page.wait("true")
    for _ in range(100):
        if (saved / "ranking.csv").exists() and (saved / "outbreak.yaml").exists():
            break
        page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert (saved / "outbreak.yaml").read_bytes() == (HERE / "cases" / "outbreak.yaml").read_bytes()
    lines = (saved / "ranking.csv").read_text(encoding="utf-8").splitlines()
    best = of_type(records, "forecast")[1]
    assert len(lines) == 3 and lines[1].startswith(f"1,{best['name']},"), lines


def test_frames(page, words):
    """How smoothly it plays: frames are printed, since others use the processor, too; the main thread's own processor time
    must leave room in the period of a screen of 60 frames a second."""
    page.call("Performance.enable", timeDomain="threadTicks")
    page.evaluate("seek(0); document.querySelector('.player').scrollIntoView()")
    page.click(".play")
    busy = page.metric("TaskDuration")
    measured = page.evaluate("""new Promise((done) => {
        const times = [];
        requestAnimationFrame(function step() {
          times.push(performance.now());
          if (times.length <= %d) return requestAnimationFrame(step);
          const gaps = times.slice(1).map((time, at) => time - times[at]).sort((a, b) => a - b);
          return done([1000 * gaps.length / (times.at(-1) - times[0]), gaps[gaps.length >> 1],
                       gaps[Math.floor(gaps.length * 0.95)]]);
        });
      })""" % FRAMES)
    busy = 1000 * (page.metric("TaskDuration") - busy) / FRAMES
    page.evaluate("seek(0)")
    print(f"frames, {words}: {measured[0]:.1f} a second, median {measured[1]:.1f} ms, 95 % {measured[2]:.1f} ms; "
          f"{busy:.1f} ms of processor time each")
    assert 0.1 < busy < MOST_BUSY, busy


def test_dark(page):
    """The pictures follow when the reader changes to dark, and are light on paper."""
    page.evaluate("seek(1e9)")
    light = page.evaluate("digest(canvasOf(0, 0, 0))")
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    page.wait(f"digest(canvasOf(0, 0, 0)) !== {light}")
    assert page.evaluate("countColour(canvasOf(0, 1, 1), 'bad')") > 50
    dark = page.evaluate("digest(canvasOf(0, 0, 0))")
    page.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    page.wait(f"digest(canvasOf(0, 0, 0)) !== {dark}")
    assert page.evaluate("countColour(canvasOf(0, 1, 0), 'share-5')") > 1000, "paper has other colours"
    page.call("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": "light"}])
    page.wait(f"digest(canvasOf(0, 0, 0)) === {light}")


def test_still(page):
    """Who asked for less motion gets one still picture after the other: whole moments only."""
    page.evaluate("seek(0)")
    page.click(".play")
    places = set()
    for _ in range(30):
        places.add(float(page.evaluate("document.querySelector('.course').value")))
        page.evaluate("new Promise((done) => setTimeout(done, 60))")
    assert len(places) >= 2 and all(place == int(place) for place in places), places


def test_narrow(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 400, "the page is wider than the screen"
    boxes = page.evaluate("[...document.querySelectorAll('.side')].map((one) => one.getBoundingClientRect().top)")
    assert boxes[1] > boxes[0] + 100, "the sides do not stand below each other"


def test_formulas(page, sources):
    """The curve, the text of shares, the chances of passing and the shares of targets, by what they must be."""
    page.call("Page.navigate", url="about:blank")
    load = "\n".join((sources / name).read_text(encoding="utf-8")
                     for name in ("spread.js", "hilbert.js", "routes.js", "traffic.js"))
    page.evaluate(load + "\n;globalThis.list = (value) => (Array.isArray(value) ? value : []);"
                  "Object.assign(globalThis, { hilbertPoint, hilbertCells, decodeShares, passChance, makeTraffic, "
                  "makeLand, makeRoutes, evenNumbers, positionAt }); 1")
    points = page.evaluate("Array.from({ length: 4096 }, (_, at) => hilbertPoint(64, at))")
    assert len({tuple(point) for point in points}) == 4096 and points[0] == [0, 0]
    assert all(abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1 for a, b in zip(points, points[1:])), "the curve jumps"
    assert all(point[0] < 32 and point[1] < 32 for point in points[:1024]), "a fourth is no square"
    decoded = page.evaluate("[...decodeShares('AAABgA//', 4)]")
    assert [round(one * 4095) for one in decoded] == [0, 1, 2048, 4095], decoded
    assert page.evaluate("[decodeShares('AA', 2), decodeShares('A<', 1), decodeShares(7, 1)].every((one) => one === null)")
    page.evaluate("""globalThis.land = makeLand({ providers: ["a", "b"], scanned_space: 1000, subnets: [
        { name: "x", provider: 0, addresses: 100, vulnerable: 30 }, { name: "y", provider: 0, addresses: 50, vulnerable: 10 },
        { name: "z", provider: 1, addresses: 50, vulnerable: 20 }] }, 1); 1""")
    cells = page.evaluate("(() => { const cells = hilbertCells(land, 1000); return [[...cells.total].reduce((a, b) => a + b), "
                          "cells.start[cells.count] === cells.group.length]; })()")
    assert abs(cells[0] - 60) < 1e-6 and cells[1], cells

    def chance(place, effect, origin, target):
        remedy = json.dumps({"effect": effect, "place": place, "pass": 0.1, "share": 0.6})
        return page.evaluate(f"passChance(land, {remedy}, {origin}, {target})")
    one = 1 - 0.6 * 0.9
    assert chance("subnet", "filter", 0, 0) == 1 and abs(chance("subnet", "filter", 0, 1) - one * one) < 1e-12
    assert chance("provider", "filter", 0, 1) == 1 and abs(chance("provider", "filter", 0, 2) - one * one) < 1e-12
    assert abs(chance("border", "filter", 0, 2) - (1 - (1 - 0.4 ** 2) * 0.9)) < 1e-12
    named = {"effect": "filter", "place": "subnet", "pass": 0.1, "share": 1, "places": [1]}
    for origin, target, wanted in ((0, 1, 0.1), (1, 2, 0.1), (0, 2, 1), (1, 1, 1)):
        assert abs(page.evaluate(f"passChance(land, {json.dumps(named)}, {origin}, {target})") - wanted) < 1e-12
    edge = {"effect": "filter", "place": "provider", "pass": 0, "share": 1, "places": [1]}
    assert page.evaluate(f"passChance(land, {json.dumps(edge)}, 0, 2)") == 0
    # Four providers, a above b and c, d at the top beside a; a subnet each.
    page.evaluate("""globalThis.tree = makeLand({ providers: ["a", "b", "c", "d"], parents: [null, 0, 0, null],
        subnets: [0, 1, 2, 3].map((provider) => ({ name: "same", provider, addresses: 9, vulnerable: 1 })) }, 1); 1""")
    names = page.evaluate("tree.names")
    assert len(set(names)) == 4 and names[2] == "same (c, subnet 3)", names
    by_link = {"effect": "filter", "place": "link", "pass": 0.1, "share": 1}
    for places, origin, target, wanted in (([1], 1, 0, 0.1), ([1], 1, 2, 0.1), ([1, 2], 1, 2, 0.01), ([1], 0, 2, 1),
                                           ([0], 1, 2, 1), ([0, 1], 1, 3, 0.01), ([0, 3], 3, 2, 0.01), ([3], 1, 1, 1)):
        got = page.evaluate(f"passChance(tree, {json.dumps(by_link | {'places': places})}, {origin}, {target})")
        assert abs(got - wanted) < 1e-12, (places, origin, target, got)
    got = page.evaluate(f"passChance(tree, {json.dumps(by_link | {'share': 0.5})}, 1, 3)")
    assert abs(got - 0.55 ** 3) < 1e-12, got
    # A border stands at every provider on the route, and one of them filters.
    for places, origin, target, wanted in (([0], 1, 2, 0.1), ([0, 1], 1, 2, 0.1), ([3], 1, 2, 1), ([0], 1, 3, 0.1)):
        got = page.evaluate(f"passChance(tree, {json.dumps(by_link | {'place': 'border', 'places': places})}, {origin}, {target})")
        assert abs(got - wanted) < 1e-12, (places, origin, target, got)
    # c and d peer: the link is no link upwards, and only who is behind them uses it; a list of attackers knows no routes.
    page.evaluate("""globalThis.tree = makeLand({ providers: ["a", "b", "c", "d"], parents: [null, 0, 0, null],
        peers: [[2, 3], [0, 2], [7, 1], "no"],
        subnets: [0, 1, 2, 3].map((provider) => ({ name: "same", provider, addresses: 9, vulnerable: 1 })) }, 1); 1""")
    for place, places, origin, target, wanted in (("link", [0, 2, 3], 2, 3, 1), ("link", [0, 2, 3], 3, 2, 1), ("link", [2], 2, 1, 0.1),
                                                  ("link", [0, 3], 1, 3, 0.01), ("border", [0], 2, 3, 1), ("border", [0], 1, 3, 0.1),
                                                  ("border", [0], 2, 1, 0.1)):
        got = page.evaluate(f"passChance(tree, {json.dumps(by_link | {'place': place, 'places': places})}, {origin}, {target})")
        assert abs(got - wanted) < 1e-12, (place, places, origin, target, got)
    # Of the infected that a quarter has been so for long enough, a quarter's attacks meet the list.
    for place, origin, target, wanted in (("border", 2, 3, 1), ("border", 1, 3, 1 - 0.25 * 0.9), ("provider", 1, 3, 1 - 0.25 * 0.9)):
        blocked = json.dumps(by_link | {"effect": "block", "place": place, "places": [1], "reaction": 60})
        got = page.evaluate(f"passChance(tree, {blocked}, {origin}, {target}, 0.25)")
        assert abs(got - wanted) < 1e-12, (place, origin, target, got)
    assert page.evaluate("[0, 5, 15, 20, 30, 40].map((time) => positionAt([0, 10, 20, 40], time))") == [0, 0.5, 1.5, 2, 2.5, 3]
    drawn = page.evaluate("""(() => {
        const traffic = makeTraffic(land, { scan: "random", rate: 1 }), all = [];
        const block = { effect: "block", place: "host", pass: 0, share: 1, delay: 10, reaction: 5 };
        const stopped = (time, before) => {
          traffic.draw(Float32Array.from([0.8, 0, 0]), block, time, 20000, 5, land.end, all, before);
          return all.filter((one) => one.stopped).length / 20000;
        };
        const before = Float32Array.from([0.2, 0, 0]);
        return [stopped(9, before), stopped(11, before), stopped(11, null)];
      })()""")
    assert drawn[0] == 0 and abs(drawn[1] - 0.25) < 0.015 and drawn[2] == 0, drawn
    assert page.evaluate("[[1, 0], [0], [5], ['x'], 7].every((parents) => makeRoutes(parents, list(parents).length) === null)")
    # In groups of two subnets, half of the group filters when one of them does.
    page.evaluate("""globalThis.pairs = makeLand({ providers: ["a"],
        subnets: [0, 1, 2].map((name) => ({ name, provider: 0, addresses: 9, vulnerable: 1 })) }, 2); 1""")
    got = page.evaluate(f"passChance(pairs, {json.dumps(named)}, 0, 1)")
    assert abs(got - (1 - 0.5 * 0.9)) < 1e-12, got
    assert abs(chance("host", "filter", 0, 0) - one) < 1e-12 and chance("subnet", "patch", 0, 1) == 1
    # 20,000 attacks from the subnet x: 0.3 stay there, the rest is even over the whole space.
    drawn = page.evaluate("""(() => {
        const traffic = makeTraffic(land, { scan: "local", rate: 1, local_share: 0.3 });
        const shares = Float32Array.from([1, 0, 0]), all = [];
        traffic.draw(shares, null, 0, 20000, 5, land.space, all);
        const within = [];
        traffic.draw(shares, null, 0, 20000, 6, land.end, within);
        return [all.filter((one) => one.to === 0).length, all.filter((one) => one.to === -1).length,
                within.filter((one) => one.to === 0).length, within.filter((one) => one.to === -1).length,
                all.every((one) => one.from === 0), traffic.arriving(land.end)];
      })()""")
    for got, wanted in zip(drawn, (0.3 + 0.7 * 0.1, 0.7 * 0.8, (0.3 + 0.07) / (0.3 + 0.14), 0)):
        assert abs(got / 20000 - wanted) < 0.015, (drawn, wanted)
    assert drawn[4] and abs(drawn[5] - 0.44) < 1e-9


def extended(records):
    """The same case with what other scenarios have: deadline curves, costs, intervals, combinations, rules."""
    records = copy.deepcopy(records)
    for at, forecast in enumerate(of_type(records, "forecast")[1:]):
        forecast["interval"] = {"low": 10, "high": 20}
        forecast["pareto"] = at == 0
        forecast["disturbed"] = 0.02 * (at + 1)
        forecast["deadline"] = [{"delay": delay, "saved": {"low": 800 / (1 + delay / 60), "median": 1000 / (1 + delay / 60),
                                                           "high": 1200 / (1 + delay / 60)}} for delay in (0, 30, 60, 300, 900)]
    for at, remedy in enumerate(of_type(records, "remedy")):
        remedy["collateral_share"] = 0.02
        remedy["collateral_basis"] = "flows of a campus"
        remedy["rules"] = [{"format": "nftables", "text": f"add rule inet filter {at} tcp dport 445 drop\n",
                            "undo": f"delete rule inet filter {at}\n"}]
        remedy |= {"limits": "other ports", "undo": "load the rules of before", "attack": ["T1210"], "defend": ["D3-NTF"]}
    records = [record for record in records if record["type"] not in ("combination", "ranking")]
    records.append({"type": "ranking", "candidates": 9, "left_out": 3, "delays": [], "dropped": [],
                    "rounds": [{"candidates": 9, "replicas": 4}, {"candidates": 4, "replicas": 10}]})
    records.append({"type": "combination", "members": ["routers", "update"], "saved": {"low": 5, "median": 6, "high": 7}})
    return records


def test_extended(page):
    text = page.evaluate("document.getElementById('forecast').innerText + document.getElementById('remedies').innerText")
    for words in ("How fast it must be in force", "it must be in force within 60 s", "What it costs beside what it saves",
                  "Unbeaten: nothing saves", "Together", "Routers drop the attack + Hosts get the update",
                  "9 with 4 simulations, then 4 with 10 simulations", "3 more sets of places were not tried",
                  "other ports", "load the rules of before", "T1210", "D3-NTF", "To take this rule back",
                  "2 % of benign flows there stop (flows of a campus)", "10 to 20 hosts, with 95 % confidence"):
        assert words in text, f"'{words}' is missing"
    assert page.evaluate("document.querySelectorAll('.scatter .point').length") == 2
    assert page.evaluate("document.querySelectorAll('.scatter .front').length") == 1
    check_healthy(page)


def by_mail(records):
    records = copy.deepcopy(records)
    of_type(records, "worm")[0].update(scan="mail", rate=0)
    return records


def test_by_mail(page):
    """Contacts are not in the records: no attack is made up, and the page says so."""
    check_healthy(page)
    page.evaluate("seek(1e9)")
    assert page.evaluate("countColour(canvasOf(0, 0, 1), 'bad')") == 0
    assert "Attacks are not drawn" in page.evaluate("document.querySelector('.stage').innerText")
    assert "NaN" not in page.evaluate("document.body.innerText")


def spoiled(records, spoil):
    records = copy.deepcopy(records)
    for record in of_type(records, "subnet_curve"):
        spoil(record)
    return records


SPOILED = {
    "no course": lambda record: record.update(type="nothing"),
    "cut shares": lambda record: record.update(shares=record["shares"][:-2]),
    "foreign letters": lambda record: record.update(shares=record["shares"][:-1] + "<"),
    "times that fall": lambda record: record.update(times=record["times"][::-1]),
    "no times": lambda record: record.update(times=None),
    "a group of none": lambda record: record.update(group=0),
    "a group of text": lambda record: record.update(group="</script>"),
}


def test_spoiled(page):
    """Without a course that can be trusted the page shows the end, and says so."""
    check_healthy(page)
    assert page.evaluate("document.querySelector('.player') === null")
    assert "does not hold the course" in page.evaluate("document.querySelector('.stage').innerText")
    assert page.evaluate("hostsOf(0)") > 1000


def hostile(records):
    """Markup in every text but the shares, so that the outbreak can still be played."""
    shares = [record["shares"] for record in of_type(records, "subnet_curve")]
    records = poisoned(records)
    for record, text in zip(of_type(records, "subnet_curve"), shares):
        record["shares"] = text
    of_type(records, "worm")[0]["scan"] = "local"
    return records


def test_hostile(page):
    check_healthy(page)
    test_play(page)
    assert page.evaluate("document.documentElement.dataset.hacked === undefined")
    assert page.evaluate("document.querySelectorAll('img').length") == 0
    assert page.evaluate("document.querySelectorAll('script').length") == 2
    assert page.evaluate("[...document.querySelectorAll('*')].every((node) => [...node.attributes]"
                         ".every((one) => !one.name.startsWith('on') && one.name !== 'style'))")
    text = page.evaluate("document.body.innerText")
    assert "\u202e" not in text and "</script><img src=x" in text and "\\u{202e}gpj.exe\\x00" in text
    page.evaluate("document.querySelector('.pointed').focus()")
    page.key("ArrowRight")
    assert "</script><img" in page.evaluate("document.querySelector('.reading-line').textContent")
    name = page.evaluate("fileNames()")
    assert name and all(len(one) < 80 and set(one) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") for one in name), name


def test_crooked(page):
    assert page.evaluate("document.documentElement.dataset.ready") == "true"
    assert page.evaluate("document.documentElement.dataset.hacked === undefined")
    assert page.evaluate("document.querySelectorAll('img').length") == 0


def render(program, folder, name, records):
    (folder / f"{name}.json").write_text(json.dumps(records), encoding="utf-8")
    subprocess.run([program, folder / f"{name}.json", folder / name], check=True)
    return (folder / name / "index.html").as_uri()


def many(records):
    """5,000 subnets, 100,000 hosts: how smoothly does that play?"""
    records = copy.deepcopy(records)
    world = of_type(records, "world")[0]
    subnets, frames = 5000, len(of_type(records, "subnet_curve")[0]["times"])
    world["providers"] = [f"provider {number}" for number in range(50)]
    world["subnets"] = [{"name": f"net {number}", "provider": number // 100, "addresses": 256, "hosts": 20,
                         "vulnerable": 15} for number in range(subnets)]
    world["scanned_space"] = 4 * 256 * subnets
    for record in of_type(records, "subnet_curve"):
        levels = [min(4095, max(0, 4095 * (frame * 40 - number % 700) // 1800))
                  for frame in range(frames) for number in range(subnets)]
        digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        record["shares"] = "".join(digits[level >> 6] + digits[level & 63] for level in levels)
    for forecast in of_type(records, "forecast"):
        forecast["subnet_infected"] = [10] * subnets
    return records


def run(kenbi, program, sources):
    failed = 0

    def check(name, job):
        nonlocal failed
        try:
            job()
            print(f"ok {name}")
        except AssertionError as problem:
            failed += 1
            print(f"FAILED {name}: {problem}")

    with tempfile.TemporaryDirectory(prefix="kenbi-report-") as scratch, Browser() as browser:
        folder = pathlib.Path(scratch)
        subprocess.run([kenbi, "outbreak", HERE / "cases" / "outbreak.yaml", "--report", folder / "made"], check=True,
                       stdout=subprocess.DEVNULL)
        records = records_of(folder / "made")
        address = (folder / "made" / "index.html").as_uri()
        page = opened(browser, address, prefers_color_scheme="light")
        for name, job in {"sections": lambda: test_sections(page, records), "end": lambda: test_end(page, records),
                          "course": lambda: test_course(page, records), "attacks": lambda: test_attacks(page, records),
                          "play": lambda: test_play(page), "slider keys": lambda: test_slider_keys(page),
                          "pointing": lambda: test_pointing(page, records), "table": lambda: test_table(page, records),
                          "names": lambda: test_names(page), "dark": lambda: test_dark(page),
                          "saving": lambda: test_saving(browser, page, folder, records),
                          "frames": lambda: test_frames(page, "64 subnets"),
                          "moment": lambda: test_moment(page, records), "choice": lambda: test_choice(page),
                          "no errors": lambda: check_healthy(page)}.items():
            check(name, job)
        page.close()
        page = opened(browser, address, prefers_reduced_motion="reduce")
        check("less motion", lambda: test_still(page))
        page.close()
        page = opened(browser, address, width=400, prefers_color_scheme="dark")
        check("narrow", lambda: test_narrow(page))
        page.close()
        page = opened(browser, render(program, folder, "many", many(records)))
        check("frames of many", lambda: test_frames(page, "5,000 subnets"))
        page.close()
        page = opened(browser, render(program, folder, "extended", extended(records)))
        check("extended", lambda: test_extended(page))
        check("formulas", lambda: test_formulas(page, sources))
        page.close()
        page = opened(browser, render(program, folder, "hostile", hostile(extended(records))))
        check("hostile", lambda: test_hostile(page))
        page.close()
        page = browser.open(render(program, folder, "crooked", crooked(extended(records))))
        check("crooked", lambda: test_crooked(page))
        page.close()
        page = opened(browser, render(program, folder, "too-late", too_late(records)))
        check("too late", lambda: test_too_late(page))
        page.close()
        page = opened(browser, render(program, folder, "by-mail", by_mail(records)))
        check("by mail", lambda: test_by_mail(page))
        page.close()
        for name, spoil in SPOILED.items():
            page = opened(browser, render(program, folder, name.replace(" ", "-"), spoiled(records, spoil)))
            check(name, lambda: test_spoiled(page))
            page.close()
    return 1 if failed else 0


def main():
    if not shutil.which("chromium"):
        print("skipped: chromium is not installed (Debian package chromium)")
        return SKIPPED
    return run(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]))


sys.exit(main())
