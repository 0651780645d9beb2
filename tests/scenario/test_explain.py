"""kenbi detect --explain: the listing for people, byte by byte, and the same as a field of the record."""
import json
import os
import tempfile

import harness

VECTORS = os.path.join(os.environ["KENBI_BUILD"], "tests", "shellcode")


def vector(name):
    with open(os.path.join(VECTORS, name + ".bin"), "rb") as file:
        return file.read()


def chained(payload):
    """The payload under the decoder whose key grows by what was decoded (decoder_chain_fnstenv.asm)."""
    stub = bytearray(vector("decoder_chain_fnstenv"))
    stub[2:4] = len(payload).to_bytes(2, "little")
    key = 0x3C
    for byte in payload:
        stub.append(byte ^ key)
        key = (key + byte) & 0xFF
    return bytes(stub)


class Explain(harness.GoldenCase):
    def explained(self, content, *options):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "code.bin"), "wb") as file:
                file.write(content)
            process = harness.run("detect", "--raw", "--explain", *options, "code.bin", cwd=folder)
        self.assertEqual(process.returncode, 0, process.stderr)
        return process.stdout

    def test_for_people(self):
        self.check("explain.txt", self.explained(chained(vector("linux_bind"))).splitlines())

    def test_as_record(self):
        records = [json.loads(line) for line in self.explained(vector("linux_reverse"), "--json").splitlines()]
        listings = [record["listing"] for record in records if record["type"] == "shellcode"]
        self.assertEqual(len(listings), 1)
        instructions = listings[0]["instructions"]
        self.assertEqual(instructions[0]["address"], listings[0]["entry"])
        self.assertEqual([i["times"] for i in instructions if "dup2(3, 2)" in i["remarks"]], [3])

    def test_nothing_more_without_it(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "code.bin"), "wb") as file:
                file.write(vector("linux_reverse"))
            process = harness.run("detect", "--raw", "--json", "code.bin", cwd=folder)
        self.assertNotIn("listing", process.stdout)


if __name__ == "__main__":
    harness.main()
