// CSV as RFC 4180 has it, read strictly: UTF-8, commas, quotes doubled inside quoted fields, lines that end in LF or
// CRLF, the same number of fields in every record. A byte order mark at the start is skipped.
//
// Threads: pure functions. Errors: invalid, naming the line.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace mer::data {

struct CsvRecord {
  std::size_t line = 0;  // where the record begins, from 1
  std::vector<std::string> fields;
};

// `where` (a path) begins every message. The first record must equal `header`; it is not part of the result.
Result<std::vector<CsvRecord>> parse_csv(std::string_view text, const std::vector<std::string>& header,
                                         const std::string& where);

// The same, record by record, for tables that are large. An error of `take` ends it.
Status for_each_csv_record(std::string_view text, const std::vector<std::string>& header, const std::string& where,
                           const std::function<Status(CsvRecord&&)>& take);

// The first record, of a table whose columns are not known. Error: there is none.
Result<std::vector<std::string>> csv_header(std::string_view text, const std::string& where);

// One record with its line end, quoted where needed.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace mer::data
