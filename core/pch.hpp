// The precompiled header of every unit without LibTorch. It saves parsing, it is not there to be leaned on: each file
// includes what it uses (tools/check.sh compiles headers and units without it).
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "core/json.hpp"
