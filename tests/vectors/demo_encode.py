"""Encodes a shellcode behind demo_decoder.asm: demo_encode.py NASM DECODER PAYLOAD RESULT.

The key is the first for which the whole is free of the bytes that text protocols end a word or line with."""
import os
import subprocess
import sys
import tempfile

FORBIDDEN = b"\0\t\n\r "


def assemble(nasm, decoder, payload, key, folder):
    encoded, result = os.path.join(folder, "encoded"), os.path.join(folder, "result")
    with open(encoded, "wb") as file:
        file.write(bytes(byte ^ key for byte in payload))
    subprocess.run([nasm, "-f", "bin", f"-DLENGTH={len(payload)}", f"-DKEY={key}", f'-DPAYLOAD="{encoded}"',
                    "-o", result, decoder], check=True)
    with open(result, "rb") as file:
        return file.read()


def main():
    nasm, decoder, source, target = sys.argv[1:]
    with open(source, "rb") as file:
        payload = file.read()
    with tempfile.TemporaryDirectory() as folder:
        for key in range(1, 256):
            if any(byte ^ key in FORBIDDEN for byte in payload):
                continue
            result = assemble(nasm, decoder, payload, key, folder)
            if not any(byte in FORBIDDEN for byte in result):
                break
        else:
            sys.exit(f"{source}: no key makes it free of line ends")
    with open(target, "wb") as file:
        file.write(result)


main()
