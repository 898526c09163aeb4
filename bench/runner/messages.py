"""Messages between the parent and a worker, over a socket that a plugin of the worker can reach.

A message is `MAGIC`, its length and its bytes. A receiver never waits for the rest of a message: a worker that sends
half of one, or a plugin that writes to an arbitrary file descriptor, costs the job and not the run.
"""

from __future__ import annotations

import enum
import select
import socket
import struct
import threading

MAGIC = b"INR\x01"
MAX_BYTES = 4 << 30
_HEAD = struct.Struct("!4sQ")


class ProtocolError(Exception):
    """The bytes that were received are not a message."""


class Kind(enum.Enum):
    """Kinds of messages that a worker sends; the first byte of the message."""

    READY = b"h"
    """The worker has started: its `Provenance` as JSON."""

    PROGRESS = b"p"
    """A `Progress` as JSON."""

    RESULT = b"r"
    """An encoded `Outcome`, see `inrbench.bench.training.result`."""

    def message(self, content: bytes) -> bytes:
        """A message of this kind."""
        return self.value + content

    @staticmethod
    def split(message: bytes) -> tuple[Kind, bytes]:
        """The kind of a message and its content.

        Raises:
            ProtocolError: if there is no such kind.
        """
        try:
            return Kind(message[:1]), message[1:]
        except ValueError as error:
            raise ProtocolError(f"no such kind of message: {message[:1]!r}") from error


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
        """The next message; None if it has not come yet, or not all of it.

        Args:
            timeout: seconds to wait for the first byte; None for no limit.

        Raises:
            EOFError: if the other end is gone.
            ProtocolError: if the received bytes are not a message.
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
        """Whether bytes can be received, or the other end is closed."""
        waiting = select.poll()  # select() would not know descriptors beyond 1024
        waiting.register(self._socket, select.POLLIN)
        return bool(waiting.poll(None if timeout is None else 1000 * timeout))

    def _parsed(self) -> bytes | None:
        """Take a message out of the received bytes, if it is complete."""
        if len(self._buffer) < _HEAD.size:
            return None
        magic, length = _HEAD.unpack_from(self._buffer)
        if magic != MAGIC or length > MAX_BYTES:
            raise ProtocolError("the received bytes are not a message")
        end = _HEAD.size + length
        if len(self._buffer) < end:
            return None
        message = bytes(memoryview(self._buffer)[_HEAD.size : end])
        del self._buffer[:end]
        return message

    def close(self) -> None:
        self._socket.close()
