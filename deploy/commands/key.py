"""`pishkhan key`: keys by which machines of agencies, offices and the directorate open the doors of the bus."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from connectors.words import keys as words
from connectors.words.calendar import operators_moment
from connectors.words.language import Language, Phrase, listed
from deploy.commands.options import ByOption, DataOption, JsonOption, LanguageOption
from deploy.edge import Screen, say_json, say_lines
from deploy.exits import ExitCode
from deploy.operations.keys import Shown, issue_key, listed_keys, revoke_key, rotate_key
from deploy.problem import Misused, Problem
from deploy.terminal.directory import listing
from producers.access.keys import Key, KeyOrder, KeyRefusal, KeyState
from producers.access.parties import Party, PartyKind, Scope, only_party
from producers.access.tokens import key_id_of

_OVERLAP = re.compile(r"(\d{1,4})(s|min|h|d)", re.ASCII)
_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
#: Longer than any that is allowed; the use case refuses it in words.
_TOO_LONG = timedelta(days=36_500)

AgencyOption = Annotated[str | None, typer.Option(help="A key of this agency.")]
OfficeOption = Annotated[str | None, typer.Option(help="A key of this office.")]
DirectorateOption = Annotated[bool, typer.Option("--directorate", help="A key of the directorate.")]
GroupOption = Annotated[bool, typer.Option("--working-group", help="A key of the provincial working group.")]
AuditorOption = Annotated[bool, typer.Option("--auditor", help="A key of an auditor, who only looks.")]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="A key, as `pishkhan key list` calls it.")]

_HELP = """Keys by which machines of agencies, offices and the directorate open the doors of the bus.

A key belongs to one party and may do what its scopes say. Its text is shown once. An agency's key is a user on the
broker as well, when its scopes have anything to do there: `publish` and `submit` together, or `feed`.

[bold]Examples[/bold]

  pishkhan key issue --agency gas --name billing --scopes submit,read,feed

  pishkhan key list

  pishkhan key rotate bcdfghjklmnp --overlap 24h

  pishkhan key revoke bcdfghjklmnp
"""


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    key = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode="rich")
    key.command("issue")(issue)
    key.command("list")(list_keys)
    key.command("rotate")(rotate)
    key.command("revoke")(revoke)
    app.add_typer(key, name="key")


def issue(
    name: Annotated[str, typer.Option(help="What the key is for, for people.")],
    scopes: Annotated[str, typer.Option(help="What it may do: scopes with commas, such as submit,read,feed.")],
    agency: AgencyOption = None,
    office: OfficeOption = None,
    directorate: DirectorateOption = False,
    working_group: GroupOption = False,
    auditor: AuditorOption = False,
    operator: Annotated[str | None, typer.Option(help="The person of the office whose key it is.")] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Make a key and show it, once, with a call to try it by.

    [bold]Examples[/bold]

      pishkhan key issue --agency gas --name billing --scopes publish,submit,read,feed

      pishkhan key issue --office u-bojnord-01 --operator op-1 --name desk --scopes desk,submit,read

      pishkhan key issue --directorate --name province --scopes govern,money,read
    """
    party = _party(agency, office, directorate=directorate, working_group=working_group, auditor=auditor)
    if party is None:
        raise Misused(words.ONE_PARTY)
    order = KeyOrder(party, name, _scopes(scopes), operator)
    _show(issue_key(data, order, by), party, language, as_json=as_json)


