#include "data/import/label_file.hpp"

#include "core/quoting.hpp"
#include "data/csv.hpp"
#include "data/file_io.hpp"

namespace mer::data {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 28;

}  // namespace

Result<LabelFile> parse_label_file(std::string_view bytes, const std::string& file) {
  MER_ASSIGN(const std::vector<CsvRecord> records, parse_csv(bytes, {"utterance", "label"}, file));
  LabelFile labels;
  for (const CsvRecord& record : records) {
    const auto [at, is_new] = labels.try_emplace(record.fields[0], LabelLine{record.fields[1], record.line});
    if (is_new) continue;
    return invalid(file + ":" + std::to_string(record.line) + ": utterance " + quote(record.fields[0]) +
                   " stands in line " + std::to_string(at->second.line) + " too; expected each once");
  }
  return labels;
}

Result<LabelFile> read_label_file(const std::string& file) {
  MER_ASSIGN(const std::string bytes, read_file(file, kMostBytes));
  return parse_label_file(bytes, file);
}

}  // namespace mer::data
