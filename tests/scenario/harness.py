"""What scenario tests share: running kenbi, building captures packet by packet."""
import json
import os
import struct
import subprocess
import tempfile
import unittest

KENBI = os.environ["KENBI"]
CORPUS = os.environ.get("KENBI_CORPUS", os.path.join(os.environ["KENBI_SOURCE"], "..", "shared", "corpus"))


def run(*words, timeout=300, **more):
    """Runs kenbi and returns the finished process with text output."""
    return subprocess.run([KENBI, *words], capture_output=True, text=True, timeout=timeout, **more)


def records(*words, **more):
    """Runs kenbi with --json and returns (process, list of records)."""
    process = run(*words, "--json", **more)
    return process, [json.loads(line) for line in process.stdout.splitlines()]


class Case(unittest.TestCase):
    """A test with a folder and an attack data base of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kenbi-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.store = self.path("attacks.db")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def assertComplains(self, process, *words):
        """One clear line on standard error that holds every word; status 2; no crash."""
        self.assertEqual(process.returncode, 2, process.stderr)
        lines = [line for line in process.stderr.splitlines() if line]
        self.assertEqual(len(lines), 1, process.stderr)
        for word in words:
            self.assertIn(word, lines[0])


class GoldenCase(unittest.TestCase):
    """A test that compares output with files in tests/golden/."""

    def check(self, name, lines):
        path = os.path.join(os.environ["KENBI_SOURCE"], "tests", "golden", name)
        if os.environ.get("KENBI_UPDATE_GOLDEN"):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(lines, file.read().splitlines())


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def address(text):
    return bytes(int(part) for part in text.split("."))


def tcp_packet(source, sport, destination, dport, sequence, acknowledgement, flags, payload=b""):
    pseudo = address(source) + address(destination) + struct.pack("!BBH", 0, 6, 20 + len(payload))
    header = struct.pack("!HHIIBBHHH", sport, dport, sequence, acknowledgement, 0x50, flags, 65535, 0, 0)
    check = checksum(pseudo + header + payload)
    header = header[:16] + struct.pack("!H", check) + header[18:]
    total = 40 + len(payload)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, 1, 0, 64, 6, 0, address(source), address(destination))
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return ip + header + payload


class Capture:
    """A pcap file of raw IPv4 packets, written conversation by conversation."""

    def __init__(self, start=1240195706.0):
        self.packets = []
        self.time = start

    def add(self, packet):
        self.time += 0.01
        self.packets.append((self.time, packet))

    def conversation(self, client, cport, server, sport, exchange):
        """exchange: list of ("client" | "server", bytes)."""
        sent = {"client": 1000, "server": 5000}
        ends = {"client": (client, cport, server, sport), "server": (server, sport, client, cport)}
        other = {"client": "server", "server": "client"}

        def say(side, flags, payload=b""):
            self.add(tcp_packet(*ends[side], sent[side], sent[other[side]] if flags & 16 else 0, flags, payload))
            sent[side] += len(payload) + (1 if flags & 3 else 0)

        say("client", 2)
        say("server", 18)
        say("client", 16)
        for side, payload in exchange:
            for start in range(0, len(payload), 1400):
                say(side, 24, payload[start:start + 1400])
        say("client", 17)
        say("server", 17)
        say("client", 16)

    def bytes(self):
        out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
        for time, packet in self.packets:
            out += struct.pack("<IIII", int(time), int(time % 1 * 1e6), len(packet), len(packet)) + packet
        return out


def main():
    unittest.main(verbosity=2)
