// The work of mer-smile: features of one sound after the other, by openSMILE.
//
// A configuration takes as long to open as a second of speech takes to compute, and serves one sound only. So one is
// kept open for each rate, and a fork of this process uses it up: that also confines whatever a sound does to
// openSMILE. Threads: one, and no other may be there. Errors: io: the other end of the stream is gone.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace mer::extractor::smile {

struct Settings {
  std::filesystem::path library, configs;
  std::string config;  // relative to configs, without ".conf"
};

// Until the other end closes the stream (smile_messages.hpp).
Status serve(int socket, const Settings& settings);

}  // namespace mer::extractor::smile
