"""Output that must not change by accident, byte by byte, against files in tests/golden/.

After a change that is meant: `KENBI_UPDATE_GOLDEN=1 ./dev test golden`, then read the difference before committing it."""
import os
import re

import harness

CAPTURES = os.path.join(os.environ["KENBI_BUILD"], "tests", "scenario", "captures")


class Golden(harness.GoldenCase):
    def test_sessions(self):
        process = harness.run("analyze", "--no-store", "--json", "benign.pcap", cwd=CAPTURES)
        self.assertEqual(process.returncode, 0, process.stderr)
        # A program that crosses is as large as the compiler makes it.
        self.check("benign.ndjson", [line for line in process.stdout.splitlines()
                                     if line.startswith('{"type":"session"') and "abacus.exe" not in line])

    def test_commands(self):
        process = harness.run("--help")
        self.assertEqual(process.returncode, 0, process.stderr)
        self.check("help.txt", process.stdout.splitlines())

    def test_every_option_is_explained(self):
        """What the program takes, its help and its manual page tell, in lines that a terminal of 80 columns holds."""
        source = os.environ["KENBI_SOURCE"]
        commands = re.findall(r"^  (\w+) ", harness.run("--help").stdout, re.MULTILINE)
        self.assertGreater(len(commands), 8)
        for command in commands:
            words = [command, "trace"] if command == "x86" else [command]
            helped = harness.run(*words, "--help").stdout
            with open(os.path.join(source, "man", f"kenbi-{command}.1.scd"), encoding="utf-8") as file:
                manual = file.read()
            with open(os.path.join(source, "src", "cli", command + ".c"), encoding="utf-8") as file:
                options = set(re.findall(r'\{ "([a-z0-9-]+)", (?:no|required)_argument', file.read()))
            for option in options:
                self.assertRegex(helped, rf"--{option}\b", f"kenbi {command} --help")
                self.assertIn(f"--{option}", manual.replace("\\", ""), f"kenbi-{command}(1)")
            for line in helped.splitlines():
                self.assertLessEqual(len(line), 80, line)


if __name__ == "__main__":
    harness.main()
