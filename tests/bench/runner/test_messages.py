"""Messages over a socket: whole or not yet, and never waited for."""

from __future__ import annotations

import socket
import struct
import threading
import time

import pytest

from inrbench.bench.runner.messages import MAGIC, Channel, Kind, ProtocolError


@pytest.fixture
def ends() -> tuple[Channel, socket.socket]:
    ours, theirs = socket.socketpair()
    return Channel(ours), theirs


def test_messages_of_any_size_come_in_order(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends
    messages = [b"", b"a", b"b" * 3_000_000, b"c"]
    sender = Channel(other)

    def send() -> None:
        for message in messages:
            sender.send(message)

    thread = threading.Thread(target=send)
    thread.start()
    found: list[bytes] = []
    while len(found) < 4:
        message = channel.receive(1.0)
        if message is not None:
            found.append(message)
    thread.join()
    assert found == messages
    sender.close()
    with pytest.raises(EOFError):
        channel.receive(1.0)
    channel.close()


def test_half_a_message_is_not_waited_for(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends
    other.sendall(MAGIC + struct.pack("!Q", 100) + b"x" * 10)
    start = time.monotonic()
    assert channel.receive(0.05) is None
    assert channel.receive(0.05) is None
    assert time.monotonic() - start < 2
    other.sendall(b"x" * 90)
    assert channel.receive(0.05) == b"x" * 100
    other.close()
    channel.close()


@pytest.mark.parametrize("content", [b"hello, is anybody there?", MAGIC + b"\xff" * 8])
def test_what_is_no_message_is_told(ends: tuple[Channel, socket.socket], content: bytes) -> None:
    channel, other = ends
    other.sendall(content)
    with pytest.raises(ProtocolError):
        channel.receive(1.0)
    other.close()
    channel.close()


def test_a_message_has_a_kind() -> None:
    assert [Kind.split(kind.message(b"content")) for kind in Kind] == [(kind, b"content") for kind in Kind]
    for message in (b"", b"?content"):
        with pytest.raises(ProtocolError, match="no such kind"):
            Kind.split(message)
