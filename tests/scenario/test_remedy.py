"""What others recorded, through kenbi remedy: behaviours and rules come out, broken files get one clear line."""
import json
import os
import unittest

from harness import Capture, Case, records, run

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

    def shares(self, benign):
        process, found = records("remedy", "--benign", benign, imported("cape.json"))
        self.assertEqual(process.returncode, 0, process.stderr)
        return {each["name"]: each["collateral_share"] for each in found if each["type"] == "remedy"}

    def test_benign_flows_of_a_capture(self):
        capture = Capture()
        for number in range(3):
            capture.conversation("192.0.2.10", 40000 + number, "192.0.2.80", 80, [("client", b"GET / HTTP/1.0\r\n\r\n")])
        capture.conversation("192.0.2.10", 41000, "192.0.2.81", 445, [("client", b"\0\0\0\4abcd")])
        shares = self.shares(self.write("benign.pcap", capture.bytes()))
        self.assertAlmostEqual(shares["filter-port-subnet"], 0.25)
        self.assertIsNone(shares["dns-sinkhole"])  # no packet filter, so nothing to compare

    def test_benign_flows_of_a_log(self):
        flow = '{"timestamp":"2024-05-01T12:00:00.000000+0000","event_type":"flow","flow_id":%d,"src_ip":"10.0.0.1",' \
               '"src_port":4000,"dest_ip":"10.0.0.2","dest_port":%d,"proto":"TCP","flow":{}}\n'
        lines = "".join(flow % (number + 1, 445 if number < 2 else 80) for number in range(8))
        lines += flow % (1, 445)  # seen already
        shares = self.shares(self.write("benign.json", lines.encode()))
        self.assertAlmostEqual(shares["filter-port-subnet"], 0.25)

    def test_benign_profile(self):
        self.assertIsNone(self.shares("nsfnet-1995")["filter-port-subnet"])  # 445 was not there yet
        report = imported("cape.json")
        self.assertComplains(run("remedy", "--benign", "no-such", report), "no-such", "data/benign")
        self.assertComplains(run("remedy", "--benign", report, report), "cape.json", "no benign traffic")

    def test_playbook(self):
        process = run("remedy", "--playbook", "2,1", imported("cape.json"))
        self.assertEqual(process.returncode, 0, process.stderr)
        playbook = json.loads(process.stdout)
        self.assertEqual((playbook["type"], playbook["spec_version"]), ("playbook", "cacao-2.0"))
        self.assertEqual(len(playbook["workflow"]), 6)
        self.assertComplains(run("remedy", "--playbook", "999", imported("cape.json")), "999")
        self.assertComplains(run("remedy", "--playbook", "1", "--format", "cobol", imported("cape.json")), "cobol")
        self.assertEqual(run("remedy", "--playbook", "1,x", imported("cape.json")).returncode, 2)

    def test_nested_without_end(self):
        deep = self.write("deep.json", b'{"behavior":' + b"[" * 1000000)
        self.assertComplains(run("remedy", deep), "deep.json")


if __name__ == "__main__":
    unittest.main()
