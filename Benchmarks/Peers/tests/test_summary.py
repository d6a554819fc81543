"""Medians, ratios, means, goals and checks, from numbers given here."""

import math
import unittest

from comparison.calibration import Shot, Usage, describe, is_quiet, usual
from comparison.checks import mismatches
from comparison.format import duration, ratio_text
from comparison.goals import Goal, judge
from comparison.schedule import rotated
from comparison.suite import GOALS, tolerance
from comparison.summary import OURS, Row, Run, Summary, geometric_mean, group_means, plain, summarise


def run(median, quiet=True, check=1.0):
    return Run(median=median, best=median * 0.9, p99=median * 2, check=check, quiet=quiet)


def summary(median, check=1.0, **others):
    values = {"best": median, "p99": median, "rounds": 3, "quiet_rounds": 3, "spread": 0.0, "checks": [check]} | others
    return Summary(median=median, **values)


def row(name, single=None, **medians):
    return Row(name, {contestant: summary(median) for contestant, median in medians.items()}, single)


class Runs(unittest.TestCase):
    def test_reply(self):
        reply = {"times": [3e-6, 1e-6, 2e-6], "check": 5, "flop": 8, "peakBytes": 9}
        reply["alternatives"] = [{"name": "out=", "check": 5, "times": [3e-7, 1e-7, 2e-7]}]
        reply["unavailable"] = {"compiled": "why"}
        found = Run.from_reply(reply)
        self.assertEqual((found.median, found.best, found.p99, found.check), (2e-6, 1e-6, 3e-6, 5))
        self.assertEqual((found.flop, found.peak_bytes, found.unavailable), (8, 9, {"compiled": "why"}))
        self.assertEqual(found.alternatives, {"out=": {"median": 2e-7, "best": 1e-7, "check": 5}})

    def test_by_means(self):
        reply = {"times": [1.0, 1.0, 1.0], "mean": 5.0, "alternatives": [{"name": "out=", "times": [1.0], "mean": 4.0}]}
        found = Run.from_reply(reply, by_mean=True)
        self.assertEqual((found.median, found.best, found.alternatives["out="]["median"]), (5.0, 5.0, 4.0))
        with self.assertRaises(KeyError):  # a contestant that does not tell it
            Run.from_reply({"times": [1.0]}, by_mean=True)

    def test_refuses_times_that_cannot_be(self):
        for times in ([], [0.0], [-1.0], [math.nan], [math.inf]):
            with self.assertRaises(ValueError, msg=str(times)):
                Run.from_reply({"times": times})

    def test_the_99th_percentile_is_a_rank(self):
        self.assertEqual(Run.from_reply({"times": list(range(1, 201))}).p99, 198)

    def test_median_of_rounds(self):
        found = summarise([run(1.0), run(9.0), run(2.0)])
        self.assertEqual((found.median, found.rounds, found.spread), (2.0, 3, 4.0))

    def test_best_of_all_rounds(self):
        runs = [run(3.0), run(2.0, quiet=False), run(4.0)]
        runs[0].alternatives = {"out=": {"median": 1.0, "best": 0.5, "check": 1.0}}
        runs[1].alternatives = {"out=": {"median": 9.0, "best": 0.3, "check": 1.0}}
        runs[2].alternatives = {"out=": {"median": 2.0, "best": 0.4, "check": 2.0}}
        found = summarise(runs)
        self.assertEqual((found.best, found.alternatives), (1.8, {"out=": {"median": 1.5, "best": 0.3, "checks": [1.0, 1.0, 2.0]}}))
        self.assertEqual((found.fastest_spelling(), found.fastest_spelling("best")), ((1.5, "out="), (0.3, "out=")))

    def test_disturbed_rounds_do_not_count_where_most_are_quiet(self):
        found = summarise([run(1.0), run(100.0, quiet=False), run(3.0), run(90.0, quiet=False)])
        self.assertEqual((found.median, found.noisy), (2.0, False))

    def test_all_rounds_count_where_most_are_disturbed(self):
        found = summarise([run(1.0), run(5.0, quiet=False), run(7.0, quiet=False)])
        self.assertEqual((found.median, found.noisy), (5.0, True))

    def test_rotation(self):
        self.assertEqual([rotated([1, 2, 3], turn) for turn in range(4)], [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]])
        self.assertEqual(rotated([], 3), [])


