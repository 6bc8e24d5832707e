"""Which distribution an import name stands for, and which names are Python's own."""

import sys
from collections.abc import Collection, Mapping

_OTHER_VERSIONS = """
    asynchat asyncore binhex cgi cgitb chunk crypt distutils formatter imghdr imp lib2to3 mailcap msilib nis
    nntplib ossaudiodev parser pipes smtpd sndhdr spwd sunau symbol telnetlib tomllib uu xdrlib annotationlib
    compression concurrent pathlib zoneinfo graphlib
"""
STDLIB = frozenset(sys.stdlib_module_names) | frozenset(_OTHER_VERSIONS.split())
"""Modules of the standard library of any Python from 3.8 on."""
BACKPORTS = frozenset(
    {"argparse", "asyncio", "dataclasses", "typing", "enum", "contextvars", "uuid", "zoneinfo", "graphlib"}
)
"""Names of standard modules under which a distribution of that name exists."""
DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = {
    name: tuple(places.split())
    for name, places in {
        "attr": "attrs",
        "Bio": "biopython",
        "bs4": "beautifulsoup4",
        "Crypto": "pycryptodome pycrypto",
        "Cryptodome": "pycryptodomex",
        "OpenSSL": "pyopenssl",
        "PIL": "pillow pillow-simd",
        "pkg_resources": "setuptools",
        "_distutils_hack": "setuptools",
        "cv2": "opencv-python opencv-python-headless opencv-contrib-python opencv-contrib-python-headless",
        "dateutil": "python-dateutil",
        "decouple": "python-decouple",
        "docx": "python-docx",
        "dotenv": "python-dotenv",
        "engineio": "python-engineio",
        "faiss": "faiss-cpu faiss-gpu",
        "fitz": "pymupdf",
        "flask_cors": "flask-cors",
        "git": "gitpython",
        "github": "pygithub",
        "gitlab": "python-gitlab",
        "gi": "pygobject",
        "grpc": "grpcio",
        "haystack": "haystack-ai farm-haystack",
        "importlinter": "import-linter",
        "jose": "python-jose",
        "jwt": "pyjwt",
        "kafka": "kafka-python kafka-python-ng",
        "ldap": "python-ldap",
        "lxml": "lxml",
        "magic": "python-magic",
        "markdown": "markdown",
        "mpl_toolkits": "matplotlib",
        "multipart": "python-multipart multipart",
        "MySQLdb": "mysqlclient",
        "mysql": "mysql-connector-python",
        "nacl": "pynacl",
        "pact": "pact-python",
        "paho": "paho-mqtt",
        "pptx": "python-pptx",
        "psycopg2": "psycopg2 psycopg2-binary",
        "psycopg": "psycopg psycopg-binary",
        "pwiz": "peewee",
        "pythoncom": "pywin32",
        "win32api": "pywin32",
        "win32con": "pywin32",
        "rest_framework": "djangorestframework",
        "rtree": "rtree",
        "sentry_sdk": "sentry-sdk",
        "serial": "pyserial",
        "skimage": "scikit-image",
        "sklearn": "scikit-learn",
        "skopt": "scikit-optimize",
        "slugify": "python-slugify",
        "snowflake": "snowflake-connector-python snowflake-snowpark-python",
        "socketio": "python-socketio",
        "socks": "pysocks",
        "telegram": "python-telegram-bot",
        "tlz": "toolz",
        "umap": "umap-learn",
        "usb": "pyusb",
        "yaml": "pyyaml",
        "zmq": "pyzmq",
        "_pytest": "pytest",
        "py": "py pytest",
        "typing_extensions": "typing-extensions",
        "_yaml": "pyyaml",
        "fuzzywuzzy": "fuzzywuzzy",
        "Levenshtein": "levenshtein python-levenshtein",
        "xgboost": "xgboost xgboost-cpu",
        "tensorflow": "tensorflow tensorflow-cpu tensorflow-macos",
        "keras": "keras tensorflow",
        "pytorch_lightning": "pytorch-lightning",
        "lightning": "lightning",
        "sentencepiece": "sentencepiece",
        "redis": "redis",
        "implicit": "implicit",
        "websocket": "websocket-client",
        "nats": "nats-py",
        "opensearchpy": "opensearch-py",
        "dns": "dnspython",
        "jinja2": "jinja2",
        "markupsafe": "markupsafe",
        "mock": "mock",
        "sqlalchemy": "sqlalchemy",
        "whoosh": "whoosh",
        "zoneinfo": "backports-zoneinfo tzdata",
    }.items()
}
"""Import names that differ from the distribution's name, or that several distributions offer."""
_ROOMS = """
    google azure zope ruamel jaraco backports sphinxcontrib opentelemetry airflow oslo dagster hydra_plugins
    collective plone pyramid apache tencentcloud aliyunsdk nvidia mpl_toolkits paste repoze
"""
NAMESPACES = frozenset(_ROOMS.split())
"""Import names below which many distributions share the room, each called after it."""


def candidates(module: str) -> frozenset[str]:
    """Canonical names of the distributions that a top-level import name may come from."""
    plain = module.lower().replace("_", "-").replace(".", "-").strip("-")
    usual = {plain, f"python-{plain}", f"py{plain}", f"py-{plain}", f"{plain}-python", f"{plain}-py", f"{plain}py"}
    return frozenset(usual) | frozenset(DISTRIBUTIONS.get(module, ()))


def offered(module: str, distributions: Collection[str]) -> bool:
    """Whether one of the distributions offers the import name, as far as names tell."""
    wanted = candidates(module)
    squeezed = module.lower().replace("_", "")
    return any(
        name in wanted or name.replace("-", "") == squeezed or _in_namespace(module, name) for name in distributions
    )


def _in_namespace(module: str, name: str) -> bool:
    return module in NAMESPACES and name.startswith((f"{module.replace('_', '-')}-", f"apache-{module}"))
