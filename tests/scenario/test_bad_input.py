"""Bad input gets one clear message and status 2; nothing is lost, nothing crashes, memory and time stay bounded."""
import os
import resource
import sqlite3
import struct
import subprocess
import time
import unittest

import harness
from harness import Case, Capture, records, run


def benign_capture():
    capture = Capture()
    capture.conversation("192.0.2.10", 40000, "192.0.2.80", 80, [
        ("client", b"GET / HTTP/1.1\r\nHost: www.example\r\n\r\n"),
        ("server", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")])
    return capture.bytes()


class BadInput(Case):
    def analyze(self, *words, **more):
        return run("analyze", "--store", self.store, *words, **more)

    def test_missing_file(self):
        self.assertComplains(self.analyze(self.path("nothing.pcap")), "nothing.pcap", "No such file")

    def test_empty_file(self):
        self.assertComplains(self.analyze(self.write("empty", b"")), "empty")

    def test_empty_folder(self):
        folder = self.path("nothing-here")
        os.mkdir(folder)
        self.assertComplains(self.analyze(folder), "nothing-here", "no file to read")

    def test_topology_is_read_before_the_work(self):
        process = self.analyze("--topology", self.write("world.yaml", b"name: x\nproviders: 3\n"), self.write("a", b"x"))
        self.assertComplains(process, "world.yaml", "expected a list, found a single value")
        self.assertEqual(process.stdout, "")

    def test_no_file_named(self):
        self.assertComplains(self.analyze(), "--help")

    def test_unknown_option_and_command(self):
        self.assertEqual(self.analyze("--nonsense").returncode, 2)
        self.assertComplains(run("nonsense"), "nonsense")

    def test_truncated_capture_keeps_what_came_before(self):
        path = self.write("cut.pcap", benign_capture()[:-30])
        process, found = records("analyze", "--store", self.store, path)
        self.assertComplains(process, "cut.pcap")
        sessions = [record for record in found if record["type"] == "session"]
        self.assertEqual(len(sessions), 1)
        self.assertEqual(sessions[0]["protocol"], "http")
        self.assertTrue(any(record["type"] == "error" for record in found))

    def test_corrupt_capture(self):
        content = bytearray(benign_capture())
        content[24 + 8:24 + 12] = struct.pack("<I", 0x7FFFFFFF)
        self.assertComplains(self.analyze(self.write("corrupt.pcap", bytes(content))), "corrupt.pcap")

    def test_capture_header_alone(self):
        process = self.analyze(self.write("header.pcap", benign_capture()[:24]))
        self.assertEqual(process.returncode, 0, process.stderr)

    def test_lying_executables(self):
        stub = b"MZ" + b"\0" * 58 + struct.pack("<I", 0x40)
        lies = {
            "far.exe": b"MZ" + b"\0" * 58 + struct.pack("<I", 0xFFFFFFF0),
            "cut.exe": stub + b"PE\0\0",
            "sections.exe": stub + b"PE\0\0" + struct.pack("<HHIIIHH", 0x14C, 0xFFFF, 0, 0, 0, 0xE0, 0x102)
            + struct.pack("<H", 0x10B) + b"\xff" * 222,
        }
        for name, content in lies.items():
            process = self.analyze(self.write(name, content))
            self.assertIn(process.returncode, (0, 2), (name, process.stderr))
            self.assertNotIn("crash", process.stderr)

    def test_other_inputs_go_on(self):
        good = self.write("good.pcap", benign_capture())
        process, found = records("analyze", "--store", self.store, self.write("empty", b""), good)
        self.assertComplains(process, "empty")
        self.assertEqual(len([record for record in found if record["type"] == "session"]), 1)

    def test_folder_without_permission(self):
        closed = self.path("closed")
        os.mkdir(closed)
        self.write("closed/x.pcap", benign_capture())
        os.chmod(closed, 0)
        words = [harness.KENBI, "analyze", "--no-store", closed]
        more = {}
        if os.geteuid() == 0:
            os.chmod(self.folder, 0o755)
            more = {"user": 65534, "group": 65534, "extra_groups": []}
            if not os.access(harness.KENBI, os.X_OK):
                self.skipTest("nobody may not run the program here")
        try:
            process = subprocess.run(words, capture_output=True, text=True, timeout=60, **more)
        except PermissionError:
            self.skipTest("another user may not run the program here")
        finally:
            os.chmod(closed, 0o755)
        self.assertComplains(process, "closed", "Permission denied")

    def test_huge_file_in_bounded_memory_and_time(self):
        path = self.path("huge")
        with open(path, "wb") as file:
            file.truncate(4 << 30)
        started = time.monotonic()
        process = self.analyze(path, timeout=280)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertLess(time.monotonic() - started, 270)
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(used, 2 << 20, "kilobytes")

    def test_report_folder_that_cannot_be_written(self):
        path = self.write("good.pcap", benign_capture())
        blocked = self.write("blocked", b"a file, not a folder")
        self.assertComplains(self.analyze("--report", os.path.join(blocked, "report"), path), "blocked")

    def test_data_base_of_a_newer_version(self):
        path = self.write("good.pcap", benign_capture())
        self.assertEqual(self.analyze(path).returncode, 0)
        base = sqlite3.connect(self.store)
        base.execute("PRAGMA user_version = 99")
        base.commit()
        before = base.execute("SELECT count(*) FROM record").fetchone()
        base.close()
        self.assertComplains(self.analyze(path), "newer", "99")
        base = sqlite3.connect(self.store)
        self.assertEqual(base.execute("SELECT count(*) FROM record").fetchone(), before)
        base.close()

    def test_data_base_that_is_none(self):
        path = self.write("good.pcap", benign_capture())
        self.write("attacks.db", b"this is not a data base " * 50)
        self.assertComplains(self.analyze(path), "attacks.db", "not a kenbi data base")

    def test_bad_topology_and_scenario(self):
        shell = self.write("x.yaml", b"nonsense: [1, 2\n")
        self.assertComplains(run("outbreak", shell), "x.yaml")

    def test_bad_trace(self):
        self.assertComplains(run("remedy", self.write("trace", b"{not json\n")), "trace:1")
        self.assertComplains(run("remedy", self.write("trace2", b"{}\n")), "no events")

    def test_bad_policy(self):
        self.assertComplains(run("policy", self.write("x.policy", b"policy {")), "x.policy:1:")

    def test_hostile_names_do_not_reach_the_terminal(self):
        path = self.write("evil\x1b[2Jname", b"plain bytes")
        process = self.analyze(path)
        self.assertNotIn("\x1b", process.stdout)


class Help(unittest.TestCase):
    def test_every_command_explains_itself(self):
        overview = run("--help")
        self.assertEqual(overview.returncode, 0)
        names = [line.split()[0] for line in overview.stdout.splitlines() if line.startswith("  ")]
        self.assertGreater(len(names), 5)
        for name in names:
            process = run(name, "--help")
            self.assertEqual(process.returncode, 0, name)
            self.assertIn(f"usage: kenbi {name}", process.stdout)


if __name__ == "__main__":
    harness.main()
