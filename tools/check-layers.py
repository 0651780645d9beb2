#!/usr/bin/env python3
"""Holds the includes of src/ against the map in ARCHITECTURE.md.

A room may include its own headers, and the doors (ROOM/ROOM.h) of rooms on lower floors. The floors are
read from the table in ARCHITECTURE.md, so that the map is true or the check fails.
"""
import pathlib
import re
import sys

top = pathlib.Path(__file__).resolve().parent.parent
floors = {}
for line in (top / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines():
    row = re.match(r"\|\s*(\d+)\s*\|\s*`(\w+)`\s*\|", line)
    if row:
        floors[row.group(2)] = int(row.group(1))

faults = []
for room in sorted(path.name for path in (top / "src").iterdir() if path.is_dir()):
    if room not in floors:
        faults.append(f"src/{room}: not in the table of ARCHITECTURE.md")
for room in floors:
    if not (top / "src" / room).is_dir():
        faults.append(f"ARCHITECTURE.md: room `{room}` has no folder src/{room}")
for path in sorted((top / "src").rglob("*.[ch]")):
    room = path.relative_to(top / "src").parts[0]
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        include = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not include or "/" not in include.group(1):
            continue
        other = include.group(1).split("/")[0]
        if other == room:
            continue
        if other not in floors:
            faults.append(f"{path.relative_to(top)}:{number}: includes {include.group(1)}, which is no room's")
        elif include.group(1) != f"{other}/{other}.h":
            faults.append(f"{path.relative_to(top)}:{number}: includes {include.group(1)}; only the door {other}/{other}.h may be")
        elif room in floors and floors[other] >= floors[room]:
            faults.append(f"{path.relative_to(top)}:{number}: {room} (floor {floors[room]}) includes {other} (floor {floors[other]})")
print("\n".join(faults) if faults else f"layers: {len(floors)} rooms, includes run downwards only")
sys.exit(1 if faults else 0)
