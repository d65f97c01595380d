"""Keys: one for the house in a file of its own, one for each person, wrapped by it.

AES-256-GCM with random 96-bit nonces throughout (NIST SP 800-38D). What is derived from the master key is derived
by HKDF-SHA256 (RFC 5869), each purpose apart.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from core.ports import EmoseumError, Forgotten
from core.settings import Settings

KEY_VARIABLE = "EMOSEUM_MASTER_KEY"
_HEAD = "emoseum-key-1 "
_NONCE_BYTES = 12
_TAG_BYTES = 16
_SEALED_BY = b"\x01"  # which way of sealing; the first byte of everything sealed


class Damaged(EmoseumError):
    """Something sealed does not open: it was changed, or moved from another row."""

    def __init__(self, cause: str = "") -> None:
        super().__init__("error.damaged", cause)


class Box:
    """One key; seals bytes to the place where they lie."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(key)

    def seal(self, place: str, data: bytes) -> bytes:
        """Version byte, nonce, ciphertext and tag. Opens only at the same place."""
        nonce = os.urandom(_NONCE_BYTES)
        return _SEALED_BY + nonce + self._cipher.encrypt(nonce, data, place.encode())

    def open(self, place: str, sealed: bytes) -> bytes:
        """What `seal` was given. Raises Damaged."""
        from cryptography.exceptions import InvalidTag

        start = 1 + _NONCE_BYTES
        if sealed[:1] != _SEALED_BY or len(sealed) < start:
            raise Damaged(f"unknown seal at {place}")
        try:
            return self._cipher.decrypt(sealed[1:start], sealed[start:], place.encode())
        except InvalidTag as error:
            raise Damaged(f"the seal at {place} is broken") from error


def looks_sealed(head: bytes, file_bytes: int) -> bool:
    """True where the first bytes of `file_bytes` may be something sealed; a picture or a text by mistake is not."""
    return head[:1] == _SEALED_BY and file_bytes >= 1 + _NONCE_BYTES + _TAG_BYTES


def former_box(box: Box, former_id: str, sealed: bytes) -> Box:
    """The key that `Vault.hand_over` sealed for the owner of `box`. Raises Damaged."""
    return Box(box.open(_former(former_id), bytes(sealed)))


def handed_on(box: Box, former_id: str, sealed: bytes, to: Box) -> bytes:
    """The same key, sealed for the next owner. Raises Damaged."""
    return to.seal(_former(former_id), box.open(_former(former_id), bytes(sealed)))


def _former(former_id: str) -> str:
    return f"former_keys/{former_id}"


class Vault:
    """The master key at work. Holds a bounded number of people's keys in memory."""

    def __init__(self, master: bytes, *, keys_in_memory: int = 1024) -> None:
        self._master = master
        self._wrapper = Box(self.secret("wrap"))
        self._blinder = self.secret("blind")
        self._unwrap = lru_cache(maxsize=keys_in_memory)(self._unwrap_now)

    def secret(self, purpose: str) -> bytes:
        """32 bytes for one purpose, the same on every start, of no use for any other purpose."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, salt=None, info=f"emoseum/{purpose}".encode()).derive(self._master)

    @property
    def check(self) -> bytes:
        """What the database remembers of the key, so that a wrong one is told apart."""
        return self.secret("check")

    def blind(self, *parts: str) -> bytes:
        """16 bytes by which `parts` can be found but not read."""
        said = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
        return hmac.digest(self._blinder, said, hashlib.sha256)[:16]

    def new_key(self, person_id: str) -> bytes:
        """A fresh key for a person, wrapped."""
        return self._wrapper.seal(f"person_keys/{person_id}", secrets.token_bytes(32))

    def box(self, person_id: str, wrapped: bytes | None) -> Box:
        """What seals and opens for that person. Raises Forgotten where there is no key, Damaged."""
        if wrapped is None:
            raise Forgotten(f"no key for {person_id}")
        return self._unwrap(person_id, bytes(wrapped))

    def hand_over(self, former_id: str, wrapped: bytes, to: Box) -> bytes:
        """A person's key sealed for somebody else, who opens with it what it sealed. Raises Damaged."""
        return to.seal(_former(former_id), self._wrapper.open(f"person_keys/{former_id}", bytes(wrapped)))

    def drop_keys(self) -> None:
        """Let go of every key in memory."""
        self._unwrap.cache_clear()

    def _unwrap_now(self, person_id: str, wrapped: bytes) -> Box:
        return Box(self._wrapper.open(f"person_keys/{person_id}", wrapped))


def load_master(path: Path) -> bytes | None:
    """The 32 bytes in a key file, None where there is no file. Raises EmoseumError (open to others, not a key)."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise EmoseumError("error.key_open", f"{path} can be read by others: chmod 600")
            text = file.read(200).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    if not text.startswith(_HEAD):
        raise EmoseumError("error.key_mismatch", f"{path} holds no key of ours")
    return read_master(text, str(path))


def read_master(text: str, where: str) -> bytes:
    """The 32 bytes that the line of a key file spells. Raises EmoseumError, which names `where`."""
    try:
        master = base64.b64decode(text.removeprefix(_HEAD).strip(), validate=True)
    except ValueError:  # binascii.Error is one, and letters that are no base64 at all raise it as it is
        master = b""
    if len(master) != 32:
        raise EmoseumError("error.key_mismatch", f"{where} holds no key of ours")
    return master


def given_master(settings: Settings) -> bytes | None:
    """The key of a host whose disk does not last, out of its settings; None where it is to lie in a file.
    Raises EmoseumError."""
    given = settings.master_key.get_secret_value()
    return read_master(given, KEY_VARIABLE) if given else None


def make_master(path: Path) -> bytes:
    """A new master key in a file of mode 0600; where another process was first, its key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(_HEAD + base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename it never replaces a key that is there
    finally:
        draft.unlink()
    sync_folder(path.parent)
    master = load_master(path)
    if master is None:
        raise EmoseumError("error.key_missing", f"{path} vanished while it was made")
    return master


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
