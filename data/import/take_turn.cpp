#include "data/import/take_turn.hpp"

#include <array>
#include <cstdio>
#include <utility>

#include "data/import/folder_search.hpp"
#include "data/import/wav_length.hpp"

namespace mer::data {
namespace {

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g s", seconds);
  return text.data();
}

}  // namespace

void take_turn(Imported& imported, RawTurn turn, double min_seconds) {
  const std::string& id = turn.utterance.id;
  if (turn.transcript.empty()) {
    imported.findings.push_back(
        {FindingKind::empty_transcript, turn.transcript_file, turn.transcript_line, id + " has no words", "skipped"});
    return;
  }
  const std::string path = imported.root + "/" + turn.audio;
  if (!is_file(path)) {
    imported.findings.push_back({FindingKind::no_audio, turn.audio, 0, why_no_file(path), "skipped"});
    return;
  }
  const Result<WavLength> length = wav_length(path);
  if (!length) {
    imported.findings.push_back({FindingKind::bad_audio, turn.audio, 0, length.error().message, "skipped"});
    return;
  }
  if (length->cut_off) {
    imported.findings.push_back(
        {FindingKind::bad_audio, turn.audio, 0, "it ends before its header says", "taken as far as it goes"});
  }
  if (length->seconds < min_seconds) {
    ++imported.left_out["shorter than " + seconds_text(min_seconds)];
    return;
  }
  imported.recordings.push_back({id, std::move(turn.audio), length->seconds, std::move(turn.transcript)});
  imported.corpus.utterances.push_back(std::move(turn.utterance));
}

}  // namespace mer::data
