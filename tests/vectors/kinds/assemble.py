#!/usr/bin/env python3
"""Assembles payloads with every set of parameters: assemble.py NASM FOLDER SETS SOURCE... makes kind_NAME_SET.bin
for each source and set in FOLDER."""
import pathlib
import subprocess
import sys

nasm, folder, sets, *sources = sys.argv[1:]
vectors = pathlib.Path(__file__).resolve().parent.parent
for source in map(pathlib.Path, sources):
    for number in range(int(sets)):
        output = pathlib.Path(folder) / f"kind_{source.stem}_{number}.bin"
        subprocess.run([nasm, "-f", "bin", f"-I{vectors}/", f"-DSET={number}", "-p", f"{vectors}/kinds/parameters.inc",
                        "-o", output, source], check=True)
