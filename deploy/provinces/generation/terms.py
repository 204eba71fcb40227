"""What the sources do not say of agreements and services: letters, terms, working hours, fees, pipeline dates."""

from datetime import date, timedelta
from random import Random

from deploy.provinces.agreements import AGREEMENT_COLUMNS
from deploy.provinces.catalogue import FIGURE_COLUMNS, STAGES
from deploy.provinces.generation.facts import Facts, table

#: Hours of work of a service that is done at the counter, and of one for which the agency must answer.
COUNTER_HOURS = (1, 2, 4)
ANSWER_HOURS = (16, 24, 40, 64)
#: An SLA leaves half as much again as the work takes.
SLA_PERCENT = 150
NOTICE_DAYS = (30, 60, 90)
PAYMENT_DAYS = (3, 7, 15)
#: Agencies whose bills come in daily are settled daily.
DAILY_TARIFFS = frozenset({"bill", "bank-deposit", "bank-deposit-by-bill", "money-order"})
LAST_LETTER = date(2026, 3, 10)


def agreements(facts: Facts) -> bytes:
    """Return agreements.csv: one signed and confirmed agreement per agency, with all its services."""
    random = Random(f"{facts.seed}|agreements")
    territories = facts.province["generation"].get("territories", {})
    rows = []
    for number, agency in enumerate(facts.agencies, start=1):
        letter_date = LAST_LETTER - timedelta(days=random.randrange(20, 400))
        daily = any(row["agency"] == agency["code"] and row["tariff"] in DAILY_TARIFFS for row in facts.services)
        rows.append(
            {
                "code": f"mou-{agency['code']}",
                "agency": agency["code"],
                "version": 1,
                "confirmed": "yes",
                "name_fa": f"تفاهم‌نامه با {agency['name_fa']}",
                "name_en": f"Agreement with {agency['name_en']}",
                "letter_number": f"{facts.province['code']}/{1000 + number * 37 + random.randrange(30)}",
                "letter_date": letter_date,
                "valid_from": facts.province["catalogue_from"],
                "territory": ";".join(territories.get(agency["code"], ())),
                "settlement_cycle": "daily" if daily else "monthly",
                "payment_term_days": random.choice(PAYMENT_DAYS),
                "guarantee_rial": random.randrange(500, 3_001, 100) * 1_000_000,
                "notice_days": random.choice(NOTICE_DAYS),
                "offline_permitted": "no",
                "provenance": "generated",
            }
        )
    return table(AGREEMENT_COLUMNS, rows)


def service_figures(facts: Facts) -> bytes:
    """Return service_figures.csv: one row per service."""
    random = Random(f"{facts.seed}|figures")
    rows = []
    for service in facts.services:
        hours = random.choice(ANSWER_HOURS if service["needs_agency_answer"] == "yes" else COUNTER_HOURS)
        by_agency = service["tariff"] in ("agency-pays", "bank-deposit", "bank-deposit-by-bill")
        fee = random.randrange(8_000, 30_001, 1_000) if by_agency else random.randrange(20_000, 120_001, 5_000)
        row: dict[str, object] = {
            "service": service["code"],
            "processing_working_hours": hours,
            "sla_working_hours": -(-hours * SLA_PERCENT // 100),
            "office_fee_rial": fee,
        }
        day = LAST_LETTER - timedelta(days=random.randrange(20))
        for stage in reversed(STAGES):
            row[f"{stage.value}_on"] = day
            day -= timedelta(days=random.randrange(20, 150))
        rows.append({**row, "provenance": "generated"})
    return table((*FIGURE_COLUMNS, "provenance"), rows)
