"""slurm/job.sbatch.in against stand-ins for Slurm and merctl: what each exit code and each signal leads to."""
import signal

import pytest
from fake_slurm import FakeSlurm, job_script, wait_until

# `work` takes the next line of $FAKE_SLURM/plan: a number to exit with at once, `wait CODE` to run until a signal and exit
# with CODE, `kill` to die by SIGKILL; it writes down the signals that it gets. `complete` says what the file `standing`
# does, else that the sweep is done after a `work` that ended with 0 or 1; in JSON it prints the file `progress`. `node list`
# prints the file `excluded-nodes`. The arguments of all are in merctl.log.
FAKE_MERCTL = """#!/usr/bin/env bash
cd "$FAKE_SLURM"
echo "$*" >>merctl.log
case "$*" in
  complete*json) cat progress 2>/dev/null; exit 1 ;;
  "node list --format quiet") cat excluded-nodes 2>/dev/null; exit 0 ;;
esac
if [ "$1" = complete ]; then exit "$(cat standing 2>/dev/null || cat done 2>/dev/null || echo 1)"; fi
end() {
  [ "$1" -gt 1 ] || echo 0 >done
  exit "$1"
}
action=$(head -n 1 plan)
sed -i 1d plan
case $action in
  kill) kill -KILL $$ ;;
  wait*)
    got=
    trap 'got=USR1' USR1
    trap 'got=TERM' TERM
    touch waiting
    while [ -z "$got" ]; do sleep 0.05; done
    echo "$got" >>signals.log
    end "${action#wait }" ;;
  *) end "$action" ;;
esac
"""


@pytest.fixture
def slurm(tmp_path):
    programs = tmp_path / "built"
    fake = FakeSlurm(tmp_path, job_script(programs, tmp_path / "store", "7"))
    programs.mkdir()
    fake.add_program("merctl", FAKE_MERCTL).rename(programs / "merctl")
    fake.environment["MER_BUSY_SECONDS"] = "0"
    yield fake
    fake.close()


def plan(slurm, *actions):
    (slurm.state / "plan").write_text("".join(f"{action}\n" for action in actions))


def calls(slurm):
    log = slurm.state / "merctl.log"
    return [call for call in log.read_text().splitlines() if call.startswith("work")] if log.exists() else []


def use_nodes(slurm, count, answer=True):
    """srun starts a program on each of them, or fails."""
    slurm.environment["SLURM_JOB_NUM_NODES"] = str(count)
    slurm.add_program("srun", f'#!/bin/sh\necho "$*" >>"$FAKE_SLURM/srun.log"\nexit {0 if answer else 1}\n')


def probes(slurm):
    log = slurm.state / "srun.log"
    return log.read_text().splitlines() if log.exists() else []


def wait_for_merctl(slurm):
    wait_until((slurm.state / "waiting").exists, "merctl runs")
    (slurm.state / "waiting").unlink()


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_final_exit_code_ends_the_job_with_it(slurm, code):
    plan(slurm, code)

    slurm.start()

    assert slurm.wait() == code
    assert calls(slurm) == ["work 7"]
    assert slurm.requeues() == []


def test_the_signal_before_the_time_limit_pauses_and_requeues(slurm):
    plan(slurm, "wait 6", 0)

    slurm.start()
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGUSR1)
    wait_until(slurm.requeues, "the job is queued again")
    slurm.end_for_requeue()
    slurm.start()

    assert slurm.wait() == 0
    assert (slurm.state / "signals.log").read_text() == "USR1\n"
    assert slurm.requeues() == ["requeue 4711"]
    assert calls(slurm) == ["work 7"] * 2
    assert "start 1:" in slurm.log.read_text() and "start 2:" in slurm.log.read_text()


def test_a_sweep_that_ends_after_the_signal_is_not_requeued(slurm):
    plan(slurm, "wait 0")

    slurm.start()
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGUSR1)

    assert slurm.wait() == 0
    assert slurm.requeues() == []


