"""kenbi detect on an interface: a veth pair in a network namespace of the test's own, conversations sent frame by frame,
and real ones over the loopback interface. Without root it is skipped."""
import ctypes
import json
import os
import signal
import socket
import subprocess
import threading
import time
import unittest

import harness
from harness import Case, Capture, KENBI

CODE = b"\x31\xc0\x50\x68//sh\x68/bin\x89\xe3\x50\x53\x89\xe1\x99\xb0\x0b\xcd\x80"
REQUEST = b"POST /a HTTP/1.1\r\nHost: example.org\r\nContent-Length: %d\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ready = False


def setUpModule():
    global ready
    if os.geteuid() != 0 or ctypes.CDLL(None, use_errno=True).unshare(0x40000000) != 0:
        return
    commands = ("ip link add kenbi0 type veth peer name kenbi1", "ip link set kenbi0 up", "ip link set kenbi1 up",
                "ip link set lo up")
    ready = subprocess.run(["sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=1"]).returncode == 0 and \
        all(subprocess.run(command.split()).returncode == 0 for command in commands)


def web(capture, port, code):
    body = b"n" * 200 + (CODE if code else b"")
    capture.conversation("192.0.2.1", port, "198.51.100.2", 80,
                         [("client", REQUEST % len(body) + body), ("server", ANSWER)])


def broken_ftp(capture, port):
    """Commands that do not conform: binary where text belongs."""
    capture.conversation("192.0.2.1", port, "198.51.100.2", 21,
                         [("server", b"220 ftp.example.org ready\r\n"), ("client", b"USER anna\r\n"),
                          ("server", b"331 password\r\n"), ("client", b"PASS " + bytes(range(128, 256)) * 8 + b"\r\n"),
                          ("server", b"530 no\r\n")])


