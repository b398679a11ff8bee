// Golden files of the model (tools/oracles/make_model_golden.py), read into tensors.
#pragma once

#include <ATen/core/Tensor.h>
#include <map>
#include <string>
#include <vector>

#include "model/probe.hpp"

namespace mer::model {

struct GoldenFile {
  NamedTensors input;     // a probe's input, or a trajectory's
  NamedTensors expected;  // without the prefix "expected."
  std::map<std::string, std::string> metadata;
};

GoldenFile read_golden(const std::string& name);                   // "case_default"; a failure ends the test program
std::vector<std::string> golden_names(const std::string& prefix);  // in alphabetical order

// Largest |a - b| / max(1, |b|) over all elements; infinite when the shapes differ.
double largest_error(const at::Tensor& actual, const at::Tensor& expected);

}  // namespace mer::model
