"""Output that must not change by accident, byte by byte, against files in tests/golden/.

After a change that is meant: `KENBI_UPDATE_GOLDEN=1 ./dev test golden`, then read the difference before committing it."""
import os

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


if __name__ == "__main__":
    harness.main()
