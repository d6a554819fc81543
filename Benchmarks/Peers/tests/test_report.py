"""The report, its JSON and its picture, from rows given here."""

import contextlib
import io
import json
import math
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from comparison import kept, report, tables
from comparison.first_steps import FirstStep
from comparison.outcome import Outcome
from comparison.picture import axis, in_columns, panels, svg, ticks
from comparison.summary import OURS, Row, Summary


def summary(median, **others):
    values = {"best": median, "p99": 2 * median, "rounds": 3, "quiet_rounds": 3, "spread": 0.0, "checks": [1.0]} | others
    return Summary(median=median, **values)


def outcome(rows, **others):
    machine = {
        "cpu": "A CPU", "guest": True, "processors": 2, "cores": 2, "vectorExtensions": ["avx2"], "caches": ["L1 32 KiB"],
        "memory": "8 GiB", "system": "Debian", "kernel": "6.1", "swift": None, "openblasPackage": None, "python": "3.11",
    }  # fmt: skip
    settings = {"threads": 2, "rounds": 3, "secondsPerRun": 0.2, "quick": False, "only": [], "minutes": 1.0}
    settings |= {"level": None, "quota": None, "quotaBy": None}
    contestants = [{"contestant": OURS, "version": "1", "blas": "OpenBLAS", "core": "Zen", "threads": 2}]
    contestants.append({"contestant": "JAX", "version": "0", "blas": "own", "core": None, "threads": 2})
    return Outcome("2026-01-01 00:00 UTC", settings, machine, contestants, rows, **others)


ROWS = [
    Row("training/10-64-1", {OURS: summary(1e-5, best=8e-6), "JAX": summary(4e-5)}),
    Row("matmul/32", {OURS: summary(2e-6), "JAX": summary(1e-6, alternatives={"out=": {"median": 5e-7, "best": 4e-7, "checks": [1.0]}})}),
    Row("matmul/512", {OURS: summary(1e-3, flop=2.0**28), "JAX": summary(2e-3)}, summary(1.9e-3)),
]


