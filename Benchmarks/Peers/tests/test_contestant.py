"""The processes and the lines that they speak, with small programs in the place of contestants."""

import contextlib
import io
import os
import sys
import tempfile
import textwrap
import time
import unittest
import unittest.mock
from pathlib import Path

import protocol
from comparison.calibration import Shot
from comparison.contestant import Contestant, ContestantError
from comparison.first_steps import first_step, measured
from comparison.schedule import SINGLE, Schedule

HERE = Path(__file__).resolve().parent.parent

HONEST = """
import sys, protocol
def prepare(name):
    if name == "a/raises": raise RuntimeError("no memory")
    if name == "a/dies": import os; os._exit(7)
    return protocol.Work("x + 1", {"x": 1}, check=lambda: 2)
channel = protocol.Channel()
print("a library's chatter")
protocol.serve(channel, {"contestant": "NAME", "threads": 1}, ["a/works", "a/raises", "a/dies"], prepare)
"""


class FixedCalibration:
    def shoot(self):
        return Shot(1.0, 1.0)


class Levels(unittest.TestCase):
    def test_a_level_reaches_the_process(self):
        program = f"""
import os, sys
sys.path.insert(0, {str(HERE)!r})
import protocol
protocol.serve(protocol.Channel(), {{"contestant": "one", "threads": 1, "core": os.environ.get("OPENBLAS_CORETYPE")}}, ["a"], None)
"""
        with tempfile.TemporaryDirectory() as directory:
            for level, core in (("x86-64-v3", "Haswell"), (None, os.environ.get("OPENBLAS_CORETYPE"))):
                log = Path(directory) / "log"
                one = Contestant("one", [sys.executable, "-c", program], 1, sorted(os.sched_getaffinity(0)), log, level)
                one.start(timeout=30)
                one.quit()
                self.assertEqual(one.hello["core"], core)


