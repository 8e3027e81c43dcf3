"""What was changed, cut off, put back or signed by another is found against checkpoints, here and at the witness."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from data.audit import checkpoints as signing
from data.audit import report as told
from data.audit.desk import open_audit
from data.audit.notary import USE, own_folder, take_checkpoints
from data.audit.report import Report, verify_all
from data.audit.settings import FILE
from data.audit.trail import append
from data.audit.trails import DESK, RECORDS, desk_file
from data.audit.verify import CHANGED, CUT, MISSING, NOT_THAT
from data.home import Home
from data.records.database import open_records
from data.signing.keys import use_sm2
from tests.data.audit.trails import entry, tamper
from twin.errors import BadInputError, DiskError, IntegrityError


@dataclass
class Desk:
    home: Home
    witness: Path

    def write(self, count: int) -> None:
        with open_audit(desk_file(self.home)) as trail:
            for i in range(count):
                trail.write(entry(f"action.{i}"))

    def take(self, now_s: float = 0.0) -> None:
        take_checkpoints(self.home, now_s, at_once=True)

    def report(self, trail: str = DESK) -> Report:
        return next(one for one in verify_all(self.home) if one.trail == trail)

    @property
    def own(self) -> Path:
        return own_folder(self.home) / DESK

    @property
    def there(self) -> Path:
        return self.witness / "desk7" / DESK


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Entries 1 to 12, with checkpoints over 4, 8 and 13 of them (that which begins the trail counts)."""
    home = Home(*(tmp_path / name for name in ("data", "cache", "state", "runtime")))
    for folder in (home.data, home.state, tmp_path / "witness"):
        folder.mkdir()
    (home.data / FILE).write_text(f'witness = "{tmp_path / "witness"}"\nname = "desk7"\nentries = 9\n', "utf-8")
    made = Desk(home, tmp_path / "witness")
    for count in (3, 4, 5):
        made.write(count)
        made.take()
    return made


def test_what_was_left_alone_holds(desk: Desk) -> None:
    report = desk.report()
    assert (report.holds, report.found.count, report.found.marked) == (True, 12, 12)
    assert (report.taken, report.witnessed, report.moved) == (3, 3, ())
    assert [path.name[:12] for path in sorted(desk.there.iterdir())] == ["000000000004", "000000000008", "000000000013"]


def cut_tail(desk: Desk) -> None:
    tamper(desk_file(desk.home), "DELETE FROM audit_entry WHERE seq > 9")


def cut_tail_with_checkpoint(desk: Desk) -> None:
    cut_tail(desk)
    max(desk.own.iterdir()).unlink()


def rolled_back(desk: Desk) -> None:
    """Put the trail and its checkpoints back to an older copy, and go on."""
    cut_tail_with_checkpoint(desk)
    desk.write(9)


def another_trail(desk: Desk) -> None:
    desk_file(desk.home).unlink()
    shutil.rmtree(desk.own)
    desk.write(20)


def rewritten(desk: Desk) -> None:
    """Write the trail anew from the eighth entry on, so that the chain fits."""
    tamper(desk_file(desk.home), "DELETE FROM audit_entry WHERE seq > 7")
    desk.write(5)


@pytest.mark.parametrize(
    ("tampering", "bad_seq", "problem"),
    [
        (lambda desk: tamper(desk_file(desk.home), "UPDATE audit_entry SET body = '{}' WHERE seq = 5"), 5, CHANGED),
        (lambda desk: tamper(desk_file(desk.home), "DELETE FROM audit_entry WHERE seq = 6"), 6, MISSING),
        (cut_tail, 10, CUT),
        (cut_tail_with_checkpoint, 10, CUT),
        (rolled_back, 8, NOT_THAT),
        (another_trail, 0, NOT_THAT),
        (rewritten, 8, NOT_THAT),
        (lambda desk: desk_file(desk.home).unlink(), 0, MISSING),
    ],
    ids=["changed", "deleted", "cut", "cut-here", "rolled-back", "another", "rewritten", "removed"],
)
def test_each_tampering_is_found_with_its_first_entry(
    desk: Desk, tampering: Callable[[Desk], None], bad_seq: int, problem: str
) -> None:
    tampering(desk)
    found = desk.report().found
    assert (found.bad_seq, found.problem) == (bad_seq, problem)


def test_without_a_witness_a_tail_that_is_cut_off_with_its_checkpoint_is_not_seen(desk: Desk) -> None:
    (desk.home.data / FILE).write_text('name = "desk7"\n', "utf-8")
    cut_tail_with_checkpoint(desk)
    assert desk.report().holds
    assert desk.report().witnessed == -1


def replace_text(folder: Path, size: int, old: str, new: str) -> None:
    path = folder / f"{size:012}.checkpoint"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def other_key(desk: Desk) -> None:
    shutil.rmtree(desk.home.data / USE)
    shutil.rmtree(desk.own)
    desk.take()