class Ratios(unittest.TestCase):
    def test_best_peer(self):
        found = row("a/b", Martlet=2.0, PyTorch=6.0, JAX=3.0)
        self.assertEqual((found.best_peer(), found.ratio(), found.ratio("PyTorch")), ("JAX", 1.5, 3.0))

    def test_of_bests_the_peer_may_be_another(self):
        peers = {"PyTorch": summary(6.0, best=1.0), "JAX": summary(3.0, best=2.0)}
        found = Row("a/b", {OURS: summary(2.0, best=0.5)} | peers)
        self.assertEqual((found.best_peer(), found.best_peer("best")), ("JAX", "PyTorch"))
        self.assertEqual((found.ratio(by="best"), found.ratio("JAX", by="best")), (2.0, 4.0))

    def test_nothing_to_compare(self):
        self.assertIsNone(row("a/b", Martlet=2.0).ratio())
        self.assertIsNone(row("a/b", JAX=2.0).ratio())
        self.assertIsNone(row("a/b", Martlet=2.0, JAX=1.0).ratio("Keras"))

    def test_fastest_spellings(self):
        spellings = {"out=": {"median": 3.0, "best": 2.5, "checks": [1.0]}, "compiled": {"median": 4.0, "best": 2.0, "checks": [1.0]}}
        found = Row("a/b", {OURS: summary(2.0, best=1.0), "NumPy": summary(6.0, alternatives=spellings), "JAX": summary(5.0)})
        self.assertEqual((found.ratio(), found.ratio_of_alternatives(), found.ratio_of_alternatives("best")), (2.5, 1.5, 2.0))
        self.assertEqual((found.fastest_peer(), found.fastest_peer("best")[1:]), ((3.0, "out=", "NumPy"), ("compiled", "NumPy")))
        given = summary(2.0, alternatives={"out=": {"median": 1.0, "best": 1.0, "checks": [1.0]}})
        self.assertEqual(Row("a/b", {OURS: given, "JAX": summary(5.0)}).ratio_of_alternatives(), 5.0)
        self.assertIsNone(row("a/b", Martlet=2.0, JAX=1.0).ratio_of_alternatives())

    def test_scaling(self):
        self.assertEqual(row("a/b", single=summary(3.0), Martlet=2.0).scaling(), 1.5)

    def test_geometric_mean(self):
        self.assertAlmostEqual(geometric_mean([1, 4]), 2)
        self.assertIsNone(geometric_mean([]))

    def test_groups(self):
        rows = [row("a/x", Martlet=1.0, JAX=4.0), row("a/y", Martlet=1.0, JAX=1.0), row("b/z", Martlet=1.0)]
        means = group_means(rows)
        self.assertEqual(list(means), ["a"])
        self.assertAlmostEqual(means["a"]["geometricMean"], 2)
        self.assertEqual((means["a"]["lowest"], means["a"]["lowestWorkload"]), (1, "a/y"))


