"""The chain tells the stories of attacks that are staged live (demo/run) or written by captures/make-captures."""
import hashlib
import os
import subprocess
import unittest

import harness
from harness import Case, records, run

BUILD, SOURCE = os.environ["KENBI_BUILD"], os.environ["KENBI_SOURCE"]
CAPTURES = os.path.join(BUILD, "tests", "scenario", "captures")
PROGRAMS = os.path.join(BUILD, "tests", "programs")
SKIP = 77


def sha256_of(program):
    with open(os.path.join(PROGRAMS, program + ".exe"), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


class Story(Case):
    def of(self, path):
        process, found = records("analyze", "--store", self.store, "--replicas", "4", path)
        self.assertEqual(process.returncode, 0, process.stderr)
        return {kind: [record for record in found if record["type"] == kind]
                for kind in ("session", "shellcode", "sample", "step", "behaviour", "remedy", "worm", "forecast", "subnet_curve", "provenance")}

    def actions(self, case):
        return [action for code in case["shellcode"] for action in code["actions"]]

    def assertDownloads(self, case, url):
        self.assertIn(url, [action.get("url") for action in self.actions(case)])

    def assertOpensShell(self, case, port):
        self.assertIn(port, [action.get("port") for action in self.actions(case) if action["action"] == "bind"])

    def assertCarries(self, case, program, carrier):
        """The program crossed the wire whole, that way, and was seen through."""
        sample = next(sample for sample in case["sample"] if sample["sha256"] == sha256_of(program))
        self.assertEqual(sample["carrier"], carrier)
        self.assertEqual(sample["verdict"], "malicious")
        out = self.path(program)
        process = run("store", "--store", self.store, "--sample", sample["sha256"][:12], "--output", out)
        self.assertEqual(process.returncode, 0, process.stderr)
        with open(out, "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(), sample["sha256"])
        self.assertFalse(os.stat(out).st_mode & 0o111, "malware that can be executed by a slip")

    def assertRanked(self, case):
        ranked = [forecast for forecast in case["forecast"] if forecast["remedy"]]
        last = max(forecast["rounds"] for forecast in ranked)
        saved = [forecast["saved"]["median"] for forecast in ranked if forecast["rounds"] == last]
        self.assertTrue(saved)
        self.assertEqual(saved, sorted(saved, reverse=True))
        # The outbreak can be played, with nothing done and with the best remedy; and it can be repeated.
        played = {(curve["remedy"], curve["at_once"]) for curve in case["subnet_curve"]}
        self.assertLessEqual({(None, False), (ranked[0]["remedy"], False), (ranked[0]["remedy"], True)}, played)
        self.assertEqual(case["provenance"][0]["command"][:2], ["kenbi", "analyze"])


class Live(Story):
    def test_staged_attack(self):
        path = self.path("attack.pcap")
        stage = subprocess.run([os.path.join(SOURCE, "tests", "scenario", "demo", "run"), "--capture", path],
                               capture_output=True, text=True, timeout=60)
        if stage.returncode == SKIP:
            self.skipTest(stage.stderr.strip())
        self.assertEqual(stage.returncode, 0, stage.stderr)
        self.assertEqual(stage.stdout.strip(), path)
        case = self.of(path)
        self.assertDownloads(case, "http://198.51.100.80/update/irc32.exe")
        self.assertOpensShell(case, 4444)
        self.assertCarries(case, "worm", "http")
        self.assertCarries(case, "scanner_local", "ftp-data")
        self.assertRanked(case)


@unittest.skipUnless(os.path.isfile(os.path.join(CAPTURES, "benign.pcap")), "the captures are not built (no nasm or mingw-w64)")
class Written(Story):
    def test_rpc_shell(self):
        case = self.of(os.path.join(CAPTURES, "rpc_shell.pcap"))
        self.assertTrue(any("MS04-011" in (session["target"] or "") for session in case["session"]))
        self.assertOpensShell(case, 4444)
        shell = next(session for session in case["session"] if session["protocol"] == "shell")
        self.assertIn("scan32.exe", " ".join(said["text"] for said in shell["said"]))
        self.assertCarries(case, "scanner_random", "ftp-data")
        self.assertTrue(any(action["action"] == "execute" and "scan32.exe" in action["command"]
                            for action in self.actions(case)), "the shell read what its port was told")
        self.assertRanked(case)

    def test_web_download(self):
        case = self.of(os.path.join(CAPTURES, "web_download.pcap"))
        self.assertDownloads(case, "http://198.51.100.80/update/irc32.exe")
        self.assertCarries(case, "worm", "http")
        self.assertRanked(case)

    def test_drive_by(self):
        """A page attacks its reader: no service is closed for it, and nothing that spreads is made up."""
        case = self.of(os.path.join(CAPTURES, "drive_by.pcap"))
        self.assertOpensShell(case, 4444)
        self.assertEqual([each["side"] for each in case["shellcode"]], ["server"])
        names = {each["name"]: each for each in case["behaviour"]}
        self.assertNotIn("infection_vector", names)
        attack = names["client_attack"]["parameters"]
        self.assertEqual((attack["host"], attack["port"]), ("www.prize.example", 80))
        remedies = {each["name"] for each in case["remedy"]}
        self.assertLessEqual({"block-attacking-server", "dns-sinkhole", "proxy-host"}, remedies)
        self.assertFalse([name for name in remedies if name.startswith(("filter-port", "host-firewall"))])
        self.assertEqual(case["forecast"], [])
        self.assertEqual([each["scan"] for each in case["worm"]], [None])
        self.assertIn("nothing is forecast", case["worm"][0]["derived_from"])
        said = run("detect", os.path.join(CAPTURES, "drive_by.pcap")).stdout
        self.assertIn("203.0.113.45 port 80 attacks 192.0.2.20 port", said)
        self.assertIn("which had asked it", said)

    def test_datagram_worm(self):
        """A worm in one datagram: no program crosses, the shellcode is what spreads."""
        case = self.of(os.path.join(CAPTURES, "datagram_worm.pcap"))
        self.assertEqual(case["sample"], [])
        self.assertTrue(all("MS02-039" in session["target"] for session in case["session"]))
        self.assertEqual(len({code["kind"] for code in case["shellcode"]}), 1)
        self.assertEqual({code["scan"]["port"] for code in case["shellcode"]}, {1434})
        scan = next(action for action in self.actions(case) if action["action"] == "scan")
        self.assertEqual((scan["port"], scan["proto"]), (1434, "udp"))
        self.assertGreater(scan["targets"], 100)
        titles = [step["title"] for step in case["step"]]
        self.assertTrue(any(title.startswith("59 more hosts are sent the same shellcode") for title in titles), titles)
        self.assertLess(len(titles), 8)
        self.assertEqual(case["worm"][0]["port"], 1434)
        remedies = {each["name"] for each in case["remedy"]}
        self.assertLessEqual({"patch", "filter-port-subnet", "rate-limit-port"}, remedies)
        self.assertRanked(case)

    def test_mail_worm(self):
        case = self.of(os.path.join(CAPTURES, "mail_worm.pcap"))
        self.assertCarries(case, "mass_mailer", "smtp")
        self.assertEqual({sample["name"] for sample in case["sample"]}, {"document.scr"})

    def test_mail_archive(self):
        case = self.of(os.path.join(CAPTURES, "mail_archive.pcap"))
        self.assertCarries(case, "mass_mailer", "smtp")
        self.assertEqual([sample["name"] for sample in case["sample"]], ["document.txt .scr"])

    def test_nothing_happens_on_a_benign_day(self):
        case = self.of(os.path.join(CAPTURES, "benign.pcap"))
        self.assertEqual(case["shellcode"], [])
        self.assertEqual([sample["verdict"] for sample in case["sample"]], ["clean"])
        self.assertEqual(case["sample"][0]["sha256"], sha256_of("calculator"))


if __name__ == "__main__":
    harness.main()
