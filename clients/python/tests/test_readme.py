"""Runs the examples of the README against the server of WEBLAB_URL, which must be fresh."""
import doctest
import os
import tempfile
import unittest
from pathlib import Path


@unittest.skipUnless(os.environ.get("WEBLAB_URL") and os.environ.get("WEBLAB_KEY"), "WEBLAB_URL and WEBLAB_KEY name no server")
class ReadmeTests(unittest.TestCase):
    def test_the_examples_give_what_they_say(self) -> None:
        readme = Path(__file__).resolve().parent.parent / "README.md"
        here = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                failed, tried = doctest.testfile(str(readme), module_relative=False, optionflags=doctest.ELLIPSIS)
            finally:
                os.chdir(here)
        self.assertGreater(tried, 20)
        self.assertEqual(0, failed)


if __name__ == "__main__":
    unittest.main()
