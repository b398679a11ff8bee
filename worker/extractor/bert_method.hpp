// The text method bert: the mean over all tokens of a BERT model's last layer (docs/features.md).
//
// Threads, errors: as Method; those of the model's folder when it is opened.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"
#include "model/grid/runtime.hpp"
#include "worker/extractor/method.hpp"

namespace mer::extractor {

// `folder`: of the model (bert_folder.hpp). `gpu`: what computes; nullptr: the CPU.
Result<std::unique_ptr<const Method>> make_bert(const std::string& folder,
                                                std::shared_ptr<grid::Runtime> gpu = nullptr);

}  // namespace mer::extractor