def test_term_reaches_merctl_and_is_never_followed_by_a_requeue(slurm):
    plan(slurm, "wait 6")

    slurm.start()
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGTERM)

    assert slurm.wait() == 143
    assert (slurm.state / "signals.log").read_text() == "TERM\n"
    assert slurm.requeues() == []


def test_term_after_the_early_signal_wins_over_the_requeue(slurm):
    plan(slurm, "wait 6")

    slurm.start()
    wait_for_merctl(slurm)
    slurm.process.send_signal(signal.SIGSTOP)  # so that both signals are there when the script goes on
    slurm.process.send_signal(signal.SIGUSR1)
    slurm.process.send_signal(signal.SIGTERM)
    slurm.process.send_signal(signal.SIGCONT)

    assert slurm.wait() == 143
    assert slurm.requeues() == []


def test_a_killed_merctl_is_started_again_in_the_same_job(slurm):
    plan(slurm, "kill", 0)

    slurm.start()

    assert slurm.wait() == 0
    assert len(calls(slurm)) == 2
    assert slurm.requeues() == []


@pytest.mark.parametrize("ended", ["kill", 5, 70], ids=str)
def test_a_node_that_does_not_answer_requeues_the_job(slurm, ended):
    plan(slurm, ended, 0)
    use_nodes(slurm, 3, answer=False)

    slurm.start()
    wait_until(slurm.requeues, "the job is queued again")
    slurm.end_for_requeue()
    slurm.start()

    assert slurm.wait() == 0
    assert slurm.requeues() == ["requeue 4711"]
    assert len(calls(slurm)) == 2
    assert "a node does not answer: queueing again" in slurm.log.read_text()


def test_while_all_nodes_answer_merctl_is_started_again_in_the_same_job(slurm):
    plan(slurm, "kill", 0)
    use_nodes(slurm, 3)

    slurm.start()

    assert slurm.wait() == 0
    assert len(calls(slurm)) == 2
    assert slurm.requeues() == []
    [probe] = probes(slurm)
    assert "--nodes=3 --ntasks=3" in probe and probe.endswith(" true")


@pytest.mark.parametrize("code", [0, 1, 2])
def test_a_final_exit_code_ends_the_job_whatever_its_nodes_do(slurm, code):
    plan(slurm, code)
    use_nodes(slurm, 3, answer=False)

    slurm.start()

    assert slurm.wait() == code
    assert slurm.requeues() == []


def test_term_is_never_followed_by_a_requeue_for_a_lost_node(slurm):
    plan(slurm, "wait 70")
    use_nodes(slurm, 3, answer=False)

    slurm.start()
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGTERM)

    assert slurm.wait() == 143
    assert slurm.requeues() == [] and probes(slurm) == []


def test_a_node_that_never_answers_ends_the_job_in_the_end(slurm):
    plan(slurm, 5)
    use_nodes(slurm, 3, answer=False)
    slurm.environment["SLURM_RESTART_COUNT"] = "50"

    slurm.start()

    assert slurm.wait() == 5
    assert slurm.requeues() == []
    assert "a node does not answer, after 50 new starts: giving up" in slurm.log.read_text()


def test_a_busy_store_is_tried_again_and_given_up_in_the_end(slurm):
    plan(slurm, 5, 5, 5, 0)

    slurm.start()

    assert slurm.wait() == 5
    assert len(calls(slurm)) == 3
    assert "gave up after 3 tries" in slurm.log.read_text()


@pytest.mark.parametrize("restarts, ended", [("49", True), ("50", False)])
def test_a_job_that_leads_nowhere_queues_itself_no_more(slurm, restarts, ended):
    plan(slurm, 6)
    slurm.environment["SLURM_RESTART_COUNT"] = restarts

    slurm.start()

    if ended:
        wait_until(slurm.requeues, "the job is queued again")
    else:
        assert slurm.wait() == 6
        assert "after 50 new starts: giving up" in slurm.log.read_text() and slurm.requeues() == []


