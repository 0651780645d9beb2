"""kenbi x86 trace: traces of small pieces of code against tests/golden/x86/, and what bad input is told."""
import json
import os
import pty
import subprocess
import unittest

import harness
from harness import Case, GoldenCase, KENBI

# Hexadecimal with remarks behind semicolons.
CODES = {
    # arguments on the stack, arithmetic, a return to the caller
    "return": "b8 05 00 00 00 83 e8 06 50 59 c3",
    # a decoder finds itself by a call, decodes what follows it and runs that
    "self-modifying": "eb 0e 5e 31 c9 b1 06 80 74 0e ff 55 e2 f9 eb 05 e8 ed ff ff ff"
                      + bytes(byte ^ 0x55 for byte in bytes.fromhex("b801000000c3")).hex(),
    "fault": "bb ef be ad de 8b 03",
    "division": "31 c9 f7 f1",
    # rep movsb, scasb with a count, a privileged instruction
    "string": "bf 00 04 40 00 be 00 00 40 00 b9 05 00 00 00 fc f3 a4 b0 b9 83 ef 05 b1 04 f2 ae f4",
    "x87": "d9 e8 d9 eb de c1 dd 14 24 d8 d9 9b 0f 6e c0 0f fd c0 0f 77 c3",
    # execve("/bin//sh") as 32-bit and 64-bit code
    "system-call": "31 c0 50 68 2f 2f 73 68 68 2f 62 69 6e 89 e3 50 53 89 e1 b0 0b cd 80",
    "over-the-end": "90 40",
    # the trap flag is set on the stack: the trap comes behind the instruction after popf
    "trap": "9c 81 0c 24 00 01 00 00 9d 40 48",
    "undefined": "0f 0b",
    "loop": "eb fe",
}
CODES_64 = {
    "system-call-64": "48 31 f6 48 bf 2f 62 69 6e 2f 2f 73 68 57 48 89 e7 6a 3b 58 99 0f 05",
    "sse-64": "f3 0f 6f 04 24 66 0f fe c0 0f 11 44 24 10 48 0f c7 4c 24 f0 0f ae 84 24 00 f0 ff ff c3",
}


class Traces(GoldenCase):
    def trace(self, code, *words):
        process = subprocess.run([KENBI, "x86", "trace", *words, "-"], input=bytes.fromhex(code),
                                 capture_output=True, timeout=60)
        self.assertEqual(process.returncode, 0, process.stderr)
        return process.stdout.decode()

    def test_traces(self):
        for name, code in CODES.items():
            with self.subTest(name):
                words = ["--instructions", "4"] if name == "loop" else []
                self.check(f"x86/{name}.txt", self.trace(code, *words).splitlines())

    def test_traces_of_64_bit_code(self):
        for name, code in CODES_64.items():
            with self.subTest(name):
                self.check(f"x86/{name}.txt", self.trace(code, "--64", "--base", "0x7fff00000000").splitlines())

    def test_lines_fit(self):
        for code in CODES.values():
            for line in self.trace(code, "--instructions", "50").splitlines():
                self.assertLessEqual(len(line), 100)
        for code in CODES_64.values():
            for line in self.trace(code, "--64", "--base", "0x7fff00000000").splitlines():
                self.assertLessEqual(len(line), 100)

    def test_records(self):
        lines = self.trace(CODES["self-modifying"], "--json").splitlines()
        self.check("x86/self-modifying.ndjson", lines)
        records = [json.loads(line) for line in lines]
        steps = [record for record in records if record["type"] == "x86_step"]
        self.assertEqual([step["number"] for step in steps], list(range(1, 21)))
        self.assertEqual([step["self_written"] for step in steps], [False] * 18 + [True] * 2)
        end = records[-1]
        self.assertEqual((end["reason"], end["instructions"]), ("returned", 20))
        self.assertEqual((end["bytes_written"], end["executed_written"]), (6, 2))

    def test_registers_entry_and_base(self):
        lines = self.trace("90 8b 03 c3", "--json", "--base", "0x1234000", "--entry", "1", "--registers",
                           "ebx=0x1234000,ECX=7", "--registers", "eflags=0x1").splitlines()
        step = json.loads(lines[1])
        self.assertEqual((step["address"], step["bytes"]), ("0x1234001", "8b03"))
        self.assertEqual(step["memory"][0]["read"], "0xc3038b90")

    def test_quiet_tells_the_end_only(self):
        quiet, loud = (self.trace(CODES["string"], *words, "--json").splitlines() for words in (["--quiet"], []))
        self.assertEqual([json.loads(line)["type"] for line in quiet], ["x86_start", "x86_end"])
        self.assertEqual(quiet[-1], loud[-1])

    def test_budget_is_exact(self):
        for count in (1, 7, 10000):
            end = json.loads(self.trace(CODES["loop"], "--json", "--instructions", str(count)).splitlines()[-1])
            self.assertEqual((end["reason"], end["instructions"]), ("budget", count))
        end = json.loads(self.trace(CODES["loop"], "--json", "--quiet").splitlines()[-1])
        self.assertEqual(end["instructions"], 10000)

    def test_colours_on_a_terminal_only(self):
        self.assertNotIn("\x1b", self.trace(CODES["fault"]))
        leader, follower = pty.openpty()
        environment = {**os.environ, "TERM": "xterm"}
        environment.pop("NO_COLOR", None)
        process = subprocess.run([KENBI, "x86", "trace", "-"], input=bytes.fromhex(CODES["fault"]), stdout=follower,
                                 env=environment, timeout=60)
        os.close(follower)
        self.assertEqual(process.returncode, 0)
        shown = b""
        try:
            while piece := os.read(leader, 65536):
                shown += piece
        except OSError:  # nobody has the other end open any more
            pass
        os.close(leader)
        self.assertIn(b"\x1b[31m#PF page fault", shown)


