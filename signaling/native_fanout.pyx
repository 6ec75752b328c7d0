# cython: language_level=3
"""Frames to many sockets in one call, for fanout.py, which does without it where it is missing.

Cython, because a loop in C took as long, and here lists, reference counts and errors are handled for us.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.errno cimport EINTR, errno
from libc.string cimport memcpy


cdef extern from "<sys/socket.h>" nogil:
    ssize_t send(int fd, const void *data, size_t size_bytes, int flags)
    int MSG_DONTWAIT
    int MSG_NOSIGNAL


cdef enum:
    HEADER_BYTES = 4
    PAYLOAD_BYTES = 65535  # more needs another header; such a state is rare and goes by the transport


def send_frames(list descriptors not None, list parts not None, bytes end not None):
    """Send to each descriptor one text frame of its parts and the end, without waiting.

    A frame is written whole into one buffer, because the kernel takes longer for several pieces. The GIL is kept:
    a send takes 4 us, and taking the GIL again may take 5 ms while another thread computes.

    Return index and number of sent bytes (with the header) for each frame that was not sent whole. It is 0 for
    the descriptor -1, for a socket that has failed, and for a state of more than 65,535 bytes.
    """
    cdef unsigned char frame[HEADER_BYTES + PAYLOAD_BYTES]
    cdef size_t size_bytes, position
    cdef ssize_t sent_bytes
    cdef Py_ssize_t index
    cdef int descriptor
    cdef tuple own
    cdef bytes part
    if len(descriptors) != len(parts):
        raise ValueError("as many descriptors as parts")
    unfinished = []
    for index in range(len(descriptors)):
        descriptor = descriptors[index]
        own = parts[index]
        size_bytes = PyBytes_GET_SIZE(end)
        for part in own:
            size_bytes += PyBytes_GET_SIZE(part)
        if descriptor < 0 or size_bytes > PAYLOAD_BYTES:
            unfinished.append((index, 0))
            continue
        position = write_header(frame, size_bytes)
        for part in own:
            memcpy(frame + position, PyBytes_AS_STRING(part), PyBytes_GET_SIZE(part))
            position += PyBytes_GET_SIZE(part)
        memcpy(frame + position, PyBytes_AS_STRING(end), PyBytes_GET_SIZE(end))
        position += PyBytes_GET_SIZE(end)
        sent_bytes = send(descriptor, frame, position, MSG_DONTWAIT | MSG_NOSIGNAL)
        while sent_bytes < 0 and errno == EINTR:
            sent_bytes = send(descriptor, frame, position, MSG_DONTWAIT | MSG_NOSIGNAL)
        if sent_bytes != <ssize_t>position:
            unfinished.append((index, max(sent_bytes, 0)))
    return unfinished


cdef size_t write_header(unsigned char *frame, size_t size_bytes) noexcept:
    """Write the header of a whole unmasked text frame (RFC 6455 section 5.2), and return its size."""
    frame[0] = 0x81
    if size_bytes < 126:
        frame[1] = <unsigned char>size_bytes
        return 2
    frame[1] = 126
    frame[2] = <unsigned char>(size_bytes >> 8)
    frame[3] = <unsigned char>(size_bytes & 0xFF)
    return HEADER_BYTES
