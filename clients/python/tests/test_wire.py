import hashlib
import tempfile
import unittest
from pathlib import Path

from weblab import Damaged, Problem, Unreachable
from weblab.wire import seconds_of

from .desk import Desk, cuts, problem, says

RUN = {"id": "r", "kind": "train", "name": "n", "status": "running", "lastSeq": 1, "version": "7"}


class RequestsTests(unittest.TestCase):
    def test_a_busy_server_is_asked_again_after_what_it_says(self) -> None:
        with Desk(says(problem(429, "rate-limited"), 429, Retry_After="3"), says(problem(503, "gpu-busy"), 503, Retry_After="2"), says(RUN)) as desk:
            self.assertEqual("running", desk.lab().runs.get("r").status)
        self.assertEqual([3, 2], desk.slept)

    def test_patience_ends(self) -> None:
        with Desk(says(problem(503, "unavailable", retryable=True), 503, Retry_After="30")) as desk:
            with self.assertRaises(Problem) as refused:
                desk.lab(patience=10).runs.get("r")
        self.assertEqual((503, "unavailable", True, 30.0), (refused.exception.status, refused.exception.kind, refused.exception.retryable, refused.exception.retry_after))

    def test_a_post_whose_answer_was_lost_is_repeated_with_its_key(self) -> None:
        verdict = {"valid": True, "errors": [], "warnings": []}
        with Desk(cuts, says(problem(409, "idempotency-in-flight"), 409), says(verdict)) as desk:
            self.assertTrue(desk.lab().experiments.validate({}).valid)
        keys = {headers["idempotency-key"] for _, _, headers, _ in desk.asked}
        self.assertEqual((3, 1), (len(desk.asked), len(keys)))

    def test_two_posts_have_two_keys(self) -> None:
        with Desk(says({}), says({})) as desk:
            lab = desk.lab()
            lab.queue.pause()
            lab.queue.pause()
        self.assertNotEqual(*(headers["idempotency-key"] for _, _, headers, _ in desk.asked))

    def test_a_refusal_carries_the_members_of_its_body(self) -> None:
        body = problem(409, "invalid-transition", legal=["resume"], errors={"status": ["is paused"]}, detail="d")
        with Desk(says(body, 409)) as desk:
            with self.assertRaises(Problem) as refused:
                desk.lab().runs.act("r", "pause")
        found = refused.exception
        self.assertEqual((409, "invalid-transition", ["resume"], {"status": ["is paused"]}, "00-1"), (found.status, found.kind, found.legal, found.errors, found.trace_id))
        self.assertIn("status: is paused", str(found))

    def test_what_is_no_problem_body_is_still_a_problem(self) -> None:
        with Desk(says(b"<html>gateway</html>", 502)) as desk:
            with self.assertRaises(Problem) as refused:
                desk.lab().runs.get("r")
        self.assertEqual(502, refused.exception.status)

    def test_a_server_that_is_gone_is_unreachable(self) -> None:
        with Desk() as desk:
            lab = desk.lab(patience=0)
        with self.assertRaises(Unreachable):
            lab.runs.get("r")

    def test_the_key_is_in_no_text(self) -> None:
        with Desk() as desk:
            lab = desk.lab()
            self.assertNotIn("wl_test", repr(lab) + repr(lab.connection))

    def test_lists_ask_for_the_next_page_when_it_is_needed(self) -> None:
        with Desk(says({"items": [RUN, RUN], "nextCursor": "c"}), says({"items": [RUN], "nextCursor": None})) as desk:
            lab = desk.lab()
            runs = lab.runs.list(filter="kind=train and status=running")
            next(runs)
            self.assertEqual(1, len(desk.asked))
            self.assertEqual(2, len(list(runs)))
        self.assertIn("cursor=c", desk.asked[1][1])
        self.assertIn("filter=kind%3Dtrain+and+status%3Drunning", desk.asked[1][1])

    def test_a_change_says_which_version_it_changes(self) -> None:
        with Desk(says(RUN), says(RUN)) as desk:
            desk.lab().runs.update("r", notes="better")
        self.assertEqual('"7"', desk.asked[1][2]["if-match"])

    def test_retry_after_is_seconds_or_a_date(self) -> None:
        self.assertEqual(7, seconds_of("7"))
        self.assertEqual(0, seconds_of("Fri, 31 Dec 1999 23:59:59 GMT"))
        self.assertIsNone(seconds_of("soon"))
        self.assertIsNone(seconds_of(None))


