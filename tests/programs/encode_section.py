"""Encodes the section .hidden of an executable, for self_extracting.c to decode: encode_section.py SOURCE TARGET.

Every byte is xored with a key that begins at 5Ah and goes on as 5k + 1."""
import struct
import sys


def section_of(image, name):
    """(offset, length) of a section's content in the file (Microsoft PE/COFF specification)."""
    header = struct.unpack_from("<I", image, 0x3C)[0]
    count, optional = struct.unpack_from("<H12xH", image, header + 6)
    for index in range(count):
        at = header + 24 + optional + 40 * index
        found, virtual_size, _, raw_size, raw = struct.unpack_from("<8sIIII", image, at)
        if found.rstrip(b"\0") == name:
            return raw, min(virtual_size, raw_size)
    sys.exit(f"no section {name.decode()}")


def main():
    source, target = sys.argv[1:]
    with open(source, "rb") as file:
        image = bytearray(file.read())
    start, length = section_of(image, b".hidden")
    key = 0x5A
    for at in range(start, start + length):
        image[at] ^= key
        key = (key * 5 + 1) & 0xFF
    with open(target, "wb") as file:
        file.write(image)


main()