class BadInput(Case):
    def trace(self, *words):
        return harness.run("x86", "trace", *words)

    def setUp(self):
        super().setUp()
        self.code = self.write("code", b"\x90\x90\xc3")

    def test_files(self):
        self.assertComplains(self.trace(), "--help")
        self.assertComplains(self.trace(self.path("nothing")), "nothing", "No such file")
        self.assertComplains(self.trace(self.write("empty", b"")), "empty", "nothing to run")
        self.assertComplains(self.trace(self.folder), "folder")
        self.assertComplains(self.trace(self.code, self.code), "one file")
        huge = self.path("huge")
        with open(huge, "wb") as file:
            file.truncate((16 << 20) + 1)
        self.assertComplains(self.trace(huge), "huge", "16777216")

    def test_options(self):
        self.assertComplains(self.trace("--nonsense", self.code), "nonsense")
        self.assertComplains(self.trace("--base", "here", self.code), "--base", "here")
        self.assertComplains(self.trace("--base", "0", self.code), "--base")
        self.assertComplains(self.trace("--base", "0x180000", self.code), "stack")
        self.assertComplains(self.trace("--base", "0x100000000", self.code), "0x100000000")
        self.assertComplains(self.trace("--base", "0xffffffff", self.code), "0x100000000")
        self.assertComplains(self.trace("--64", "--base", "0x800000000000", self.code), "0x800000000000")
        self.assertComplains(self.trace("--entry", "3", self.code), "3 bytes")
        self.assertComplains(self.trace("--instructions", "0", self.code), "--instructions")
        self.assertComplains(self.trace("--registers", "eax", self.code), "NAME=VALUE")
        self.assertComplains(self.trace("--registers", "eax=-1", self.code), "NAME=VALUE")
        self.assertComplains(self.trace("--registers", "rax=1", self.code), "rax", "32-bit")

    def test_jobs(self):
        self.assertComplains(harness.run("x86"), "trace")
        self.assertComplains(harness.run("x86", "dance"), "dance", "trace")

    def test_hostile_text_does_not_reach_the_terminal(self):
        # ebx points at an escape sequence when the system call comes
        process = self.trace(self.write("evil\x1b[2Jname", bytes.fromhex("e8060000001b5b324a0000 5b cd80")))
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertIn("system call", process.stdout)
        self.assertNotIn("\x1b", process.stdout)


if __name__ == "__main__":
    harness.main()
