"""One record for GitHub Classroom's successor, Autolab and PrairieLearn. Hidden tests show a status and nothing else."""

import json
from collections.abc import Callable

from netcore.course.results import Record


def told(test: Record) -> str:
    """What a student may read about a test."""
    parts = [f"{test['passed']} of {test['total']} cases", *(part for part in (test.get("mistake"), test["message"]) if part)]
    return test["status"] if test["hidden"] else "\n".join(parts)


def autolab(record: Record) -> str:
    """The last line of standard output: {"scores": {problem: points}}."""
    return json.dumps({"scores": {t["id"]: t["points"] for t in record["tests"]}, "scoreboard": [record["score"]]})


def prairielearn(record: Record) -> str:
    """results.json: `score` from 0 to 1, `gradable` false only where nothing could be read."""
    tests = [{"name": t["name"], "points": t["points"], "max_points": t["max_points"], "output": told(t)} for t in record["tests"]]
    share = record["score"] / record["max_score"] if record["max_score"] else 0.0
    return json.dumps({"gradable": True, "score": share, "tests": tests, "message": record.get("message", "")}, indent=1)


def classroom(record: Record) -> str:
    """result.json with integer scores: hundredths of a point, because rounding points would add up wrongly."""
    tests = [
        {"name": t["name"], "score": round(100 * t["points"]), "max_score": round(100 * t["max_points"]), "status": t["status"], "output": told(t)}
        for t in record["tests"]
    ]
    return json.dumps({"score": sum(t["score"] for t in tests), "max_score": sum(t["max_score"] for t in tests), "tests": tests}, indent=1)


ONE: dict[str, Callable[[Record], str]] = {"autolab": autolab, "prairielearn": prairielearn, "classroom": classroom}
