"""``aura dead-letters``: list, show, replay and export what no event could be made of."""

import json
import sys
import time
from itertools import islice
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from infra.errors import CommandError
from infra.interrupt import stop_on_interrupt
from infra.letters import shown
from infra.letters.counts import By
from infra.letters.export import write, write_events
from infra.letters.listing import SCREENFUL, print_counts, print_letters
from infra.letters.opened import counted, opened, sifted
from infra.letters.options import Field, Offset, Partition, Reason, Replayed, Since, Tenant, Until, place_of, sift_of
from infra.letters.planning import Plan, Refuses, by_rules_of, how_many, named, plan
from infra.letters.replaying import Outcome
from infra.letters.replaying import replay as send_again
from infra.settings import Settings, load_settings
from stream.letterbox import Letterbox, LetterboxUnavailable, StoredLetter
from stream.resend import Resender, ResendFailed
from stream.sift import Sift
from stream.tenants import TenantsFileError, load

EXIT_INTERRUPTED: Final = 130

SHOWN: Final = 10
"""Letters that ``show`` prints when filters choose them."""

app = typer.Typer(no_args_is_help=True)


@app.callback()
def dead_letters() -> None:
    """List, show, replay and export dead letters: records that no review could be made of, each with the reason.

    A letter is named by the partition and the offset of its record, as in 3:1745.
    """


