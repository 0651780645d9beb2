"""Packets and captures, written byte by byte: Ethernet, IPv4, TCP and UDP, as pcap files.

Same calls, same bytes: times, ports of clients and sequence numbers come from counters."""
import struct

ETHERNET = 1  # LINKTYPE_ETHERNET
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SEGMENT = 1460


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def address_bytes(text):
    return bytes(int(part) for part in text.split("."))


def transport_checksum(source, destination, protocol, segment):
    pseudo = address_bytes(source) + address_bytes(destination) + struct.pack("!BBH", 0, protocol, len(segment))
    return checksum(pseudo + segment)


def ethernet_ipv4(source, destination, protocol, identifier, content):
    """A frame whose hardware addresses are made from the IPv4 ones."""
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(content), identifier & 0xFFFF, 0x4000, 64, protocol, 0,
                         address_bytes(source), address_bytes(destination))
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return (b"\x02\0" + address_bytes(destination) + b"\x02\0" + address_bytes(source) + b"\x08\0" + header + content)


class Capture:
    def __init__(self, start):
        self.time = start * 1_000_000  # microseconds since 1970
        self.frames = []  # (time, bytes)
        self.clients = 1100

    def add(self, source, destination, protocol, content, pause=400):
        self.time += pause
        self.frames.append((self.time, ethernet_ipv4(source, destination, protocol, len(self.frames) + 1, content)))

    def client_port(self):
        self.clients += 1
        return self.clients

    def datagram(self, source, sport, destination, dport, content):
        header = struct.pack("!HHHH", sport, dport, 8 + len(content), 0)
        check = transport_checksum(source, destination, 17, header + content) or 0xFFFF
        self.add(source, destination, 17, header[:6] + struct.pack("!H", check) + content, 10_000)

    def connect(self, client, server, port, client_port=None):
        return Connection(self, client, client_port or self.client_port(), server, port)

    def bytes(self):
        out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, ETHERNET)
        for time, frame in self.frames:
            out += struct.pack("<IIII", *divmod(time, 1_000_000), len(frame), len(frame)) + frame
        return out


class Connection:
    """A TCP connection whose handshake is done; client() and server() say something, close() ends it."""

    def __init__(self, capture, client, client_port, server, port):
        self.capture = capture
        self.ends = {"client": (client, client_port), "server": (server, port)}
        self.sent = {"client": 0x10000 + client_port, "server": 0x20000000 + port}
        self.say("client", SYN)
        self.say("server", SYN | ACK)
        self.say("client", ACK)

    def segment(self, side, flags, sequence, content):
        other = "server" if side == "client" else "client"
        (source, sport), (destination, dport) = self.ends[side], self.ends[other]
        acknowledged = self.sent[other] if flags & ACK else 0
        header = struct.pack("!HHIIBBHHH", sport, dport, sequence, acknowledged, 0x50, flags, 65535, 0, 0)
        check = transport_checksum(source, destination, 6, header + content)
        self.capture.add(source, destination, 6, header[:16] + struct.pack("!H", check) + header[18:] + content)

    def say(self, side, flags, content=b""):
        self.segment(side, flags, self.sent[side], content)
        self.sent[side] += len(content) + (1 if flags & (SYN | FIN) else 0)

    def speak(self, side, content, disturbed=False):
        """`disturbed`: the second and third segment change places, and the last one is sent twice."""
        pieces = [(self.sent[side] + at, content[at:at + SEGMENT]) for at in range(0, len(content), SEGMENT)]
        if disturbed and len(pieces) >= 3:
            pieces[1], pieces[2] = pieces[2], pieces[1]
            pieces.append(pieces[-1])
        for sequence, piece in pieces:
            self.segment(side, PSH | ACK, sequence, piece)
        self.sent[side] += len(content)
        self.say("server" if side == "client" else "client", ACK)

    def client(self, content, **how):
        self.speak("client", content, **how)

    def server(self, content, **how):
        self.speak("server", content, **how)

    def close(self):
        self.say("client", FIN | ACK)
        self.say("server", FIN | ACK)
        self.say("client", ACK)
