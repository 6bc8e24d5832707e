"""Planted violations of the `secrets` gate. What looks like a credential is put together here, so that none stands."""

from collections.abc import Mapping

from guardrails.model.probe import Probe

_RANK = "def rank(scores):\n    return sorted(scores, reverse=True)\n"
BASE: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/rank.py": _RANK,
    "README.md": "# Shop\n",
    ".secrets.baseline": "{}\n",
}
_AWS = "AKIA" + "QW3RT7Y9UP2ASD5F"
_BODY = "\n".join("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB" + str(n) for n in range(3))
_PEM = f"-----BEGIN {'PRIVATE'} KEY-----\n{_BODY}\n-----END {'PRIVATE'} KEY-----\n"
_WORD = "hT7" + "kQ9vLm2x"


def _rank(line: str) -> Mapping[str, str | None]:
    return {"shop/rank.py": f"{line}\n\n\n{_RANK}"}


PROBES: tuple[Probe, ...] = (
    Probe("secrets/token", BASE, _rank(f'ACCESS = "{_AWS}"'), _rank('ACCESS = "AKIA' + 'IOSFODNN7EXAMPLE"')),
    Probe("secrets/private-key", BASE, {"deploy/key.pem": _PEM}, _rank(f'MARK = "-----BEGIN {"PRIVATE"} KEY-----"')),
    Probe(
        "secrets/password",
        BASE,
        _rank(f'DB_PASSWORD = "{_WORD}"'),
        _rank('import os\n\nDB_PASSWORD = os.environ["DB_PASSWORD"]\nPASSWORD_FIELD = "user_password"'),
    ),
    Probe(
        "secrets/credential-file",
        BASE,
        {".env": "SHOP_MODE=production\n"},
        {".env.example": "SHOP_MODE=\n", ".gitignore": ".env\n"},
    ),
    Probe(
        "secrets/suppressed",
        BASE,
        _rank(f'DB_PASSWORD = "{_WORD}"  # pragma: {"allowlist"} secret'),
        _rank('MODE = "fast"  # a comment'),
    ),
    Probe(
        "secrets/baseline-grown",
        BASE,
        {".secrets.baseline": '{"results": {"shop/rank.py": [{"type": "AWS Access Key", "hashed_secret": "ab12"}]}}\n'},
        {".secrets.baseline": '{"results": {}}\n'},
    ),
)