class AttacksTests(unittest.TestCase):
    def test_own_images_travel_as_a_form_and_are_sent_once(self) -> None:
        with Desk(says({"id": "a", "checkpointId": "c", "runId": "r", "device": "cpu", "seconds": 1, "classes": [], "items": []}, 201), cuts) as desk:
            lab = desk.lab()
            lab.attack("c", b"PNG bytes", attack={"kind": "fgsm"}, seed=3)
            with self.assertRaises(Unreachable):
                lab.attack("c", b"PNG bytes")
        method, path, headers, body = desk.asked[0]
        boundary = headers["content-type"].split("boundary=")[1].encode()
        parts = [part.strip(b"\r\n") for part in body.split(b"--" + boundary)]
        self.assertEqual(("POST", "/api/v1/lab/attacks", 2), (method, path, len(desk.asked)))
        self.assertNotIn("idempotency-key", headers)
        self.assertIn(b'Content-Disposition: form-data; name="attack"\r\n\r\n{"kind": "fgsm"}', parts)
        self.assertIn(b'Content-Disposition: form-data; name="image"; filename="image"\r\n\r\nPNG bytes', parts)

    def test_images_and_samples_exclude_each_other(self) -> None:
        with Desk() as desk, self.assertRaisesRegex(ValueError, "either"):
            desk.lab().attack("c")


class TransfersTests(unittest.TestCase):
    WEIGHTS = b"w" * 100

    def checkpoint(self, sha256: str) -> dict:
        return {"id": "c", "runId": "r", "name": "e1", "epoch": 1, "step": 1, "bytes": 100, "sha256": sha256}

    def test_a_cut_download_goes_on_where_it_was_cut(self) -> None:
        def half(request) -> None:  # type: ignore[no-untyped-def]
            request.send_response(200)
            request.send_header("ETag", '"w"')
            request.send_header("Content-Length", "100")
            request.end_headers()
            request.wfile.write(self.WEIGHTS[:40])

        good = hashlib.sha256(self.WEIGHTS).hexdigest()
        with Desk(says(self.checkpoint(good)), half, says(self.WEIGHTS[40:], 206, ETag='"w"')) as desk, tempfile.TemporaryDirectory() as folder:
            path = desk.lab().checkpoints.download("c", folder)
            self.assertEqual(self.WEIGHTS, path.read_bytes())
        self.assertEqual(("bytes=40-", '"w"'), (desk.asked[2][2]["range"], desk.asked[2][2]["if-range"]))

    def test_weights_with_another_sum_are_not_kept(self) -> None:
        with Desk(says(self.checkpoint("0" * 64)), says(self.WEIGHTS)) as desk, tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(Damaged):
                desk.lab().checkpoints.download("c", folder)
            self.assertEqual([], list(Path(folder).iterdir()))

    def test_a_cut_upload_goes_on_where_the_server_says(self) -> None:
        state = {"id": "u", "expectedBytes": 10, "receivedBytes": 0}
        with Desk(says(state, 201), cuts, says({**state, "receivedBytes": 3}), says({**state, "receivedBytes": 10}), says({"datasetId": "my-set", "runId": "r"}, 202), says(RUN)) as desk, \
                tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "My Set.zip"
            archive.write_bytes(b"0123456789")
            told = []
            desk.lab().datasets.upload(archive, test_only=True, tell=lambda done, total: told.append((done, total)))
        self.assertEqual("/api/v1/datasets/my-set/uploads", desk.asked[0][1])
        self.assertEqual(("bytes 3-9/10", b"3456789"), (desk.asked[3][2]["content-range"], desk.asked[3][3]))
        self.assertEqual([(3, 10), (10, 10)], told)
        self.assertIn(b'"testOnly": true', desk.asked[4][3])


if __name__ == "__main__":
    unittest.main()
