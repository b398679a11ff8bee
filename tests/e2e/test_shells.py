"""merctl's completion in real shells, its man page, and its advice on misspelt words."""
import os
import subprocess

import pytest
from mer_run import BIN, sweep_of


@pytest.fixture
def shell(mer):
    """Runs a script in a shell that finds merctl and the store."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "MER_STORE": str(mer.store)}

    def run(*command):
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=True).stdout

    return run


@pytest.fixture
def submitted(mer, corpus):
    assert mer.run("submit", mer.write_sweep(sweep_of(corpus, name="alphabet"))).returncode == 0


def in_bash(*words):
    quoted = " ".join(f"'{word}'" for word in ("merctl", *words))
    return ("bash", "--norc", "-c", f"source <(merctl completion bash); COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; "
            '_merctl; printf "%s\\n" "${COMPREPLY[@]}"')


def test_bash_completes_commands_options_values_and_sweeps(shell, submitted):
    assert shell(*in_bash("resu")).split() == ["resume", "results"]
    assert "--baseline" in shell(*in_bash("results", "--")).split()
    assert shell(*in_bash("results", "--select", "best-")).split() == ["best-validation", "best-test"]
    assert shell(*in_bash("results", "alp")).split() == ["alphabet"]
    assert shell(*in_bash("alloc", "")).split() == ["add", "list", "pause", "resume", "remove", "run"]


def test_fish_completes_words_with_their_help(shell, submitted):
    shown = shell("fish", "--no-config", "-c", "merctl completion fish | source; complete -C 'merctl resul'")
    assert shown == "results\tMeans and spreads over folds, one row a configuration\n"
    shown = shell("fish", "--no-config", "-c", "merctl completion fish | source; complete -C 'merctl results alp'")
    assert shown == "alphabet\tsweep 1\n"


def in_zsh(*words):
    quoted = " ".join(f"'{word}'" for word in ("merctl", *words))
    return ("zsh", "-f", "-c", "compdef() { }; compadd() { print -rl -- \"${(@P)argv[-1]}\"; }; _files() { print files; }; "
            f"source <(merctl completion zsh); words=({quoted}); CURRENT={len(words) + 1}; _merctl")


def test_zsh_completes_words_and_leaves_files_to_the_shell(shell, submitted):
    assert shell(*in_zsh("resu")).split() == ["resume", "results"]
    assert shell(*in_zsh("results", "alp")).split() == ["alphabet"]
    assert shell(*in_zsh("run", "")).split() == ["files"]


def test_the_man_page_is_one(shell):
    page = shell("merctl", "man")
    shown = subprocess.run(["man", "--warnings", "-l", "-"], input=page, capture_output=True, text=True, timeout=60,
                           env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}, check=True)
    assert shown.stderr == ""
    assert "merctl results [options] SWEEP" in shown.stdout
    assert "--baseline CONFIGURATION" in shown.stdout
    assert [line for line in shown.stdout.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("words, advice", [
    (["statsu"], 'there is no command "statsu" (did you mean "status"?)'),
    (["results", "1", "--basline", "2"], 'merctl results: there is no option "--basline" (did you mean "--baseline"?)'),
    (["alloc", "ad"], 'merctl alloc: there is no command "ad" (did you mean "add"?)'),
], ids=["command", "option", "command of a command"])
def test_a_misspelt_word_is_advised_about(mer, words, advice):
    refused = mer.run(*words)
    assert refused.returncode == 2
    assert advice in refused.stderr


def test_no_command_at_all_shows_the_help(mer):
    refused = mer.run()
    assert refused.returncode == 2
    assert "completion" in refused.stderr and "Exit codes" in refused.stderr
