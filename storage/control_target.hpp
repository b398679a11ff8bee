// Control target: what a person's words name: a sweep by name or number, else a trial by id or prefix.
//
// Threads: as the reader. Errors: not_found and invalid, as the reader's find functions word them; invalid: a verb that
// concerns sweeps only, a note or tags that are not kept, or a priority that is none.
#pragma once

#include <string>

#include "core/result.hpp"
#include "storage/control.hpp"
#include "storage/result_store.hpp"

namespace mer::storage {

// `control`, of what `target` names.
Result<Control> control_of(ResultReader& reader, Control control, const std::string& target);

Result<int> priority_from(const std::string& word);

// What a command and the HTTP API answer.
std::string control_json(const Control& control, const Controlled& controlled);

}  // namespace mer::storage