def start_without_progress(slurm):
    """One start of the job, which queues itself again."""
    before = len(slurm.requeues())
    slurm.start()
    wait_until(lambda: len(slurm.requeues()) > before, "the job is queued again")
    slurm.end_for_requeue()


def test_three_starts_in_a_row_that_train_nothing_end_the_job(slurm):
    plan(slurm, 6, 6, 6)
    (slurm.state / "progress").write_text('{"epochs": 4, "left": 2}')

    start_without_progress(slurm)
    start_without_progress(slurm)
    slurm.start()

    assert slurm.wait() == 6
    assert "3 starts in a row have trained no epoch: giving up" in slurm.log.read_text()
    assert len(slurm.requeues()) == 2


def test_a_start_that_trains_lets_the_job_queue_itself_again_as_before(slurm):
    plan(slurm, 6, 6, "wait 6", 6, 6)
    progress = slurm.state / "progress"
    progress.write_text('{"epochs": 4, "left": 2}')

    start_without_progress(slurm)
    start_without_progress(slurm)
    slurm.start()
    wait_for_merctl(slurm)
    progress.write_text('{"epochs": 5, "left": 2}')
    slurm.signal_batch(signal.SIGUSR1)
    wait_until(lambda: len(slurm.requeues()) == 3, "the job is queued again")
    slurm.end_for_requeue()
    start_without_progress(slurm)
    start_without_progress(slurm)

    assert "giving up" not in slurm.log.read_text()


def test_a_job_on_excluded_nodes_is_queued_again_for_others(slurm):
    plan(slurm, 8, 0)
    (slurm.state / "excluded-nodes").write_text("n2.cluster.org\nn5\n")

    slurm.start()
    wait_until(lambda: len(slurm.told_scontrol()) == 2, "the job is queued again, and kept from there")
    slurm.end_for_requeue()
    slurm.start()

    assert slurm.wait() == 0
    assert slurm.told_scontrol() == ["requeue 4711", "update JobId=4711 ExcNodeList=n2,n5"]
    assert "no node of this job gets trials: queueing again, for others than n2,n5" in slurm.log.read_text()


def test_what_a_job_was_to_avoid_anyway_stays_so(slurm):
    plan(slurm, 8)
    (slurm.state / "excluded-nodes").write_text("n2\n")
    (slurm.state / "avoided-nodes").write_text("n[7-8]\n")

    slurm.start()
    wait_until(lambda: len(slurm.told_scontrol()) == 2, "the job is queued again, and kept from there")

    assert slurm.told_scontrol()[1] == "update JobId=4711 ExcNodeList=n[7-8],n2"


def test_the_terms_that_slurm_sends_with_a_requeue_do_not_come_before_its_last_word(slurm):
    plan(slurm, 8)
    (slurm.state / "excluded-nodes").write_text("n2\n")
    slurm.add_program("scontrol", """#!/usr/bin/env bash
[ "$1" != requeue ] || kill -TERM "$PPID" $$
echo "$*" >>"$FAKE_SLURM/scontrol.log"
""")

    slurm.start()
    wait_until(lambda: len(slurm.told_scontrol()) == 2, "the job is queued again, and kept from there")

    assert slurm.told_scontrol() == ["requeue 4711", "update JobId=4711 ExcNodeList=n2"]


def test_the_rest_of_a_chain_avoids_excluded_nodes_too_and_does_not_go_first(slurm):
    plan(slurm, 8)
    (slurm.state / "excluded-nodes").write_text("n2\n")
    (slurm.state / "waiting-jobs").write_text("4712\n4713\n")

    slurm.start()
    wait_until(lambda: len(slurm.told_scontrol()) == 4, "the job is queued again")

    assert slurm.told_scontrol() == [f"update JobId={job} ExcNodeList=n2" for job in (4712, 4713)] + [
        "requeue 4711", "update JobId=4711 ExcNodeList=n2"]


def test_a_node_that_is_taken_back_meanwhile_is_kept_from_nobody(slurm):
    plan(slurm, 8)

    slurm.start()
    wait_until(slurm.requeues, "the job is queued again")

    assert slurm.told_scontrol() == ["requeue 4711"]


