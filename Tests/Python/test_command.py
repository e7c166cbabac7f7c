"""The command from Python, and what it measured as frames."""

import json
import subprocess
import sys
import tempfile
import unittest

import lethe
import pandas
from models import FIXTURES


class CommandTests(unittest.TestCase):
    def test_the_module_is_the_command(self):
        printed = subprocess.run(
            [sys.executable, "-m", "lethe", "--version"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(printed.strip(), lethe.__version__)
        self.assertEqual(lethe.command("--version").strip(), lethe.__version__)

    def test_an_error_is_the_commands_own_line_and_status(self):
        with self.assertRaises(lethe.CommandError) as raised:
            lethe.command("inspect", "/none.h5")
        self.assertEqual(raised.exception.status, 66)
        self.assertIn("/none.h5", str(raised.exception))

    def test_a_run_is_read_as_the_command_reports_it(self):
        run = lethe.read_run(FIXTURES / "runs-0.1/best")
        with tempfile.TemporaryDirectory() as folder:
            printed = lethe.command(
                "report", FIXTURES / "runs-0.1/best", "-o", f"{folder}/page.html", "--files", folder, "--json")
            pandas.testing.assert_frame_equal(run.epochs, pandas.read_csv(f"{folder}/metrics.csv"))
            pandas.testing.assert_frame_equal(run["drift"], pandas.read_csv(f"{folder}/drift.csv"))
        self.assertEqual(run.summary["groups"], json.loads(printed)["groups"])
        self.assertEqual(run.epochs["epoch"].iloc[0], 0)
        with self.assertRaisesRegex(KeyError, "none: this has .*metrics"):
            run["none"]

    def test_a_sequence_has_frames_too(self):
        self.assertIn("accuracy-matrix", lethe.read_run(FIXTURES / "runs-0.1/sequence").frames)

    def test_what_is_no_run_is_refused_in_the_commands_words(self):
        with self.assertRaisesRegex(lethe.CommandError, "digits"):
            lethe.read_run(FIXTURES / "digits")


if __name__ == "__main__":
    unittest.main()
