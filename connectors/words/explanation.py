"""An explanation in words, in Persian and in English: one line per statement, indented by two spaces per level."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connectors.words.vocabulary import (
    CLAUSES,
    DECLINES,
    ENDS,
    EXCLUSIONS,
    FATES,
    FINDINGS,
    ORIGINS,
    PHRASES,
    REFUSALS,
    VALUES,
    Phrase,
)
from consumers.requests.domain.review.explain import (
    CANDIDATES,
    AgreementNamed,
    Clause,
    DecisionExplained,
    Explanation,
    Fate,
    Lists,
    Named,
    RefusalExplained,
    Score,
)
from consumers.requests.domain.review.verify import Verification, VerificationResult
from schemas.log_requests import Exclusion

_PERSIAN_DIGITS = str.maketrans("0123456789,", "۰۱۲۳۴۵۶۷۸۹٬")


class Language(StrEnum):
    """The two languages of the directorate's people."""

    PERSIAN = "fa"
    ENGLISH = "en"


@dataclass(frozen=True)
class Speech:
    """How to say things: the language, and how it writes a moment (the calendar is the caller's)."""

    language: Language
    moment: Callable[[datetime], str]

    def say(self, phrase: Phrase, **values: object) -> str:
        """Return one phrase with its values; whole numbers get the language's digits."""
        return self.text(phrase).format(**{name: self._value(value) for name, value in values.items()})

    def text(self, phrase: Phrase) -> str:
        """Return the language's form of a phrase."""
        return phrase.fa if self.language is Language.PERSIAN else phrase.en

    def name(self, named: Named) -> str:
        """Return a name with its code, or the code alone."""
        if named.names is None:
            return named.code
        text = named.names.fa if self.language is Language.PERSIAN else named.names.en
        return named.code if text == named.code else f"{text} ({named.code})"

    def _value(self, value: object) -> str:
        if isinstance(value, datetime):
            return self.moment(value)
        if not isinstance(value, int):
            return str(value)
        grouped = f"{value:,}"
        return grouped.translate(_PERSIAN_DIGITS) if self.language is Language.PERSIAN else grouped


def in_words(explanation: Explanation, speech: Speech) -> list[str]:
    """Return the whole explanation, line by line."""
    service, place = speech.name(explanation.service), speech.name(explanation.city)
    lines = [
        speech.say(
            PHRASES["request"], request=explanation.request_id, service=service, agency=explanation.agency or "-"
        ),
        speech.say(
            PHRASES["submitted"],
            at=explanation.submitted_at,
            place=place,
            county=explanation.county or "-",
            origin=speech.text(ORIGINS[explanation.origin]),
        ),
    ]
    if explanation.office is not None:
        lines.append(speech.say(PHRASES["chosen_office"], office=speech.name(explanation.office)))
    for decision in explanation.decisions:
        lines += _decision(decision, speech)
    if explanation.refusal is not None:
        lines += _refusal(explanation.refusal, speech)
    if explanation.escalated_after is not None:
        lines.append(speech.say(PHRASES["escalated"], attempts=explanation.escalated_after))
    if explanation.ended is not None:
        lines.append(speech.text(ENDS[explanation.ended]))
    if explanation.missing:
        parts = (str(first) if first == last else f"{first}-{last}" for first, last in explanation.missing)
        lines.append(speech.say(PHRASES["missing"], events=", ".join(parts)))
    return lines


def verification_in_words(verifications: Sequence[Verification], speech: Speech) -> list[str]:
    """Return what the recomputation of every decision found; that there was none is said, too."""
    lines = [] if verifications else [speech.text(PHRASES["nothing_recomputed"])]
    for found in verifications:
        lines.append(speech.say(FINDINGS[found.finding], attempt=found.attempt, why=found.why or ""))
        if found.finding is VerificationResult.DIFFERENT:
            lines += [
                "  " + speech.say(PHRASES["difference"], field=one.field, logged=one.logged, recomputed=one.recomputed)
                for one in found.differences
            ]
    return lines


