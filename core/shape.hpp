// Whether trials have the same shape (shape_key_of), asked often, and so without making their keys where it can.
//
// Threads: pure functions.
#pragma once

#include "core/trial.hpp"

namespace mer {

bool same_shape(const TrialSpec& a, const TrialSpec& b);

}  // namespace mer
