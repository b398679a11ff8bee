// Features of what is heard in an utterance (docs/features.md).
//
// Threads, errors: as Method.
#pragma once

#include <memory>

#include "worker/extractor/method.hpp"

namespace mer::extractor {

// 100 mel-frequency cepstral coefficients, as TIM-Net's extract_feature.py takes them; their mean over the frames.
std::unique_ptr<const Method> make_mfcc();

// Mean and standard deviation of each of 128 mel bands over the frames of the whole utterance: 256.
std::unique_ptr<const Method> make_logmel();

}  // namespace mer::extractor
