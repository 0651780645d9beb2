#!/usr/bin/env python3
"""Compiles the codes of this folder, with everything in one run of bytes, and writes one line for each: name, system,
architecture, what it must be told to do with a part of its text, and the code in hexadecimal, separated by tabs.

usage: compile.py OUTPUT COMPILER...

Every code is compiled for both widths at four levels of optimisation; once with its entry first and its system calls in
their places, once behind a function that only calls it, with the function that calls the system behind all."""
import os
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent
FLAGS = ["-std=gnu17", "-ffreestanding", "-nostdlib", "-static", "-fPIC", "-fno-stack-protector",
         "-fno-asynchronous-unwind-tables", "-Wl,--build-id=none", "-Wl,-e,0", "-Wl,-z,noexecstack", f"-Wl,-T,{FOLDER}/flat.ld"]
CODES = [  # sources, system, action, text
    (["shell"], "linux", "execute", "/bin/sh"),
    (["reverse"], "linux", "connect", "192.0.2.91"),
    (["bind"], "linux", "bind", "4445"),
    (["download"], "linux", "connect", "192.0.2.92"),
    (["agent"], "linux", "connect", "192.0.2.93"),
    (["windows_shell", "windows"], "windows", "connect", "192.0.2.94"),
    (["windows_download", "windows"], "windows", "download", "http://192.0.2.95/a.exe"),
]


def compile_code(compiler, width, level, apart, system, sources):
    files = [FOLDER / f"{source}.c" for source in sources]
    flags = [f"-m{width}", f"-O{level}"] + FLAGS
    if apart:
        flags += ["-DBEGINS_APART", "-DCALLS_APART"]
        files = [FOLDER / "begin.c"] + files + ([FOLDER / "system.c"] if system == "linux" else [])
    with tempfile.TemporaryDirectory() as folder:
        program, code = pathlib.Path(folder) / "program", pathlib.Path(folder) / "code"
        subprocess.run(compiler + flags + ["-o", program] + files, check=True, stderr=subprocess.PIPE)
        subprocess.run(["objcopy", "-O", "binary", "-j", ".code", program, code], check=True)
        return code.read_bytes()


def main():
    output, *compiler = sys.argv[1:]
    os.environ["CCACHE_DISABLE"] = "1"  # what is linked at once is never kept
    rows = []
    for sources, system, action, text in CODES:
        for width, architecture in ((32, "x86"), (64, "x86_64")):
            for level in "012s":
                for apart in False, True:
                    told = action, text
                    if system == "windows" and level in "0s":
                        told = "-", ""  # only that it is found: see docs/shellcode.md
                    name = f"{sources[0]}_{width}_O{level}" + ("_apart" if apart else "")
                    code = compile_code(compiler, width, level, apart, system, sources)
                    rows.append("\t".join([name, system, architecture, *told, code.hex()]))
    pathlib.Path(output).write_text("\n".join(rows) + "\n")


try:
    main()
except subprocess.CalledProcessError as error:
    sys.exit(f"{error}\n{(error.stderr or b'').decode()}")
