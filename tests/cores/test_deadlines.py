from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.core.deadlines import Deadlines

KEYS = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), KEYS, st.integers(0, 20)),
        st.tuples(st.just("clear"), KEYS, st.just(0)),
        st.tuples(st.just("due"), st.just(0), st.integers(0, 20)),
    ),
    max_size=60,
)


@given(STEPS)
def test_it_is_a_dictionary_of_times_taken_out_in_order(steps) -> None:
    deadlines: Deadlines[int] = Deadlines()
    model: dict[int, int] = {}
    for step, key, at in steps:
        if step == "set":
            deadlines.set(key, at)
            model[key] = at
        elif step == "clear":
            deadlines.clear(key)
            model.pop(key, None)
        else:
            due = list(deadlines.due(at))
            assert sorted(due) == sorted(key for key, when in model.items() if when <= at)
            assert [model[key] for key in due] == sorted(model[key] for key in due)
            for key in due:
                del model[key]
        assert deadlines.next() == min(model.values(), default=None)


def test_a_key_set_again_while_due_comes_up_again() -> None:
    deadlines: Deadlines[str] = Deadlines()
    deadlines.set("a", 1.0)
    seen = []
    for key in deadlines.due(5.0):
        seen.append(key)
        if len(seen) < 3:
            deadlines.set(key, float(len(seen)))
    assert seen == ["a", "a", "a"] and deadlines.next() is None


def test_moved_deadlines_do_not_pile_up() -> None:
    deadlines: Deadlines[str] = Deadlines()
    for at in range(10_000):
        deadlines.set("a", float(at))
    assert len(deadlines._heap) < 1000
    assert list(deadlines.due(1e9)) == ["a"]
