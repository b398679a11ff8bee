#include "data/csv.hpp"

#include <string>

#include "tests/fuzz/fuzz.hpp"

// What was read is written and reads back the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mer::fuzz::require;
  const std::vector<std::string> header = {"a", "b"};
  const auto records = mer::data::parse_csv(mer::fuzz::text_of(data, size), header, "file");
  if (!records) {
    require(records.error().message.starts_with("file:") && mer::is_utf8(records.error().message));
    return 0;
  }
  std::string text = mer::data::csv_line(header);
  for (const auto& record : *records) text += mer::data::csv_line(record.fields);
  const auto again = mer::data::parse_csv(text, header, "file");
  require(again.ok() && again->size() == records->size());
  for (std::size_t i = 0; i < records->size(); ++i) require((*again)[i].fields == (*records)[i].fields);
  return 0;
}
