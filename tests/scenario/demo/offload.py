"""Makes an interface of a namespace behave like a wire: offload.py INTERFACE…

Virtual links leave checksums and segmentation to hardware that is not there, so that a capture would show packets of
64 KiB with wrong checksums. Turned off through SIOCETHTOOL (linux/ethtool.h)."""
import array
import fcntl
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
SET_TX_CHECKSUM, SET_TCP_SEGMENTATION, SET_SEGMENTATION, SET_RECEIVE_OFFLOAD = 0x17, 0x1F, 0x24, 0x2C


def switch_off(control, interface, feature):
    value = array.array("B", struct.pack("II", feature, 0))
    request = struct.pack("16sP", interface.encode(), value.buffer_info()[0])
    try:
        fcntl.ioctl(control, SIOCETHTOOL, request)
    except OSError:
        pass  # a driver without the feature has nothing to switch off


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control_socket:
    for name in sys.argv[1:]:
        for number in (SET_TX_CHECKSUM, SET_TCP_SEGMENTATION, SET_SEGMENTATION, SET_RECEIVE_OFFLOAD):
            switch_off(control_socket, name, number)