class Markdown(unittest.TestCase):
    def test_rows_and_goals(self):
        text = report.markdown(outcome(ROWS), "picture.svg")
        self.assertIn("| 10-64-1 | 10.0 (8.00) µs | _40.0 (40.0) µs_ | **4.00×** | 5.00× |", text)
        self.assertIn("| 32 | 2.00 (2.00) µs | _1.00 (1.00) µs_ | **0.50×** | 0.50× | 0.25×, 0.20× (JAX, out=) |", text)
        self.assertIn("| 10–64–1 training step, eager | ≥ 2.20× | 4.00× | 5.00× | met |", text)
        self.assertIn("**not met**", text)
        self.assertIn("not measured", text)
        self.assertIn("| matmul/512 | 1.90 ms | 1.00 ms | 1.90× | 1.90× |", text)
        self.assertNotIn("## Errors", text)

    def test_under_a_quota_there_are_means_and_no_goals(self):
        found = outcome(ROWS)
        found.settings |= {"quota": 0.5, "quotaBy": "a control group"}
        text = report.markdown(found, "picture.svg")
        self.assertIn("under a quota of 0.5 processors' time (by a control group),", text)
        self.assertIn("the mean of a run's calls", text)
        self.assertIn("| 10-64-1 | 10.0 (8.00) µs |", text)
        self.assertNotIn("## Goals", text)

    def test_goals_are_those_of_the_level(self):
        found = outcome(ROWS)
        text = lambda: report.markdown(found, "picture.svg")
        self.assertIn("10–64–1 training step, eager | ≥ 2.20×", text())
        found.machine["vectorExtensions"] = ["avx2", "avx512f"]
        self.assertIn("10–64–1 training step, eager | ≥ 2.70×", text())
        self.assertIn("| 8×8 add, plain | ≤ 105 ns |", text())
        found.settings["level"] = "x86-64-v3"
        self.assertIn("limited to x86-64-v3 (without ONNX Runtime, whose kernels nothing limits),", text())
        self.assertIn("10–64–1 training step, eager | ≥ 2.20×", text())
        self.assertNotIn("≤ 105 ns", text())

    def test_tables_have_even_lines(self):
        lines = report.markdown(outcome(ROWS), "picture.svg").splitlines()
        for before, line in zip(lines, lines[1:]):
            if before.startswith("|") and line.startswith("|"):
                self.assertEqual(before.count("|"), line.count("|"), line)

    def test_errors_come_first(self):
        rows = [Row("matmul/32", {OURS: summary(1.0), "JAX": summary(1.0, checks=[2.0])})]
        found = outcome(rows, failures={"Keras": {"": "could not start: no module"}})
        self.assertFalse(found.is_clean)
        text = report.markdown(found, "picture.svg")
        self.assertLess(text.index("## Errors"), text.index("## Goals"))
        self.assertIn("- matmul/32: JAX computed 2", text)
        self.assertIn("- Keras: could not start: no module", text)

    def test_noise_is_marked(self):
        noise = {
            "shots": 4, "slowShots": 2, "shotsWithOthers": 1, "usualSeconds": 1.0, "medianTogether": 1.0, "worstAlone": 2.0,
            "worstTogether": 3.0, "medianOthers": 0.0, "worstOthers": 1.0, "stolenSeconds": 0.0,
        }  # fmt: skip
        rows = [Row("matmul/32", {OURS: summary(1.0, quiet_rounds=1), "JAX": summary(1.0)})]
        text = report.markdown(outcome(rows, calibration=noise), "picture.svg")
        self.assertIn("**1.00×** ~", text)
        self.assertIn("not to be trusted: matmul/32", text)

    def test_the_way_to_the_first_step(self):
        steps = {OURS: [FirstStep(0.01, 0.5, 0.002, 0.003), FirstStep(0.02, 0.5, 0.002, 0.003), FirstStep(9, 9, 9, 9)]}
        steps["JAX"] = [FirstStep(1.0, 0.1, 0.25, 0.25)]
        text = report.markdown(outcome(ROWS, first_steps={"training/10-64-1": steps}), "picture.svg")
        self.assertIn("| 10-64-1 | _25.0 ms_ (20.0 ms + 2.00 ms + 3.00 ms) | 1.50 s (1.00 s + 250 ms + 250 ms) |", text)
        self.assertIn("not counted (median of the rows)_ | 500 ms | 100 ms |", text)
        self.assertIn("The median of 3 runs each", text)
        self.assertNotIn("## To the first step", report.markdown(outcome(ROWS), "picture.svg"))

    def test_what_could_not_be_done_is_told_once(self):
        rows = [
            Row(f"a/{name}", {OURS: summary(1.0), "JAX": summary(1.0, unavailable={"compiled": "no compiler"})}) for name in "xy"
        ]
        text = report.markdown(outcome(rows), "picture.svg")
        self.assertIn("- JAX could not do `compiled` of 2 workloads: no compiler", text)

    def test_memory_of_steps_from_a_plan(self):
        rows = [
            Row("training/a", {OURS: summary(1.0, peak_bytes=4096)}),
            Row("training/a-compiled", {OURS: summary(1.0, peak_bytes=3072)}),
            Row("training/b-compiled", {OURS: summary(1.0, peak_bytes=1)}),
        ]
        text = report.markdown(outcome(rows), "picture.svg")
        self.assertIn("## Memory of a step", text)
        self.assertIn("| a-compiled | 4 KiB | 3 KiB | 0.75 |", text)
        self.assertNotIn("| b-compiled | 1 B", text)

    def test_text_by_hand_is_kept(self):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "RESULTS.md"
            first = report.with_text_by_hand("old table\n", file)
            self.assertIn("## Explanations", first)
            file.write_text(first + "\nBecause of the cache.\n")
            second = report.with_text_by_hand("new table\n", file)
            self.assertTrue(second.startswith("new table\n"))
            self.assertNotIn("old table", second)
            self.assertTrue(second.endswith("## Explanations\n\nBecause of the cache.\n"))
            file.write_text(second)
            self.assertEqual(report.with_text_by_hand("new table\n", file), second)


class Results(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.folder = Path(directory.name)

    def results(self, **settings):
        found = outcome(ROWS)
        found.settings |= settings
        with contextlib.redirect_stderr(io.StringIO()) as self.said:
            return kept.write_results(found, self.folder).read_text()

    def test_a_part_for_each_level_and_quota(self):
        self.assertNotIn("###", self.results())
        (self.folder / "RESULTS.md").write_text((self.folder / "RESULTS.md").read_text() + "\nBecause.\n")
        self.results(level="x86-64-v3")
        self.results(quota=0.5, quotaBy="a group")
        text = self.results(quota=0.5, level="x86-64-v3", quotaBy="a group")
        places = [
            text.index(f"\n## {title}\n")
            for title in (
                "As the machine is (AVX2)",
                "Limited to AVX2 (x86-64-v3)",
                "As the machine is (AVX2), under a quota of 0.5 processors",
                "Limited to AVX2 (x86-64-v3), under a quota of 0.5 processors",
            )
        ]
        self.assertEqual(places, sorted(places))
        self.assertEqual(text.count("### Goals: 3 of 4 measured ones met (18 in all)"), 2)
        self.assertEqual(text.count("### Training steps"), 4)
        self.assertTrue(text.endswith("\nBecause.\n"))
        for part in ("", "-x86-64-v3", "-quota-0.5", "-x86-64-v3-quota-0.5"):
            self.assertIn(f"](RESULTS{part}.svg)", text)
            self.assertTrue((self.folder / f"RESULTS{part}.svg").exists())

    def test_a_part_that_is_run_again_replaces_the_old_one(self):
        self.results(level="x86-64-v3")
        self.results()
        text = self.results(level="x86-64-v3", minutes=77)
        self.assertEqual((text.count("77.0 minutes"), text.count("1.0 minutes")), (1, 1))

    def test_another_machine_or_another_kind_of_file_is_left_out(self):
        other = outcome(ROWS)
        other.machine["cpu"] = "Another CPU"
        kept.write_results(other, self.folder)
        (self.folder / "RESULTS-old.json").write_text("{}")
        text = self.results(level="x86-64-v3")
        self.assertNotIn("Another CPU", text)
        self.assertIn("RESULTS.json is of another machine (Another CPU)", self.said.getvalue())
        self.assertIn("RESULTS-old.json is no comparison that can be read", self.said.getvalue())

    def test_a_report_that_is_no_result(self):
        file = kept.write(outcome(ROWS), self.folder, "comparison")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["comparison.json", "comparison.md", "comparison.svg"])
        self.assertIn("](comparison.svg)", file.read_text())


