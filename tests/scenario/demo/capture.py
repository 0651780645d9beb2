"""Records all packets of an interface into a pcap file: capture.py INTERFACE FILE

Writes until SIGINT or SIGTERM, and then what is still waiting. A packet socket and nothing else, because tcpdump insists
on giving up privileges, which a user namespace does not allow. Packets that the kernel dropped are an error."""
import signal
import socket
import struct
import sys

EVERY_PROTOCOL, SNAPSHOT = 3, 65535  # ETH_P_ALL
SOL_PACKET, PACKET_STATISTICS, SO_TIMESTAMPNS = 263, 6, 35
ETHERNET = 1  # link type (LINKTYPE_ETHERNET)


def packets(wire, stopping):
    """(seconds, nanoseconds, bytes) of every packet, until told to stop and none is left."""
    while True:
        try:
            data, ancillary, _, _ = wire.recvmsg(SNAPSHOT, socket.CMSG_SPACE(16))
        except TimeoutError:
            if stopping:
                return
            continue
        yield (*struct.unpack("qq", ancillary[0][2]), data)


def main():
    interface, path = sys.argv[1:]
    stopping = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.append(True))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL)) as wire, open(path, "wb") as file:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        wire.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        wire.bind((interface, 0))
        wire.settimeout(0.1)
        print("capture: ready", flush=True)
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAPSHOT, ETHERNET))
        for seconds, nanoseconds, data in packets(wire, stopping):
            file.write(struct.pack("<IIII", seconds, nanoseconds // 1000, len(data), len(data)) + data)
        dropped = struct.unpack("II", wire.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
    if dropped:
        sys.exit(f"capture: {dropped} packets were lost")


main()
