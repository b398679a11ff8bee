#include "data/recordings.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "core/quoting.hpp"
#include "data/corpus_format.hpp"
#include "data/corpus_header.hpp"
#include "data/corpus_text.hpp"
#include "data/csv.hpp"
#include "data/file_io.hpp"
#include "data/number_text.hpp"
#include "data/plain_name.hpp"
#include "data/utterance_table.hpp"

namespace mer::data {
namespace {

constexpr std::size_t kMaxCsvBytes = std::size_t{1} << 30;

std::optional<double> seconds_of(const std::string& text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(seconds) || seconds < 0) return std::nullopt;
  return seconds;
}

Result<Recording> recording_of(const CsvRecord& record, const std::string& utterance, const std::string& path) {
  const auto wrong = [&](const std::string& problem) {
    return invalid(path + ":" + std::to_string(record.line) + ": " + problem);
  };
  const std::vector<std::string>& fields = record.fields;
  if (fields[0] != utterance) {
    return wrong("utterance " + quote(fields[0]) + ", but " + quote(utterance) + " stands in this row of " +
                 kUtterancesCsv);
  }
  if (!stays_inside(fields[1])) return wrong("audio " + quote(fields[1]) + ", expected a path inside the raw corpus");
  const std::optional<double> seconds = seconds_of(fields[2]);
  if (!seconds) return wrong("seconds " + quote(fields[2]) + ", expected a number, 0 or more");
  return Recording{fields[0], fields[1], *seconds, fields[3]};
}

}  // namespace

Result<Recordings> read_recordings(const std::string& folder) {
  MER_ASSIGN(const CorpusHeader header, read_corpus_header(folder));
  if (!header.recordings) {
    return Error{ErrorCode::not_found, folder + "/" + kCorpusJson +
                                           ": names no \"recordings\": only a corpus that merctl corpus import has "
                                           "written knows its audio and transcripts"};
  }
  MER_ASSIGN(const std::vector<Utterance> utterances, read_utterances(folder, header));
  const std::string path = folder + "/" + header.recordings->file;
  MER_ASSIGN(const std::string text, read_file(path, kMaxCsvBytes));
  MER_ASSIGN(const std::vector<CsvRecord> records, parse_csv(text, kRecordingColumns, path));
  if (records.size() != utterances.size()) {
    return invalid(path + ": " + std::to_string(records.size()) + " rows, but " + kUtterancesCsv + " has " +
                   std::to_string(utterances.size()) + " utterances");
  }
  Recordings recordings{header.recordings->root, {}};
  for (std::size_t row = 0; row < records.size(); ++row) {
    MER_ASSIGN(Recording recording, recording_of(records[row], utterances[row].id, path));
    recordings.rows.push_back(std::move(recording));
  }
  return recordings;
}

Result<std::vector<double>> recorded_seconds(const std::string& folder) {
  const Result<Recordings> recordings = read_recordings(folder);
  std::vector<double> seconds;
  if (!recordings && recordings.error().code == ErrorCode::not_found) return seconds;
  if (!recordings) return recordings.error();
  for (const Recording& recording : recordings->rows) seconds.push_back(recording.seconds);
  return seconds;
}

Status write_recordings(const std::vector<Recording>& rows, const std::string& folder) {
  std::string text = csv_line(kRecordingColumns);
  for (const Recording& row : rows) {
    text += csv_line({row.utterance, row.audio, shortest_text(row.seconds), row.transcript});
  }
  return write_text(folder + "/" + kRecordingsCsv, text);
}

}  // namespace mer::data
