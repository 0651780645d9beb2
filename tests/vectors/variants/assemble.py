#!/usr/bin/env python3
"""Assembles the codes of variants/*.asm and writes one line for each: name, system, architecture, what it must be told
to do ("-": nothing) with a part of its text, the source it is from, and the code in hexadecimal, separated by tabs.

usage: assemble.py NASM FOLDER-OF-INCLUDES OUTPUT SOURCE...

A source holds many codes, each behind a line ";= NAME BITS | SYSTEM ARCHITECTURE | ACTION TEXT"."""
import pathlib
import re
import subprocess
import sys
import tempfile

HEAD = re.compile(r";= (\w+) (32|64) \| (\S+) (\S+) \| (\S+) ?(.*)$")


def codes(source):
    head, lines = None, []
    for line in pathlib.Path(source).read_text().splitlines():
        if line.startswith(";="):
            if head:
                yield head, lines
            head, lines = HEAD.match(line), []
            if not head:
                sys.exit(f"{source}: not understood: {line}")
        elif head:
            lines.append(line)
    if head:
        yield head, lines


def assemble(nasm, includes, bits, lines):
    with tempfile.TemporaryDirectory() as folder:
        source, output = pathlib.Path(folder) / "code.asm", pathlib.Path(folder) / "code.bin"
        source.write_text(f'bits {bits}\n%include "variants/payload.inc"\n' + "\n".join(lines) + "\n")
        subprocess.run([nasm, "-w+error", "-f", "bin", "-i", includes + "/", "-o", output, source], check=True)
        return output.read_bytes()


def main():
    nasm, includes, output, *sources = sys.argv[1:]
    rows = []
    for source in sources:
        for head, lines in codes(source):
            name, bits, system, architecture, action, text = head.groups()
            code = assemble(nasm, includes, bits, lines)
            rows.append("\t".join([name, system, architecture, action, text, pathlib.Path(source).stem, code.hex()]))
    pathlib.Path(output).write_text("\n".join(rows) + "\n")


main()
