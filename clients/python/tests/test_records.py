import sys
import unittest
from datetime import datetime, timezone
from unittest import mock

from weblab import Lab, Metrics, Missing, Run, Series
from weblab.records import moment, wire_name

LAB = Lab("http://127.0.0.1:1", "wl_test")


class RecordsTests(unittest.TestCase):
    def test_members_of_later_versions_stay_in_raw(self) -> None:
        run = Run.of({"id": "r", "kind": "train", "name": "n", "status": "running", "sweepPoint": 3}, LAB)
        self.assertEqual(3, run.raw["sweepPoint"])

    def test_times_of_any_precision_are_read(self) -> None:
        wanted = datetime(2026, 11, 21, 8, 0, 0, 123456, timezone.utc)
        self.assertEqual(wanted, moment("2026-11-21T08:00:00.1234567Z"))
        self.assertEqual(wanted, moment("2026-11-21T09:00:00.123456+01:00"))
        self.assertEqual(wanted.replace(microsecond=0), moment("2026-11-21T08:00:00Z"))

    def test_names_on_the_wire_are_camel_case(self) -> None:
        self.assertEqual("bestRobustAccuracy", wire_name("best_robust_accuracy"))

    def test_a_record_in_a_notebook_is_a_table_without_markup_of_others(self) -> None:
        run = Run.of({"id": "r", "kind": "train", "name": "<script>", "status": "running"}, LAB)
        self.assertIn("&lt;script&gt;", run._repr_html_())

    def test_what_needs_another_package_names_it(self) -> None:
        metrics = Metrics({"lr": Series.of({"key": "lr", "count": 1, "steps": [1], "epochs": [1], "seconds": [0], "values": [0.1]}, LAB)})
        self.assertEqual([{"key": "lr", "step": 1, "epoch": 1, "seconds": 0, "value": 0.1}], metrics.rows())
        with mock.patch.dict(sys.modules, {"pandas": None, "matplotlib": None}):
            with self.assertRaisesRegex(Missing, "pip install pandas"):
                metrics.to_frame()
            with self.assertRaisesRegex(Missing, "pip install matplotlib"):
                metrics.plot()

    def test_a_metric_that_is_not_there_names_those_that_are(self) -> None:
        with self.assertRaisesRegex(KeyError, "there are lr"):
            Metrics({"lr": Series("lr", 0)})["loss"]

    def test_an_address_that_is_none_is_named(self) -> None:
        with self.assertRaisesRegex(ValueError, "url: got"):
            Lab("127.0.0.1:5080", "wl_test")


if __name__ == "__main__":
    unittest.main()