@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        (lambda desk: replace_text(desk.there, 8, '"at_s":0.0', '"at_s":1.0'), (8, signing.FORGED)),
        (lambda desk: replace_text(desk.there, 8, '"size":8', '"size":9'), (8, signing.UNREADABLE)),
        (lambda desk: (desk.there / f"{8:012}.checkpoint").write_bytes(b""), (8, signing.UNREADABLE)),
        (lambda desk: (desk.there / f"{8:012}.checkpoint").write_bytes(b"\xff" * 99_999), (8, signing.UNREADABLE)),
        (lambda desk: (desk.there / f"{8:012}.checkpoint").unlink(), (13, signing.UNLINKED)),
        (lambda desk: (desk.own / f"{4:012}.checkpoint").unlink(), (8, signing.UNLINKED)),
        (lambda desk: shutil.rmtree(desk.there), (0, told.NO_WITNESS)),
        (other_key, (4, signing.UNKNOWN_KEY)),
    ],
    ids=["forged", "renumbered", "emptied", "rubbish", "taken-out", "taken-out-here", "witness-emptied", "other-key"],
)
def test_each_tampering_with_checkpoints_is_found(
    desk: Desk, tampering: Callable[[Desk], None], fault: tuple[int, str]
) -> None:
    tampering(desk)
    report = desk.report()
    assert not report.holds
    assert fault in [(one.size, one.problem) for one in report.faults]


def test_another_checkpoint_of_ours_in_the_place_of_one_is_found(desk: Desk, tmp_path: Path) -> None:
    """Whoever has the key writes a trail anew and signs it: the witness has what was signed before."""
    kept = tmp_path / "kept"
    shutil.copytree(desk.witness, kept)
    tamper(desk_file(desk.home), "DELETE FROM audit_entry WHERE seq > 2")
    shutil.rmtree(desk.own)
    shutil.rmtree(desk.there)
    desk.write(10)
    desk.take()
    assert desk.report().holds
    shutil.rmtree(desk.witness)
    shutil.copytree(kept, desk.witness)
    report = desk.report()
    assert told.NOT_WITNESSED in [fault.problem for fault in report.faults]
    assert (report.found.bad_seq, report.found.problem) == (0, NOT_THAT)


def test_nothing_is_signed_that_does_not_follow_what_was_signed_before(desk: Desk) -> None:
    rewritten(desk)
    desk.write(1)
    with pytest.raises(IntegrityError, match="does not follow"):
        desk.take()
    replace_text(desk.own, 13, '"at_s":0.0', '"at_s":1.0')
    with pytest.raises(IntegrityError, match="does not hold"):
        desk.take()
    assert len(list(desk.there.iterdir())) == 3


def test_checkpoints_are_due_by_entries_or_by_minutes(desk: Desk) -> None:
    def due(now_s: float) -> bool:
        return take_checkpoints(desk.home, now_s)[0].now

    assert not due(3600.0)
    desk.write(1)
    assert not due(599.0)
    assert due(600.0)
    desk.write(8)
    assert not due(601.0)
    desk.write(1)
    assert due(602.0)
    assert desk.report().holds


def test_a_trail_of_which_nothing_can_be_read_gets_no_checkpoint(desk: Desk) -> None:
    tamper(desk_file(desk.home), "DELETE FROM audit_entry")
    shutil.rmtree(desk.own)
    assert [taken.now for taken in take_checkpoints(desk.home, 0.0, at_once=True)] == [False]
    assert not desk.own.exists()
    assert desk.report().found.problem == MISSING


def test_a_witness_that_is_away_gets_what_it_missed_when_it_is_back(desk: Desk, tmp_path: Path) -> None:
    away = tmp_path / "away"
    desk.witness.rename(away)
    desk.witness.write_bytes(b"")
    desk.write(2)
    with pytest.raises(DiskError, match="wait here"):
        desk.take()
    with pytest.raises(BadInputError, match="not there"):
        desk.report()
    desk.witness.unlink()
    away.rename(desk.witness)
    desk.take()
    assert len(list(desk.there.iterdir())) == 4
    assert desk.report().holds


def test_a_machine_that_turns_to_sm2_still_knows_what_it_signed_before(desk: Desk) -> None:
    use_sm2(desk.home, USE)
    desk.write(2)
    desk.take()
    assert desk.report().holds
    replace_text(desk.there, 15, '"at_s":0.0', '"at_s":1.0')
    assert signing.FORGED in [fault.problem for fault in desk.report().faults]


def test_the_records_have_a_trail_and_checkpoints_of_their_own(desk: Desk) -> None:
    records = open_records(desk.home)
    with records.begin() as connection:
        append(connection, entry("case.open"), entry("case.close"))
    desk.take()
    assert (desk.report(RECORDS).found.count, desk.report(RECORDS).witnessed) == (2, 1)
    with records.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_entry_no_delete")
        connection.exec_driver_sql("DELETE FROM audit_entry WHERE seq = 2")
    records.dispose()
    assert desk.report(RECORDS).found.problem == CUT
    assert desk.report(DESK).holds


def test_a_checkpoint_is_two_lines_that_others_can_read(desk: Desk) -> None:
    line, signature = (desk.there / f"{8:012}.checkpoint").read_text().splitlines()
    assert json.loads(line)["size"] == 8
    assert len(signature.split()[0]) == 16
