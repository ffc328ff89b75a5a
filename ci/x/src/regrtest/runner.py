"""Runs the tests of one module and writes down how each one ends.

    runner.py MODULE RECORD FIRST ONLY

RECORD is a file that lines are appended to, each one written at once, so that
the last one tells which test was running when the process died. A line is made
of fields with a tab between them:

    plan    PLACE   ID                  a test that is going to run
    start   PLACE   ID                  the test at this place begins
    problem ID      KIND    TEXT        one thing that went wrong in the test
    end     PLACE   ID                  the test is over
    file    KIND    TEXT                the module cannot be tested at all
    done                                all tests were run

Tests before the place FIRST are left out: that is how a run goes on behind a
test that killed it. If ONLY is not empty, all but the tests whose id ends with
it are left out, and the tracebacks are printed.

The module skips or fails as a whole with `file`. The process ends as any other
does, which is a test of its own: threads are waited for, what is left is destroyed.
"""

import os
import signal
import sys
import traceback
import types
import unittest

MODULE, RECORD, FIRST, ONLY = sys.argv[1:5]

record_file = os.open(RECORD, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)
this_process = os.getpid()


def record(*fields):
    # A test that forks must not write down what its child does.
    if os.getpid() == this_process:
        line = "\t".join([str(field).translate({9: " ", 10: " ", 13: " "}) for field in fields])
        os.write(record_file, (line + "\n").encode("utf-8", "backslashreplace"))


def in_short(error):
    try:
        return str(error[1])[:300]
    except BaseException as unprintable:
        return "(unprintable: %s)" % type(unprintable).__name__


class Result(unittest.TestResult):
    """Writes everything down, keeps nothing: a traceback keeps objects alive."""

    def startTest(self, test):
        record("start", test.place, test.id())

    def stopTest(self, test):
        record("end", test.place, test.id())

    def _problem(self, test, kind, text=""):
        record("problem", test.id(), kind, text)

    def _error(self, test, kind, error):
        self._problem(test, "%s %s" % (kind, error[0].__qualname__), in_short(error))
        if ONLY:
            traceback.print_exception(*error)

    def addError(self, test, err):
        self._error(test, "error", err)

    def addFailure(self, test, err):
        self._error(test, "fail", err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            kind = "fail" if issubclass(err[0], test.failureException) else "error"
            self._error(test, kind, err)

    def addSkip(self, test, reason):
        # A subtest that is skipped comes here by itself: it counts for its test.
        self._problem(getattr(test, "test_case", test), "skip", reason)

    def addSuccess(self, test):
        pass

    def addExpectedFailure(self, test, err):
        self._problem(test, "expected failure")

    def addUnexpectedSuccess(self, test):
        self._problem(test, "unexpected success")

    def addDuration(self, test, elapsed):
        pass


def keep(suite, wanted):
    """Takes out of the suite, and those in it, the tests that are not wanted."""
    kept = []
    for test in suite._tests:
        if isinstance(test, unittest.TestSuite):
            keep(test, wanted)
            kept.append(test)
        elif wanted(test):
            kept.append(test)
    suite._tests = kept


def prepare():
    """What test.libregrtest does before it runs a module."""
    from test import support

    support.verbose = 0
    support.use_resources = {}
    support.failfast = False
    support.junit_xml_list = None
    support.record_original_stdout(sys.stdout)
    if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, signal.SIG_DFL):
        signal.signal(signal.SIGINT, signal.default_int_handler)
    import random

    random.seed(20260101)


def load():
    """Imports the module; what CPython has only for its own tests may be missing.

    Many modules have a few tests that need it, and skip as a whole without it. An
    empty module in its place lets those few fail, and the others be run.
    """
    for _ in range(5):
        try:
            __import__(MODULE)
            break
        except unittest.SkipTest as reason:
            missing = getattr(reason.__context__, "name", None) or ""
            if not missing.startswith("_test") or missing in sys.modules:
                raise
            sys.modules[missing] = types.ModuleType(missing)
    return unittest.TestLoader().loadTestsFromModule(sys.modules[MODULE])


def main():
    try:
        prepare()
        suite = load()
    except unittest.SkipTest as reason:
        record("file", "skip", reason)
        return
    except BaseException as error:
        record("file", "error " + type(error).__qualname__, error)
        traceback.print_exc()
        return
    first = int(FIRST)
    count = 0

    def wanted(test):
        nonlocal count
        test.place = count
        if ONLY:
            it_is = ("." + test.id()).endswith("." + ONLY)
        else:
            it_is = test.place >= first
        count += 1
        if it_is:
            record("plan", test.place, test.id())
        return it_is

    keep(suite, wanted)
    suite.run(Result())
    record("done")


if __name__ == "__main__":
    main()
