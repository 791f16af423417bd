"""The tables of tools/bench."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import bench_report as report  # noqa: E402

ROW = {"workload": "net", "grid": 5, "samples": 1000, "cores": 2, "variant": "eager (2 processes)", "rival": 141.4,
       "ours": 35.04, "ratios": [3.0, 5.0, 4.0], "difference": 2e-7, "rival_version": "PyTorch 1.13.1 on openblas"}


class Tables(unittest.TestCase):
    def test_numbers_have_three_digits_and_no_exponent(self):
        self.assertEqual([report.number(value) for value in (0.00654, 3.14159, 35.04, 1226.4)],
                         ["0.00654", "3.14", "35", "1226"])

    def test_the_ratio_is_the_median_of_the_rounds_with_its_range(self):
        self.assertIn("| 141 | eager (2 processes) | 35 | **4.0** (3.0–5.0) |", report.speed_table([ROW]))
        self.assertIn("2e-07", report.speed_table([ROW]))

    def test_without_tauscape_there_is_no_ratio(self):
        table = report.speed_table([dict(ROW, ours=None, ratios=[], difference=None)])
        self.assertIn("| – | – |", table)
        self.assertNotIn("agree", table)

    def test_memory_tells_the_growth(self):
        rows = [{"grid": 3, "points": 9, "mebibytes": 50.0}, {"grid": 101, "points": 10201, "mebibytes": 51.5}]
        self.assertIn("from 9 to 10,201 points: 1.5 MiB", report.memory_table(rows))


class Writing(unittest.TestCase):
    def page(self, text):
        file = tempfile.NamedTemporaryFile("w", suffix=".md", delete=False, encoding="utf-8")
        self.addCleanup(os.unlink, file.name)
        with file:
            file.write(text)
        return file.name

    def test_only_what_stands_between_the_markers_changes(self):
        path = self.page("head\n<!-- speed:begin -->\nold\n<!-- speed:end -->\n<!-- memory:begin -->\nkept\n")
        report.write_table(path, "speed", "new")
        report.write_table(path, "speed", "newer")
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "head\n<!-- speed:begin -->\nnewer\n<!-- speed:end -->\n"
                             "<!-- memory:begin -->\nkept\n")

    def test_a_page_without_markers_is_an_error(self):
        path = self.page("<!-- speed:begin -->\n")
        with self.assertRaises(SystemExit):
            report.write_table(path, "speed", "new")

    def test_the_page_has_all_markers(self):
        page = os.path.join(os.path.dirname(report.__file__), "..", "docs", "performance.md")
        with open(page, encoding="utf-8") as file:
            text = file.read()
        for name in ("speed", "memory", "startup"):
            self.assertLess(text.index(f"<!-- {name}:begin -->"), text.index(f"<!-- {name}:end -->"))


if __name__ == "__main__":
    unittest.main()
