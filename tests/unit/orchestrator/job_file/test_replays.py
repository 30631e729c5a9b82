"""A replay has the job's own settings, but for what it says itself."""

from orchestrator.job import parse_job
from tests.fakes.job_folder import SMALLEST, JobFolder

JOB = (
    SMALLEST + "execution: {cash: 5000, commission: {bps: 5, minimum: 1}}\nrisk: {sizing: share_fake, max_weight: 2}\n"
)


def test_what_a_replay_leaves_out_is_as_the_job_has_it(jobs: JobFolder) -> None:
    job = jobs.parse(JOB + "replays: [{execution: {commission: {bps: 0}}}, {risk: {allow_short: false}}]")
    cheap, long_only = job.replays
    assert (cheap.execution.cash, cheap.execution.commission.bps, cheap.execution.commission.minimum) == (5000, 0, 1)
    assert (cheap.risk, long_only.execution) == (job.risk, job.execution)
    assert (long_only.risk.allow_short, long_only.risk.max_weight, long_only.risk.sizing) == (False, 2, "share_fake")


def test_another_sizer_has_its_own_parameters(jobs: JobFolder) -> None:
    job = jobs.parse(
        SMALLEST + "risk: {sizing: share_fake, params: {share: 0.3}}\nreplays: [{risk: {sizing: all_in}}, {risk: {}}]"
    )
    assert [replay.risk.params for replay in job.replays] == [{"fraction": 1.0}, {"share": 0.3}]


def test_the_resolved_job_has_the_same_replays(jobs: JobFolder) -> None:
    job = jobs.parse(JOB + "replays: [{execution: {fill: next_close}}]")
    assert parse_job(job.resolved()) == job


def test_a_mistake_in_a_replay_has_its_place(jobs: JobFolder) -> None:
    wrong = SMALLEST + "replays:\n  - {execution: {fill: never}}\n  - {risk: {params: {share: 1}}}\n"
    assert [line.split(": ")[0] for line in jobs.problems(wrong)] == ["job.yaml:6:24"]
    wrong = SMALLEST + "replays:\n  - {risk: {params: {share: 1}}}\n"
    [problem] = jobs.problems(wrong)
    assert problem.startswith("job.yaml:6:")
    assert "unknown parameter 'share'" in problem
