#!/usr/bin/python3
"""False positives in traffic: real clients talk to real servers, and kenbi reads what they said.

In a network namespace of its own, curl, wget, smbclient, scp, dig and a mail client fetch and
send files of the folders from and to nginx (plain, compressed, TLS), vsftpd, smbd, sshd, dnsmasq and
a mail server; tcpdump writes what crosses the interface. Each capture is searched by `kenbi detect`
and deleted. Which client takes which file follows the seed. Every finding is one too many.

Needs root, and Debian's nginx-light vsftpd samba smbclient openssh-server dnsmasq-base
bind9-dnsutils python3-aiosmtpd tcpdump curl wget (./dev installs them).
"""
import argparse
import collections
import ctypes
import json
import os
import pathlib
import random
import shutil
import signal
import smtplib
import subprocess
import sys
import time
from email.message import EmailMessage

ADDRESS = "127.0.0.1"
LARGEST = 32 << 20
CLONE_NEWNET = 0x40000000

NGINX = """
worker_processes 2; daemon off; pid {work}/nginx.pid; error_log {work}/nginx.log; user root;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; default_type application/octet-stream; client_max_body_size 64m;
  client_body_temp_path {work}/body; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;
  uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;
  types {{ text/html html htm; text/plain txt c h py; application/javascript js; text/css css; }}
  server {{ listen {address}:80; root {files}; }}
  server {{ listen {address}:81; root {files}; gzip on; gzip_types *; gzip_min_length 1; }}
  server {{ listen {address}:443 ssl; root {files};
            ssl_certificate {work}/cert.pem; ssl_certificate_key {work}/key.pem; }}
}}
"""
# Who logs in anonymously must not be able to write into the root of what he sees, and needs a home that exists.
VSFTPD = """
listen=YES
listen_address={address}
anonymous_enable=YES
anon_root={files}
ftp_username=daemon
no_anon_password=YES
background=NO
secure_chroot_dir={work}/empty
seccomp_sandbox=NO
"""
SMBD = """
[global]
  server role = standalone server
  map to guest = Bad User
  guest account = root
  lock directory = {work}/smb
  state directory = {work}/smb
  cache directory = {work}/smb
  private dir = {work}/smb
  pid directory = {work}/smb
  ncalrpc dir = {work}/smb/rpc
  bind interfaces only = yes
  interfaces = lo
  server min protocol = NT1
  smb ports = 445
[files]
  path = {files}
  guest ok = yes
  read only = yes
[drop]
  path = {work}/drop
  guest ok = yes
  read only = no
"""
MAIL = """
import asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
Controller(Sink(), hostname="{address}", port=25, data_size_limit=1 << 27).start()
asyncio.new_event_loop().run_forever()
"""


def run(*words, **more):
    """Runs a client to its end; returns whether it succeeded."""
    return subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                          timeout=120, check=False, **more).returncode == 0


class Servers:
    """Everything that answers, in this namespace."""

    def __init__(self, work, files):
        self.work, self.files, self.running = work, files, []
        self.names = {"work": work, "files": files, "address": ADDRESS}
        for folder in ("empty", "drop", "smb", "smb/rpc", "up"):
            (work / folder).mkdir(parents=True, exist_ok=True)
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3", "-subj", "/CN=kenbi.example",
            "-keyout", str(work / "key.pem"), "-out", str(work / "cert.pem"))
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(work / "host"))
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(work / "user"))
        shutil.copy(work / "user.pub", work / "authorized")
        os.makedirs("/run/sshd", exist_ok=True)

    def configured(self, name, text):
        path = self.work / name
        path.write_text(text.format(**self.names))
        return str(path)

    def start(self, *words):
        if not shutil.which(words[0]):
            sys.exit(f"bench benign-traffic: {words[0]} is missing")
        self.running.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                             stdin=subprocess.DEVNULL, start_new_session=True))

    def start_all(self):
        self.start("nginx", "-c", self.configured("nginx.conf", NGINX))
        self.start("vsftpd", self.configured("vsftpd.conf", VSFTPD))
        self.start("smbd", "--foreground", "--no-process-group", "-s", self.configured("smb.conf", SMBD))
        self.start("/usr/sbin/sshd", "-D", "-p", "22", "-h", str(self.work / "host"), "-o", "StrictModes=no", "-o",
                   f"AuthorizedKeysFile={self.work}/authorized", "-o", "PermitRootLogin=yes", "-o", "UsePAM=no")
        self.start("dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--address=/example/192.0.2.7",
                   "--txt-record=text.example,v=spf1 -all", "--mx-host=example,mail.example,10")
        self.start("/usr/bin/python3", self.configured("mail.py", MAIL))
        time.sleep(3)

    def stop(self):
        for process in self.running:
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        for process in self.running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


