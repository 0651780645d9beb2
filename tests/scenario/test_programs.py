"""Every test program of tests/programs shows in the simulator what tests/programs/expected.tsv says."""
import os
import re
import unittest

import harness
from harness import Case, records

FOLDER = os.path.join(os.environ["KENBI_BUILD"], "tests", "programs")
TABLE = os.path.join(os.environ["KENBI_SOURCE"], "tests", "programs", "expected.tsv")
VOCABULARY = os.path.join(os.environ["KENBI_SOURCE"], "src", "trace", "vocabulary.h")


def words_of_the_vocabulary():
    with open(VOCABULARY, encoding="utf-8") as file:
        return set(re.findall(r'EVENT\(\w+, "([a-z.]+)"', file.read()))


def expected_events(text, vocabulary):
    """"a.b c.d:field=part of value e.f" → [(word, field, part)…]; a part may hold spaces."""
    events = []
    for piece in text.split(" "):
        word, _, condition = piece.partition(":")
        if word in vocabulary:
            field, _, part = condition.partition("=")
            events.append((word, field, part))
        else:
            last = events.pop()
            events.append((last[0], last[1], last[2] + " " + piece))
    return events


def table():
    vocabulary = words_of_the_vocabulary()
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                continue
            name, verdict, ends, policies, events = line.rstrip("\n").split("\t")
            yield name, verdict, ends.split(), policies.split() if policies != "-" else [], \
                expected_events(events, vocabulary)


@unittest.skipUnless(os.path.exists(os.path.join(FOLDER, "hello.exe")), "the test programs are not built (no mingw-w64)")
class Programs(Case):
    def check(self, name, verdict, ends, policies, events):
        process, found = records("behave", "--events", os.path.join(FOLDER, name + ".exe"))
        self.assertEqual(process.returncode, 0, process.stderr)
        sample = next(record for record in found if record["type"] == "sample")
        happened = [record for record in found if record["type"] == "event"]
        for word, field, part in events:
            self.assertTrue(any(event["event"] == word and part.lower() in str(event.get(field, "")).lower()
                                for event in happened), f"no {word} with {field} {part!r}")
        matched = {policy["name"] for policy in sample["policies"]}
        self.assertLessEqual(set(policies), matched)
        self.assertEqual(sample["verdict"], verdict, matched)
        self.assertIn(sample["end"], ends)

    def test_all(self):
        for row in table():
            with self.subTest(row[0]):
                self.check(*row)

    def test_control_server_of_the_bot(self):
        _, found = records("behave", os.path.join(FOLDER, "irc_bot.exe"))
        control = [endpoint for endpoint in found[0]["endpoints"] if endpoint["role"] == "control"]
        self.assertEqual([(endpoint["name"], endpoint["port"]) for endpoint in control],
                         [("irc.control.example", 6667)])

    def test_how_the_scanners_choose(self):
        for name, strategy in (("scanner_random", "random"), ("scanner_sequential", "sequential"),
                               ("scanner_local", "local")):
            with self.subTest(name):
                _, found = records("behave", os.path.join(FOLDER, name + ".exe"))
                self.assertEqual(found[0]["scan"]["strategy"], strategy)


if __name__ == "__main__":
    harness.main()
