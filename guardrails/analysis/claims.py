"""What commit messages claim of a change, where a reader of the difference can tell whether it is so.

Phrases only, by a short list that would rather miss a claim than make one up: whole clauses for what a change leaves
alone, and sentences without a word of doubt or of time to come for tests that it adds.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from guardrails.analysis.intents import trailers


class Claim(StrEnum):
    """What is claimed."""

    TESTS = "tests were added"
    UNCHANGED = "behaviour is unchanged"
    LAYOUT = "only formatting was changed"
    DOCUMENTS = "only documentation was changed"
    SPELLING = "only a spelling was corrected"


LEAVING = frozenset(Claim) - {Claim.TESTS}
"""Claims that say of a whole change what it leaves alone."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim and the words that make it."""

    claim: Claim
    words: str


_KIND = r"(?:(?:unit|new|more|some|missing|regression|integration|property|contract|the|a|few|also|its)\s+)*"
_OBJECT = r"(?:[\w'-]+\s+){0,3}"
_TESTS = r"(?:tests\b|test\s+(?:cases?|coverage)\b|a\s+(?:[\w-]+\s+){0,2}test\b)"
_ADDS = re.compile(
    rf"\b(?:add|adds|added|adding|write|writes|wrote)\s+(?P<between>{_OBJECT}){_TESTS}(?P<after>.*)", re.I
)
_WITH = re.compile(rf"\b(?:add|adds|added|implement|implements)\b.*\bwith\s+{_KIND}tests$", re.I)
_COVERS = re.compile(
    r"^(?:increase|increases|increased|improve|improves|improved|raise|raises|raised|extend|extends|extended|more|better)"
    rf"\s+(?:the\s+)?{_KIND}test\s+coverage\b",
    re.I,
)
_COVERED = re.compile(rf"\b(?:is|are|now|fully|all|and)\s+covered\s+by\s+{_KIND}tests?\b", re.I)
_DOUBT = re.compile(
    r"\b(?:no|not|none|never|without|nor|will|would|should|shall|could|can|cannot|may|might|must|todo|later|follow|"
    r"follows|next|need|needs|needed|plan|plans|before|until|once|when|if|unless|please|instead|existing|already|still|"
    r"current|previous|earlier|separate|separately|remain|remains|why|how|nothing|remove|removes|removed|drop|"
    r"easier|easy|allow|allows|let|lets|help|helps|than|as)\b|n['\u2019]t\b",
    re.I,
)
_BETWEEN = re.compile(
    r"\b(?:for|to|that|which|of|in|into|so|from|on|at|by|after|around|between|until|against|when|where|support|"
    r"\w+ing)\b(?<!missing)(?<!ranking)(?<!failing)",
    re.I,
)
_AFTER = re.compile(
    r"^\s*(?:target|runner|job|command|matrix|dependenc|extra|helper|fixture|data|mark|plugin|config|section|stage|step|option|flag|director|folder|utilit|util|suite\b|"
    r"(?:to|in|into|on)\s+(?:the\s+)?(?:ci|workflow|makefile|pipeline|gate|build|docs|readme|path|gitignore|sdist|wheel)"
    r"\b)",
    re.I,
)
_SPELT = r"(?:typo|typos|spelling|spelling mistakes?|misspelling)"
_LEAD = r"(?:with |there (?:is|are) |this (?:is|has) |but |and )?"
_OF = r"(?:functional|behaviou?r|behaviou?ral|semantic|logic|logical)"
_PLACE = r"(?: (?:in|of) (?:(?! and | but )[\w ./_…-])+)?"
_CLAUSES = {
    Claim.UNCHANGED: (
        rf"{_LEAD}(?:no|without|without any|zero) (?:intended |intentional )?{_OF} changes?(?: intended| at all)?",
        r"(?:this is )?(?:a )?(?:pure|purely a|purely|only a|just a|simple) refactor(?:ing)?(?: of [\w ./-]+)?",
        r"refactor(?:ing)? only",
        r"(?:no|without|without any) changes? (?:in|of|to) behaviou?r",
    ),
    Claim.LAYOUT: (
        r"(?:this is |these are )?(?:only|just|pure|purely) (?:re)?format(?:ting)?(?: changes?)?",
        r"(?:formatting|whitespace|white space|reformat)[ -]only(?: changes?)?",
        r"(?:re)?format(?:ting)? only",
    ),
    Claim.DOCUMENTS: (
        r"(?:this is |these are )?(?:only|just) (?:docs?|documentation|docstrings|comments)(?: changes?)?",
        r"(?:docs?|documentation|comments?|docstrings?)[ -]only(?: changes?)?",
        r"no (?:code|source) changes?",
    ),
    Claim.SPELLING: (
        rf"(?:fix(?:es|ed)?|correct(?:s|ed)?) (?:a |the |some |minor |small )?{_SPELT}{_PLACE}",
        rf"{_SPELT}(?: fix(?:es)?)?",
    ),
}
_COMPILED = {claim: [re.compile(one, re.I) for one in patterns] for claim, patterns in _CLAUSES.items()}


