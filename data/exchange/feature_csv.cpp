#include "data/exchange/feature_csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <utility>

#include "core/quoting.hpp"
#include "data/corpus_format.hpp"
#include "data/corpus_text.hpp"
#include "data/csv.hpp"
#include "data/number_text.hpp"

namespace mer::data {
namespace {

// How many columns stand before the features.
std::size_t table_columns(const std::vector<std::string>& header) {
  const std::size_t whole = kUtteranceColumns.size();
  const bool is_whole =
      header.size() >= whole && std::equal(kUtteranceColumns.begin(), kUtteranceColumns.end(), header.begin());
  return is_whole ? whole : 1;
}

Status check_header(const std::vector<std::string>& header, std::size_t first, const std::string& where) {
  const std::string expected = ", expected utterance,0,1,2 and so on";
  if (header.front() != kUtteranceColumns.front()) {
    return invalid(where + ":1: the first column is " + quote(header.front()) + expected);
  }
  for (std::size_t i = first; i < header.size(); ++i) {
    const std::string name = std::to_string(i - first);
    if (header[i] != name) {
      return invalid(where + ":1: column " + std::to_string(i + 1) + " is called " + quote(header[i]) + ", expected " +
                     quote(name) + ": the header is utterance,0,1,2 and so on");
    }
  }
  if (header.size() == first) return invalid(where + ":1: no features" + expected);
  return {};
}

// Also where the nearest float32 is 0 or an infinity, which from_chars does not say.
std::optional<float> float_of(const std::string& text) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  return error == std::errc() ? value : std::strtof(text.c_str(), nullptr);
}

}  // namespace

Result<FeatureSource> parse_feature_csv(std::string_view text, const std::string& where) {
  MER_ASSIGN(const std::vector<std::string> header, csv_header(text, where));
  const std::size_t first = table_columns(header);
  MER_TRY(check_header(header, first, where));
  FeatureSource source;
  source.ids.emplace();
  source.matrix.dim = header.size() - first;
  MER_TRY(for_each_csv_record(text, header, where, [&](CsvRecord&& record) -> Status {
    for (std::size_t i = first; i < record.fields.size(); ++i) {
      const std::optional<float> value = float_of(record.fields[i]);
      if (!value) {
        return invalid(where + ":" + std::to_string(record.line) + ": utterance " + quote(record.fields[0]) +
                       ", column " + header[i] + " is " + quote(record.fields[i]) + ", expected a number");
      }
      source.matrix.values.push_back(*value);
    }
    source.ids->push_back(std::move(record.fields[0]));
    return {};
  }));
  source.matrix.rows = source.ids->size();
  return source;
}

std::string feature_csv(const Corpus& corpus, const FeatureMatrix& features) {
  std::vector<std::string> fields = kUtteranceColumns;
  for (int column = 0; column < features.dim; ++column) fields.push_back(std::to_string(column));
  std::string text = csv_line(fields);
  for (std::size_t row = 0; row < corpus.utterances.size(); ++row) {
    fields = utterance_fields(corpus, corpus.utterances[row]);
    for (const float value : features.row(row)) fields.push_back(shortest_text(value));
    text += csv_line(fields);
  }
  return text;
}

}  // namespace mer::data
