"""Tokens and codes."""

from shared.secrets.tokens import hash_code, hash_token, new_code, new_token


def test_are_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)


def test_hash_whatever_comes() -> None:
    assert hash_token("a") != hash_token("b")
    assert len(hash_token("\ud800" * 10_000)) == 32


def test_codes_forgive_how_they_are_typed() -> None:
    code = new_code()
    assert hash_code(code.lower().replace("-", " ")) == hash_code(code)
    assert hash_code("0000-1111-2222") == hash_code("OoOo iLlI 2222")
    assert hash_code("0000-1111-2222") != hash_code("0000-1111-2223")