class Kept(unittest.TestCase):
    def test_json_and_back(self):
        first = {"training/10-64-1": {OURS: [FirstStep(1.0, 2.0, 3.0, 4.0)]}}
        found = outcome(ROWS, failures={"Keras": {"": "gone"}}, first_steps=first, limits={"flopPerSecond": 1e12, "bytesPerSecond": 1e10})
        again = Outcome.from_json(json.loads(json.dumps(found.to_json())))
        self.assertEqual(report.markdown(again, "p.svg"), report.markdown(found, "p.svg"))
        self.assertEqual(again.to_json(), found.to_json())


class Picture(unittest.TestCase):
    def test_bars_reach_their_ratio(self):
        root = ElementTree.fromstring(svg(ROWS, tables.TITLES, "a & b"))
        bars = [bar for bar in root.iter("{http://www.w3.org/2000/svg}rect") if bar.get("class") in ("faster", "slower")]
        self.assertEqual([bar.get("class") for bar in bars], ["faster", "slower", "faster"])
        widths = [float(bar.get("width")) for bar in bars]
        self.assertAlmostEqual(widths[0], 2 * widths[2], delta=0.2)  # 4 against 2, logarithmically
        self.assertAlmostEqual(widths[1], widths[2], delta=0.2)  # 1/2 against 2
        one = float(next(line.get("x1") for line in root.iter("{http://www.w3.org/2000/svg}line") if line.get("class") == "one"))
        self.assertAlmostEqual(float(bars[0].get("x")), one, delta=0.1)

    def test_long_names_have_room(self):
        name = "einsum-bqhd,bkhd->bhqk-4x128x8x64-and-more"
        root = ElementTree.fromstring(svg([*ROWS, Row(f"a/{name}", ROWS[0].summaries)], tables.TITLES, ""))
        panel = next(rect for rect in root.iter("{http://www.w3.org/2000/svg}rect") if rect.get("class") == "panel")
        text = next(text for text in root.iter("{http://www.w3.org/2000/svg}text") if text.text == name)
        self.assertGreater(float(text.get("x")) - float(panel.get("x")), 6.6 * len(name))

    def test_the_best_of_rounds_is_a_mark(self):
        lines = [line for line in ElementTree.fromstring(svg(ROWS, tables.TITLES, "")).iter("{http://www.w3.org/2000/svg}line")]
        one = float(next(line.get("x1") for line in lines if line.get("class") == "one"))
        places = [float(line.get("x1")) - one for line in lines if line.get("class") == "best"]
        self.assertAlmostEqual(places[0] / places[2], math.log(5) / math.log(2), delta=0.02)  # 5 against 2
        self.assertLess(places[1], 0)

    def test_nothing_to_draw(self):
        ElementTree.fromstring(svg([], {}, ""))

    def test_axis(self):
        low, high = axis([0.3, 400])
        self.assertTrue(10**low <= 0.3 and 10**high >= 400)
        self.assertEqual(ticks(-1, 3), [0.1, 1, 10, 100, 1000])
        self.assertEqual(ticks(-0.4, 0.7), [0.5, 1, 2, 5])

    def test_columns_keep_every_bar_in_order(self):
        rows = [Row(f"{group}/{index}", {OURS: summary(1.0), "JAX": summary(1.0)}) for group in "abc" for index in range(30)]
        columns = in_columns(panels(rows, {}))
        self.assertEqual(len(columns), 2)
        names = [(panel.title[0], name) for column in columns for panel in column for name, *_ in panel.bars]
        self.assertEqual(names, [(group, str(index)) for group in "abc" for index in range(30)])
        heights = [sum(panel.height for panel in column) for column in columns]
        self.assertLess(abs(heights[0] - heights[1]), 200)


if __name__ == "__main__":
    unittest.main()