def claims(message: str) -> tuple[Claimed, ...]:
    """The claims of one commit message, each kind once."""
    found: dict[Claim, str] = {}
    if re.match(r"(revert|reapply|merge)\b", message.strip(), re.I):
        return ()
    if kind := re.match(r"(docs?|style)(\([^)]*\))?: ", message.strip()):
        found[Claim.DOCUMENTS if kind[1].startswith("doc") else Claim.LAYOUT] = kind[0].rstrip()
    for sentence in _sentences(message):
        if _adds_tests(sentence) or (_COVERS.search(sentence) and not _DOUBT.search(sentence)):
            found.setdefault(Claim.TESTS, sentence)
        for clause in re.split(r"[,:]\s|\s[-\u2013\u2014]\s", sentence):
            for claim, patterns in _COMPILED.items():
                if any(pattern.fullmatch(clause.strip()) for pattern in patterns):
                    found.setdefault(claim, clause.strip())
    return tuple(Claimed(claim, words) for claim, words in found.items())


def left_alone(messages: Sequence[str]) -> tuple[Claimed, ...]:
    """What a whole change claims to leave alone: what each of its messages claims, since the difference does not tell
    which commit did what."""
    each = [{one.claim: one for one in claims(message) if one.claim in LEAVING} for message in messages]
    return tuple(one for claim, one in each[0].items() if all(claim in other for other in each)) if each else ()


def _adds_tests(sentence: str) -> bool:
    if _DOUBT.search(sentence):
        return False
    if _WITH.search(sentence) or _COVERED.search(sentence):
        return True
    return any(
        not _BETWEEN.search(match["between"]) and not _AFTER.search(match["after"])
        for match in _ADDS.finditer(sentence)
    )


def _sentences(message: str) -> Iterator[str]:
    """Sentences of the subject and of the paragraphs, without quotations, code, lists of trailers and footers."""
    body = re.sub(r"```.*?(```|\Z)", "\n", message.replace("\r\n", "\n").strip(), flags=re.S)
    paragraphs = re.split(r"\n[ \t]*\n|\n(?=[ \t]*[-*•] )", body)
    for paragraph in paragraphs[:-1] if trailers(body) else paragraphs:
        lines = [line for line in paragraph.split("\n") if not re.match(r"\s*>|\t| {4}", line)]
        text = " ".join(" ".join(lines).split())
        text = re.sub(r"\"[^\"]*\"|“[^”]*”|`[^`]*`|(?<!\w)'[^']*'(?!\w)", "…", text)
        text = re.sub(r"^[-*•]\s+", "", text)
        for sentence in re.split(r"[.;!?]+(?:\s|$)|[()\[\]]|\s+#", text):
            if sentence and sentence.strip():
                yield sentence.strip()
