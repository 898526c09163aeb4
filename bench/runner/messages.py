"""Messages between the parent and a worker, over a socket that a plugin may have got its fingers on.

A message is `MAGIC`, its length and its bytes. What comes in is taken as it comes, never waited for: a worker that
sends half a message, or a plugin that writes to whatever file descriptor it finds, costs the job and not the run.
"""

from __future__ import annotations

import select
import socket
import struct
import threading

MAGIC = b"INR\x01"
MAX_BYTES = 4 << 30
_HEAD = struct.Struct("!4sQ")


class Garbled(Exception):
    """What came over the socket is no message."""


class Channel:
    """One end of a socket pair. Any thread may send; one receives."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._buffer = bytearray()
        self._sending = threading.Lock()

    def send(self, content: bytes) -> None:
        """Send a message whole.

        Raises:
            OSError: if the other end is gone.
        """
        with self._sending:
            self._socket.sendall(_HEAD.pack(MAGIC, len(content)))
            self._socket.sendall(content)

    def receive(self, timeout: float | None) -> bytes | None:
        """The next message; None if it is not there yet, or not all of it.

        Args:
            timeout: seconds to wait for something to come; None for as long as it takes.

        Raises:
            EOFError: if the other end is gone.
            Garbled: if what came is no message.
        """
        message = self._parsed()
        if message is None and self.readable(timeout):
            received = self._socket.recv(1 << 20)
            if not received:
                raise EOFError
            self._buffer += received
            message = self._parsed()
        return message

    def readable(self, timeout: float | None = 0) -> bool:
        """Whether something has come in, or the other end has gone."""
        waiting = select.poll()  # select() would not know descriptors beyond 1024
        waiting.register(self._socket, select.POLLIN)
        return bool(waiting.poll(None if timeout is None else 1000 * timeout))

    def _parsed(self) -> bytes | None:
        """Take a message out of what has come, if all of it has."""
        if len(self._buffer) < _HEAD.size:
            return None
        magic, length = _HEAD.unpack_from(self._buffer)
        if magic != MAGIC or length > MAX_BYTES:
            raise Garbled
        end = _HEAD.size + length
        if len(self._buffer) < end:
            return None
        message = bytes(memoryview(self._buffer)[_HEAD.size : end])
        del self._buffer[:end]
        return message

    def close(self) -> None:
        self._socket.close()
