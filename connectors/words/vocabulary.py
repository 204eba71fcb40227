"""Every phrase of an explanation in both languages, and a phrase for every member of the closed enums."""

from collections.abc import Mapping

from connectors.words.catalogue import STATES
from connectors.words.language import Phrase
from consumers.requests.domain.review.explain import Fate
from consumers.requests.domain.review.verify import VerificationResult
from schemas.agreements import AgreementState
from schemas.base import OfficeClass
from schemas.intake_agency import Origin
from schemas.intake_office import DeclineReason
from schemas.log_requests import Exclusion, RefusalReason

PHRASES: Mapping[str, Phrase] = {
    "request": Phrase(
        "درخواست {request}: خدمت {service} از دستگاه {agency}", "Request {request}: {service}, a service of {agency}"
    ),
    "submitted": Phrase(
        "ثبت {at} برای {place} (شهرستان {county})، {origin}", "Submitted {at} for {place} (county {county}), {origin}"
    ),
    "chosen_office": Phrase("دفتر خواسته‌شده: {office}", "The office asked for: {office}"),
    "attempt": Phrase("نوبت {attempt}، به وقت {at}:", "Attempt {attempt}, decided for {at}:"),
    "given_to": Phrase("به {office} در {place} داده شد", "Given to {office} in {place}"),
    "asked_one": Phrase(
        "فقط همین دفتر بررسی شد، چون شهروند پای همین پیشخوان بود یا خودش آن را برگزیده بود",
        "Only this office was asked: the citizen was at its desk, or had chosen it",
    ),
    "counted": Phrase(
        "{total} دفتر بررسی شد؛ {candidates} دفتر می‌توانست و بقیه نه:",
        "{total} offices were looked at; {candidates} could have it, the others could not:",
    ),
    "counted_all": Phrase(
        "{total} دفتر بررسی شد و همه می‌توانستند", "{total} offices were looked at; all could have it"
    ),
    "excluded": Phrase("{count} دفتر کنار گذاشته شد: {reason}", "{count} excluded: {reason}"),
    "ring": Phrase(
        "{within} دفتر از آن‌ها تا {metres} متری است: نزدیک‌ترین حلقه‌ای که جای آزاد کافی دارد؛ قرعه از همان‌هاست",
        "{within} of these are within {metres} m, the nearest ring with enough free places; only they were drawn from",
    ),
    "drawn_two": Phrase(
        "دو دفتر به قرعه و به نسبت ظرفیت برگزیده شد؛ امتیاز کمتر برنده است:",
        "Two were drawn, weighted by capacity; the lower score wins:",
    ),
    "drawn_one": Phrase("تنها یک دفتر مانده بود:", "Only one was left to draw:"),
    "score": Phrase(
        "{mark} {office}: بار {load} ({in_flight} از {capacity}) + "
        "درآمد {income} ({earned} از {expected} ریال در آن ماه) + "
        "فاصله {distance} ({metres} متر) = {score}",
        "{mark} {office}: load {load} ({in_flight} of {capacity}) + "
        "income {income} ({earned} of {expected} rial that month) + "
        "distance {distance} ({metres} m) = {score}",
    ),
    "agreement": Phrase(
        "بر پایه {name}، نسخه {version}، نامه {letter}؛ ردیف {entry} پیوست؛ سطرهای تعرفه: {tariff}",
        "Under: {name}, version {version}, letter {letter}; appendix entry {entry}; tariff lines: {tariff}",
    ),
    "versions": Phrase(
        "نسخه خدمت {service}، نسخه سیاست {policy}؛ بازبینی ثبت {registry}، بازبینی بار {loads}؛ بذر {seed}",
        "Service version {service}, policy version {policy}; registry revision {registry}, load revision {loads}; "
        "seed {seed}",
    ),
    "refused": Phrase("رد شد، به وقت {at}: {reason}", "Refused, decided for {at}: {reason}"),
    "detail": Phrase("شرح ثبت‌شده: {detail}", "As logged: {detail}"),
    "nearest": Phrase("نزدیک‌ترین دفتری که می‌تواند: {office}", "The nearest office that can: {office}"),
    "known": Phrase(
        "بازبینی ثبت {registry}، بازبینی بار {loads}", "Registry revision {registry}, load revision {loads}"
    ),
    "candidates": Phrase("می‌توانستند", "could have it"),
    "list": Phrase("{name}: {offices}", "{name}: {offices}"),
    "escalated": Phrase(
        "پس از {attempts} نوبت به کارشناس اداره کل سپرده شد",
        "After {attempts} attempts a person at the directorate decides",
    ),
    "difference": Phrase(
        "{field}: در دفتر وقایع {logged}، در محاسبه دوباره {recomputed}",
        "{field}: logged {logged}, recomputed {recomputed}",
    ),
    "missing": Phrase(
        "رویدادهای {events} این درخواست در دفتر وقایع نیست؛ آنچه آمد همه ماجرا نیست",
        "Events {events} of the request are not in the log: this is not the whole story",
    ),
    "nothing_recomputed": Phrase(
        "چیزی دوباره محاسبه نشد: تصمیمی در دفتر وقایع نیست",
        "Nothing was recomputed: the log holds no decision",
    ),
}

