"""What the registry says of one case, in Persian: details of its refusals and waits, which its log holds in English.

Each row is a sentence of the registry's rules with the places that vary, numbered as they come. A place may hold a
sentence of its own: the problem of a fee's rule, of a split, of one part. Names of fields, codes and types of events
stay as they are written in files. A test holds the rows against the rules themselves.
"""

from collections.abc import Mapping

from connectors.words.catalogue import LICENCES, STATES
from connectors.words.tariffs import PARTIES

_GRANT = "کدی زیر {2}. به کار برید، یا بگذارید اداره کل آن را در تفاهم‌نامه‌ای واگذار کند (granted_services)"

REGISTRY_DETAILS: Mapping[str, str] = {
    # Versions, of whatever kind.
    "version {0} of {1} comes after {2}; publish version {3} first": (
        "نسخه {0} از {1} پس از نسخه {2} آمده است؛ نخست نسخه {3} را منتشر کنید"
    ),
    "version {0} of {1} is known as it is": "نسخه {0} از {1} به همین شکل ثبت شده است",
    "version {0} of {1} is known with other content; the next is {2}": (
        "نسخه {0} از {1} با محتوای دیگری ثبت شده است؛ نسخه بعدی {2} است"
    ),
    "{0}: valid_to is not after valid_from; leave valid_to out, or give a later time": (
        "{0}: valid_to پس از valid_from نیست؛ valid_to را ننویسید، یا زمان دیرتری بدهید"
    ),
    "an earlier claim on the same subject failed": "گفته پیشین درباره همین به خطا خورده است",
    # Services.
    "agency code {0} is reserved; use the agency's own": (
        "کد {0} برای گذرگاه کنار گذاشته شده است؛ کد خود دستگاه را بنویسید"
    ),
    "service.agency says {0}; {1} speaks here": "service.agency می‌گوید {0}؛ اینجا {1} سخن می‌گوید",
    "service {0} belongs to {1}; use another code": "خدمت {0} از آن {1} است؛ کد دیگری به کار برید",
    "service {0} does not begin with {1}.; use a code under {2}., or let the directorate grant it in an agreement "
    "(granted_services)": f"کد خدمت {{0}} با {{1}}. آغاز نمی‌شود؛ {_GRANT}",
    "service {0} begins with {1}., another agency's code; use a code under {2}., or let the directorate grant it in an "
    "agreement (granted_services)": f"کد خدمت {{0}} با {{1}}. آغاز می‌شود که از آن دستگاه دیگری است؛ {_GRANT}",
    "service {0} is not known; publish it first": "خدمت {0} شناخته نیست؛ نخست آن را منتشر کنید",
    "service {0} is withdrawn already": "خدمت {0} پیش‌تر برداشته شده است",
    "the agreement's notice for {0} ends on {1}; withdraw from then, or pause it at once": (
        "مهلت اعلام در تفاهم‌نامه برای {0} در {1:day} پایان می‌یابد؛ از آن روز بردارید، یا هم‌اکنون متوقفش کنید"
    ),
    # Agreements.
    **{
        f"version {{0}} of {{1}} is {state}; only a signed one can be confirmed": (
            f"نسخه {{0}} از {{1}} «{words.fa}» است؛ فقط نسخه امضاشده تأیید می‌شود"
        )
        for state, words in STATES.items()
    },
    "version {0} of {1} is confirmed": "نسخه {0} از {1} تأیید شده است",
    "agreement {0} is not known; the directorate publishes it first": (
        "تفاهم‌نامه {0} شناخته نیست؛ نخست اداره کل آن را منتشر می‌کند"
    ),
    "agreement {0} is with {1}, not {2}": "تفاهم‌نامه {0} با {1} است، نه با {2}",
    "no version of {0} is active; there is nothing to pause": (
        "هیچ نسخه‌ای از {0} فعال نیست؛ چیزی برای متوقف کردن نیست"
    ),
    "services: {0} is not in the appendix of agreement {1}": "services: {0} در پیوست تفاهم‌نامه {1} نیست",
    "these services of {0} are paused already": "این خدمت‌های {0} پیش‌تر متوقف شده است",
    "these services of {0} are not paused already": "این خدمت‌های {0} متوقف نیست",
    "version {0} of agreement {1} is not known; the directorate publishes it first": (
        "نسخه {0} از تفاهم‌نامه {1} شناخته نیست؛ نخست اداره کل آن را منتشر می‌کند"
    ),
    **{
        f"version {{0}} of {{1}} is {state}, no proposal; pause it, or withdraw its services": (
            f"نسخه {{0}} از {{1}} «{words.fa}» است و پیشنهاد نیست؛ متوقفش کنید، یا خدمت‌هایش را بردارید"
        )
        for state, words in STATES.items()
    },
    "version {0} of {1} gave way to version {2}; speak of that one": (
        "نسخه {0} از {1} جای خود را به نسخه {2} داده است؛ درباره آن بگویید"
    ),
    "agreement {0} is with {1}; use another code for {2}": ("تفاهم‌نامه {0} با {1} است؛ برای {2} کد دیگری به کار برید"),
    "only the agency makes an agreement active; publish it as signed and let the agency confirm it": (
        "فقط دستگاه تفاهم‌نامه را فعال می‌کند؛ آن را امضاشده (signed) منتشر کنید تا دستگاه تأییدش کند"
    ),
    **{
        f"agreement {{0}} was never active; it cannot become {state}": (
            f"تفاهم‌نامه {{0}} هرگز فعال نبوده است؛ نمی‌تواند «{words.fa}» شود"
        )
        for state, words in STATES.items()
    },
    "services: {0} is not known; its agency publishes it first": (
        "services: {0} شناخته نیست؛ نخست دستگاهش آن را منتشر می‌کند"
    ),
    "services: {0} belongs to {1}, not to {2}": "services: {0} از آن {1} است، نه {2}",
    "territory: county {0} is in no territory of today; name one that is": (
        "territory: شهرستان {0} در تقسیمات کشوری امروز نیست؛ شهرستانی را بنویسید که هست"
    ),
    "revoked_offices: office {0} is not known": "revoked_offices: دفتر {0} شناخته نیست",
    # Offices.
    "office {0} is known; change it with version {1}": "دفتر {0} ثبت شده است؛ با نسخه {1} تغییرش دهید",
    "a new office begins with version 1, not {0}; say OfficeChanged for a later one": (
        "دفتر تازه با نسخه ۱ آغاز می‌شود، نه {0}؛ نسخه‌های بعدی را با OfficeChanged بگویید"
    ),
    "office {0} is not known; license it first": "دفتر {0} شناخته نیست؛ نخست به آن پروانه دهید",
    **{
        f"the licence of {{0}} is {state} already": f"پروانه {{0}} پیش‌تر «{words.fa}» شده است"
        for state, words in LICENCES.items()
    },
    "office.city {0} is in no territory; publish the territory that has it": (
        "office.city: {0} در تقسیمات کشوری نیست؛ تقسیماتی را که آن را دارد منتشر کنید"
    ),
    "office.accessions: agreement {0} is not known; publish it first": (
        "office.accessions: تفاهم‌نامه {0} شناخته نیست؛ نخست آن را منتشر کنید"
    ),
    "office.accessions: {0} is in no version of agreement {1}": (
        "office.accessions: {0} در هیچ نسخه‌ای از تفاهم‌نامه {1} نیست"
    ),
    # Policies and territories.
    "rings_m: must grow and stay below distance_limit_m; write each distance once, the nearest first": (
        "rings_m: باید رو به افزایش و کمتر از distance_limit_m باشد؛ هر فاصله را یک بار بنویسید، نزدیک‌ترین نخست"
    ),
    "{0}: a code stands there twice; give each its own": "{0}: کدی دو بار آمده است؛ به هر کدام کد خودش را بدهید",
    "cities: the county of {0} is not among the counties of this version": (
        "cities: شهرستان {0} در میان شهرستان‌های این نسخه نیست"
    ),
    # A line of a tariff: where it stands, its fee's rule, its split.
    "service {0}, {1}": "خدمت {0}، {1}",
    "tariff line {0}, {1}": "سطر {0} تعرفه، {1}",
    "rule.floor_rial: {0} rial is above cap_rial, {1}; lower the floor or raise the cap": (
        "rule.floor_rial: {0} ریال از cap_rial، که {1} است، بیشتر است؛ کف را پایین یا سقف را بالا ببرید"
    ),
    "rule.brackets.{0}: has no up_to and hides those behind it; only the last may have none": (
        "rule.brackets.{0}: up_to ندارد و پله‌های پس از خود را می‌پوشاند؛ فقط آخرین پله می‌تواند نداشته باشد"
    ),
    "rule.brackets.{0}.up_to: {1} is not above the bracket before it, {2}; put the brackets in growing order": (
        "rule.brackets.{0}.up_to: {1} از پله پیشین، {2}، بیشتر نیست؛ پله‌ها را رو به افزایش بنویسید"
    ),
    **{
        f"tariff line {{0}}, part {party}: {{1}}": f"سطر {{0}} تعرفه، سهم {words.fa}: {{1}}"
        for party, words in PARTIES.items()
    },
    "give either numerator and denominator, or fixed_rial": "یا numerator و denominator را بنویسید، یا fixed_rial را",
    "name the bank in party_code": "بانک را در party_code بنویسید",
    "public revenue needs its deposit_id": "درآمد عمومی deposit_id می‌خواهد",
    "tariff line {0}: fixed parts alone do not add up to every amount; give one part a fraction": (
        "سطر {0} تعرفه: سهم‌های ثابت به تنهایی با هر مبلغی برابر نمی‌شود؛ به یکی از سهم‌ها کسر بدهید"
    ),
    "tariff line {0}: the fractions add up to {1}; they must add up to 1": (
        "سطر {0} تعرفه: جمع کسرها {1} است؛ باید ۱ باشد"
    ),
    "tariff line {0}: the fixed parts ({1} rial) exceed the least amount of the line": (
        "سطر {0} تعرفه: سهم‌های ثابت ({1} ریال) از کمترین مبلغ این سطر بیشتر است"
    ),
}
