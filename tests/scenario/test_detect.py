"""kenbi detect on files: the same result for any number of workers, conversations saved, EVE events, metrics."""
import json
import os

import harness
from harness import Case, Capture

CODE = b"\x31\xc0\x50\x68//sh\x68/bin\x89\xe3\x50\x53\x89\xe1\x99\xb0\x0b\xcd\x80"
GIF = b"GIF89a" + bytes(200)


def web(capture, port, body, answer=b"ok", kind=b"text/plain"):
    capture.conversation("192.0.2.1", port, "198.51.100.2", 80, [
        ("client", b"POST /a HTTP/1.1\r\nHost: example.org\r\nContent-Length: %d\r\n\r\n" % len(body) + body),
        ("server", b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(answer)) + answer)])


def broken_ftp(capture, port):
    capture.conversation("192.0.2.1", port, "198.51.100.2", 21,
                         [("server", b"220 ftp.example.org ready\r\n"), ("client", b"USER anna\r\n"),
                          ("server", b"331 password\r\n"), ("client", b"PASS " + bytes(range(128, 256)) * 8 + b"\r\n"),
                          ("server", b"530 no\r\n")])


class Detect(Case):
    def capture(self):
        capture = Capture()
        for i in range(40):
            web(capture, 2000 + i, b"n" * 300 + (CODE if i % 8 == 1 else b""))
        web(capture, 3000, b"", GIF, b"image/gif")
        broken_ftp(capture, 3001)
        broken_ftp(capture, 3002)
        return self.write("all.pcap", capture.bytes())

    def test_any_number_of_workers(self):
        path = self.capture()
        outputs = []
        for workers in (1, 2, 5):
            process = harness.run("detect", "--json", "--workers", str(workers), "--save", self.path(f"s{workers}"), path)
            self.assertEqual(process.returncode, 0, process.stderr)
            outputs.append(process.stdout)
        self.assertEqual(outputs[0], outputs[1])
        self.assertEqual(outputs[0], outputs[2])
        found = [json.loads(line) for line in outputs[0].splitlines()]
        self.assertEqual([record["flow"]["sport"] for record in found if record["type"] == "shellcode"],
                         [2001, 2009, 2017, 2025, 2033])

    def test_what_is_also_asked_for_changes_no_finding(self):
        path = self.capture()
        _, plain = harness.records("detect", path)
        _, with_eve = harness.records("detect", "--eve", self.path("eve.json"), "--metrics", self.path("m"), path)
        _, explained = harness.records("detect", "--explain", path)
        self.assertTrue([record for record in plain if record["type"] == "shellcode"])
        self.assertEqual(with_eve, plain)
        self.assertEqual([{name: record[name] for name in record if name != "listing"} for record in explained], plain)

    def test_conversations_are_saved_whole(self):
        folder = self.path("saved")
        process, found = harness.records("detect", "--save", folder, self.capture())
        self.assertEqual(process.returncode, 0, process.stderr)
        saved = [record for record in found if record["type"] == "session"]
        self.assertEqual([record["sport"] for record in saved], [3001, 3002])
        self.assertEqual(sorted(os.listdir(folder)), sorted(record["saved"] for record in saved))
        _, again = harness.records("analyze", "--no-store", os.path.join(folder, saved[0]["saved"]))
        session = [record for record in again if record["type"] == "session"][0]
        for name in ("src", "sport", "dst", "dport", "bytes_to_server", "bytes_to_client", "first", "deviations"):
            self.assertEqual(session[name], saved[0][name], name)

    def test_the_limit_of_saving_is_said(self):
        capture = Capture()
        for i in range(3):
            capture.conversation("192.0.2.1", 4000 + i, "198.51.100.2", 21,
                                 [("server", b"220 ready\r\n"), ("client", b"USER " + b"\xff" * 700000 + b"\r\n"),
                                  ("server", b"530 no\r\n")])
        path = self.write("large.pcap", capture.bytes())
        metrics = self.path("m")
        process, found = harness.records("detect", "--save", self.path("saved"), "--save-limit", "1", "--metrics", metrics,
                                         path)
        self.assertEqual(len(os.listdir(self.path("saved"))), 1)
        with open(metrics, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("\nkenbi_saved_total 1\n", text)
        self.assertIn("\nkenbi_not_saved_total 2\n", text)

    def test_eve_of_plain_files(self):
        """No conversation, so no ends: the file's name is all there is."""
        code, text, eve = self.path("code.bin"), self.path("text.txt"), self.path("plain.json")
        with open(code, "wb") as file:
            file.write(b"n" * 100 + CODE)
        with open(text, "wb") as file:
            file.write(b"nothing of interest " * 20)
        process = harness.run("detect", "--eve", eve, code, text)
        self.assertEqual(process.returncode, 0, process.stderr)
        with open(eve, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        self.assertEqual([(event["event_type"], event["pcap_filename"]) for event in events],
                         [("fileinfo", code), ("alert", code), ("fileinfo", text)])
        self.assertEqual(events[0]["fileinfo"]["size"], 100 + len(CODE))
        self.assertEqual(events[1]["kenbi"]["offset"], 100)
        self.assertNotIn("src_ip", events[1])

    def test_eve(self):
        path, eve = self.capture(), self.path("eve.json")
        process = harness.run("detect", "--eve", eve, path)
        self.assertEqual(process.returncode, 0, process.stderr)
        with open(eve, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        alerts = [event for event in events if event["event_type"] == "alert"]
        flows = {event["flow_id"]: event for event in events if event["event_type"] == "flow"}
        files = [event for event in events if event["event_type"] == "fileinfo"]
        self.assertEqual(len(flows), 43)
        self.assertEqual(len(alerts), 7)
        for event in events:
            self.assertRegex(event["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000$")
            self.assertIn(event["proto"], ("TCP", "UDP"))
            for name in ("src_ip", "dest_ip"):
                self.assertIsInstance(event[name], str)
            for name in ("src_port", "dest_port", "flow_id"):
                self.assertIsInstance(event[name], int)
        code = [event for event in alerts if "shellcode" in event["alert"]["signature"]]
        self.assertEqual([event["src_port"] for event in code], [2001, 2009, 2017, 2025, 2033])
        for event in code:
            self.assertEqual({"action", "gid", "signature_id", "rev", "signature", "category", "severity"},
                             set(event["alert"]))
            flow = flows[event["flow_id"]]
            self.assertEqual((flow["src_port"], flow["app_proto"], flow["flow"]["alerted"], flow["flow"]["state"]),
                             (event["src_port"], "http", True, "closed"))
            self.assertGreater(flow["flow"]["pkts_toserver"], flow["flow"]["pkts_toclient"] - 3)
        gif = [event for event in files if event["src_port"] == 80 and event["dest_port"] == 3000]
        self.assertEqual(len(gif), 1)
        self.assertEqual((gif[0]["fileinfo"]["size"], gif[0]["fileinfo"]["magic"], gif[0]["fileinfo"]["state"]),
                         (len(GIF), "gif", "CLOSED"))
        # appended, as a log is
        harness.run("detect", "--eve", eve, path)
        with open(eve, encoding="utf-8") as file:
            self.assertEqual(sum(1 for _ in file), 2 * len(events))

    def test_metrics(self):
        path, metrics = self.capture(), self.path("kenbi.prom")
        harness.run("detect", "--metrics", metrics, path, path)
        values = {}
        with open(metrics, encoding="utf-8") as file:
            for line in file:
                if line.startswith("# TYPE"):
                    self.assertRegex(line, r"^# TYPE kenbi_[a-z_]+ (counter|gauge)$")
                elif not line.startswith("# HELP"):
                    name, value = line.split()
                    values[name] = int(value)
        self.assertEqual(values["kenbi_sessions_total"], 2 * 43)  # both inputs
        self.assertEqual(values["kenbi_findings_total"], 2 * 5)
        self.assertEqual(values["kenbi_deviating_total"], 2 * 2)
        self.assertEqual(values["kenbi_dropped_slots_total"], 0)
        self.assertGreaterEqual(len(values), 20)

    def test_personality(self):
        """Old and new bytes behind a gap: Linux and Windows read different requests."""
        capture = Capture()
        ends = ("192.0.2.1", 2000, "198.51.100.2", 80)
        back = ("198.51.100.2", 80, "192.0.2.1", 2000)
        code = CODE + b"n" * 40
        first, other = b"POST / HTTP/1.0\r\n\r\n" + b"n" * 8, b"x" * len(code)
        capture.add(harness.tcp_packet(*ends, 999, 0, 2))
        capture.add(harness.tcp_packet(*back, 4999, 1000, 18))
        capture.add(harness.tcp_packet(*ends, 1000, 5000, 16))
        begin = 1000 + len(first)
        capture.add(harness.tcp_packet(*ends, begin, 5000, 24, other))
        # together with the old one, and ends behind it: Linux takes it
        capture.add(harness.tcp_packet(*ends, begin, 5000, 24, code + b"n"))
        capture.add(harness.tcp_packet(*ends, 1000, 5000, 24, first))
        capture.add(harness.tcp_packet(*back, 5000, begin + len(code) + 1, 16))
        path = self.write("overlap.pcap", capture.bytes())

        def found(*words):
            _, records = harness.records("detect", *words, path)
            return len([record for record in records if record["type"] == "shellcode"])

        self.assertEqual(found("--personality", "linux"), 1)
        self.assertEqual(found("--personality", "windows"), 0)
        self.assertEqual(found(), 0)
        self.assertEqual(found("--personality", "auto"), 0)  # window 65,535 and TTL 64: BSD, reads as Windows


if __name__ == "__main__":
    harness.main()