ORIGINS: Mapping[Origin, Phrase] = {
    Origin.WALK_IN: Phrase("حضوری پای پیشخوان", "by a citizen at the counter"),
    Origin.CITIZEN_CHOICE: Phrase("با دفتر برگزیده شهروند", "with an office of the citizen's choice"),
    Origin.AGENCY: Phrase("از سوی دستگاه", "by the agency"),
}

EXCLUSIONS: Mapping[Exclusion, Phrase] = {
    Exclusion.AGREEMENT: Phrase("تفاهم‌نامه فعالی ندارد", "no active agreement covers it"),
    Exclusion.PAUSED: Phrase("دستگاه خدمت را متوقف کرده است", "the agency has paused the service"),
    Exclusion.OFFICE_CLASS: Phrase("خدمت برای این نوع دفتر (شهری/روستایی) نیست", "not for this class of office"),
    Exclusion.TERRITORY: Phrase("بیرون از قلمرو تفاهم‌نامه", "outside the agreement's territory"),
    Exclusion.LICENCE: Phrase("پروانه معتبر ندارد", "no licence in force"),
    Exclusion.REVOKED: Phrase("دستگاه حق این دفتر را گرفته است", "the agency revoked its right"),
    Exclusion.ACCESSION: Phrase("به تفاهم‌نامه نپیوسته است", "has not acceded to the agreement"),
    Exclusion.EQUIPMENT: Phrase("تجهیزات لازم را ندارد", "lacks equipment"),
    Exclusion.TRAINING: Phrase("آموزش لازم را ندارد", "lacks training"),
    Exclusion.TRIED_BEFORE: Phrase("پیش‌تر همین درخواست را پس داده است", "had the request before and gave it back"),
    Exclusion.DISTANCE: Phrase("دورتر از حد مجاز", "farther away than the limit"),
    Exclusion.HOURS: Phrase("به‌موقع باز نمی‌شود", "does not open in time"),
    Exclusion.CAP: Phrase("سقف بدهی‌اش جا ندارد", "no headroom under its debt cap"),
    Exclusion.CAPACITY: Phrase("ظرفیتش پر است", "its capacity is full"),
    Exclusion.AGENCY_SHARE: Phrase(
        "دستگاه سهم خود را از جاهای آن دارد و باقی برای دیگران است",
        "the agency has its share of its places, and the rest is kept for others",
    ),
}

CLAUSES: Mapping[Exclusion, Phrase] = {
    Exclusion.AGREEMENT: Phrase("بند اعتبار: وضع تفاهم‌نامه {says} است", "Clause on validity: the agreement is {says}"),
    Exclusion.PAUSED: Phrase(
        "بند توقف: دستگاه این ردیف پیوست را متوقف کرده است", "Clause on pauses: the agency paused this entry"
    ),
    Exclusion.OFFICE_CLASS: Phrase("بند نوع دفتر: فقط {says}", "Clause on office classes: {says} only"),
    Exclusion.TERRITORY: Phrase("بند قلمرو: فقط شهرستان‌های {says}", "Clause on territory: counties {says} only"),
    Exclusion.REVOKED: Phrase("بند سلب حق: این دفتر در فهرست است", "Clause on revocation: this office is listed"),
    Exclusion.ACCESSION: Phrase(
        "بند الحاق: این دفتر برای این خدمت نپیوسته است", "Clause on accession: this office did not accede"
    ),
}