def list_keys(
    agency: AgencyOption = None,
    office: OfficeOption = None,
    directorate: DirectorateOption = False,
    working_group: GroupOption = False,
    auditor: AuditorOption = False,
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """List the keys that open doors: whose, what they may do, and when they were used last (to the minute).

    [bold]Examples[/bold]

      pishkhan key list

      pishkhan key list --agency gas --all --json
    """
    party = _party(agency, office, directorate=directorate, working_group=working_group, auditor=auditor)
    found = listed_keys(data, party, every=every)
    if as_json:
        for key, state in found:
            say_json(_as_json(key, state))
        return
    table = listing(words.HEADINGS, language)
    for key, state in found:
        table.add_row(*words.cells(key, state, language))
    Screen().print(table if found else words.NOTHING.of(language))


def rotate(
    key: KeyArgument,
    overlap: Annotated[str, typer.Option(help="How long the old key still works: 24h, 7d, 30min, 0s.")] = "24h",
    by: ByOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = Language.EN,
    data: DataOption = None,
) -> None:
    """Make a key that may do the same, and let the old one end when the overlap has passed.

    [bold]Example[/bold]

      pishkhan key rotate bcdfghjklmnp --overlap 24h
    """
    found = _OVERLAP.fullmatch(overlap)
    if found is None:
        raise Misused(words.REFUSALS[KeyRefusal.OVERLAP_INVALID])
    lasts = min(timedelta(seconds=int(found[1]) * _SECONDS[found[2]]), _TOO_LONG)
    _show(rotate_key(data, _key_id(key), lasts, by), None, language, as_json=as_json)


def revoke(
    key: KeyArgument, by: ByOption = None, language: LanguageOption = Language.EN, data: DataOption = None
) -> None:
    """Let a key open nothing: over HTTP within 5 s, and on the broker at once.

    [bold]Example[/bold]

      pishkhan key revoke bcdfghjklmnp
    """
    revoked = revoke_key(data, _key_id(key), by)
    if isinstance(revoked, KeyRefusal):
        raise Problem(words.refusal_words(revoked, None), ExitCode.REFUSED)
    Screen().print(words.REVOKED.fill(language, key=revoked.key_id), highlight=False, soft_wrap=True)


def _party(
    agency: str | None, office: str | None, *, directorate: bool, working_group: bool, auditor: bool
) -> Party | None:
    """Return the one party that was named; none when nobody was. Raises `Misused` when several were."""
    named = [Party(PartyKind.AGENCY, agency)] if agency is not None else []
    named += [Party(PartyKind.OFFICE, office)] if office is not None else []
    given = {
        PartyKind.DIRECTORATE: directorate,
        PartyKind.WORKING_GROUP: working_group,
        PartyKind.AUDITOR: auditor,
    }
    named += [only_party(kind) for kind, is_given in given.items() if is_given]
    if len(named) > 1:
        raise Misused(words.ONE_PARTY)
    return named[0] if named else None


def _scopes(typed: str) -> frozenset[Scope]:
    known = {scope.value: scope for scope in Scope}
    names = [name for name in re.split(r"[,\s]+", typed) if name]
    for name in names:
        if name not in known:
            both = Phrase(listed(known, Language.FA), listed(known, Language.EN))
            raise Misused(words.NO_SCOPE.filled(scope=name, scopes=both))
    return frozenset(known[name] for name in names)


def _key_id(typed: str) -> str:
    # Whoever pastes the whole key means the key.
    return key_id_of(typed) or typed


def _show(made: Shown | KeyRefusal, party: Party | None, language: Language, *, as_json: bool) -> None:
    if isinstance(made, KeyRefusal):
        raise Problem(words.refusal_words(made, party), ExitCode.REFUSED)
    key, token = made.issued.key, made.issued.token
    if as_json:
        say_json({**_as_json(key, KeyState.ACTIVE), "token": token, "kafka": list(made.kafka)})
        return
    name = words.party_words(key.party, language)
    say_lines([words.ISSUED.fill(language, key=key.key_id, party=name), "", token, ""])
    if made.old is not None and made.old.ends_at is not None:
        until = operators_moment(made.old.ends_at, language)
        say_lines([words.ENDS.fill(language, key=made.old.key_id, until=until), ""])
    say_lines([words.TRY.of(language), made.curl])
    if made.kafka:
        say_lines(["", words.KAFKA.of(language), *made.kafka])


def _as_json(key: Key, state: KeyState) -> dict[str, object]:
    moments = {
        "issued_at": key.issued_at,
        "ends_at": key.ends_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }
    return {
        "key": key.key_id,
        "party": key.party.kind.value,
        "code": key.party.code,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "operator": key.operator,
        "state": state.value,
        "issued_by": key.issued_by,
        "replaces": key.replaces,
        **{name: None if moment is None else moment.isoformat() for name, moment in moments.items()},
    }
