"""kenbi outbreak history: a record for each figure of each outbreak, a table for people, and clear words for what is not there."""
import harness
from harness import Case, records, run

BARE = """name: mine
worm: { scan: random, rate: 1 }
run: { duration: 60, replicas: 2 }
"""


class History(Case):
    def test_every_outbreak_is_told(self):
        process, told = records("outbreak", "history", "--replicas", "2")
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual({record["type"] for record in told}, {"history"})
        self.assertEqual({record["outbreak"] for record in told}, {"blaster", "code-red", "mirai", "slammer", "witty"})
        for record in told:
            self.assertEqual(record["replicas"], 2)
            low, high = record["recorded"]["low"], record["recorded"]["high"]
            self.assertFalse(low is None and high is None)
            if record["within"]:
                self.assertTrue(low is None or record["simulated"]["high"] >= low, record)
                self.assertTrue(high is None or record["simulated"]["low"] <= high, record)

    def test_misses_are_told_and_are_no_error(self):
        result = run("outbreak", "history", "code-red")
        self.assertEqual(result.returncode, 0, result.stderr)
        for word in ("within", "outside", "calibrated", "check", "recorded", "10.1145/637201.637244"):
            self.assertIn(word, result.stdout)
        self.assertNotIn("Slammer, January", result.stdout)

    def test_seed_fixes_the_result(self):
        words = ("outbreak", "history", "--json", "--replicas", "3", "mirai")
        self.assertEqual(run(*words, "--threads", "1").stdout, run(*words, "--threads", "2").stdout)
        self.assertNotEqual(run(*words).stdout, run(*words, "--seed", "2").stdout)

    def test_what_is_not_there(self):
        self.assertComplains(run("outbreak", "history", "nonsense"), "nonsense")
        self.assertComplains(run("outbreak", "history", "--replicas", "0"), "--replicas")
        bare = self.write("bare.yaml", BARE.encode())
        self.assertComplains(run("outbreak", "history", bare), "bare.yaml", "no figures")
        late = BARE + "figures: [{ what: it, source: me, measure: infected, at: 61, low: 1, calibrated: true }]\n"
        self.assertComplains(run("outbreak", "history", self.write("late.yaml", late.encode())), "late.yaml", "at of", "0 to 60")


if __name__ == "__main__":
    harness.main()
