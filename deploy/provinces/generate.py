"""Write a province's generated files again, or a whole synthetic province for tests and trials.

    python -m deploy.provinces.generate                               # north_khorasan, in place, byte for byte
    python -m deploy.provinces.generate --folder DIR                  # another province's generated files
    python -m deploy.provinces.generate --out DIR --offices 2000 --counties 12 --seed 7 --split 2027-01-01

Nothing outside generated files is ever overwritten.
"""

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from deploy.edge import say
from deploy.provinces.generation.closed_days import closed_days
from deploy.provinces.generation.facts import read_facts, read_table
from deploy.provinces.generation.offices import offices
from deploy.provinces.generation.places import villages
from deploy.provinces.generation.synthetic import Plan, write_synthetic_facts
from deploy.provinces.generation.terms import agreements, service_figures

NORTH_KHORASAN = Path(__file__).parent / "north_khorasan"


def write_generated(folder: Path) -> list[Path]:
    """Write every generated file of `folder` from its hand-written ones; return what was written."""
    facts = read_facts(folder)
    written = []

    def write(name: str, content: bytes) -> None:
        (folder / name).write_bytes(content)
        written.append(folder / name)

    write("villages.csv", villages(facts))
    write("offices.csv", offices(facts, read_table(folder / "villages.csv") or facts.cities))
    write("agreements.csv", agreements(facts))
    write("service_figures.csv", service_figures(facts))
    write("holidays.csv", closed_days(facts))
    return written


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.provinces.generate", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=NORTH_KHORASAN, help="the province whose files to write again")
    parser.add_argument("--out", type=Path, help="write a whole synthetic province into this empty folder instead")
    parser.add_argument("--code", default="synthetic", help="the synthetic province's code")
    parser.add_argument("--offices", type=int, default=2000, help="how many offices, a quarter of them urban")
    parser.add_argument("--counties", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--split", type=date.fromisoformat, help="the day on which the first county is split in two")
    chosen = parser.parse_args(arguments)
    folder = chosen.folder
    if chosen.out is not None:
        folder = chosen.out
        if folder.exists() and any(folder.iterdir()):
            parser.error(f"--out {folder} is not empty; name a new folder")
        plan = Plan(chosen.code, chosen.offices, chosen.counties, chosen.seed, chosen.split)
        write_synthetic_facts(folder, plan, NORTH_KHORASAN)
    for path in write_generated(folder):
        say(str(path))


if __name__ == "__main__":
    main()