class Clients:
    """What is done with a file: each method one conversation or a few."""

    def __init__(self, work, chance):
        self.work, self.chance = work, chance
        self.got = str(work / "got")
        self.ways = [(self.http, 30), (self.packed, 12), (self.wget, 8), (self.tls, 10), (self.ftp, 12),
                     (self.smb_get, 8), (self.smb_put, 6), (self.ssh, 6), (self.mail, 8), (self.dns, 4)]

    def pick(self):
        return self.chance.choices([way for way, _ in self.ways], [share for _, share in self.ways])[0]

    def http(self, _, name):
        return run("curl", "-sS", "-o", self.got, f"http://{ADDRESS}/{name}")

    def packed(self, _, name):
        return run("curl", "-sS", "--compressed", "-o", self.got, f"http://{ADDRESS}:81/{name}")

    def wget(self, _, name):
        return run("wget", "-q", "-O", self.got, f"http://{ADDRESS}/{name}")

    def tls(self, _, name):
        return run("curl", "-sSk", "-o", self.got, f"https://{ADDRESS}/{name}")

    def ftp(self, _, name):
        return run("curl", "-sS", "-o", self.got, f"ftp://{ADDRESS}/{name}")

    def smb_get(self, _, name):
        level = self.chance.choice(["NT1", "SMB2", "SMB3"])
        return run("smbclient", "-N", "-m", level, "--option=client min protocol=NT1", f"//{ADDRESS}/files", "-c",
                   f"get {name} {self.got}")

    def smb_put(self, path, name):
        level = self.chance.choice(["NT1", "SMB3"])
        return run("smbclient", "-N", "-m", level, "--option=client min protocol=NT1", f"//{ADDRESS}/drop", "-c",
                   f"put {path} {name}; rm {name}")

    def ssh(self, path, _):
        return run("scp", "-q", "-i", str(self.work / "user"), "-o", "StrictHostKeyChecking=no", "-o",
                   "UserKnownHostsFile=/dev/null", str(path), f"root@{ADDRESS}:{self.work}/up/file")

    def mail(self, path, name):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "a@example", "b@example", f"The file {name}"
        message.set_content("Dear B,\n\nplease find attached what we talked about.\n\nA\n")
        message.add_attachment(path.read_bytes(), maintype="application", subtype="octet-stream", filename=name)
        try:
            with smtplib.SMTP(ADDRESS, 25, timeout=60) as server:
                server.send_message(message)
            return True
        except (OSError, smtplib.SMTPException):
            return False

    def dns(self, *_):
        kinds = ["A", "TXT", "MX", "AAAA"]
        return run("dig", f"@{ADDRESS}", "+tries=1", f"{self.chance.randrange(1 << 30):x}.example",
                   self.chance.choice(kinds))


def files_below(folders, excluded, smallest):
    """Every regular file, each by its real path once."""
    found = {}
    for folder in folders:
        for at, names, files in os.walk(folder):
            names[:] = sorted(name for name in names if os.path.join(at, name) not in excluded)
            for name in sorted(files):
                path = os.path.join(at, name)
                if os.path.isfile(path) and not os.path.islink(path) and smallest <= os.path.getsize(path) <= LARGEST:
                    found[path] = None
    return list(found)


