"""Why not this office, in words: one line per decision on a request."""

from collections.abc import Mapping, Sequence

from connectors.words.language import EMPTY, Language, Phrase
from connectors.words.vocabulary import EXCLUSIONS
from consumers.requests.domain.review.standing import Place, Standing

_ATTEMPT = Phrase("نوبت {attempt}: {said}", "Attempt {attempt}: {said}")
_REFUSED = Phrase("درخواست به هیچ دفتری داده نشد: {said}", "No office was given the request: {said}")
_NONE = Phrase(
    "درباره این درخواست هیچ دفتری بررسی نشد، پس {office} هم نه.",
    "No office was looked at for this request, so neither was {office}.",
)
_PLACES: Mapping[Place, Phrase] = {
    Place.GIVEN: Phrase("{office} آن را گرفت", "{office} was given it"),
    Place.OUTSCORED: Phrase(
        "{office} یکی از دو دفتر قرعه بود؛ امتیاز {score} در برابر {chosen_score}، و کمتر برنده است",
        "{office} was one of the two drawn; its score was {score} against {chosen_score}, and the lower one wins",
    ),
    Place.NOT_DRAWN: Phrase(
        "{office} می‌توانست آن را بگیرد، ولی از دو دفتر قرعه نبود",
        "{office} could have had it, and was not one of the two that were drawn",
    ),
    Place.EXCLUDED: Phrase("{office} کنار گذاشته شد: {why}", "{office} was excluded: {why}"),
    Place.NOT_ASKED: Phrase(
        "فقط {chosen} بررسی شد، چون شهروند آن را برگزیده بود یا پای همان پیشخوان بود",
        "only {chosen} was asked: the citizen had chosen it, or was at its desk",
    ),
    Place.UNKNOWN: Phrase(
        "در آن زمان دفتری با کد {office} در کار نبود", "no office {office} was in force at that time"
    ),
    Place.NOT_KNOWN: Phrase(
        "دانسته نیست؛ سیاهه آنچه را فهرست دفترها بر آن است ندارد",
        "not known, for the logs lack what the list of offices rests on",
    ),
}


def standing_lines(standings: Sequence[Standing], office: str, language: Language) -> list[str]:
    """Return where the office stood, a line per decision."""
    return [_line(one, language) for one in standings] or [_NONE.fill(language, office=office)]


def _line(standing: Standing, language: Language) -> str:
    why = EMPTY if standing.excluded is None else EXCLUSIONS[standing.excluded]
    said = _PLACES[standing.place].fill(
        language,
        office=standing.office,
        chosen=standing.chosen or "",
        score=standing.score or 0,
        chosen_score=standing.chosen_score or 0,
        why=why,
    )
    if standing.attempt == 0:
        return _REFUSED.fill(language, said=said)
    return _ATTEMPT.fill(language, attempt=standing.attempt, said=said)