REFUSALS: Mapping[RefusalReason, Phrase] = {
    RefusalReason.UNKNOWN_SERVICE: Phrase("چنین خدمتی منتشر نشده است", "no such service is published"),
    RefusalReason.NOT_OWNER: Phrase("فرستنده مالک این خدمت نیست", "the sender may not submit this"),
    RefusalReason.SERVICE_NOT_LIVE: Phrase("خدمت در حال ارائه نیست", "the service is not live"),
    RefusalReason.NO_AGREEMENT: Phrase(
        "تفاهم‌نامه فعالی این خدمت را نمی‌پوشاند", "no active agreement covers the service"
    ),
    RefusalReason.SERVICE_PAUSED: Phrase("دستگاه خدمت را متوقف کرده است", "the agency has paused the service"),
    RefusalReason.UNKNOWN_PLACE: Phrase("این شهر در تقسیمات کشوری نیست", "the city is in no territory"),
    RefusalReason.UNKNOWN_OFFICE: Phrase("چنین دفتری نیست", "there is no such office"),
    RefusalReason.OFFICE_NOT_ELIGIBLE: Phrase("این دفتر نمی‌تواند", "this office may not have it"),
    RefusalReason.NO_ELIGIBLE_OFFICE: Phrase("هیچ دفتری در دسترس نیست", "no office within reach can have it"),
    RefusalReason.FORM_INVALID: Phrase("فرم ناقص یا نادرست است", "the form is incomplete or wrong"),
    RefusalReason.AGENCY_SHARE: Phrase(
        "دستگاه سهم خود را از جاهای دفترهای در دسترس دارد و جایی برای وام گرفتن نمانده است",
        "the agency has its share of the places within reach, and nothing is left to borrow",
    ),
    RefusalReason.CANCELLED_BEFORE_ROUTING: Phrase("پیش از تخصیص لغو شد", "cancelled before it was routed"),
}

#: What clauses say, when it is a word and no code.
VALUES: Mapping[str, Phrase] = {
    OfficeClass.URBAN: Phrase("دفترهای شهری", "urban offices"),
    OfficeClass.RURAL: Phrase("دفترهای روستایی", "rural offices"),
    **{state.value: words for state, words in STATES.items()},
    # Of these two a clause says why it does not hold in spite of them.
    AgreementState.SIGNED: Phrase("امضاشده و تأییدنشده", "signed, not confirmed"),
    AgreementState.ACTIVE: Phrase("فعال، بیرون از زمان اعتبار", "active, outside its dates"),
}

DECLINES: Mapping[DeclineReason, Phrase] = {
    DeclineReason.NO_CAPACITY: Phrase("ظرفیت نداشت", "no capacity"),
    DeclineReason.EQUIPMENT_BROKEN: Phrase("خرابی تجهیزات", "equipment broken"),
    DeclineReason.OPERATOR_ABSENT: Phrase("نبود کاربر", "operator absent"),
    DeclineReason.CITIZEN_ABSENT: Phrase("نیامدن شهروند", "citizen absent"),
    DeclineReason.OTHER: Phrase("دلیل دیگر", "another reason"),
}

FATES: Mapping[Fate, Phrase] = {
    Fate.WAITING: Phrase("دفتر تا {at} برای پذیرش مهلت دارد", "The office had until {at} to accept it"),
    Fate.ACCEPTED: Phrase("دفتر پذیرفت", "The office accepted it"),
    Fate.DECLINED: Phrase("دفتر نپذیرفت", "The office declined it"),
    Fate.TIMED_OUT: Phrase("مهلت پذیرش ({at}) گذشت", "The office let the deadline ({at}) pass"),
}

ENDS: Mapping[str, Phrase] = {
    "completed": Phrase("پایان: انجام شد", "It ended: completed"),
    "cancelled": Phrase("پایان: لغو شد", "It ended: cancelled"),
    "rejected": Phrase("پایان: دستگاه رد کرد", "It ended: rejected by the agency"),
    "expired": Phrase("پایان: مهلتش گذشت", "It ended: expired"),
}

FINDINGS: Mapping[VerificationResult, Phrase] = {
    VerificationResult.SAME: Phrase(
        "محاسبه دوباره نوبت {attempt} از روی دفترهای وقایع: همان نتیجه",
        "Attempt {attempt}, recomputed from the logs: the same",
    ),
    VerificationResult.DIFFERENT: Phrase(
        "محاسبه دوباره نوبت {attempt} از روی دفترهای وقایع: نتیجه دیگر",
        "Attempt {attempt}, recomputed from the logs: DIFFERENT",
    ),
    VerificationResult.NOT_RECOMPUTED: Phrase(
        "محاسبه دوباره نوبت {attempt} ممکن نشد: {why}", "Attempt {attempt} was not recomputed: {why}"
    ),
}
