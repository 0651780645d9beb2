"""What others recorded, through kenbi remedy: behaviours and rules come out, broken files get one clear line."""
import os
import unittest

from harness import Case, records, run

IMPORTS = os.path.join(os.environ["KENBI_SOURCE"], "tests", "trace", "imports")


def imported(name):
    return os.path.join(IMPORTS, name)


class Remedy(Case):
    def behaviours(self, *words):
        process, found = records("remedy", *words)
        self.assertEqual(process.returncode, 0, process.stderr)
        return [record for record in found if record["type"] == "behaviour"], found

    def parameters(self, behaviours, name):
        return [each["parameters"] for each in behaviours if each["name"] == name]

    def test_sandbox_report(self):
        behaviours, found = self.behaviours(imported("cape.json"))
        self.assertEqual(self.parameters(behaviours, "mutex"), [{"mutex": "Jobaka3l"}])
        channel = self.parameters(behaviours, "control_channel")[0]
        self.assertEqual((channel["host"], channel["channel"], channel["port"]), ("irc.example.net", "#rx", 6667))
        scan = self.parameters(behaviours, "scan")[0]
        self.assertEqual((scan["port"], scan["rate_basis"]), (445, "clock"))
        self.assertAlmostEqual(scan["rate"], 10, delta=0.1)
        remedies = [record for record in found if record["type"] == "remedy"]
        self.assertIn("dns-sinkhole", {remedy["name"] for remedy in remedies})
        self.assertTrue(all(remedy["rules"] for remedy in remedies))

    def test_log_of_suricata(self):
        behaviours, _ = self.behaviours(imported("eve.json"))
        vectors = self.parameters(behaviours, "infection_vector")
        self.assertEqual(vectors, [{"port": 445, "proto": "tcp", "vulnerability": "MS08-067"}])
        hosts = {each["host"] for each in self.parameters(behaviours, "control_channel")}
        self.assertEqual(hosts, {"cc.example.net", "cc2.example.net"})
        self.assertEqual(self.parameters(behaviours, "scan")[0]["strategy"], "sequential")
        # who did nothing, and what the victim did before it was attacked, is no behaviour
        self.assertNotIn("www.example.com", str(behaviours))
        self.assertNotIn("updates.example.com", str(behaviours))

    def test_one_machine_of_a_log(self):
        behaviours, _ = self.behaviours("--host", "10.1.2.8", imported("eve.json"))
        self.assertEqual([each["source"].split()[-1] for each in behaviours], ["10.1.2.8"])

    def test_several_formats_at_once(self):
        behaviours, _ = self.behaviours(imported("cape.json"), imported("cuckoo.json"))
        self.assertEqual(len(self.parameters(behaviours, "mutex")), 2)

    def test_broken_files(self):
        self.assertComplains(run("remedy", self.write("cut.json", b'{"event_type":"flow"}\n{"event')), "cut.json:2")
        self.assertComplains(run("remedy", self.write("odd.bin", b"\0\1\2")), "odd.bin", "CAPE")
        self.assertComplains(run("remedy", self.path("nothing.json")), "nothing.json")
        self.assertComplains(run("remedy", "--host", "x", imported("eve.json")), "address")
        quiet = self.write("quiet.json", b'{"event_type":"flow","src_ip":"10.0.0.1"}\n')
        self.assertComplains(run("remedy", quiet), "quiet.json", "--host")

    def test_nested_without_end(self):
        deep = self.write("deep.json", b'{"behavior":' + b"[" * 1000000)
        self.assertComplains(run("remedy", deep), "deep.json")


if __name__ == "__main__":
    unittest.main()
