"""SMB 1 ([MS-CIFS]) and DCE/RPC (The Open Group C706) messages of a call over a named pipe, both sides, as far as
captures for tests need them. Strings are OEM, signing and authentication are absent, as in anonymous sessions."""
import struct
import uuid

NDR = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860").bytes_le + struct.pack("<HH", 2, 0)
NEGOTIATE, SESSION_SETUP, TREE_CONNECT, CREATE, TRANSACTION = 0x72, 0x73, 0x75, 0xA2, 0x25
NO_ANDX = b"\xff\0\0\0"
PIPE = 0x4000


def message(command, words, data, reply=False, tree=0, user=0):
    """With its NetBIOS session header. `words` must be of even length."""
    flags = 0x98 if reply else 0x18
    header = struct.pack("<4sBIBHH8sHHHHH", b"\xffSMB", command, 0, flags, 0x2001, 0, b"", 0, tree, 0xFEFF, user, 1)
    body = header + bytes([len(words) // 2]) + words + struct.pack("<H", len(data)) + data
    return struct.pack("!I", len(body)) + body


def session(host, pipe):
    """[(request, response)…] up to an open pipe."""
    negotiated = struct.pack("<HBHHIIIIQhB", 0, 3, 50, 1, 16644, 65536, 0, 0xE3FC, 0x01C9C21D00000000, 0, 8)
    setup = NO_ANDX + struct.pack("<HHHIHHII", 4356, 10, 0, 0, 0, 0, 0, 0xD4)
    tree = NO_ANDX + struct.pack("<HH", 0, 1)
    create = NO_ANDX + struct.pack("<BHIIIQIIIIIB", 0, len(pipe) + 1, 0x16, 0, 0x2019F, 0, 0, 7, 1, 0, 2, 0)
    created = NO_ANDX + struct.pack("<BHI32sIQQHHB", 0, PIPE, 1, b"", 0x80, 4096, 0, 2, 0x05FF, 0)
    ids = {"tree": 2048, "user": 2048}
    return [
        (message(NEGOTIATE, b"", b"\x02NT LM 0.12\0"),
         message(NEGOTIATE, negotiated, b"challengWORKGROUP\0", reply=True)),
        (message(SESSION_SETUP, setup, b"\0\0Windows 2000\0LAN Manager\0"),
         message(SESSION_SETUP, NO_ANDX + struct.pack("<H", 0), b"Windows 5.1\0LAN Manager\0WORKGROUP\0", reply=True,
                 user=2048)),
        (message(TREE_CONNECT, tree, b"\0" + rb"\\%s\ipc$" % host.encode() + b"\0?????\0", user=2048),
         message(TREE_CONNECT, NO_ANDX + struct.pack("<H", 1), b"IPC\0\0", reply=True, **ids)),
        (message(CREATE, create, b"\\" + pipe.encode() + b"\0", **ids),
         message(CREATE, created, b"", reply=True, **ids)),
    ]


def call(data):
    """A request on the open pipe that waits for its answer (TRANS_TRANSACT_NMPIPE)."""
    name = b"\\PIPE\\\0"
    start = 32 + 1 + 32 + 2 + len(name)
    words = struct.pack("<HHHHBBHIHHHHHBBHH", 0, len(data), 0, 4280, 0, 0, 0, 0, 0, 0, start, len(data), start, 2, 0,
                        0x26, PIPE)
    return message(TRANSACTION, words, name + data, tree=2048, user=2048)


def answer(data):
    start = 32 + 1 + 20 + 2
    words = struct.pack("<HHHHHHHHHBB", 0, len(data), 0, 0, start, 0, len(data), start, 0, 0, 0)
    return message(TRANSACTION, words, data, reply=True, tree=2048, user=2048)


def pdu(kind, call_id, body):
    return struct.pack("<BBBBIHHI", 5, 0, kind, 3, 0x10, 16 + len(body), 0, call_id) + body


def bind(interface, version):
    context = struct.pack("<HBB", 0, 1, 0) + uuid.UUID(interface).bytes_le + struct.pack("<HH", version, 0) + NDR
    return pdu(11, 1, struct.pack("<HHIB3x", 4280, 4280, 0, 1) + context)


def bind_acknowledgement(pipe):
    second = b"\\PIPE\\" + pipe.encode() + b"\0"
    body = struct.pack("<HHIH", 4280, 4280, 0x1234, len(second)) + second
    body += b"\0" * (-len(body) % 4)
    return pdu(12, 1, body + struct.pack("<B3xHH", 1, 0, 0) + NDR)


def request(operation, stub):
    return pdu(0, 2, struct.pack("<IHH", len(stub), 0, operation) + stub)