def test_a_job_that_lands_on_excluded_nodes_again_and_again_ends(slurm):
    plan(slurm, 8, 8, 8)
    (slurm.state / "progress").write_text('{"epochs": 4, "left": 2}')
    (slurm.state / "excluded-nodes").write_text("n2\n")
    slurm.add_program("scontrol", """#!/usr/bin/env bash
echo "$*" >>"$FAKE_SLURM/scontrol.log"
[ "$1" = requeue ]
""")

    start_without_progress(slurm)
    start_without_progress(slurm)
    slurm.start()

    assert slurm.wait() == 8
    assert len(slurm.requeues()) == 2
    log = slurm.log.read_text()
    assert "job 4711 may start on n2 again: Slurm has refused to keep it from there" in log
    assert "3 starts in a row have trained no epoch: giving up" in log


def test_term_is_never_followed_by_a_requeue_for_excluded_nodes(slurm):
    plan(slurm, "wait 8")
    (slurm.state / "excluded-nodes").write_text("n2\n")

    slurm.start()
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGTERM)

    assert slurm.wait() == 143
    assert slurm.told_scontrol() == []


def test_a_signal_during_the_set_up_queues_the_job_again_without_a_start_of_merctl(slurm):
    slurm.spooled.write_text(slurm.spooled.read_text().replace(
        "  : # lines", '  touch "$FAKE_SLURM/waiting"; until [ -e "$FAKE_SLURM/go" ]; do sleep 0.05; done\n  : # lines'))

    slurm.start()
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGUSR1)
    (slurm.state / "go").touch()
    wait_until(slurm.requeues, "the job is queued again")

    assert calls(slurm) == []


def test_what_is_left_and_takes_longer_than_the_job_is_queued_again(slurm):
    plan(slurm, 6)

    slurm.start()

    wait_until(slurm.requeues, "the job is queued again")
    assert "what is left takes longer than the rest of this job: queueing again" in slurm.log.read_text()


def test_the_next_job_of_a_chain_goes_on_instead(slurm):
    plan(slurm, "wait 6")
    (slurm.state / "waiting-jobs").write_text("4712\n")

    slurm.start()
    wait_for_merctl(slurm)
    slurm.signal_batch(signal.SIGUSR1)

    assert slurm.wait() == 6
    assert slurm.requeues() == [] and slurm.withdrawals() == []
    assert "the next job of the chain goes on" in slurm.log.read_text()


@pytest.mark.parametrize("ended, standing, code", [(1, 0, 1), (6, 6, 6), (70, 0, 0)],
                         ids=["done", "somebody has paused it", "done, and lost its last words"])
def test_a_sweep_that_needs_no_more_jobs_withdraws_those_that_wait(slurm, ended, standing, code):
    plan(slurm, ended)
    (slurm.state / "standing").write_text(str(standing))

    slurm.start()

    assert slurm.wait() == code
    assert slurm.withdrawals() == ["-t PENDING --name mer-7-chain"] and slurm.requeues() == []


def test_a_job_whose_end_slurm_does_not_say_ends_after_its_time_limit(slurm):
    plan(slurm, 0)
    slurm.add_program("squeue", "#!/bin/sh\nexit 0\n")
    merctl = slurm.folder / "built" / "merctl"
    merctl.write_text(merctl.read_text().replace("cd ", 'echo "$MER_JOB_ENDS_AT $(date +%s)" >"$FAKE_SLURM/ends"\ncd ', 1))

    slurm.start()

    assert slurm.wait() == 0
    ends, now = map(int, (slurm.state / "ends").read_text().split())
    assert 3500 < ends - now <= 3600


def test_a_missing_program_is_named(slurm):
    (slurm.folder / "built" / "merctl").unlink()

    slurm.start()

    assert slurm.wait() == 2
    assert f"no program {slurm.folder}/built/merctl" in slurm.log.read_text()