def _decision(explained: DecisionExplained, speech: Speech) -> list[str]:
    decision = explained.decision
    place = "" if explained.city is None else speech.name(explained.city)
    lines = [speech.say(PHRASES["attempt"], attempt=decision.attempt, at=decision.decided_for)]
    said = [speech.say(PHRASES["given_to"], office=speech.name(explained.office), place=place)]
    if explained.asked_one_office:
        said.append(speech.text(PHRASES["asked_one"]))
    else:
        total = decision.candidates + sum(decision.excluded.values())
        counted = PHRASES["counted" if decision.excluded else "counted_all"]
        said.append(speech.say(counted, total=total, candidates=decision.candidates))
        said += _excluded(decision.excluded, speech)
        if decision.ring_m is not None:
            said.append(speech.say(PHRASES["ring"], within=decision.ring_candidates, metres=decision.ring_m))
        said.append(speech.text(PHRASES["drawn_one" if len(explained.scores) == 1 else "drawn_two"]))
    said += [_score(score, speech) for score in explained.scores]
    said += _lists(explained.lists, speech)
    if explained.agreement is not None:
        said.append(_agreement(explained.agreement, speech))
    said.append(
        speech.say(
            PHRASES["versions"],
            service=decision.service_version,
            policy=decision.policy_version,
            registry=decision.registry_revision,
            loads=decision.loads_seen,
            seed=decision.seed,
        )
    )
    said.append(_fate(explained, speech))
    return lines + ["  " + line for line in said]


def _refusal(refusal: RefusalExplained, speech: Speech) -> list[str]:
    reason = speech.text(REFUSALS[refusal.reason])
    lines = [speech.say(PHRASES["refused"], reason=reason, at=refusal.decided_for)]
    said = [speech.say(PHRASES["detail"], detail=refusal.detail)]
    said += _excluded(refusal.excluded, speech)
    said += _lists(refusal.lists, speech)
    if refusal.agreement is not None:
        said.append(_agreement(refusal.agreement, speech))
    if refusal.clause is not None:
        said.append(_clause(refusal.clause, speech))
    if refusal.nearest is not None:
        said.append(speech.say(PHRASES["nearest"], office=speech.name(refusal.nearest)))
    said.append(speech.say(PHRASES["known"], registry=refusal.registry_revision, loads=refusal.loads_seen))
    return lines + ["  " + line for line in said]


def _excluded(excluded: Mapping[Exclusion, int], speech: Speech) -> list[str]:
    return [
        "  " + speech.say(PHRASES["excluded"], count=excluded[reason], reason=speech.text(EXCLUSIONS[reason]))
        for reason in Exclusion
        if reason in excluded
    ]


def _lists(lists: Lists, speech: Speech) -> list[str]:
    order = [CANDIDATES, *(reason.value for reason in Exclusion)]
    named = {CANDIDATES: PHRASES["candidates"]} | {reason.value: EXCLUSIONS[reason] for reason in Exclusion}
    return [
        speech.say(PHRASES["list"], name=speech.text(named[name]), offices=", ".join(lists[name]))
        for name in order
        if name in lists
    ]


def _score(score: Score, speech: Speech) -> str:
    sample = score.sample
    return speech.say(
        PHRASES["score"],
        mark="→" if score.chosen else " ",
        office=speech.name(score.office),
        load=score.load_points,
        in_flight=sample.in_flight,
        capacity=sample.capacity,
        income=score.income_points,
        earned=sample.income_rial,
        expected=sample.expected_income_rial,
        distance=score.distance_points,
        metres=sample.distance_m,
        score=sample.score,
    )


def _agreement(agreement: AgreementNamed, speech: Speech) -> str:
    return speech.say(
        PHRASES["agreement"],
        name=speech.name(agreement),
        version=agreement.version,
        letter=agreement.letter_number,
        entry="-" if agreement.entry is None else agreement.entry,
        tariff=", ".join(agreement.tariff) or "-",
    )


def _clause(clause: Clause, speech: Speech) -> str:
    says = [speech.text(VALUES[one]) if one in VALUES else one for one in clause.says]
    return speech.say(CLAUSES[clause.excluded], says=", ".join(says) or "-")


def _fate(explained: DecisionExplained, speech: Speech) -> str:
    said = speech.say(FATES[explained.fate], at=explained.accept_by)
    if explained.fate is Fate.DECLINED and explained.declined_for is not None:
        said += f" ({speech.text(DECLINES[explained.declined_for])})"
    return said
