// How long a wav file is, by libsndfile.
//
// Threads: a pure function apart from the file. Errors: not_found; invalid: no audio, or empty, with libsndfile's
// words.
#pragma once

#include <string>

#include "core/result.hpp"

namespace mer::data {

Result<double> wav_seconds(const std::string& path);

}  // namespace mer::data