def lay_out(paths, folder):
    """The files under plain names, so that every client can ask for every one: links where that is possible."""
    folder.mkdir()
    for number, path in enumerate(paths):
        name = folder / f"f{number}{pathlib.Path(path).suffix[:8]}"
        try:
            os.link(path, name)
        except OSError:
            shutil.copyfile(path, name)
    return sorted(folder.iterdir())


def talk(capture, clients, links, chance, limit, counts):
    """Conversations until the capture has its size; returns what tcpdump said at its end."""
    dump = subprocess.Popen(["tcpdump", "-i", "lo", "-s", "0", "-B", "65536", "-U", "-w", str(capture)],
                            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    time.sleep(1)
    while not capture.exists() or capture.stat().st_size < limit:
        link, way = chance.choice(links), clients.pick()
        try:
            done = way(link, link.name)
        except subprocess.TimeoutExpired:
            done = False
        counts[way.__name__, "done" if done else "failed"] += 1
    time.sleep(1)
    dump.send_signal(signal.SIGINT)
    return dump.communicate()[1]


def search(kenbi, capture):
    """The shellcode records of a capture."""
    result = subprocess.run([kenbi, "detect", "--json", str(capture)], capture_output=True, text=True, check=False)
    if result.returncode not in (0, 1):
        sys.exit(f"bench benign-traffic: kenbi detect ended with {result.returncode}: {result.stderr[-500:]}")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    return [record for record in records if record.get("record", record.get("type")) == "shellcode"]


def own_network():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        sys.exit("bench benign-traffic: no network namespace of its own (root is needed): "
                 + os.strerror(ctypes.get_errno()))
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--bytes", type=float, default=1e9, help="of captures (default 1e9)")
    options.add_argument("--chunk", type=float, default=5e8, help="of one capture (default 5e8)")
    options.add_argument("--smallest", type=int, default=1, help="file that is taken, in bytes")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--kenbi", default="build-bench/kenbi")
    options.add_argument("--scratch", default="build-bench/benign-traffic", help="made and removed")
    options.add_argument("--keep", help="folder for captures with findings")
    options.add_argument("--exclude", action="append", default=[])
    options.add_argument("folders", nargs="*", default=["/usr/share", "/usr/lib"])
    given = options.parse_args()
    work, chance = pathlib.Path(given.scratch).resolve(), random.Random(given.seed)
    kenbi = str(pathlib.Path(given.kenbi).resolve())
    total, findings, counts = 0, 0, collections.Counter()

    # Who is ended ends its servers, too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    own_network()
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    links = lay_out(files_below(given.folders, set(given.exclude), given.smallest), work / "files")
    servers = Servers(work, work / "files")
    try:
        servers.start_all()
        while total < given.bytes:
            capture = work / "chunk.pcap"
            lost = talk(capture, Clients(work, chance), links, chance, min(given.chunk, given.bytes - total), counts)
            total += capture.stat().st_size
            found = search(kenbi, capture)
            findings += len(found)
            for record in found:
                print("finding:", json.dumps(record)[:600], file=sys.stderr)
            if found and given.keep:
                os.makedirs(given.keep, exist_ok=True)
                shutil.copy(capture, pathlib.Path(given.keep) / f"traffic-{given.seed}-{total}.pcap")
            capture.unlink()
            dropped = [line for line in lost.splitlines() if "dropped by kernel" in line]
            print(f"{total / 1e9:.2f} GB, {sum(counts.values())} exchanges, {findings} findings; "
                  + "; ".join(dropped), file=sys.stderr, flush=True)
    finally:
        servers.stop()
        shutil.rmtree(work, ignore_errors=True)
    print(f"traffic        searched                   {total:16d} bytes")
    for (way, how), count in sorted(counts.items()):
        print(f"traffic        {way + ', ' + how:26s} {count:16d} exchanges")
    print(f"traffic        findings                   {findings:16d}")
    silent = {way for way, _ in counts} - {way for way, how in counts if how == "done"}
    for way in sorted(silent):
        print(f"bench benign-traffic: {way} failed every time", file=sys.stderr)
    return 1 if findings or silent else 0


if __name__ == "__main__":
    sys.exit(main())
