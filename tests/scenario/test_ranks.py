"""kenbi outbreak on several ranks (mpirun): the bytes of one process, one message for a failure."""
import os
import shutil
import subprocess
import unittest

from harness import Case, KENBI, run

# Shared memory only, and as root, as in a container.
LAUNCH = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--mca", "btl", "self,vader", "-n"]

SCENARIO = """name: small
world:
  name: campus
  scanned_space: 262144
  providers:
    - { name: north, generate: { subnets: 20, addresses: 1024 } }
    - { name: south, patched_share: 0.5, generate: { subnets: 10, addresses: 4096 } }
worm: { scan: local, rate: 2, local_share: 0.3, initially_infected: 4 }
run: { duration: 240, delays: [60, 120], finalists: 2, candidates: 20 }
remedies:
  - { name: routers, effect: filter, place: subnet, pass: 0.1, share: 0.5, delay: 60 }
  - { name: patch, effect: patch, place: host, share: 0.5, delay: 90 }
  - { name: limit, effect: rate, place: host, pass: 0.2, share: 0.5 }
"""


@unittest.skipUnless(os.environ["KENBI_MPI"] == "yes", "kenbi is built without MPI")
@unittest.skipUnless(shutil.which("mpirun"), "no mpirun")
class Ranks(Case):
    def launch(self, count, *words):
        # What the MPI library itself keeps until the end is not kenbi's leak.
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
        return subprocess.run([*LAUNCH, str(count), KENBI, "outbreak", *words], capture_output=True, text=True, timeout=300, env=env)

    def test_same_bytes(self):
        """Replicas that the ranks cannot share evenly; a race, deadline curves, combinations."""
        path = self.path("small.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SCENARIO)
        words = [path, "--json", "--replicas", "5", "--threads", "2"]
        alone = run("outbreak", *words)
        self.assertEqual(alone.returncode, 0, alone.stderr)
        self.assertTrue('"type":"combination"' in alone.stdout, "none was sought")
        self.assertTrue('"dropped":' in alone.stdout, "none was dropped")
        for count in (1, 2, 3):
            together = self.launch(count, *words)
            self.assertEqual(together.returncode, 0, together.stderr)
            self.assertTrue(together.stdout == alone.stdout, f"{count} ranks print something else")

    def test_history(self):
        """What was recorded of an outbreak, too, is held against the same values, to the last bit."""
        words = ["history", "witty", "slammer", "--json", "--replicas", "5", "--threads", "2"]
        alone = run("outbreak", *words)
        self.assertEqual(alone.returncode, 0, alone.stderr)
        self.assertTrue(alone.stdout.count('"type":"history"') > 4, alone.stdout)
        for count in (2, 3):
            together = self.launch(count, *words)
            self.assertEqual(together.returncode, 0, together.stderr)
            self.assertTrue(together.stdout == alone.stdout, f"{count} ranks print something else")
        process = self.launch(2, "history", "nobody")
        self.assertEqual(process.returncode, 2)
        self.assertEqual(process.stderr.count("kenbi: error:"), 1, process.stderr)

    def test_failure(self):
        """A file that no rank can read is told once."""
        process = self.launch(2, self.path("missing.yaml"))
        self.assertEqual(process.returncode, 2)
        self.assertEqual(process.stderr.count("kenbi: error:"), 1, process.stderr)


if __name__ == "__main__":
    unittest.main()