class Goals(unittest.TestCase):
    rows = [row("m/1", Martlet=1.0, JAX=4.0), row("m/2", Martlet=1.0, JAX=0.95)]

    def judge(self, rows=None, limits=None, **goal):
        return judge(Goal("work", ("m/*",), **({"measure": "ratio"} | goal)), self.rows if rows is None else rows, limits or {})

    def test_each(self):
        verdict = self.judge(wanted=0.9)
        self.assertEqual((verdict.met, verdict.readings["median"].got), (True, 0.95))
        verdict = self.judge(wanted=1.5)
        self.assertEqual((verdict.met, list(verdict.readings["median"].shortfalls)), (False, ["m/2"]))

    def test_mean_with_floor(self):
        self.assertTrue(self.judge(wanted=1.5, mean=True, floor=0.9).met)
        self.assertFalse(self.judge(wanted=1.5, mean=True, floor=0.96).met)
        self.assertFalse(self.judge(wanted=2.5, mean=True, floor=0.9).met)

    def test_both_statistics_have_to_say_so(self):
        # By medians 2 and by bests 1; the other way round; and the share and the time of ours alone.
        noisy_peer = [Row("m/1", {OURS: summary(1.0), "JAX": summary(2.0, best=1.0)})]
        noisy_ours = [Row("m/1", {OURS: summary(2.0, best=1.0, flop=1.0), "JAX": summary(2.0)}, summary(2.0))]
        cases = {
            "met": self.judge(noisy_peer, wanted=1.0),
            "**not met by best of rounds**": self.judge(noisy_peer, wanted=1.5),
            "**not met by medians**": self.judge(noisy_ours, wanted=1.5),
            "**not met**": self.judge(noisy_peer, wanted=2.5),
            "not measured": self.judge([], wanted=1.0),
        }
        for text, verdict in cases.items():
            self.assertEqual((verdict.text, verdict.met), (text, {"met": True, "not measured": None}.get(text, False)))
        for goal in ({"measure": "seconds", "wanted": 1.5}, {"measure": "scaling", "wanted": 1.5}, {"measure": "flopShare", "wanted": 0.8}):
            self.assertEqual(self.judge(noisy_ours, {"flopPerSecond": 1.0}, **goal).text, "**not met by medians**", goal)

    def test_not_measured_is_neither(self):
        for verdict in (self.judge(rows=[], wanted=1), self.judge(wanted=1, against="Keras"), self.judge(wanted=1, measure="scaling")):
            self.assertIsNone(verdict.met)

    def test_seconds(self):
        rows = [row("m/1", Martlet=140e-9)]
        self.assertTrue(self.judge(rows, wanted=150e-9, measure="seconds").met)
        self.assertFalse(self.judge(rows, wanted=130e-9, measure="seconds").met)

    def test_shares(self):
        rows = [Row("m/1", {OURS: summary(2.0, flop=16.0, bytes=4.0)})]
        limits = {"flopPerSecond": 10.0, "bytesPerSecond": 4.0}
        self.assertEqual(self.judge(rows, limits, wanted=0.8, measure="flopShare").readings["best"].got, 0.8)
        self.assertEqual(self.judge(rows, limits, wanted=0.8, measure="byteShare").met, False)
        self.assertIsNone(self.judge(rows, {}, wanted=0.8, measure="flopShare").met)

    def test_peers_of_another_workload(self):
        rows = [row("m/1", Martlet=1.0), row("m/2", Martlet=9.0, NumPy=3.0, JAX=0.1)]
        goal = Goal("work", ("m/1",), "ratio", 2.5, against="NumPy", peers_of="m/2")
        self.assertEqual(judge(goal, rows, {}).readings["median"].values, {"m/1": 3.0})
        self.assertIsNone(judge(goal, rows[:1], {}).met)

    def test_fastest_spellings_count_where_the_goal_says_so(self):
        spelling = {"out=": {"median": 0.5, "best": 0.5, "checks": [1.0]}}
        rows = [Row("m/1", {OURS: summary(1.0), "JAX": summary(2.0, alternatives=spelling)})]
        self.assertEqual((self.judge(rows, wanted=1).met, self.judge(rows, wanted=1, measure="spellings").met), (True, False))

    def test_bytes_of_a_step_from_a_plan(self):
        rows = [Row(name, {OURS: summary(1.0, peak_bytes=bytes)}) for name, bytes in (("m/1", 100), ("m/1-compiled", 90), ("m/2-compiled", 1))]
        goal = Goal("work", ("m/*-compiled",), "bytesOfPlain", 0.8)
        verdict = judge(goal, rows, {})
        self.assertEqual((verdict.met, verdict.readings["median"].values), (False, {"m/1-compiled": 0.9}))
        rows[1].ours.peak_bytes = 80
        self.assertTrue(judge(goal, rows, {}).met)

    def test_patterns_left_out(self):
        self.assertTrue(self.judge(wanted=2, without=("m/2",)).met)

    def test_every_goal_of_the_table_can_fail(self):
        limits = {"flopPerSecond": 2.0, "bytesPerSecond": 2.0}
        for goal in (goal for goals in GOALS.values() for goal in goals):
            for speed, met in ((0.5, False), (1e9, True)):
                name = goal.patterns[0].replace("*", "x")
                ours = summary(1 / speed, flop=1.0, bytes=1.0, peak_bytes=max(1, int(1e6 / speed)))
                rows = [Row(name, {OURS: ours, goal.against or "JAX": summary(1.0)}, summary(1.0))]
                others = {plain(name), goal.peers_of} - {name, None}
                rows += [Row(other, {OURS: summary(1.0, peak_bytes=10**6), "NumPy": summary(1.0)}) for other in others]
                self.assertIs(judge(goal, rows, limits).met, met, (goal.work, speed))


class Forms(unittest.TestCase):
    def test_the_plain_workload(self):
        cases = {
            "training/784-512-512-10-sgd-compiled": "training/784-512-512-10-sgd",
            "elementwise/muladd-chain4-compiled-1e3": "elementwise/muladd-chain4-1e3",
            "elementwise/chain16-sum-fused-1e7": "elementwise/chain16-sum-1e7",
            "matmul/512": "matmul/512",
        }
        for name, found in cases.items():
            self.assertEqual(plain(name), found)


