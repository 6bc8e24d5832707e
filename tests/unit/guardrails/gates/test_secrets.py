"""Gate secrets: each rule says yes and says no, and nothing that it finds is shown.

What looks like a credential is put together here, so that none stands in this file.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.errors import ToolMissingError
from guardrails.gates.base import Bench
from guardrails.gates.secrets import RULES, SecretsGate
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.probes.secrets import BASE, PROBES
from tests.judge_fakes import Content, bench_of, check_probe, judge

NOTE, REVIEW, BLOCK = Severity.NOTE, Severity.REVIEW, Severity.BLOCK
AWS = "AKIA" + "QW3RT7Y9UP2ASD5F"
GITHUB = "gh" + "p_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cE1gI3kM5"
GITLAB = "gl" + "pat-" + "x7Kq2mVz9TbN4cRw8LpD"
SLACK = "xo" + "xb-" + "123456789012-1234567890123-aB3dE5gH7jK9mN1pQ3sT5vX7"
ANTHROPIC = "sk-" + "ant-api03-" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA9c"
WORD = "hT7" + "kQ9vLm2x"
ALLOW = "# pragma: " + "allowlist secret"
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----"
KEY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB"
Edit = Mapping[str, Content | None]


def severities(tmp_path: Path, head: Edit, base: Mapping[str, Content] = BASE) -> dict[str, Severity]:
    """The gravest severity by rule of what the gate says about a change."""
    found: dict[str, Severity] = {}
    for finding in judge(SecretsGate(), tmp_path, base, head).findings:
        name = finding.rule.partition("/")[2]
        found[name] = max(finding.severity, found.get(name, NOTE), key=lambda s: s.rank)
    return found


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    check_probe(SecretsGate(), probe, tmp_path)


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ({"shop/a.py": f'X = "{AWS}"\n'}, {"token": BLOCK}),
        ({"README.md": f"Use {GITHUB} for it.\n"}, {"token": BLOCK}),
        ({".gitlab-ci.yml": f"  TOKEN: {GITLAB}\n"}, {"token": BLOCK}),
        ({"shop/a.py": f"X = '{SLACK}'\n"}, {"token": BLOCK}),
        ({"shop/a.py": f"X = '{ANTHROPIC}'\n"}, {"token": BLOCK}),
        ({"poetry.lock": f'url = "https://{GITHUB}@github.com/x"\n'}, {"token": BLOCK}),
        ({"tests/test_a.py": f'X = "{AWS}"\n'}, {"token": REVIEW}),
        ({"deploy/key.pem": f"{PEM}\n{KEY}\n"}, {"private-key": BLOCK}),
        ({"shop/a.py": f'KEY = """{PEM}\nProc-Type: 4,ENCRYPTED\n\n{KEY}\n"""\n'}, {"private-key": BLOCK}),
        ({"shop/a.json": f'{{"private_key": "{PEM}\\n{KEY}\\n"}}\n'}, {"private-key": BLOCK}),
        ({"tests/data/key.pem": f"{PEM}\n{KEY}\n"}, {"private-key": NOTE}),
        ({"shop/a.py": f'DB_PASSWORD = "{WORD}"\n'}, {"password": REVIEW}),
        ({"shop/a.py": f'config["password"] = "{WORD}"\n'}, {"password": REVIEW}),
        ({"shop/a.py": 'DB_PASSWORD = "sword' + 'fish"\n'}, {"password": REVIEW}),
        ({"shop/a.py": f'connect(host="db", password="{WORD}")\n'}, {"password": REVIEW}),
        ({"deploy/app.yaml": f"db_password: {WORD}\n"}, {"password": REVIEW}),
        ({"deploy/app.ini": f"api_key = {WORD}\n"}, {"password": REVIEW}),
        ({"shop/a.py": f'TOKEN: str = "{WORD}{WORD}z8"\n'}, {"password": REVIEW}),
        ({"shop/a.py": f'URL = "postgresql://shop:{WORD}@db.shop.io/shop"\n'}, {"password": REVIEW}),
        ({"deploy/.env": f"DB_PASSWORD={WORD}\n"}, {"password": REVIEW, "credential-file": REVIEW}),
        ({"deploy/keys.p12": b"\0\1"}, {"credential-file": REVIEW}),
        ({"tests/data/.env": "MODE=1\n"}, {"credential-file": NOTE}),
        ({"shop/a.py": f'X = "{AWS}"  {ALLOW}\n'}, {"suppressed": REVIEW}),
        ({"shop/a.py": f'{ALLOW.replace("secret", "nextline secret")}\nX = "{AWS}"\n'}, {"suppressed": REVIEW}),
        ({"shop/a.py": f"X = load()  {ALLOW}\n"}, {"suppressed": REVIEW}),
        ({".gitleaksignore": "abc:shop/a.py:aws:1\n"}, {"baseline-grown": REVIEW}),
        ({".secrets.baseline": "not json\n"}, {"baseline-grown": REVIEW}),
        ({".secrets.baseline": '{"filters_used": [{"path": "x"}]}\n'}, {"baseline-grown": REVIEW}),
        (
            {"shop/a.py": 'X = "' + "a b" * 1500 + f'"; Y = "{AWS}"; PASSWORD = "{WORD}"\n'},
            {"token": BLOCK, "password": REVIEW},
        ),
    ],
)
def test_a_credential_is_found(tmp_path: Path, head: Edit, expected: Mapping[str, Severity]) -> None:
    assert severities(tmp_path, head) == expected


HEX = "0123456789abcdef"


@pytest.mark.parametrize(
    "head",
    [
        {"requirements.lock": "".join(f"a{n}==1 --hash=sha256:{n:064x}\n" for n in range(50))},
        {"uv.lock": f'hash = "sha256:{HEX * 4}"\nsecret = "{WORD}"\n'},
        {"package-lock.json": '"integrity": "sha512-q7Cq0m8kQ9vLm2xhT7kQ9vLm2xhT7kQ9vLm2xhT7kQ9vLm2x=="\n'},
        {"shop/a.py": 'api_key = "6f1c0f54-3c1f-4b52-9a6e-0d8f0a3c1e55"\n'},
        {"shop/a.py": f'SECRET = "{HEX * 2}"\nsecret = "sha256:{HEX * 4}"\n'},
        {"shop/a.py": 'password = "changeme"\npassword = "<your password>"\nsecret = "my-secret"\n'},
        {"shop/a.py": 'token = "xxxxxxxxxxxxxxxxxxxx"\n'},
        {"shop/a.py": 'PASSWORD = "password"\nSECRET_NAME = "hT7-kQ9"\nfield = "user_pass1"\n'},
        {"shop/a.py": 'password_field = "user_pass1"\napi_key_header = "X-Api-Key1"\n'},
        {"shop/a.py": 'password = os.environ["DB_PASSWORD1"]\ntoken = get_token("abc123def456")\n'},
        {"shop/a.py": 'secret = f"{prefix}-{name}1"\n'},
        {"shop/a.py": "def login(user: str, password: str = '', token: str | None = None) -> None: ...\n"},
        {"shop/a.py": 'PASS = "pass"  # a word of the vocabulary, not a password\nKEYS = ("key1", "key2")\n'},
        {"deploy/a.yml": "password: ${DB_PASSWORD}\ntoken: ${{ secrets.TOKEN_1 }}\nsecrets: inherit\nkey: abc123def\n"},
        {"docs/a.md": "Use `postgres://user:password@localhost/db` or `https://user:pass1@example.org/`.\n"},
        {"deploy/compose.yml": "URL: postgres://shop:shop1@db:5432/shop\nREDIS: redis://:pw1234@localhost:6379\n"},
        {"shop/a.py": 'EXAMPLE = "AKIAIOSFODNN7EXAMPLE"\nT = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"\n'},
        {"shop/a.py": f'if line.startswith("{PEM}"):\n    raise ValueError(line)\n'},
        {"tests/test_a.py": f'PASSWORD = "{WORD}"\nURL = "postgres://a:{WORD}@db.shop.io/x"\n'},
        {".env.example": "DB_PASSWORD=\nMODE=dev\n", "shop/env.py": "x = 1\n"},
        {".secrets.baseline": '{"results": {}}\n'},
        {"docs/a.md": f"Write `{ALLOW}` behind it.\n", "shop/b.py": f'WORDS = "x {ALLOW}"\n'},
    ],
)
def test_what_is_made_up_or_a_reference_is_left_alone(tmp_path: Path, head: Edit) -> None:
    assert severities(tmp_path, head) == {}


def test_what_the_base_has_is_not_found_again(tmp_path: Path) -> None:
    base = {"shop/a.py": f'X = "{AWS}"\nPASSWORD = "{WORD}"\n', "shop/b.py": "Y = 1\n"}
    assert severities(tmp_path, {"shop/a.py": f'if True:\n    X = "{AWS}"\n    PASSWORD = "{WORD}"\n'}, base) == {}
    assert severities(tmp_path, {"shop/a.py": "", "shop/b.py": f'PASSWORD = "{WORD}"\n'}, base) == {}
    assert severities(tmp_path, {"shop/a.py": "", "shop/b.py": f'X = "{AWS[:-1]}G"\n'}, base) == {"token": BLOCK}


def test_a_file_of_the_policy_is_not_looked_at(tmp_path: Path) -> None:
    policy = {"guardrails.toml": 'schema = 1\n[secrets]\nignore = ["data/**"]\n'}
    assert severities(tmp_path, {"data/a.py": f'X = "{AWS}"\n'}, policy) == {}
    assert severities(tmp_path, {"shop/a.py": f'X = "{AWS}"\n'}, policy) == {"token": BLOCK}


def test_no_report_shows_what_was_found(tmp_path: Path) -> None:
    values = (AWS, GITHUB, WORD, KEY)
    head = {
        "shop/a.py": f'A = "{AWS}"\nB = "{GITHUB}"\nPASSWORD = "{WORD}"\nC = "{AWS}"  {ALLOW}\n',
        "deploy/key.pem": f"{PEM}\n{KEY}\n",
    }
    outcome = judge(SecretsGate(), tmp_path, BASE, head)
    assert len(outcome.findings) == 5
    told = json.dumps([str(f) for f in outcome.findings])
    assert [value for value in values if value[5:] in told] == []
    assert f"{AWS[:4]}… ({len(AWS)} characters)" in json.loads(told)[0] + json.loads(told)[1]


def test_a_hit_does_not_show_its_value(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, BASE, {})
    assert bench.secrets is not None
    hits = bench.secrets.scan("shop/a.py", [(7, f'X = "{AWS}"')])
    assert [(hit.line, hit.family, hit.value) for hit in hits] == [(7, "token", AWS)]
    assert AWS not in repr(hits)


def test_without_a_scanner_nothing_is_judged(tmp_path: Path) -> None:
    bench: Bench = replace(bench_of(tmp_path, BASE, {"README.md": "x\n"}), secrets=None)
    with pytest.raises(ToolMissingError, match="Install detect-secrets"):
        SecretsGate().run(bench)


def test_the_work_is_the_added_lines(tmp_path: Path) -> None:
    out = judge(SecretsGate(), tmp_path, BASE, {"README.md": "# Shop\nmore\n", "shop/rank.py": None})
    assert (out.work, out.floor) == ({"files": 2, "lines": 1}, {"files": 2, "lines": 1})
