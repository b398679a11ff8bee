// The JSON Schema (draft 2020-12) of sweep files, made from the table of fields: configs/sweep.schema.json.
//
// Threads: pure function.
#pragma once

#include <string>

namespace mer {

std::string sweep_json_schema();

}  // namespace mer
