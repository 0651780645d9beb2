"""The whole chain on real captures, where the corpus is at hand; the story must come out with nothing known in advance."""
import os
import unittest

import harness
from harness import CORPUS, Case, records, run

CAPTURES = os.path.join(CORPUS, "captures")


@unittest.skipUnless(os.path.isdir(CAPTURES), "no corpus of captures beside the project")
class RealCaptures(Case):
    def of(self, name, *words):
        path = os.path.join(CAPTURES, name)
        process, found = records("analyze", "--store", self.store, *words, path, timeout=280)
        self.assertEqual(process.returncode, 0, process.stderr)
        return {kind: [record for record in found if record["type"] == kind]
                for kind in {record["type"] for record in found}}

    def test_intrusion_of_the_honeynet_challenge(self):
        report = self.path("report")
        case = self.of("honeynet2010-1_lsass_ms04-011.pcap", "--report", report)
        attack = [session for session in case["session"] if session["target"]]
        self.assertEqual(len(attack), 1)
        self.assertIn("MS04-011", attack[0]["target"])
        self.assertIs(attack[0]["conforms"], False)

        binds = [action for code in case["shellcode"] for action in code["actions"] if action["action"] == "bind"]
        self.assertEqual({action["port"] for action in binds}, {1957})
        self.assertTrue(all("decodes" in code["evidence"] for code in case["shellcode"]))

        shells = [session for session in case["session"] if session["protocol"] == "shell"]
        self.assertEqual([session["dport"] for session in shells], [1957])
        commands = " ".join(said["text"] for said in shells[0]["said"])
        self.assertIn("ssms.exe", commands)

        ftp = [session for session in case["session"] if session["protocol"] == "ftp"]
        self.assertEqual([(session["dst"], session["dport"]) for session in ftp], [("98.114.205.102", 8884)])

        sample = case["sample"][0]
        self.assertEqual((sample["name"], sample["carrier"], sample["bytes"]), ("ssms.exe", "ftp-data", 158720))
        self.assertEqual(sample["verdict"], "malicious")

        ports = [step["what"] for step in case["step"]]
        self.assertLess(ports.index("exploit"), ports.index("shell"))
        self.assertLess(ports.index("shell"), ports.index("transfer"))

        ranked = [forecast for forecast in case["forecast"] if forecast["remedy"]]
        last = max(forecast["rounds"] for forecast in ranked)
        self.assertGreater(len(ranked), 3)
        saved = [forecast["saved"]["median"] for forecast in ranked if forecast["rounds"] == last]
        self.assertEqual(saved, sorted(saved, reverse=True))
        self.assertGreater(saved[0], 0)
        self.assertTrue(ranked[0]["pareto"])
        self.assertGreaterEqual(ranked[0]["deadline"][0]["saved"]["median"], ranked[0]["deadline"][-1]["saved"]["median"])
        self.assertLessEqual(ranked[0]["interval"]["low"], ranked[0]["mean_saved"])
        self.assertEqual(len(case["ranking"][0]["rounds"]), last)
        best = next(remedy for remedy in case["remedy"] if remedy["id"] == ranked[0]["remedy"])
        self.assertTrue(best["rules"])
        self.assertTrue(os.path.getsize(os.path.join(report, "index.html")) > 10000)

    def test_raw_shellcode_in_http(self):
        for name in ("CVE-2007-1868_IBM_TPM_metasploit.pcap", "Jet_DB_overflow_mdb.pcap"):
            with self.subTest(name):
                case = self.of(name, "--replicas", "2")
                self.assertTrue(case.get("shellcode"), name)
                self.assertEqual(case["shellcode"][0]["os"], "windows")

    def test_same_input_same_result(self):
        path = os.path.join(CAPTURES, "honeynet2010-1_lsass_ms04-011.pcap")
        words = ("analyze", "--json", "--no-store", "--replicas", "4", path)
        first, second = run(*words, timeout=280), run(*words, timeout=280)
        self.assertEqual(first.stdout, second.stdout)

    def test_samples_stay_in_the_store(self):
        before = set(os.listdir(self.folder))
        self.of("honeynet2010-1_lsass_ms04-011.pcap", "--replicas", "1")
        made = set(os.listdir(self.folder)) - before
        self.assertTrue(all(name.startswith("attacks.db") for name in made), made)
        question = run("store", "--store", self.store, "samples")
        self.assertIn("ssms.exe", question.stdout)


if __name__ == "__main__":
    harness.main()
