from testbed.simulated.clock import Clock


def test_what_is_due_happens_in_order_of_time_then_of_scheduling() -> None:
    clock, seen = Clock(), []
    clock.at(2.0, seen.append, "late")
    clock.at(1.0, seen.append, "first")
    clock.at(1.0, seen.append, "second")
    clock.run(2.0)
    assert seen == ["first", "second", "late"]


def test_it_stops_at_the_limit_and_goes_on_from_there() -> None:
    clock, seen = Clock(), []
    clock.at(1.0, lambda: clock.after(1.0, seen.append, clock.now))
    clock.run(1.5)
    assert (clock.now, seen) == (1.5, [])
    clock.run(2.0)
    assert (clock.now, seen) == (2.0, [1.0])


def test_what_is_scheduled_for_now_still_happens_now() -> None:
    clock, seen = Clock(), []
    clock.at(1.0, lambda: clock.at(1.0, seen.append, "same instant"))
    clock.run(1.0)
    assert seen == ["same instant"]
