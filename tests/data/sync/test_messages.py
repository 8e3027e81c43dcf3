from __future__ import annotations

from data.sync.messages import Log, line, read_message
from twin.words import Said, say


def test_a_sentence_in_the_log_can_be_said_in_another_language_on_the_other_side() -> None:
    sent = Log(
        "info", "source_report", "demo life", {"text": say("{count} invented entities", count=300), "plain": "a"}
    )
    got = read_message(line(sent))
    assert got == sent
    assert isinstance(got, Log)
    text = got.values["text"]
    assert isinstance(text, Said)
    assert (text.template, text.values) == ("{count} invented entities", {"count": 300})
