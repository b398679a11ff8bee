"""mer-extractor against librosa on speech. Skipped without espeak-ng, or a Python with librosa (MER_ORACLES, as
tools/make_oracles.sh says)."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import mer_run
import pytest
from recorded_corpus import write_recorded_corpus

PYTHON = Path(os.environ.get("MER_ORACLES", mer_run.SOURCE / ".deps" / "oracles")) / "bin" / "python"
SENTENCES = {
    "short": "No.",
    "long": "I was so happy to see you again, after all these years, that I could not say a single word to anybody in the room.",
    "angry": "What do you want from me? Leave me alone!",
}
ORACLE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from make_features import logmel, mfcc
print(json.dumps([{"mfcc": mfcc(path).tolist(), "logmel": logmel(path).tolist()} for path in sys.argv[2:]]))
"""


def has_librosa() -> bool:
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", "import librosa"], capture_output=True, check=False).returncode == 0


@pytest.mark.oracle
@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@pytest.mark.skipif(not has_librosa(), reason=f"{PYTHON} has no librosa: tools/make_oracles.sh")
@pytest.mark.parametrize("method", ["mfcc", "logmel"])
def test_features_of_speech_equal_librosas(mer, method):
    corpus = write_recorded_corpus(mer.folder / "recorded", utterances=len(SENTENCES))
    sounds = [corpus.parent / "raw" / f"u{i}.wav" for i in range(len(SENTENCES))]
    for sound, sentence in zip(sounds, SENTENCES.values()):
        subprocess.run(["espeak-ng", "-w", sound, sentence], check=True)

    ended = mer.run("extract", corpus, "--audio", method)

    assert ended.returncode == 0, ended.stderr
    oracle = subprocess.run([PYTHON, "-c", ORACLE, mer_run.SOURCE / "tools" / "oracles", *sounds], capture_output=True,
                            text=True, check=True)
    for i, expected in enumerate(json.loads(oracle.stdout)):
        for value, wanted in zip(mer_run.feature_row(corpus, "audio", i), expected[method], strict=True):
            assert abs(value - wanted) <= 1e-3 * max(abs(wanted), 1), (list(SENTENCES)[i], value, wanted)
