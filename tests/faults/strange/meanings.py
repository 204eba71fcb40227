"""Kinds that can be read, and mean what their speaker has no right to, said before, or says too often."""

from deploy.faults.province import CERTIFICATE, OFFICES, PAYING_AGENCY, REPORT
from tests.faults.strange.client import packed
from tests.faults.strange.kinds import APPLIED, REPEATED, Kind, Maker, Strange, dead, refused, waits
from tests.faults.strange.province import ERRAND, HOSTILE_AGENCY, errand

HUNDRED = 100
FLOOD = 300
_CONFLICT = dead("identity_conflict", "ce_id")


def _service(maker: Maker, code: str, version: int = 1) -> Strange:
    body = {"service": errand(code, version).model_dump(mode="json")}
    return maker.claim("ServicePublished", code, body)


def _another_under_its_id(maker: Maker) -> list[Strange]:
    good = maker.submit()
    return [
        good,
        good.saying(good.body().replace('"form"', '"for"').replace("town", "town-elsewhere").encode()),
        good.with_headers(ce_type=b"ir.pishkhan.RequestCancelled.v1").saying(
            maker.cancel(good.key.decode() if good.key else "").value
        ),
        good.with_headers(ce_subject=b"another"),
    ]


def _unknown_names(maker: Maker) -> list[Strange]:
    return [
        record
        for _ in range(HUNDRED)
        for record in (
            maker.submit(service=f"{HOSTILE_AGENCY}.{maker.text(12)}"),
            maker.submit(city=maker.text(12)),
            maker.submit(origin="citizen_choice", office=maker.text(12)),
        )
    ]


def _others_registry(maker: Maker) -> list[Strange]:
    agreement = f"{PAYING_AGENCY}-agreement"
    pause = {"agreement": agreement, "paused": True, "reason": "hostile"}
    withdraw = {"service": REPORT, "valid_from": maker.now.isoformat(), "reason": "hostile"}
    return [
        _service(maker, f"{PAYING_AGENCY}.{maker.text(12)}"),
        maker.claim("AgreementPaused", agreement, pause),
        maker.claim("ServiceWithdrawn", REPORT, withdraw),
    ]


def _early_and_late(maker: Maker) -> list[Strange]:
    request = maker.uuid()
    return [
        maker.cancel(request),
        maker.submit(request_id=request),
    ]


def _never_submitted(maker: Maker) -> list[Strange]:
    request, other = maker.uuid(), maker.uuid()
    cancel = maker.cancel(request)
    answer = {"request_id": other, "answer": "approved"}
    return [
        cancel,
        maker.claim("ClaimWithdrawn", request, {"request_id": request, "claim_id": cancel.identity[1]}),
        maker.claim("AgencyAnswered", other, answer),
    ]


MEANINGS: tuple[Kind, ...] = (
    Kind("repeated as it was", lambda maker: [maker.submit()] * 3, (APPLIED, REPEATED), packed()),
    Kind("same id, other words", _another_under_its_id, (APPLIED, _CONFLICT), packed()),
    Kind(
        "names that nobody knows, by the hundred",
        _unknown_names,
        (refused("unknown_service"), refused("unknown_place"), refused("unknown_office")) * HUNDRED,
        packed(),
    ),
    Kind(
        "another owner's service",
        lambda maker: [maker.submit(service=CERTIFICATE), maker.submit(service=REPORT)],
        (refused("not_owner"),),
        packed(),
    ),
    Kind(
        "an office that has not acceded",
        lambda maker: [maker.submit(origin="citizen_choice", office=OFFICES[0])],
        (refused("office_not_eligible"),),
        packed(),
    ),
    Kind("another owner's register", _others_registry, (refused("not_owner"),), packed()),
    Kind(
        "a version that does not follow",
        lambda maker: [_service(maker, ERRAND, 900_000)],
        (waits("predecessor"),),
        packed(),
    ),
    Kind("cancelled before it was submitted", _early_and_late, (APPLIED,), packed()),
    Kind("early, and taken back", _never_submitted, (refused("withdrawn"), APPLIED, waits("predecessor")), packed()),
    Kind("a flood of good submissions", lambda maker: maker.submits(FLOOD), (APPLIED,), packed("lz4")),
)
