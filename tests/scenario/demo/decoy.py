"""The decoy: a file service that poses as one that overruns its buffer. decoy.py ADDRESS SHELL-PORT

It is a real server on port 21. A user name too long for the buffer that it pretends to have makes it "fall over", as the
service that it imitates would: it says nothing more on that connection. Nothing that arrives is ever executed. What a
victim would go on to do is imitated by the program itself, one act after the other:
 1. fetch the URL that the code of the first attack names, as URLDownloadToFile would;
 2. answer on SHELL-PORT as a command interpreter, and fetch by FTP what the commands typed there ask for.
It ends after the second act."""
import ftplib
import io
import re
import socket
import sys
import urllib.request

BUFFER = 1024
URL_PATTERN = re.compile(rb"http://[\w./-]+")
BANNER = b"Microsoft Windows XP [Version 5.1.2600]\r\n(C) Copyright 1985-2001 Microsoft Corp.\r\n\r\n"
PROMPT = b"C:\\WINDOWS\\system32>"


def say(text):
    print(text, flush=True)


def listen(address, port):
    server = socket.create_server((address, port))
    server.settimeout(15)
    return server


def read_line(connection):
    line = b""
    while not line.endswith(b"\n"):
        part = connection.recv(4096)
        if not part:
            return None
        line += part
    return line.rstrip(b"\r\n")


def undo_xor(request):
    """The request under the key, if there is one, that shows a URL: the imitation's way to know what to fetch."""
    for key in range(256):
        found = URL_PATTERN.search(bytes(byte ^ key for byte in request))
        if found:
            return found.group().decode()
    return None


def serve_login(server):
    """One connection to the service. Returns the user name that was too long."""
    connection, client = server.accept()
    with connection:
        connection.settimeout(15)
        connection.sendall(b"220 fileserver FTP service ready\r\n")
        while (line := read_line(connection)) is not None:
            word, _, argument = line.partition(b" ")
            if word == b"USER" and len(argument) > BUFFER:
                say(f"decoy: a user name of {len(argument)} bytes from {client[0]}")
                return argument
            connection.sendall(b"331 Password required\r\n" if word == b"USER" else b"530 Login incorrect\r\n")
    return None


def fetch_url(url):
    request = urllib.request.Request(url, headers={
        "User-Agent": "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", "Accept": "*/*"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        say(f"decoy: fetched {len(answer.read())} bytes from {url}, as a victim would")


class Script:
    """The FTP script that an intruder types by `echo … > file` before running `ftp -s:file`."""

    def __init__(self):
        self.lines = []

    def take(self, command):
        for part in command.split("&"):
            words = part.split(">")[0].split()
            if words[:1] == ["echo"]:
                self.lines.append(words[1:])

    def run(self):
        server, user, name = None, ("anonymous", "x"), None
        for words in self.lines:
            if words[:1] == ["open"]:
                server = (words[1], int(words[2]))
            elif words[:1] == ["user"]:
                user = (words[1], words[2])
            elif words[:1] == ["get"]:
                name = words[1]
        content = io.BytesIO()
        with ftplib.FTP(timeout=10) as client:
            client.connect(*server)
            client.login(*user)
            client.set_pasv(False)  # as Windows' ftp.exe does
            client.retrbinary(f"RETR {name}", content.write)
        say(f"decoy: fetched {name}, {content.tell()} bytes, by FTP, as a victim would")


def imitate_shell(server):
    connection, client = server.accept()
    script = Script()
    with connection:
        connection.settimeout(15)
        connection.sendall(BANNER + PROMPT)
        while (line := read_line(connection)) is not None:
            command = line.decode("ascii", "replace")
            say(f"decoy: {client[0]} typed: {command}")
            script.take(command)
            connection.sendall(line + b"\r\n")
            if "ftp -" in command:
                script.run()
            if command.strip() == "exit":
                break
            connection.sendall(PROMPT)


def main():
    address, shell_port = sys.argv[1], int(sys.argv[2])
    with listen(address, 21) as service:
        say("decoy: ready")
        url = undo_xor(serve_login(service) or b"")
        if url is None:
            sys.exit("decoy: the first attack names no URL")
        fetch_url(url)
        with listen(address, shell_port) as shell:
            serve_login(service)
            imitate_shell(shell)


main()
