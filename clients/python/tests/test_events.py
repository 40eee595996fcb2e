import unittest

from weblab import RunFailed, Unreachable, events

from .desk import Desk, cuts, event, says, streams


def row(status: str, seq: int, **more: object) -> dict:
    return {"id": "r", "kind": "train", "name": "n", "status": status, "lastSeq": seq, **more}


class WatchingTests(unittest.TestCase):
    def test_a_cut_stream_goes_on_behind_the_last_event(self) -> None:
        first, second = event(1, "statusChanged", **{"from": "queued", "to": "running"}), event(2, "statusChanged", **{"from": "running", "to": "completed"})
        with Desk(says(row("running", 1)), streams(first), cuts, streams(second), says(row("completed", 2))) as desk:
            seen = [e.seq for e in desk.lab().runs.watch("r")]
        self.assertEqual([1, 2], seen)
        self.assertNotIn("last-event-id", desk.asked[1][2])
        self.assertEqual("1", desk.asked[-2][2]["last-event-id"])

    def test_a_failure_that_is_tried_again_is_not_the_end(self) -> None:
        events = [event(1, "statusChanged", **{"from": "running", "to": "failed"}), event(2, "statusChanged", **{"from": "failed", "to": "queued"}),
                  event(3, "statusChanged", **{"from": "finishing", "to": "completed"})]
        with Desk(says(row("running", 0)), streams(*events), says(row("completed", 3)), says(row("completed", 3))) as desk:
            self.assertEqual([1, 2, 3], [e.seq for e in desk.lab().runs.watch("r")])

    def test_the_end_is_the_end_when_the_row_says_so_too(self) -> None:
        with Desk(says(row("finishing", 1)), streams(event(2, "statusChanged", **{"from": "finishing", "to": "completed"})), says(row("finishing", 1)), says(row("completed", 2))) as desk:
            self.assertEqual([2], [e.seq for e in desk.lab().runs.watch("r", after=1)])

    def test_a_run_that_has_ended_has_no_more_events(self) -> None:
        with Desk(says(row("completed", 9))) as desk:
            self.assertEqual([], list(desk.lab().runs.watch("r", after=9)))

    def test_news_that_are_not_kept_do_not_move_the_place(self) -> None:
        with Desk(says(row("running", 5)), streams(event(0, "stepProgress", step=1)), streams(event(6, "statusChanged", **{"from": "running", "to": "cancelled"})), says(row("cancelled", 6))) as desk:
            self.assertEqual([0, 6], [e.seq for e in desk.lab().runs.watch("r", after=5)])
        self.assertEqual("5", desk.asked[2][2]["last-event-id"])

    def test_waiting_for_a_run_that_fails_raises_with_its_code(self) -> None:
        failure = {"code": "oom", "message": "no memory", "suggestion": "smaller batches", "lastLines": []}
        failed = row("failed", 1, failure=failure)
        with Desk(says(row("running", 0)), says(row("running", 0)), streams(event(1, "statusChanged", **{"from": "running", "to": "failed"})), says(failed), says(failed)) as desk:
            told: list = []
            with self.assertRaises(RunFailed) as raised:
                desk.lab().runs.get("r").wait(told.append)
        self.assertEqual(("oom", "smaller batches", ["running -> failed"]), (raised.exception.code, raised.exception.suggestion, told))

    def test_a_server_that_never_comes_back_is_given_up(self) -> None:
        with Desk(says(row("running", 1))) as desk:
            lab = desk.lab(patience=0)
            with self.assertRaises(Unreachable):
                list(events.watch(lab, "r", patience=0))


if __name__ == "__main__":
    unittest.main()
