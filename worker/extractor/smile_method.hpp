// The audio methods compare2016 and egemaps: functionals by openSMILE (docs/features.md).
//
// Threads, errors: as Method; those of the package and of mer-smile when it is opened.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "worker/extractor/method.hpp"

namespace mer::extractor {

Result<std::unique_ptr<const Method>> make_compare2016(const MethodOptions& options);
Result<std::unique_ptr<const Method>> make_egemaps(const MethodOptions& options);

}  // namespace mer::extractor
