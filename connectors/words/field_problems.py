"""What is wrong with a field that somebody sent, in Persian: of envelopes, of bodies, of who speaks.

The sentences are those of `schemas`, of pydantic, of `producers.claims` and `consumers.intake`; none repeats a value.
As in `connectors.words.details`, places that vary are numbered as they come. Tests hold the rows against the code, and
against what comes of wrong values in each field of each event.
"""

from collections.abc import Mapping

FIELD_PROBLEMS: Mapping[str, str] = {
    # Several of one field, as pydantic has them of a union.
    "{0}; or {1}": "{0}؛ یا {1}",
    # Envelopes, and lines that should be one.
    "says structured mode; send the attributes as ce_ headers (binary mode)": (
        "حالت ساخت‌یافته (structured) را می‌گوید؛ ویژگی‌ها را در سرآیندهای ce_ بفرستید (حالت دودویی)"
    ),
    "is given twice; send it once": "دو بار آمده است؛ یک بار بفرستید",
    "is not UTF-8; send text": "به UTF-8 نیست؛ متن بفرستید",
    "is not UTF-8; save it as UTF-8": "به UTF-8 نیست؛ آن را به UTF-8 ذخیره کنید",
    "must be {0}, with charset=utf-8 or without; send the body as JSON": (
        "باید {0} باشد، با charset=utf-8 یا بی آن؛ بدنه را به JSON بفرستید"
    ),
    "is not JSON ({0} at character {1})": "به JSON نیست ({0}، نویسه {1})",
    "is not JSON; send UTF-8 JSON": "به JSON نیست؛ JSON به UTF-8 بفرستید",
    "is empty; send a JSON object": "خالی است؛ یک شیء JSON بفرستید",
    "holds a number too long or values nested too deeply": "عددی بسیار بلند یا مقدارهایی بسیار تودرتو دارد",
    "must be one JSON object": "باید یک شیء JSON باشد",
    "must be a JSON object": "باید شیء JSON باشد",
    "is not an attribute: names are lower-case letters and digits": (
        "نام ویژگی نیست: نام‌ها از حروف کوچک انگلیسی و رقم‌اند"
    ),
    "must be text": "باید متن باشد",
    "is missing; CloudEvents 1.0 requires it": "نیست؛ CloudEvents 1.0 آن را می‌خواهد",
    "must be 1.0": "باید 1.0 باشد",
    "is longer than {0} characters": "بیش از {0} نویسه دارد",
    "must be printable text of at most 200 characters": "باید متنی چاپ‌شدنی تا ۲۰۰ نویسه باشد",
    "must be a whole number": "باید عدد صحیح باشد",
    "takes a whole number": "عدد صحیح می‌گیرد",
    # Moments and days.
    "must be an RFC 3339 time with a zone, such as 2026-11-25T08:30:00Z": (
        "باید زمان RFC 3339 همراه با منطقه زمانی باشد، مانند 2026-11-25T08:30:00Z"
    ),
    "is not a moment of the calendar and the clock": "زمانی نیست که در تقویم و ساعت باشد",
    "must lie in the years 1900 to 2199": "باید در سال‌های میلادی ۱۹۰۰ تا ۲۱۹۹ باشد",
    "must be a day such as 2026-11-25": "باید روزی میلادی باشد، مانند 2026-11-25",
    "is not a day of the calendar": "روزی از تقویم نیست",
    "lies outside of the years 1900 to 2199; write the Gregorian day, as the Jalali year 1405 is 2026 and 2027": (
        "بیرون از سال‌های میلادی ۱۹۰۰ تا ۲۱۹۹ است؛ روز میلادی را بنویسید: سال ۱۴۰۵ شمسی ۲۰۲۶ و ۲۰۲۷ میلادی است"
    ),
    "closes before it opens; correct the times, and say a night as two: until 1440 on one day, from 0 on the next": (
        "پیش از بازشدن بسته می‌شود؛ زمان‌ها را درست کنید، و شب را در دو بخش بنویسید: تا 1440 در یک روز، از 0 در روز بعد"
    ),
    # Bodies, as pydantic says it.
    "Field required": "نیست؛ آن را بنویسید",
    "Input should be '{0}' or '{1}'": "باید یکی از '{0}' یا '{1}' باشد",
    "Input should be a UUID such as 01890000-0000-7000-8000-000000000000": (
        "باید UUID باشد، مانند 01890000-0000-7000-8000-000000000000"
    ),
    "Input should be base64": "باید base64 باشد",
    "Input should be of one of the kinds that the schema lists": "باید از گونه‌هایی باشد که طرح رویداد می‌شمارد",
    "Unable to extract tag using discriminator {0}": "{0} را ندارد، که گونه‌اش را می‌گوید",
    "Input should be a day such as 2026-11-25": "باید روزی میلادی باشد، مانند 2026-11-25",
    "Body should be one JSON object in UTF-8": "بدنه باید یک شیء JSON به UTF-8 باشد",
    "The schema has no such field; remove it or correct its name": (
        "طرح رویداد چنین فیلدی ندارد؛ برداریدش یا نامش را درست کنید"
    ),
    "Input should be a valid array": "باید فهرست باشد",
    "Input should be a valid boolean": "باید true یا false باشد",
    "Input should be a valid date": "باید روزی میلادی باشد، مانند 2026-11-25",
    "Input should be a valid datetime": "باید زمان باشد، مانند 2026-11-25T08:30:00Z",
    "Input should be a valid integer": "باید عدد صحیح باشد",
    "Input should be a valid number": "باید عدد باشد",
    "Input should be a valid string": "باید متن باشد",
    "Input should be an object": "باید شیء JSON باشد",
    "Input should be greater than {0}": "باید بیش از {0} باشد",
    "Input should be greater than or equal to {0}": "باید {0} یا بیشتر باشد",
    "Input should be less than or equal to {0}": "باید {0} یا کمتر باشد",
    "String should have at least {0} character": "باید دست‌کم {0} نویسه داشته باشد",
    "String should have at most {0} characters": "باید حداکثر {0} نویسه داشته باشد",
    "String should match pattern {0}": "باید به این شکل باشد: {0}",
    "Tuple should have at least {0} item after validation, not {1}": "باید دست‌کم {0} مورد داشته باشد، نه {1}",
    "Tuple should have at most {0} items after validation, not {1}": "باید حداکثر {0} مورد داشته باشد، نه {1}",
    # What may not be said, or not so much of it.
    "has {0} bytes; at most {1} may be said here: shorten texts and lists": (
        "{0} بایت دارد؛ اینجا حداکثر {1} گفته می‌شود: متن‌ها و فهرست‌ها را کوتاه کنید"
    ),
    "has {0} bytes; at most {1} may be said here: say less at once": (
        "{0} بایت دارد؛ اینجا حداکثر {1} گفته می‌شود: یکباره کمتر بگویید"
    ),
    "has {0} items; at most {1} may be said here: leave out what is not needed": (
        "{0} مورد دارد؛ اینجا حداکثر {1} گفته می‌شود: آنچه لازم نیست را ننویسید"
    ),
    "holds a number that is a valid national id: what a citizen may be known by travels in the encrypted part only; "
    "leave it out": (
        "شماره‌ای دارد که کد ملی معتبر است: آنچه شهروند با آن شناخته می‌شود فقط در بخش رمزشده می‌رود؛ آن را ننویسید"
    ),
    # What an event is about.
    "is missing; send the request id, or the code of what the body is about": (
        "نیست؛ شناسه درخواست، یا کد آنچه بدنه درباره آن است را بفرستید"
    ),
    "is not what the body is about; send the body's request id, or the code of what it is about": (
        "آنچه بدنه درباره آن است نیست؛ شناسه درخواست بدنه، یا کد آنچه بدنه درباره آن است را بفرستید"
    ),
    "{0}; or leave it out": "{0}؛ یا ننویسیدش",
    "is missing; send the text of ce_subject, in UTF-8, as the message's key": (
        "نیست؛ متن ce_subject را، به UTF-8، کلید پیام کنید"
    ),
    "is another; send the text of ce_subject, in UTF-8, as the message's key": (
        "چیز دیگری است؛ متن ce_subject را، به UTF-8، کلید پیام کنید"
    ),
    # Who speaks, and which event.
    "only the bus sets it; leave it out": "فقط گذرگاه آن را می‌نویسد؛ ننویسیدش",
    "may not be said by {0}; {1} takes {2}": "{0} نمی‌تواند آن را بگوید؛ {1} این‌ها را می‌گیرد: {2}",
    "is no event of the bus; {0} takes {1}": "رویداد گذرگاه نیست؛ {0} این‌ها را می‌گیرد: {1}",
    "no agency is called {0}; known are {1}": "دستگاهی به نام {0} نیست؛ این‌ها هستند: {1}",
    "no agency is called {0}; none is known yet, load a province first": (
        "دستگاهی به نام {0} نیست؛ هنوز هیچ دستگاهی شناخته نیست، نخست استانی بارگذاری کنید"
    ),
    "must be /agencies/CODE, /offices/CODE or /directorate": "باید /agencies/CODE، /offices/CODE یا /directorate باشد",
    "no agency may be called {0}": "هیچ دستگاهی نمی‌تواند {0} نامیده شود",
    "was used for another event; give each claim an id of its own": (
        "برای رویداد دیگری به کار رفته است؛ به هر گفته شناسه خودش را بدهید"
    ),
    "is not the one that this topic belongs to; publish on the topic of your own": (
        "صاحب این تاپیک نیست؛ روی تاپیک خودتان منتشر کنید"
    ),
    "may not be said on this topic; see the AsyncAPI document": "روی این تاپیک گفته نمی‌شود؛ سند AsyncAPI را ببینید",
    "is no event of the bus; see the AsyncAPI document": "رویداد گذرگاه نیست؛ سند AsyncAPI را ببینید",
    **{
        f"was used before with another {' and another '.join(differing)}; give every new event a new id": (
            f"پیش‌تر با {' و '.join(words)} دیگری به کار رفته است؛ به هر رویداد تازه شناسه‌ای تازه بدهید"
        )
        for differing, words in (
            (("type",), ("نوع",)),
            (("subject",), ("موضوع",)),
            (("body",), ("بدنه",)),
            (("type", "subject"), ("نوع", "موضوع")),
            (("type", "body"), ("نوع", "بدنه")),
            (("subject", "body"), ("موضوع", "بدنه")),
            (("type", "subject", "body"), ("نوع", "موضوع", "بدنه")),
        )
    },
}
