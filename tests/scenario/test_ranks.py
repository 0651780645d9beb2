"""kenbi outbreak on several ranks (mpirun): the bytes of one process, one message for a failure."""
import os
import shutil
import subprocess
import unittest

from harness import Case, KENBI, run

# Shared memory only, and as root, as in a container.
LAUNCH = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--mca", "btl", "self,vader", "-n"]


@unittest.skipUnless(os.environ["KENBI_MPI"] == "yes", "kenbi is built without MPI")
@unittest.skipUnless(shutil.which("mpirun"), "no mpirun")
class Ranks(Case):
    def launch(self, count, *words):
        # What the MPI library itself keeps until the end is not kenbi's leak.
        env = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
        return subprocess.run([*LAUNCH, str(count), KENBI, "outbreak", *words], capture_output=True, text=True, timeout=300, env=env)

    def test_same_bytes(self):
        """Replicas that the ranks cannot share evenly."""
        path = os.path.join(os.environ["KENBI_DATA"], "scenario", "code-red.yaml")
        words = [path, "--json", "--replicas", "5", "--threads", "2"]
        alone = run("outbreak", *words)
        self.assertEqual(alone.returncode, 0, alone.stderr)
        self.assertIn('"combination"', alone.stdout)
        for count in (2, 3):
            together = self.launch(count, *words)
            self.assertEqual(together.returncode, 0, together.stderr)
            self.assertEqual(together.stdout, alone.stdout)

    def test_failure(self):
        """A file that no rank can read is told once."""
        process = self.launch(2, self.path("missing.yaml"))
        self.assertEqual(process.returncode, 2)
        self.assertEqual(process.stderr.count("kenbi: error:"), 1, process.stderr)


if __name__ == "__main__":
    unittest.main()
