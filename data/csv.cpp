#include "data/csv.hpp"

#include <algorithm>

#include "core/quoting.hpp"
#include "core/utf8.hpp"

namespace mer::data {
namespace {

class CsvParser {
 public:
  CsvParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  bool done() const { return at_ == text_.size(); }

  Result<CsvRecord> next() {
    CsvRecord record{.line = line_, .fields = {}};
    while (true) {
      MER_ASSIGN(std::string field, peek() == '"' ? quoted_field() : plain_field());
      if (!is_utf8(field)) return error(record.line, "field " + quote(field) + " is not UTF-8");
      record.fields.push_back(std::move(field));
      if (peek() == ',') {
        ++at_;
        continue;
      }
      if (!skip_line_end()) return error(line_, "expected a comma or the end of the line after a quoted field");
      return record;
    }
  }

  Error error(std::size_t line, const std::string& problem) const {
    return invalid(where_ + ":" + std::to_string(line) + ": " + problem);
  }

 private:
  // '\0' at the end; a NUL byte in the text is refused as part of a field.
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  bool skip_line_end() {
    if (peek() == '\r' && peek(1) == '\n') ++at_;
    if (done()) return true;
    if (peek() != '\n') return false;
    ++at_;
    ++line_;
    return true;
  }

  Result<std::string> plain_field() {
    const std::size_t begin = at_;
    while (!done()) {
      const char c = peek();
      if (c == ',' || c == '\n' || (c == '\r' && peek(1) == '\n')) break;
      if (c == '"') return error(line_, "a quote inside an unquoted field: quote the field and double the quote");
      if (c == '\r' || c == '\0') return error(line_, "a carriage return or NUL byte inside an unquoted field");
      ++at_;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  Result<std::string> quoted_field() {
    const std::size_t first_line = line_;
    std::string field;
    for (++at_; !done(); ++at_) {
      const char c = peek();
      if (c == '"' && peek(1) != '"') {
        ++at_;
        return field;
      }
      if (c == '\0') return error(line_, "a NUL byte inside a quoted field");
      if (c == '"') ++at_;  // a doubled quote stands for one
      if (c == '\n') ++line_;
      field += c;
    }
    return error(first_line, "a quoted field that never ends");
  }

  std::string_view text_;
  const std::string& where_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  return text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
}

}  // namespace

Status for_each_csv_record(std::string_view text, const std::vector<std::string>& header, const std::string& where,
                           const std::function<Status(CsvRecord&&)>& take) {
  CsvParser parser(without_byte_order_mark(text), where);
  if (parser.done()) return parser.error(1, "empty, expected the header " + quote_list(header));
  MER_ASSIGN(const CsvRecord first, parser.next());
  if (first.fields != header) {
    return parser.error(1, "header " + quote_list(first.fields) + ", expected " + quote_list(header));
  }
  while (!parser.done()) {
    MER_ASSIGN(CsvRecord record, parser.next());
    if (record.fields.size() != header.size()) {
      return parser.error(record.line, std::to_string(record.fields.size()) + " fields, expected " +
                                           std::to_string(header.size()) + ": " + quote_list(header));
    }
    MER_TRY(take(std::move(record)));
  }
  return {};
}

Result<std::vector<CsvRecord>> parse_csv(std::string_view text, const std::vector<std::string>& header,
                                         const std::string& where) {
  std::vector<CsvRecord> records;
  MER_TRY(for_each_csv_record(text, header, where, [&records](CsvRecord&& record) {
    records.push_back(std::move(record));
    return Status();
  }));
  return records;
}

Result<std::vector<std::string>> csv_header(std::string_view text, const std::string& where) {
  CsvParser parser(without_byte_order_mark(text), where);
  if (parser.done()) return parser.error(1, "empty, expected a header");
  MER_ASSIGN(CsvRecord first, parser.next());
  return std::move(first.fields);
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    if (fields[i].find_first_of(",\"\r\n") == std::string::npos) {
      line += fields[i];
      continue;
    }
    line += '"';
    for (const char c : fields[i]) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + '\n';
}

}  // namespace mer::data