class ProcessCase(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def contestant(self, program, name="NAME"):
        file = Path(self.directory.name) / f"{name}.py"
        file.write_text(f"import sys; sys.path.insert(0, {str(HERE)!r})\n" + textwrap.dedent(program).replace("NAME", name))
        cpus = sorted(os.sched_getaffinity(0))[:1]
        made = Contestant(name, [sys.executable, str(file)], 1, cpus, file.with_suffix(".log"))
        self.addCleanup(made.kill)
        return made


class Processes(ProcessCase):
    def test_conversation(self):
        one = self.contestant(HONEST)
        one.start()
        self.assertEqual(one.workloads, ["a/works", "a/raises", "a/dies"])
        reply = one.run("a/works", 0.001, timeout=20)
        self.assertEqual(reply["check"], 2)
        self.assertTrue(all(time > 0 for time in reply["times"]))
        self.assertIn("a library's chatter", one.log.read_text())
        one.quit()
        self.assertFalse(one.alive)

    def test_an_error_is_an_answer(self):
        one = self.contestant(HONEST)
        one.start()
        for workload, words in (("a/raises", "RuntimeError: no memory"), ("a/other", "no workload a/other")):
            with self.assertRaisesRegex(ContestantError, words):
                one.run(workload, 0.001, timeout=20)
        self.assertTrue(one.alive)

    def test_stands_still_between_its_turns(self):
        one = self.contestant(HONEST)
        one.start()
        one.run("a/works", 0.001, timeout=20)
        deadline = time.monotonic() + 5
        state = lambda: Path(f"/proc/{one.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        while state() != "T" and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(state(), "T")

    def test_those_who_cannot_start_say_why(self):
        cases = {
            "import no_such_module": "No module named 'no_such_module'",
            "print('hello')": "not JSON",
            "print('{}')": "does not say who it is",
            "import time; time.sleep(60)": "no answer in 1 s",
        }
        for program, words in cases.items():
            one = self.contestant(program)
            with self.assertRaisesRegex(ContestantError, words):
                one.start(timeout=1 if "sleep" in program else 20)
            self.assertFalse(one.alive)
        with self.assertRaisesRegex(ContestantError, "cannot start"):
            Contestant("none", ["/no/such/program"], 1, [0], Path(self.directory.name) / "log").start()

    def test_one_that_dies_is_started_again_and_the_others_go_on(self):
        both = [self.contestant(HONEST, "one"), self.contestant(HONEST, "two")]
        for contestant in both:
            contestant.start()
        schedule = Schedule(both, ["a/dies", "a/works"], 0.001, FixedCalibration())
        with contextlib.redirect_stderr(io.StringIO()) as said:
            schedule.measure(2, limit=60)
        self.assertIn("one, a/dies: it ended with status 7", said.getvalue())
        self.assertEqual([list(one.failures) for one in both], [["a/dies"]] * 2)
        works = [turn for turn in schedule.turns if turn.workload == "a/works"]
        self.assertEqual([sorted(turn.replies) for turn in works], [[("one", "a/works"), ("two", "a/works")]] * 2)
        self.assertEqual([row.workload for row in schedule.rows()], ["a/works"])
        self.assertEqual(schedule.rows()[0].summaries["one"].rounds, 2)


TRAINER = """
import time
time.sleep(0.2)  # an import
import protocol
made = []
def data(name):
    time.sleep(0.3)
    made.append(name)
def prepare(name):
    assert made == [name], "the data come first"
    time.sleep(0.1)
    # A restart would do other steps before the first.
    return protocol.Work("pause(0.05)", {"pause": time.sleep}, check=lambda: 2, calls_before_restart=9, restart=lambda: 1 / 0)
names = ["training/a", "training/a-compiled", "b/c"]
protocol.serve(protocol.Channel(), {"contestant": "NAME", "threads": 1}, names, prepare, data=data)
"""


FORMS = """
import protocol
def prepare(name):
    return protocol.Work("pass", {}, check=lambda: len(name))
protocol.serve(protocol.Channel(), {"contestant": "NAME", "threads": 1}, FORMS, prepare)
"""


class Forms(ProcessCase):
    def test_peers_do_the_plain_workload_once(self):
        ours = self.contestant(FORMS.replace("FORMS", "['a/x', 'a/x-compiled', 'a/x-fused']"), "ours")
        peer = self.contestant(FORMS.replace("FORMS", "['a/x', 'b/y']"), "peer")
        for contestant in (ours, peer):
            contestant.start()
        for wanted, asked in ((["a/x", "a/x-compiled"], ["a/x", "a/x-compiled"]), (["a/x-fused"], ["a/x-fused"])):
            schedule = Schedule([ours, peer], wanted, 0.001, FixedCalibration())
            schedule.measure(1, limit=60)
            done = [form for name, form in schedule.turns[0].replies if name == "ours"]
            self.assertEqual((done, [form for name, form in schedule.turns[0].replies if name == "peer"]), (asked, ["a/x"]))
            rows = {row.workload: {name: found.checks for name, found in row.summaries.items()} for row in schedule.rows()}
            self.assertEqual(rows, {name: {"ours": [float(len(name))], "peer": [3.0]} for name in wanted})

    def test_a_form_that_failed_is_not_the_plain_one(self):
        ours = self.contestant(FORMS.replace("FORMS", "['a/x', 'a/x-fused']"), "ours")
        ours.start()
        ours.failures["a/x-fused"] = "no"
        schedule = Schedule([ours], ["a/x", "a/x-fused"], 0.001, FixedCalibration())
        schedule.measure(1, limit=60)
        self.assertEqual([row.workload for row in schedule.rows()], ["a/x"])


class FirstSteps(ProcessCase):
    def test_parts_are_timed_apart(self):
        one = self.contestant(TRAINER)
        found = first_step(one, "training/a")
        self.assertIsNone(one.process)  # another process did it
        for part, least in (("start", 0.2), ("data", 0.3), ("model", 0.1), ("step", 0.05)):
            self.assertGreaterEqual(getattr(found, part), least - 0.01, part)
        self.assertAlmostEqual(found.total, found.start + found.model + found.step)

    def test_every_contestant_and_round_of_plain_trainings(self):
        both = [self.contestant(TRAINER, "one"), self.contestant(TRAINER, SINGLE)]
        silent = self.contestant(HONEST, "two")
        for contestant in (*both, silent):
            contestant.start()
        silent.workloads.append("training/a")
        failures = {}
        with contextlib.redirect_stderr(io.StringIO()):
            found = measured([*both, silent], ["training/a", "training/a-compiled", "b/c"], 2, failures)
        self.assertEqual({name: {one: len(steps) for one, steps in by.items()} for name, by in found.items()}, {"training/a": {"one": 2}})
        self.assertEqual(failures, {"two": {"training/a, first step": "ValueError: no first step of training/a"}})


class Protocol(unittest.TestCase):
    def test_parts_of_a_first_step(self):
        now = [0.0]

        def spend(seconds):
            now[0] += seconds

        def prepare(name):
            spend(2)
            return protocol.Work("spend(4)", {"spend": spend}, check=lambda: 0, finish="spend(8)", operations=100)

        with unittest.mock.patch("protocol.time.perf_counter", lambda: now[0]):
            found = protocol.first_step("training/a", lambda name: spend(1), prepare)
        self.assertEqual((found["data"], found["model"], found["step"]), (1, 2, 12))

    def test_restarts_before_the_limit(self):
        calls, restarts = [], []
        work = protocol.Work(
            "step()",
            {"step": lambda: calls.append(len(restarts))},
            check=lambda: 0,
            calls_before_restart=5,
            restart=lambda: restarts.append(len(calls)),
        )
        times = protocol.measure(work.statement, work, 0.001)
        self.assertGreaterEqual(len(times), 3)
        self.assertGreater(len(restarts), 2)
        self.assertLessEqual(max(calls.count(turn) for turn in set(calls)), 5)
        self.assertNotIn(0, calls)  # nothing is done before the first restart

    def test_time_of_one_operation(self):
        work = protocol.Work("sleep(0.01)", {"sleep": time.sleep}, check=lambda: 0, operations=10)
        times = protocol.measure(work.statement, work, 0.03)
        self.assertGreaterEqual(min(times), 0.001)
        self.assertLess(min(times), 0.01)  # one call's time

    def test_times_calls_one_by_one_where_asked(self):
        works = {name: protocol.Work("x + 1", {"x": 1}, check=lambda: 2) for name in ("a/one", "a/other")}
        channel = unittest.mock.Mock()
        with unittest.mock.patch("sys.stdin", io.StringIO("run a/one 0.01\nrun a/other 0.01\nquit\n")):
            protocol.serve(channel, {}, list(works), works.get, one_by_one=["a/one"])
        self.assertEqual(works["a/one"].minimum_sample, 0)
        self.assertGreater(works["a/other"].minimum_sample, 0)

    def test_other_spellings_are_timed_and_checked(self):
        names = {"a": 2, "o": []}
        other = lambda statement: protocol.Alternative(statement, lambda: protocol.result_of(statement, names))
        work = protocol.Work("a + 1", names, check=lambda: 3, unavailable={"compiled": "no compiler"})
        work.alternatives = {"in two": other("b = a; b + 1"), "wrong": other("a + 5")}
        reply = protocol.answer("a/spellings", work, 0.001)
        self.assertEqual([(one["name"], one["check"]) for one in reply["alternatives"]], [("in two", 3), ("wrong", 7)])
        self.assertTrue(all(one["times"] for one in reply["alternatives"]))
        self.assertEqual(reply["unavailable"], {"compiled": "no compiler"})
        self.assertAlmostEqual(reply["mean"], sum(reply["times"]) / len(reply["times"]), delta=reply["mean"])

    def test_a_statement_without_value_has_written_its_output(self):
        self.assertEqual(protocol.result_of("o.append(a); o.append(1)", {"a": 2, "o": []}), [2, 1])

    def test_waits_for_what_is_left_running(self):
        waited = []
        work = protocol.Work("pass", {"wait": lambda: waited.append(1)}, check=lambda: 0, finish="wait()")
        protocol.Loop(work.statement, work).sample(4)
        self.assertEqual(len(waited), 1)

    def test_thinned_keeps_the_ends(self):
        found = protocol.thinned([float(index) for index in range(10_000)], 100)
        self.assertEqual((len(found), found[0], found[-1]), (100, 0.0, 9999.0))
        self.assertEqual(protocol.thinned([2.0, 1.0]), [2.0, 1.0])


if __name__ == "__main__":
    unittest.main()
