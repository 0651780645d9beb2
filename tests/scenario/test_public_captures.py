"""Public captures of attacks, an optional corpus (KENBI_CORPUS or ../shared/corpus): in each the shellcode is found and told.

The corpus is not part of the tree; without it the test is skipped and says so. Nothing in it is executed but by the simulator."""
import os
import unittest

import harness

CAPTURES = os.path.join(harness.CORPUS, "captures")

# capture: side that said it, decodings, what it is recognised by, one action with its fields
EXPECTED = {
    "CVE-2007-1868_IBM_TPM_metasploit.pcap":
        ("client", "", {"getpc", "decodes", "peb", "exports", "api"},
         {"action": "connect", "address": "172.16.16.4", "port": 4444, "proto": "tcp"}),
    "Jet_DB_overflow_mdb.pcap":
        ("server", "", {"getpc", "peb", "exports", "api"}, {"action": "execute", "command": "calc.exe"}),
    "activex_MS08-053_wmex.pcap":
        ("server", "unescape", {"getpc", "decodes", "peb", "exports", "api"},
         {"action": "execute", "command": "c:\\windows\\system32\\calc.exe"}),
    "activex_NCTsoft_AudFile.pcap":
        ("server", "unescape", {"getpc", "peb", "exports", "api"}, {"action": "execute", "command": "calc.exe"}),
    "activex_Ultra_Office.pcap":
        ("server", "unescape", {"getpc", "peb", "exports", "api"}, {"action": "execute", "command": "calc.exe"}),
    "honeynet2010-1_lsass_ms04-011.pcap":
        ("client", "", {"getpc", "decodes", "peb", "exports", "api"},
         {"action": "bind", "port": 1957, "proto": "tcp"}),
    "ie_aurora_win2k3.pcap":
        ("server", "unescape", {"getpc", "decodes", "peb", "exports", "api"},
         {"action": "connect", "address": "172.16.146.131", "port": 4444, "proto": "tcp"}),
}


@unittest.skipUnless(os.path.isdir(CAPTURES), f"no captures at {CAPTURES} (set KENBI_CORPUS)")
class PublicCaptures(unittest.TestCase):
    def found(self, name):
        process, records = harness.records("detect", "--explain", os.path.join(CAPTURES, name))
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual([record for record in records if record["type"] == "error"], [])
        return [record for record in records if record["type"] == "shellcode"]

    def test_each_is_found_and_told(self):
        for name, (side, view, evidence, action) in EXPECTED.items():
            with self.subTest(name):
                codes = self.found(name)
                self.assertEqual(len(codes), 1)
                code = codes[0]
                self.assertEqual((code["os"], code["arch"], code["side"], code["view"]), ("windows", "x86", side, view))
                self.assertLessEqual(evidence, set(code["evidence"]))
                self.assertIn(action, code["actions"])
                self.assertRegex(code["kind"], "^[0-9a-f]{16}$")
                remarks = [r for i in code["listing"]["instructions"] for r in i["remarks"]]
                self.assertTrue(any("kernel32.dll!" in remark for remark in remarks), remarks)

    def test_commands_come_from_the_wire(self):
        code = self.found("honeynet2010-1_lsass_ms04-011.pcap")[0]
        self.assertTrue(any("ftp -n -s:o" in action.get("command", "") for action in code["actions"]))

    def test_nothing_said_elsewhere_becomes_a_command(self):
        # the reverse connection is not in this capture: what follows in the request is none of its business
        code = self.found("CVE-2007-1868_IBM_TPM_metasploit.pcap")[0]
        self.assertEqual([action for action in code["actions"] if action["action"] == "execute"],
                         [{"action": "execute", "command": "cmd"}])

    def test_same_payload_same_kind(self):
        kinds = {self.found(name)[0]["kind"] for name in ("activex_NCTsoft_AudFile.pcap", "activex_Ultra_Office.pcap")}
        self.assertEqual(len(kinds), 1)


if __name__ == "__main__":
    harness.main()
