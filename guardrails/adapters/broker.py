"""A Pact Broker as the ledger: over its HAL links, with time-outs, and with a clear error whatever it answers.

Sources: docs.pact.io/pact_broker/advanced_topics/api_docs (publish pact, pacts for verification, verification results),
and the resources of pact_broker itself (matrix, pb:record-deployment).
"""

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from guardrails.errors import JudgementError, ToolMissingError
from guardrails.model.deployment import Answer, Checked, Decision, Deployed, PactVersion, Row

_TIMEOUT = 10.0
_WHOLE = 6.0  # times the time-out of one read, for a whole answer
_QUOTED = 300
_LARGEST = 50_000_000
_VERSION = re.compile(r"/consumer/[^/]+/(?:pact-)?version/([^/]+)$")
_FOREIGN = frozenset({"_links", "_embedded", "createdAt"})
"""What the broker adds to a pact."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A pact to verify. `pending`: its failure does not count yet, nor does that of work in progress.

    `why` are the broker's notices, `version` is its consumer's.
    """

    name: str
    text: str
    pending: bool
    why: tuple[str, ...]
    version: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A bearer token, or a name with a password; empty for neither."""

    token: str = ""
    username: str = ""
    password: str = field(default="", repr=False)


class Broker:
    """A `Ledger` in a Pact Broker. Every failure names the address."""

    def __init__(
        self, base_url: str, credentials: Credentials, *, version: str, branch: str = "", timeout: float = _TIMEOUT
    ) -> None:
        """`version` of guardrails is told as the verifier's; `branch` is the provider's, whose results are recorded:
        a pact is pending until one branch kept it.

        Raises:
            ToolMissingError: httpx is not installed.
        """
        try:
            import httpx
        except ImportError as error:
            raise ToolMissingError(
                "a Pact Broker needs httpx. Install it: pip install 'recsys-guardrails[contracts]'"
            ) from error
        self._base = base_url.rstrip("/") + "/"
        self._version, self._timeout = version, timeout
        self._branch = branch
        self._errors: tuple[type[Exception], ...] = (httpx.HTTPError, httpx.InvalidURL)
        headers = {"accept": "application/hal+json, application/json"}
        if credentials.token:
            headers["authorization"] = f"Bearer {credentials.token}"
        auth = httpx.BasicAuth(credentials.username, credentials.password) if credentials.username else None
        self._http = httpx.Client(timeout=timeout, headers=headers, auth=auth, follow_redirects=False, trust_env=False)

    def record(self, pacts: Sequence[PactVersion], checked: Sequence[Checked]) -> None:
        """Publish the pacts, and the results of their verification to where each pact's link leads."""
        for pact in pacts:
            place = (
                f"pacts/provider/{_part(pact.provider)}/consumer/{_part(pact.consumer)}/version/{_part(pact.version)}"
            )
            resource = self._ask("PUT", place, json.loads(pact.text))
            results = [one for one in checked if (one.consumer, one.digest) == (pact.consumer, pact.digest)]
            for one in results:
                self._on_branch(resource, place, one.provider_version)
                verifier = {"implementation": "recsys-guardrails", "version": self._version}
                result = {
                    "success": one.good,
                    "providerApplicationVersion": one.provider_version,
                    "verifiedBy": verifier,
                }
                self._ask("POST", self._link(resource, "pb:publish-verification-results", place), result)

    def _on_branch(self, pact: Mapping[str, Any], place: str, version: str) -> None:
        """Say that a version of the provider is of the branch."""
        if self._branch:
            provider = self._ask("GET", self._link(pact, "pb:provider", place))
            link = self._link(provider, "pb:branch-version", "the provider")
            self._ask("PUT", link.replace("{branch}", _part(self._branch)).replace("{version}", _part(version)), {})

    def deploy(self, deployed: Deployed) -> None:
        """Record the deployment of a version that the broker knows."""
        index = self._ask("GET", "")
        place = self._link(index, "pb:pacticipant-version", "")
        place = place.replace("{pacticipant}", _part(deployed.name)).replace("{version}", _part(deployed.version))
        links = self._ask("GET", place).get("_links", {}).get("pb:record-deployment", [])
        named = {str(link.get("name")): str(link.get("href")) for link in links if isinstance(link, Mapping)}
        if deployed.environment not in named:
            known = ", ".join(sorted(named)) or "none"
            raise JudgementError(
                f"the broker at {self._base} has no environment '{deployed.environment}' (known: {known}). "
                "Create it there."
            )
        self._ask("POST", named[deployed.environment], {})

    def matrix(self, name: str = "") -> Sequence[Row]:
        """Who was verified with whom, of one consumer or provider."""
        if not name:
            raise JudgementError(f"the broker at {self._base} lists no matrix of everybody. Name one: --name NAME")
        return self._rows(self._ask("GET", f"matrix?q[][pacticipant]={_part(name)}&latestby=cvpv"))

    def can_deploy(self, name: str, version: str, environment: str) -> Decision:
        """What the broker says of a version and an environment."""
        asked = f"q[][pacticipant]={_part(name)}&q[][version]={_part(version)}"
        told = self._ask("GET", f"matrix?{asked}&latestby=cvp&environment={_part(environment)}")
        summary = told.get("summary")
        if not isinstance(summary, Mapping) or "deployable" not in summary:
            raise JudgementError(f"the broker at {self._base} gives a matrix without a summary. Is it a Pact Broker?")
        rows = self._rows(told)
        why = str(summary.get("reason") or "the broker gives no reason")
        if summary["deployable"] is not True:
            return Decision(Answer.NO, (why,), rows)
        # The broker says yes where there is nothing to go by; that is a person's to say.
        return Decision(Answer.YES if rows else Answer.UNKNOWN, (why,), rows)

    def fetch(
        self, provider: str, selectors: Sequence[Mapping[str, Any]], *, branch: str, pending: bool, wip_since: str
    ) -> list[Fetched]:
        """The pacts that `provider` should verify: those of the selectors, and with `wip_since` (a date) work in
        progress. With `pending` the broker says which of them were never verified before."""
        index = self._ask("GET", "")
        place = self._link(index, "pb:provider-pacts-for-verification", "").replace("{provider}", _part(provider))
        wanted: dict[str, Any] = {"consumerVersionSelectors": list(selectors), "includePendingStatus": pending}
        if wip_since:
            wanted["includeWipPactsSince"] = wip_since
        if branch:
            wanted["providerVersionBranch"] = branch
        listed = self._ask("POST", place, wanted).get("_embedded", {}).get("pacts", [])
        return [self._fetched(one) for one in listed if isinstance(one, Mapping)]

    def _fetched(self, one: Mapping[str, Any]) -> Fetched:
        pact = self._ask("GET", self._link(one, "self", "pacts for verification"))
        text = json.dumps({name: said for name, said in pact.items() if name not in _FOREIGN}, indent=2)
        said = one.get("verificationProperties")
        properties = said if isinstance(said, Mapping) else {}
        notices = tuple(
            str(notice.get("text")) for notice in properties.get("notices", ()) if isinstance(notice, Mapping)
        )
        names = [str(pact.get(side, {}).get("name", "unknown")) for side in ("consumer", "provider")]
        pending = properties.get("pending") is True or properties.get("wip") is True
        return Fetched("-".join(names), text, pending, notices, _version(pact, one))

    def _rows(self, told: Mapping[str, Any]) -> tuple[Row, ...]:
        return tuple(_row(one) for one in told.get("matrix", ()) if isinstance(one, Mapping))

    def _link(self, resource: Mapping[str, Any], relation: str, place: str) -> str:
        link = resource.get("_links", {}).get(relation)
        href = link.get("href") if isinstance(link, Mapping) else None
        if not isinstance(href, str):
            raise JudgementError(
                f"{self._base}{place} has no link '{relation}'. Is it a Pact Broker of version 2 or later?"
            )
        return href

    def _ask(self, method: str, place: str, body: object = None) -> Mapping[str, Any]:
        """The answer as JSON. A link may be absolute, and may not lead to another host: the credentials go along."""
        url = urljoin(self._base, place)
        if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
            raise JudgementError(
                f"the broker at {self._base} links to {url}, which is elsewhere. Correct its base URL."
            )
        until = time.monotonic() + _WHOLE * self._timeout
        try:
            with self._http.stream(method, url, json=body) as response:
                content = b""
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > _LARGEST:
                        raise JudgementError(f"{url} answers with more than {_LARGEST} bytes.")
                    if time.monotonic() > until:  # the client's own time-out is for one read
                        raise JudgementError(f"the answer to {method} {url} was not complete in time. Is it up?")
        except self._errors as error:
            reason = str(error) or type(error).__name__
            raise JudgementError(
                f"the broker does not answer {method} {url}: {reason}. "
                "Check PACT_BROKER_BASE_URL, and whether it is up."
            ) from error
        return self._answer(f"{method} {url}", response.status_code, response.headers.get("content-type", ""), content)

    def _answer(self, asked: str, status: int, kind: str, content: bytes) -> Mapping[str, Any]:
        quoted = " ".join(content[:_QUOTED].decode("utf-8", "replace").split())
        if status in (401, 403):
            raise JudgementError(
                f"{asked}: the broker refuses ({status}). Set PACT_BROKER_TOKEN, or PACT_BROKER_USERNAME and _PASSWORD."
            )
        if status == 409:
            raise JudgementError(
                f"{asked}: the broker has another pact of that version (409): {quoted}. "
                "A pact that changed needs a new consumer version."
            )
        if not 200 <= status < 300:
            raise JudgementError(f"{asked}: the broker answers {status}: {quoted}")
        if not content:
            return {}
        try:
            told = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise JudgementError(
                f"{asked}: the answer is {kind or 'of no type'} and no JSON: {quoted}. Is that the address of a broker?"
            ) from error
        if not isinstance(told, dict):
            raise JudgementError(f"{asked}: the answer is no JSON object: {quoted}")
        return told


def _version(*resources: Mapping[str, Any]) -> str:
    """The consumer's version of a pact: as its link names it, or as the end of its own address."""
    for resource in resources:
        links = resource.get("_links")
        for relation in ("pb:consumer-version", "self"):
            link = links.get(relation) if isinstance(links, Mapping) else None
            if isinstance(link, Mapping):
                if relation != "self" and isinstance(link.get("name"), str):
                    return str(link["name"])
                if found := _VERSION.search(str(link.get("href"))):
                    return unquote(found.group(1))
    return ""


def _part(text: str) -> str:
    """A name as one part of a path."""
    return quote(text, safe="")


def _row(one: Mapping[str, Any]) -> Row:
    def named(side: str) -> tuple[str, str]:
        said = one.get(side)
        told = said if isinstance(said, Mapping) else {}
        version = told.get("version")
        return str(told.get("name", "")), str(version.get("number", "")) if isinstance(version, Mapping) else ""

    result = one.get("verificationResult")
    good = result.get("success") if isinstance(result, Mapping) else None
    return Row(*named("consumer"), *named("provider"), good if isinstance(good, bool) else None)
