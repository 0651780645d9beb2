"""Reconstruction beside tshark and libnids: the same captures, conversation by conversation.

usage: test_peers.py KENBI_STREAMS NIDS_STREAMS|- CAPTURE|FOLDER…

Prints for every capture how many conversations came out equal, and the reason of every difference;
a difference without a known reason fails. Skipped (77) where tshark is not installed.
"""
import os
import re
import shutil
import subprocess
import sys

PRIME, START, MASK = 0x100000001B3, 0xCBF29CE484222325, (1 << 64) - 1


def fnv(data):
    value = START
    for byte in data:
        value = (value ^ byte) * PRIME & MASK
    return value


def lines_of(command, environment=None):
    result = subprocess.run(command, capture_output=True, text=True, check=False,
                            env={**os.environ, **(environment or {})})
    return result.stdout.splitlines()


class Conversation:
    """Who with whom, and length and hash of what each said; `marks` is what we say about it."""

    def __init__(self, fields):
        self.ends = (fields[0], fields[1], fields[2], fields[3])
        self.said = ((int(fields[4]), int(fields[5], 16)), (int(fields[6]), int(fields[7], 16)))
        self.marks = " ".join(fields[8:])
        self.confirmed = False  # by a peer that was asked before

    def key(self):
        return frozenset([self.ends[:2], self.ends[2:]])

    def shorter(self, other):
        theirs = other.said if self.ends == other.ends else (other.said[1], other.said[0])
        pairs = list(zip(self.said, theirs))
        return all(a[0] <= b[0] for a, b in pairs) and any(a[0] < b[0] for a, b in pairs)

    def same(self, other):
        if self.ends == other.ends:
            return self.said == other.said
        return self.said == (other.said[1], other.said[0])


def read_lines(lines):
    return [Conversation(line.split()) for line in lines if re.match(r"^\S+ \d+ \S+ \d+ \d+ ", line)]


def tshark_conversations(capture):
    numbers = lines_of(["tshark", "-n", "-r", capture, "-T", "fields", "-e", "tcp.stream"])
    # A packet quoted by an ICMP message has a second number.
    highest = max((int(part) for line in numbers for part in line.split(",") if part), default=-1)
    found = []
    for first in range(0, highest + 1, 50):
        follow = []
        for number in range(first, min(first + 50, highest + 1)):
            follow += ["-z", f"follow,tcp,raw,{number}"]
        found += parse_follow(lines_of(["tshark", "-n", "-q", "-r", capture] + follow))
    return found


def parse_follow(lines):
    found, nodes, data = [], [], [b"", b""]
    for line in lines + ["==="]:
        if line.startswith("==="):
            if len(nodes) == 2:
                fields = list(nodes[0] + nodes[1])
                for side in data:
                    fields += [str(len(side)), f"{fnv(side):x}"]
                found.append(Conversation(fields))
            nodes, data = [], [b"", b""]
        elif line.startswith("Node "):
            address, port = line.split(": ", 1)[1].rsplit(":", 1)
            nodes.append((address.strip("[]"), port))
        elif len(nodes) == 2 and line.strip():
            side = 1 if line.startswith("\t") else 0
            try:
                data[side] += bytes.fromhex(line.strip())
            except ValueError:
                data[side] += line.encode()
    return found


def reason(ours, theirs, others):
    """Why one of ours is not among theirs; None: not known."""
    if "lost 0 " not in ours.marks:
        return "bytes are missing in the capture: zeros here, left out or a note there"
    if "contradictions 0 " not in ours.marks:
        return "segments contradict each other: settled by the target's rules here"
    if "picked-up" in ours.marks:
        return "its beginning was not captured: libnids begins with SYN"
    if not theirs and sum(length for length, _ in ours.said) == 0:
        return "nothing was said"
    if "rst" in ours.marks and any(ours.shorter(other) for other in theirs):
        return "bytes behind a reset: the target did not read them"
    if any(ours.same(other) for other in others):
        return "segments with wrong checksums that the receiver acknowledged: libnids drops them"
    if ours.confirmed and any(other.shorter(ours) for other in theirs):
        return "libnids leaves out bytes beyond the window that the receiver had shown: tshark has them too"
    return None


def compare(name, ours, theirs, others):
    equal, unexplained = 0, 0
    by_key = {}
    for conversation in theirs:
        by_key.setdefault(conversation.key(), []).append(conversation)
    for conversation in ours:
        same_ends = by_key.get(conversation.key(), [])
        match = next((other for other in same_ends if conversation.same(other)), None)
        if match:
            same_ends.remove(match)
            equal += 1
            conversation.confirmed = True
            continue
        why = reason(conversation, same_ends, others)
        unexplained += why is None
        print(f"    {name}: {':'.join(conversation.ends[:2])} - {':'.join(conversation.ends[2:])}: "
              f"{why or 'UNEXPLAINED'} ({conversation.said} / {[o.said for o in same_ends]})")
    return equal, unexplained


def main():
    kenbi, nids, *places = sys.argv[1:]
    if not shutil.which("tshark"):
        print("skipped: tshark is not installed")
        return 77
    captures = []
    for place in places:
        if os.path.isdir(place):
            captures += sorted(os.path.join(place, name) for name in os.listdir(place)
                               if name.endswith((".pcap", ".pcapng")))
        else:
            captures.append(place)
    unexplained = 0
    compared = 0
    for capture in captures:
        ours = read_lines(lines_of([kenbi, capture]))
        compared += len(ours)
        with_tshark, wrong = compare("tshark", ours, tshark_conversations(capture), [])
        unexplained += wrong
        text = f"{os.path.basename(capture)}: {len(ours)} conversations, tshark {with_tshark} equal"
        if nids != "-":
            careless = read_lines(lines_of([nids, capture], {"NIDS_NO_CHECKSUMS": "1"}))
            with_nids, wrong = compare("libnids", ours, read_lines(lines_of([nids, capture])), careless)
            unexplained += wrong
            text += f", libnids {with_nids} equal"
        print(text)
    if not compared:
        print("no conversation was compared")
        return 1
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