class Checks(unittest.TestCase):
    def test_agreement(self):
        found = Row("matmul/8", {OURS: summary(1.0, check=100.0), "JAX": summary(1.0, check=100.0001)})
        self.assertEqual(mismatches(found), [])

    def test_the_odd_one_is_named(self):
        found = Row("matmul/8", {OURS: summary(1, 100.0), "JAX": summary(1, 100.0), "NumPy": summary(1, 101.0)})
        self.assertEqual([mismatch.contestant for mismatch in mismatches(found)], ["NumPy"])

    def test_one_wrong_round_is_enough(self):
        wrong = summary(1.0, checks=[100.0, 100.0, 50.0])
        found = mismatches(Row("matmul/8", {OURS: summary(1, 100.0), "JAX": wrong}))
        self.assertEqual([(mismatch.contestant, mismatch.value) for mismatch in found], [("JAX", 50.0)])

    def test_no_number_is_a_mismatch(self):
        found = Row("matmul/8", {OURS: summary(1, 100.0), "JAX": summary(1, checks=[])})
        self.assertEqual([mismatch.contestant for mismatch in mismatches(found)], ["JAX"])
        self.assertIn("no number", mismatches(found)[0].text)

    def test_other_spellings_are_checked(self):
        for checks, wrong in (([100.0], []), ([99.0], ["JAX, out="]), ([100.0, None], ["JAX, out="])):
            jax = summary(1, 100.0, alternatives={"out=": {"median": 1.0, "best": 1.0, "checks": checks}})
            found = mismatches(Row("matmul/8", {OURS: summary(1, 100.0), "NumPy": summary(1, 100.0), "JAX": jax}))
            self.assertEqual([mismatch.contestant for mismatch in found], wrong)

    def test_our_single_thread_is_checked_too(self):
        found = Row("matmul/8", {OURS: summary(1, 100.0), "JAX": summary(1, 100.0)}, summary(1, 99.0))
        self.assertEqual(len(mismatches(found)), 1)

    def test_tolerances(self):
        self.assertLess(tolerance("matmul/double-512")[0], tolerance("matmul/512")[0])
        self.assertTrue(tolerance("anything/else")[1])


class Noise(unittest.TestCase):
    def test_spells(self):
        good = Shot(1.05, 1.1)
        self.assertTrue(is_quiet(good, good, 1.0))
        for bad in (Shot(1.3, 1.3), Shot(1.0, 1.6)):  # a low clock; two processors on one core
            self.assertFalse(is_quiet(good, bad, 1.0))
            self.assertFalse(is_quiet(bad, good, 1.0))
        busy = Shot(1.0, 1.0, others=0.5)
        self.assertFalse(is_quiet(good, busy, 1.0))
        self.assertTrue(is_quiet(busy, good, 1.0))  # that was in the turn before

    def test_what_others_used(self):
        before = Usage(100.0, busy=50.0, stolen=1.0, own={7: 20.0})
        self.assertEqual(Usage(102.0, 54.0, 1.0, {7: 23.0, 8: 1.0}).others_since(before), 0)  # all of it ours
        self.assertAlmostEqual(Usage(102.0, 54.0, 1.0, {7: 22.0}).others_since(before), 0.975)
        self.assertAlmostEqual(Usage(102.0, 52.0, 2.0, {7: 22.0}).others_since(before), 0.475)  # the host

    def test_description(self):
        shots = [Shot(1.0, 1.0)] * 8 + [Shot(0.6, 0.6), Shot(2.0, 3.0, 0.25, 0.5)]
        self.assertEqual(usual(shots), 1.0)  # one shot in a boost does not make the others slow
        found = describe(shots)
        self.assertEqual((found["slowShots"], found["worstTogether"], found["stolenSeconds"]), (1, 3.0, 0.25))
        self.assertEqual((found["shotsWithOthers"], found["worstOthers"]), (1, 0.5))


class Format(unittest.TestCase):
    def test_durations(self):
        cases = {1.5e-9: "1.50 ns", 151e-9: "151 ns", 0.99996e-6: "1.00 µs", 42.1e-6: "42.1 µs", 3.2e-3: "3.20 ms", 12: "12.0 s"}
        for seconds, text in cases.items():
            self.assertEqual(duration(seconds), text)

    def test_ratios(self):
        self.assertEqual([ratio_text(value) for value in (None, 0.954, 12.34, 1234.5)], ["–", "0.95×", "12.3×", "1,234×"])


if __name__ == "__main__":
    unittest.main()
