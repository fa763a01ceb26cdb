"""Short-lived tokens for learners, made by a site's server: a browser that has one needs no other way to Nexus."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

SECRET_BYTES_MIN = 32


def learner_token(
    secret: bytes | str, learner: str, *, issuer: str, audience: str = "nexus", lifetime_seconds: int = 900
) -> str:
    """A token (JWT, HS256) with which the holder does things as this learner, and as nobody else.

    `secret` is what the server has in the `secret_file` of this issuer, at least 32 bytes; it never leaves the site's
    server. Blanks and line ends around it do not count. The token cannot be taken back, so it lives for minutes (15), and at most a day.
    """
    key = (secret.encode() if isinstance(secret, str) else secret).strip()
    if len(key) < SECRET_BYTES_MIN:
        raise ValueError(f"the secret has {len(key)} bytes; it needs at least {SECRET_BYTES_MIN} random ones")
    now = int(time.time())
    claims = {"iss": issuer, "aud": audience, "sub": learner, "iat": now, "exp": now + lifetime_seconds}
    head = part({"alg": "HS256", "typ": "JWT"}) + b"." + part(claims)
    return (head + b"." + url_safe(hmac.digest(key, head, hashlib.sha256))).decode()


def part(value: dict[str, object]) -> bytes:
    return url_safe(json.dumps(value, separators=(",", ":")).encode())


def url_safe(value: bytes) -> bytes:
    return base64.urlsafe_b64encode(value).rstrip(b"=")
