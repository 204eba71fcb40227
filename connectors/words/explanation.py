"""An explanation in words, in Persian and in English: one line per statement, indented by two spaces per level."""

from collections.abc import Mapping, Sequence

from connectors.words.calendar import explained_moment
from connectors.words.language import Language, Phrase
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


def explanation_lines(explanation: Explanation, language: Language) -> list[str]:
    """Return the whole explanation, line by line."""
    service, place = _named(explanation.service, language), _named(explanation.city, language)
    lines = [
        PHRASES["request"].fill(
            language, request=str(explanation.request_id), service=service, agency=explanation.agency or "-"
        ),
        PHRASES["submitted"].fill(
            language,
            at=explained_moment(explanation.submitted_at, language),
            place=place,
            county=explanation.county or "-",
            origin=ORIGINS[explanation.origin],
        ),
    ]
    if explanation.office is not None:
        lines.append(PHRASES["chosen_office"].fill(language, office=_named(explanation.office, language)))
    for decision in explanation.decisions:
        lines += _decision(decision, language)
    if explanation.refusal is not None:
        lines += _refusal(explanation.refusal, language)
    if explanation.escalated_after is not None:
        lines.append(PHRASES["escalated"].fill(language, attempts=explanation.escalated_after))
    if explanation.ended is not None:
        lines.append(ENDS[explanation.ended].of(language))
    if explanation.missing:
        parts = (str(first) if first == last else f"{first}-{last}" for first, last in explanation.missing)
        lines.append(PHRASES["missing"].fill(language, events=", ".join(parts)))
    return lines


def verification_lines(verifications: Sequence[Verification], language: Language) -> list[str]:
    """Return what the recomputation of every decision found; that there was none is said, too."""
    lines = [] if verifications else [PHRASES["nothing_recomputed"].of(language)]
    for found in verifications:
        lines.append(FINDINGS[found.finding].fill(language, attempt=found.attempt, why=found.why or ""))
        if found.finding is VerificationResult.DIFFERENT:
            lines += [
                "  "
                + PHRASES["difference"].fill(language, field=one.field, logged=one.logged, recomputed=one.recomputed)
                for one in found.differences
            ]
    return lines


def _decision(explained: DecisionExplained, language: Language) -> list[str]:
    decision = explained.decision
    place = "" if explained.city is None else _named(explained.city, language)
    lines = [
        PHRASES["attempt"].fill(language, attempt=decision.attempt, at=explained_moment(decision.decided_for, language))
    ]
    said = [PHRASES["given_to"].fill(language, office=_named(explained.office, language), place=place)]
    if explained.asked_one_office:
        said.append(PHRASES["asked_one"].of(language))
    else:
        total = decision.candidates + sum(decision.excluded.values())
        counted = PHRASES["counted" if decision.excluded else "counted_all"]
        said.append(counted.fill(language, total=total, candidates=decision.candidates))
        said += _excluded(decision.excluded, language)
        if decision.ring_m is not None:
            said.append(PHRASES["ring"].fill(language, within=decision.ring_candidates or 0, metres=decision.ring_m))
        said.append(PHRASES["drawn_one" if len(explained.scores) == 1 else "drawn_two"].of(language))
    said += [_score(score, language) for score in explained.scores]
    said += _lists(explained.lists, language)
    if explained.agreement is not None:
        said.append(_agreement(explained.agreement, language))
    said.append(
        PHRASES["versions"].fill(
            language,
            service=decision.service_version,
            policy=decision.policy_version,
            registry=decision.registry_revision,
            loads=decision.loads_seen,
            seed=decision.seed,
        )
    )
    said.append(_fate(explained, language))
    return lines + ["  " + line for line in said]


def _refusal(refusal: RefusalExplained, language: Language) -> list[str]:
    reason = REFUSALS[refusal.reason]
    lines = [PHRASES["refused"].fill(language, reason=reason, at=explained_moment(refusal.decided_for, language))]
    said = [PHRASES["detail"].fill(language, detail=refusal.detail)]
    said += _excluded(refusal.excluded, language)
    said += _lists(refusal.lists, language)
    if refusal.agreement is not None:
        said.append(_agreement(refusal.agreement, language))
    if refusal.clause is not None:
        said.append(_clause(refusal.clause, language))
    if refusal.nearest is not None:
        said.append(PHRASES["nearest"].fill(language, office=_named(refusal.nearest, language)))
    said.append(PHRASES["known"].fill(language, registry=refusal.registry_revision, loads=refusal.loads_seen))
    return lines + ["  " + line for line in said]


def _excluded(excluded: Mapping[Exclusion, int], language: Language) -> list[str]:
    return [
        "  " + PHRASES["excluded"].fill(language, count=excluded[reason], reason=EXCLUSIONS[reason])
        for reason in Exclusion
        if reason in excluded
    ]


def _lists(lists: Lists, language: Language) -> list[str]:
    order = [CANDIDATES, *(reason.value for reason in Exclusion)]
    named = {CANDIDATES: PHRASES["candidates"]} | {reason.value: EXCLUSIONS[reason] for reason in Exclusion}
    return [
        PHRASES["list"].fill(language, name=named[name], offices=", ".join(lists[name]))
        for name in order
        if name in lists
    ]


def _score(score: Score, language: Language) -> str:
    sample = score.sample
    return PHRASES["score"].fill(
        language,
        mark="→" if score.chosen else " ",
        office=_named(score.office, language),
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


def _agreement(agreement: AgreementNamed, language: Language) -> str:
    return PHRASES["agreement"].fill(
        language,
        name=_named(agreement, language),
        version=agreement.version,
        letter=agreement.letter_number,
        entry="-" if agreement.entry is None else agreement.entry,
        tariff=", ".join(agreement.tariff) or "-",
    )


def _clause(clause: Clause, language: Language) -> str:
    says = [VALUES[one].of(language) if one in VALUES else one for one in clause.says]
    return CLAUSES[clause.excluded].fill(language, says=", ".join(says) or "-")


def _fate(explained: DecisionExplained, language: Language) -> str:
    said = FATES[explained.fate].fill(language, at=explained_moment(explained.accept_by, language))
    if explained.fate is Fate.DECLINED and explained.declined_for is not None:
        said += f" ({DECLINES[explained.declined_for].of(language)})"
    return said


def _named(named: Named, language: Language) -> str:
    """Return a name with its code, or the code alone."""
    if named.names is None:
        return named.code
    text = Phrase(named.names.fa, named.names.en).of(language)
    return named.code if text == named.code else f"{text} ({named.code})"