class Live(Case):
    def setUp(self):
        super().setUp()
        if not ready:
            self.skipTest("making a network namespace and a veth pair needs root, ip and sysctl")

    def start(self, *words, interface="kenbi1"):
        """Starts kenbi and waits until it listens."""
        process = subprocess.Popen([KENBI, "detect", "-i", interface, *words], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)

        def clean_up():
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()

        self.addCleanup(clean_up)
        readers = 2 if "--readers" in words else 1
        for _ in range(400):
            with open("/proc/net/packet", encoding="ascii") as sockets:
                if sum(int(line.split()[4]) > 0 for line in sockets.readlines()[1:]) >= readers:  # bound
                    break
            time.sleep(0.05)
        time.sleep(0.3)
        return process

    def end(self, process, stop=True):
        if stop:
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        return out, err

    def records(self, out):
        return [json.loads(line) for line in out.splitlines()]

    def send(self, capture):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind(("kenbi0", 0))
            for _, packet in capture.packets:
                sender.send(b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + packet)

    def of(self, records, kind):
        return [record for record in records if record["type"] == kind]

    def test_findings_come_at_once(self):
        process = self.start("--json")
        capture = Capture()
        for i in range(20):
            web(capture, 3000 + i, i in (4, 9))
        self.send(capture)
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True)
        reader.start()
        for _ in range(100):  # while it runs
            if sum('"type":"shellcode"' in line for line in lines) == 2:
                break
            time.sleep(0.1)
        self.assertIsNone(process.poll())
        found = [json.loads(line) for line in lines if '"type":"shellcode"' in line]
        self.assertEqual(sorted(record["flow"]["sport"] for record in found), [3004, 3009])
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)
        reader.join(10)
        statistics = self.of([json.loads(line) for line in lines], "statistics")
        self.assertTrue(statistics[-1]["final"])
        self.assertFalse(any(record["final"] for record in statistics[:-1]))
        counters = statistics[-1]["counters"]
        self.assertEqual(counters["packets"], len(capture.packets))
        self.assertEqual(counters["sessions"], 20)
        self.assertEqual(counters["searched"], 20)
        self.assertEqual(counters["findings"], 2)
        for name in ("dropped_slots", "dropped_bytes", "dropped_kernel", "cut"):
            self.assertEqual(counters[name], 0, name)

    def test_what_is_open_is_searched_at_the_end(self):
        process = self.start("--json")
        capture = Capture()
        web(capture, 4000, True)
        capture.packets = capture.packets[:-3]  # without the end
        self.send(capture)
        time.sleep(0.5)
        out, _ = self.end(process)
        self.assertEqual(len(self.of(self.records(out), "shellcode")), 1)

    def test_an_open_conversation_is_searched_when_it_falls_silent(self):
        """An attacker who stays connected is told of at once, and once."""
        process = self.start("--json")
        capture = Capture()
        web(capture, 4050, True)
        end = capture.packets[-3:]
        capture.packets = capture.packets[:-3]
        self.send(capture)
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True)
        reader.start()
        for _ in range(100):
            if any('"type":"shellcode"' in line for line in lines):
                break
            time.sleep(0.1)
        found = [json.loads(line) for line in lines if '"type":"shellcode"' in line]
        self.assertEqual([record["flow"]["sport"] for record in found], [4050])
        capture.packets = end
        self.send(capture)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)
        reader.join(10)
        records = [json.loads(line) for line in lines]
        self.assertEqual(len(self.of(records, "shellcode")), 1)
        counters = self.of(records, "statistics")[-1]["counters"]
        self.assertEqual((counters["sessions"], counters["searched"], counters["findings"]), (1, 1, 1))
        self.assertGreaterEqual(counters["looks"], 1)

    def completed(self, vector, later):
        """Sends the code, waits until it is told, sends what comes later (a conversation whose end is not seen), and
        returns both records and the final counters."""
        with open(os.path.join(os.environ["KENBI_BUILD"], "tests", *vector), "rb") as file:
            body = b"n" * 100 + file.read()
        process = self.start("--json")
        capture = Capture()
        capture.conversation("192.0.2.1", 4060, "198.51.100.2", 80,
                             [("client", REQUEST % len(body) + body), ("server", ANSWER)])
        self.send(capture)
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True)
        reader.start()

        def wait_for(count):
            for _ in range(200):
                found = [json.loads(line) for line in lines if '"type":"shellcode"' in line]
                if len(found) >= count:
                    break
                time.sleep(0.1)
            return found

        self.assertEqual([record.get("completed") for record in wait_for(1)], [None])
        capture.packets = []
        capture.conversation(*later)
        capture.packets = capture.packets[:-3]
        self.send(capture)
        found = wait_for(2)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(60), 0)
        reader.join(10)
        statistics = [json.loads(line) for line in lines if '"type":"statistics"' in line]
        self.assertEqual(statistics[-1]["counters"]["findings"], len({record["id"] for record in found}))
        found = [record for record in found if record["id"] == found[0]["id"]]  # a stage is code of its own, too
        self.assertEqual([record.get("completed") for record in found], [None, True])
        self.assertEqual(found[1]["kind"], found[0]["kind"])
        return [[action for action in record["actions"] if action["action"] != "call"] for record in found]

    def test_commands_on_an_opened_port_complete_it(self):
        first, then = self.completed(
            ("scenario", "demo", "demo_bind_encoded.bin"),
            ("192.0.2.1", 4061, "198.51.100.2", 4444,
             [("server", b"C:\\>"), ("client", b"echo open 203.0.113.45 8884 > o\r\n")]))
        self.assertIn({"action": "bind", "port": 4444, "proto": "tcp"}, first)
        self.assertFalse(any("203.0.113.45" in action.get("command", "") for action in first))
        self.assertTrue(any("203.0.113.45" in action.get("command", "") for action in then), then)

    def test_a_stage_from_a_server_completes_it(self):
        first, then = self.completed(("shellcode", "linux_stage.bin"),
                                     ("198.51.100.2", 4062, "198.51.100.20", 443, [("server", CODE + b" " * 100)]))
        self.assertTrue(any(action["action"] == "connect" for action in first), first)
        self.assertFalse(any(action["action"] == "execute" for action in first), first)
        self.assertTrue(any(action["action"] == "execute" for action in then), then)

    def test_count_and_exit_code(self):
        process = self.start("--count", "10", "--exit-code", "--json")
        capture = Capture()
        web(capture, 4100, True)
        web(capture, 4101, True)
        self.send(capture)
        out, _ = self.end(process, stop=False)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(self.of(self.records(out), "statistics")[-1]["counters"]["packets"], 10)
        self.assertEqual(len(self.of(self.records(out), "shellcode")), 1)

    def test_duration(self):
        began = time.monotonic()
        process = self.start("--duration", "2")
        out, _ = self.end(process, stop=False)
        self.assertEqual(process.returncode, 0)
        self.assertGreaterEqual(time.monotonic() - began, 2)
        self.assertIn("0 findings; lost: none", out.splitlines()[-1])

    def test_two_readers_share_the_packets(self):
        process = self.start("--readers", "2", "--workers", "2", "--json")
        capture = Capture()
        for i in range(60):
            web(capture, 5000 + i, i % 10 == 0)
        self.send(capture)
        time.sleep(0.5)
        out, _ = self.end(process)
        counters = self.of(self.records(out), "statistics")[-1]["counters"]
        self.assertEqual((counters["sessions"], counters["searched"], counters["findings"]), (60, 60, 6))

    def test_drops_are_counted_by_cause(self):
        """One place in the queue, and every conversation at once: what is not searched is dropped and said."""
        process = self.start("--queue", "1", "--workers", "1", "--json")
        capture = Capture()
        for i in range(400):
            web(capture, 6000 + i, i % 2 == 0)
        self.send(capture)
        time.sleep(0.5)
        out, _ = self.end(process)
        counters = self.of(self.records(out), "statistics")[-1]["counters"]
        self.assertGreater(counters["dropped_slots"], 0)
        self.assertGreater(counters["searched"], 0)
        self.assertEqual(counters["searched"] + counters["dropped_slots"] + counters["dropped_bytes"],
                         counters["sessions"])
        self.assertEqual(counters["packets"] + counters["dropped_kernel"], len(capture.packets))

    def test_other_outputs(self):
        eve, metrics, folder = self.path("eve.json"), self.path("kenbi.prom"), self.path("saved")
        process = self.start("--eve", eve, "--metrics", metrics, "--save", folder, "--json")
        capture = Capture()
        web(capture, 7000, True)
        broken_ftp(capture, 7001)
        self.send(capture)
        time.sleep(1.5)
        out, err = self.end(process)
        self.assertEqual(process.returncode, 0, err)
        saved = [record for record in self.of(self.records(out), "session")]
        self.assertEqual([record["protocol"] for record in saved], ["ftp"])
        path = os.path.join(folder, saved[0]["saved"])
        again, found = harness.records("analyze", "--no-store", path)
        self.assertEqual(again.returncode, 0)
        session = self.of(found, "session")
        self.assertEqual((session[0]["sport"], session[0]["protocol"], session[0]["conforms"]), (7001, "ftp", False))
        with open(eve, encoding="utf-8") as file:
            events = [json.loads(line) for line in file]
        kinds = [event["event_type"] for event in events]
        self.assertEqual(kinds.count("flow"), 2)
        self.assertEqual(kinds.count("alert"), 2)
        self.assertIn("stats", kinds)
        with open(metrics, encoding="utf-8") as file:
            text = file.read()
        self.assertIn("\nkenbi_findings_total 1\n", text)
        self.assertIn("\nkenbi_saved_total 1\n", text)

    def test_real_clients_over_loopback(self):
        process = self.start("--json", interface="lo")
        with socket.create_server(("127.0.0.1", 0)) as server:
            with socket.create_connection(server.getsockname()) as client:
                other, _ = server.accept()
                client.sendall(b"GET /" + b"n" * 300 + CODE + b" HTTP/1.0\r\n\r\n")
                other.recv(4096)
                other.sendall(ANSWER)
                client.recv(4096)
                other.close()
        time.sleep(1)
        out, _ = self.end(process)
        self.assertEqual(len(self.of(self.records(out), "shellcode")), 1)

    def test_captures_of_the_corpus(self):
        path = os.path.join(harness.CORPUS, "captures", "honeynet2010-1_lsass_ms04-011.pcap")
        if not os.path.exists(path):
            self.skipTest("no corpus beside the source")
        _, from_file = harness.records("detect", path)
        with open(path, "rb") as file:
            content = file.read()
        process = self.start("--json")
        at, frames = 24, []
        while at < len(content):
            length = int.from_bytes(content[at + 8:at + 12], "little")
            frames.append(content[at + 16:at + 16 + length])
            at += 16 + length
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind(("kenbi0", 0))
            for frame in frames:
                sender.send(frame)
        time.sleep(1)
        out, _ = self.end(process)
        self.assertEqual([record["kind"] for record in self.of(self.records(out), "shellcode")],
                         [record["kind"] for record in self.of(from_file, "shellcode")])

    def test_the_interface_goes_away(self):
        subprocess.run("ip link add kenbi2 type veth peer name kenbi3".split(), check=True)
        subprocess.run("ip link set kenbi2 up".split(), check=True)
        subprocess.run("ip link set kenbi3 up".split(), check=True)
        process = self.start("--json", interface="kenbi3")
        subprocess.run("ip link del kenbi2".split(), check=True)
        out, err = self.end(process, stop=False)
        self.assertEqual(process.returncode, 2)
        self.assertIn("kenbi3", err)
        self.assertTrue(self.of(self.records(out), "statistics")[-1]["final"])


class Refusals(Case):
    def test_bad_words(self):
        self.assertComplains(harness.run("detect", "--count", "5", "x"), "--count", "--interface")
        self.assertComplains(harness.run("detect", "-i", "lo", "x"), "not both")
        self.assertComplains(harness.run("detect", "-i", "lo", "--raw"), "--raw")
        self.assertComplains(harness.run("detect", "--personality", "beos", "x"), "beos")
        self.assertComplains(harness.run("detect", "--workers", "0", "x"), "--workers")
        self.assertComplains(harness.run("detect", "-i", "a-name-that-is-far-too-long"), "a-name")
        self.assertComplains(harness.run("detect", "--eve", "/no/such/folder/eve", "x"), "/no/such/folder/eve")


if __name__ == "__main__":
    harness.main()