@app.command(name="list")
def list_(
    reason: Reason = None,
    field: Field = None,
    tenant: Tenant = None,
    since: Since = None,
    until: Until = None,
    partition: Partition = None,
    offset: Offset = None,
    replayed: Replayed = None,
    by: Annotated[list[By] | None, typer.Option(help="Count letters by this instead; repeatable.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"Only so many, the newest.  [default: {SCREENFUL} on a terminal]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List dead letters, without what they say.

    A table on a terminal; where the output goes elsewhere, a line each with tabulators between id, time, field, reason,
    tenant, bytes and time of replay (with --by: letters, replayed, first, last and what they have in common).
    """
    sift = sift_of(reason, field, tenant, since, until, partition, offset, replayed)
    with opened(load_settings()) as box:
        letters = counted(sifted(box, sift), "Reading dead letters")
        if by:
            print_counts(letters, list(dict.fromkeys(by)), as_json=as_json)
        else:
            print_letters(letters, limit, as_json=as_json)


@app.command()
def show(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Letters, as in 3:1745.")] = None,
    reason: Reason = None,
    field: Field = None,
    tenant: Tenant = None,
    since: Since = None,
    until: Until = None,
    partition: Partition = None,
    offset: Offset = None,
    replayed: Replayed = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most so many of those that the filters choose.")] = SHOWN,
    raw: Annotated[bool, typer.Option("--raw", help="Print the value alone, byte by byte as it came.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """Show dead letters with what they say.

    That is reviews, data of persons, printed because you ask for it; no other command of Aura does.
    Text is printed as it is but for what a terminal would obey; bytes that are no UTF-8 are escaped.
    """
    settings = load_settings()
    sift = sift_of(reason, field, tenant, since, until, partition, offset, replayed)
    if not ids and sift == Sift():
        raise typer.BadParameter("expected a letter's id, as in 3:1745, or a filter; got neither", param_hint="ID")
    places = {place_of(text): text for text in ids or ()}
    if raw and (as_json or len(places) > 1):
        raise typer.BadParameter("expected one letter and no --json with it", param_hint="--raw")
    with opened(settings) as box:
        found = _at(box, sift, set(places)) if places else list(islice(sifted(box, sift), 1 if raw else limit))
    met = {(letter.source.partition, letter.source_offset) for letter in found}
    if absent := [text for place, text in places.items() if place not in met]:
        raise CommandError(f"{settings.dead_letter_topic} holds no letter {', '.join(absent)}")
    if not found:
        raise CommandError(f"{settings.dead_letter_topic} holds no letter that these filters choose")
    if raw:
        sys.stdout.buffer.write(found[0].value or b"")
        sys.stdout.buffer.flush()
    elif as_json:
        for letter in found:
            print(json.dumps(shown.whole(letter)))
    else:
        print("\n\n".join(shown.page(letter, settings.dead_letter_topic) for letter in found))


@app.command()
def export(
    file: Annotated[str, typer.Argument(help="File to make, gzip'd if its name ends in .gz; - is standard output.")],
    reason: Reason = None,
    field: Field = None,
    tenant: Tenant = None,
    since: Since = None,
    until: Until = None,
    partition: Partition = None,
    offset: Offset = None,
    replayed: Replayed = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    events: Annotated[
        bool,
        typer.Option(
            "--events", help="Payloads alone, one a line: once put right, `aura publish --format jsonl` takes them."
        ),
    ] = False,
) -> None:
    """Write dead letters to a file, with what they say.

    One JSON object a line; nobody but you may read the file, as it holds reviews, data of persons.
    """
    sift = sift_of(reason, field, tenant, since, until, partition, offset, replayed)
    with opened(load_settings()) as box:
        letters = counted(islice(sifted(box, sift), limit), "Exporting dead letters")
        done = (write_events if events else write)(letters, file)
    sentence = f"exported {how_many(done.written)}"
    if done.without_value:
        sentence += f"; {done.without_value:,} have no payload and are left out"
    if done.cut:
        sentence += f"; {done.cut:,} were cut as too large and are left out"
    if done.not_utf8:
        sentence += f"; {done.not_utf8:,} are not UTF-8: what is wrong in them stands there as U+FFFD"
    print(sentence, file=sys.stderr if file == "-" else sys.stdout)


@app.command()
def replay(
    reason: Reason = None,
    field: Field = None,
    tenant: Tenant = None,
    since: Since = None,
    until: Until = None,
    partition: Partition = None,
    offset: Offset = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Send also what the tenants file and today's rules would refuse again.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be replayed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the closing counts as one JSON object.")] = False,
) -> None:
    """Send dead letters again, once the cause is mended.

    The worker gets the same record in the same partition. Each is sent and marked in one step, so that none is lost and
    none is sent twice, whatever ends the command; letters that were replayed before are passed over. Ctrl-C ends it
    after what is under way; run it again to go on.
    """
    settings = load_settings()
    sift = sift_of(reason, field, tenant, since, until, partition, offset, None)
    refuses: Refuses = (lambda _: None) if force else _rules(settings)
    say = Console(stderr=True) if as_json else Console()
    with opened(settings) as box:
        planned = plan(counted(sifted(box, sift), "Choosing dead letters"), limit, refuses)
        for sentence in planned.sentences(settings.topic):
            say.print(sentence, markup=False, highlight=False, soft_wrap=True)
        done = Outcome()
        if planned.letters and not dry_run:
            _confirm(planned.letters, yes=yes)
            done = _replay(settings, box, planned)
    if as_json:
        print(json.dumps(_counts(planned, done, dry_run=dry_run)))
    elif planned.letters and not dry_run:
        sentence = f"replayed {how_many(done.replayed)} in {done.seconds:.1f} s"
        if done.too_large:
            sentence += f"; {settings.topic} refuses as too large {named(done.too_large)}"
        if done.interrupted:
            sentence += "; interrupted, run it again to go on"
        print(sentence)
    if done.interrupted:
        sys.exit(EXIT_INTERRUPTED)


def _replay(settings: Settings, box: Letterbox, planned: Plan) -> Outcome:
    resender = Resender(settings.kafka_bootstrap_servers, settings.topic, settings.dead_letter_topic)
    try:
        with stop_on_interrupt() as interrupt, Console(stderr=True).status("Replaying ...") as status:
            return send_again(
                box, resender, planned, interrupt, lambda sent: status.update(f"Replaying ... {sent:,} sent")
            )
    except (ResendFailed, LetterboxUnavailable) as error:
        raise CommandError(f"{error}; what was sent is marked: run it again to go on") from error


def _at(box: Letterbox, sift: Sift, places: set[tuple[int, int]]) -> list[StoredLetter]:
    """The letters of these source partitions and offsets; read first where workers write them."""
    partitions = box.partitions()
    likely = {partition % len(partitions) for partition, _ in places}
    found: dict[tuple[int, int], StoredLetter] = {}
    for letter in counted(sifted(box, sift, sorted(partitions, key=lambda each: each not in likely)), "Reading"):
        if (place := (letter.source.partition, letter.source_offset)) in places:
            found.setdefault(place, letter)
        if len(found) == len(places):
            break
    return list(found.values())


def _rules(settings: Settings) -> Refuses:
    try:
        return by_rules_of(load(settings.tenants_file), time.time_ns() // 1_000_000)
    except TenantsFileError as error:
        raise CommandError(
            f"{error}\nit says what the workers would refuse again; --force sends without asking it"
        ) from error


def _confirm(letters: int, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("nobody is there to be asked; --yes replays them, --dry-run does not")
    typer.confirm(f"Replay {how_many(letters)}?", abort=True, err=True)


def _counts(planned: Plan, done: Outcome, *, dry_run: bool) -> dict[str, Any]:
    return {
        "chosen": planned.letters,
        "replayed": done.replayed,
        "replayed_before": planned.replayed,
        "repeated": planned.repeated,
        "cut": planned.cut,
        "too_large": done.too_large,
        "refused": dict(planned.refused),
        "dry_run": dry_run,
        "interrupted": done.interrupted,
        "seconds": round(done.seconds, 3),
    }
