#!/usr/bin/env python3
"""Turns a text file into a C header that holds it as one string: embed-text.py NAME INPUT OUTPUT."""
import sys

name, source, target = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    lines = file.read().splitlines()
with open(target, "w", encoding="utf-8") as file:
    file.write(f"/* Made from {source.rsplit('/', 1)[-1]} by tools/embed-text.py. */\n")
    file.write(f"static const char {name}[] =\n")
    for line in lines:
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
        file.write(f'\t"{escaped}\\n"\n')
    file.write("\t;\n")
