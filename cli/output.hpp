// What every command prints in the same way: errors, JSON documents, aligned columns.
//
// Threads: one. Errors: none.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "core/exit_code.hpp"
#include "core/result.hpp"

namespace mer::cli {

// Prints the error (with --format json as {"schema":1,"error":{...}} on standard output, else on standard error) and
// answers the exit code that it stands for.
ExitCode report(const Context& context, const Error& error);

// A JSON object as it is printed: with --json the fields that it names. Errors: the given one, those of with_fields().
Result<std::string> json_text(const Context& context, const Result<std::string>& text);
Status print_json(const Context& context, const Result<std::string>& text);
// The same as a command's end; an error is reported.
ExitCode end_with_json(const Context& context, const Result<std::string>& text, ExitCode code = ExitCode::done);
ExitCode end_with_document(const Context& context, const nlohmann::json& document, ExitCode code = ExitCode::done);

// True when the format is table, json or quiet; else prints an error that names what this command can do.
bool plain_format(const Context& context, const std::string& command);

// Rows with columns aligned to their widest cell, two spaces between; the first row is the heading. Cells that look
// like numbers are right-aligned; the last column is wrapped to a screen of 80 columns.
void print_columns(const std::vector<std::vector<std::string>>& rows);
std::string columns_text(const std::vector<std::vector<std::string>>& rows);

// "name           text", the text wrapped to a screen of 80 columns.
void print_fact(const std::string& name, const std::string& text);

// "0.7531" -> "75.3"; NaN -> "NaN".
std::string percent(double fraction);

// Local time as "2026-01-31 13:05".
std::string time_text(double unix_seconds);

}  // namespace mer::cli
